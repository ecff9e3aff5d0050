// A request's head as HTTP/2 brings it: fields one by one, made into what HTTP/1.1 would have sent.
//
// libnghttp2 has refused what RFC 9113 section 8 calls malformed: upper-case names, fields of the
// connection, pseudo-header fields twice, unknown or late. What HTTP/1.1 refuses besides is refused
// here by the same rules, so that no version is a way round the other.
//
// Thread rule: one thread at a time. Lifetime: results are offsets into text().
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "transport/http_parser.h"
#include "transport/server_options.h"

namespace limen::transport {

class Http2Head {
 public:
  // `limits` outlives the head.
  explicit Http2Head(const Limits& limits) : limits_(&limits) {}

  // One more field. False when it is so far beyond the limits that nobody sends it for a request;
  // what is only beyond them is told by finish().
  bool add(std::string_view name, std::string_view value);
  // All fields are there; `with_body` when more than the head is to come. Says what is wrong.
  std::optional<HeadError> finish(bool with_body);

  // Complete after finish() found nothing wrong; of a refused head the method may be asked for.
  const std::string& text() const { return text_; }
  const ParsedHead& parsed() const { return parsed_; }

 private:
  TextRange keep(std::string_view text);
  void add_pseudo(std::string_view name, std::string_view value);
  void add_field(std::string_view name, std::string_view value);
  void add_host(std::string_view name, std::string_view value);
  void join_cookies();
  std::optional<HeadError> check_request_line();
  std::optional<HeadError> check_fields() const;

  const Limits* limits_;
  std::string text_;
  ParsedHead parsed_;
  std::size_t size_ = 0;  // as RFC 9113 section 6.5.2 counts
  std::size_t fields_ = 0;
  bool over_ = false;
  std::optional<TextRange> authority_;
  std::optional<TextRange> host_;
  bool hosts_differ_ = false;
  bool bad_scheme_ = false;
  bool bad_length_ = false;
  bool has_length_ = false;
  bool has_expect_ = false;
  std::size_t cookies_ = 0;
};

// SETTINGS_MAX_HEADER_LIST_SIZE for these limits: as Go does, the limit with the overhead of ten
// fields.
std::size_t header_list_limit(const Limits& limits);

}  // namespace limen::transport
