// gzip (RFC 1952) of an answer's pieces, at the fastest level.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace limen::api {

// A compressor for one body. Not shared.
class Gzip {
 public:
  Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip();
  void add(std::string_view bytes);
  std::string finish();  // the whole compressed body; the compressor is then used up

 private:
  void run(int flush);
  struct Stream;
  Stream* stream_;
  std::string out_;
};

}  // namespace limen::api
