// An answer's head as HTTP/2 sends it: made from the lines HTTP/1.1 would send, with lower-case
// names and without what only a connection of HTTP/1.1 has.
//
// Thread rule: one thread at a time. Lifetime: the fields point into the object until it is made
// anew.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http.h"

namespace limen::transport {

class Http2Fields {
 public:
  // `length`: null when the body's end tells.
  Http2Fields(const ResponseHead& head, std::string_view date, const std::uint64_t* length);
  Http2Fields(const Http2Fields&) = delete;
  Http2Fields& operator=(const Http2Fields&) = delete;

  const nghttp2_nv* data() const { return fields_.data(); }
  std::size_t size() const { return fields_.size(); }

 private:
  void add(std::string_view name, std::string_view value);
  void add_lines();

  std::string status_;
  std::string lines_;
  std::string length_;
  std::vector<nghttp2_nv> fields_;
};

}  // namespace limen::transport
