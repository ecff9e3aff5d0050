// Reading the head of an answer: HTTP/1.x (RFC 9112 section 4), incremental, without sockets.
//
// The caller keeps the bytes of an answer that has begun and shows all of them each time more have
// come. What two readers could take for different answers is refused: lengths that contradict each
// other, codings nobody asked for, folded lines. A line may end with LF alone.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::proxy {

struct AnswerHead {
  enum class Body { none, length, chunked, until_close };

  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // in order, as sent
  Body body = Body::none;
  std::uint64_t content_length = 0;  // of Body::length, and what an answer to HEAD would have
  bool has_length = false;
  std::size_t size = 0;  // bytes up to and with the empty line

  // The first value of a field, or empty.
  std::string_view field(std::string_view name) const;
};

class ResponseParser {
 public:
  static constexpr std::size_t kMostBytes = 256 * 1024;  // of a head
  static constexpr std::size_t kMostFields = 1'000;

  enum class Status { need_more, complete, failed };

  // An answer to HEAD has no body, whatever it says.
  explicit ResponseParser(bool to_head_request) : to_head_request_(to_head_request) {}

  // `text` begins with the answer's first byte and holds at least what it held in the last call.
  // After complete or failed only reset() may follow.
  Status parse(std::string_view text);
  const AnswerHead& head() const { return head_; }       // after complete
  std::string_view problem() const { return problem_; }  // after failed: one clause, static text
  void reset();

 private:
  Status fail(std::string_view why);
  bool take_line(std::string_view line);
  bool take_status_line(std::string_view line);
  bool take_field(std::string_view line);
  bool take_length(std::string_view value);
  bool finish();

  bool to_head_request_;
  AnswerHead head_;
  std::string_view problem_;
  std::size_t line_begin_ = 0;
  std::size_t searched_ = 0;
  bool http_1_0_ = false;
  std::size_t codings_ = 0;
  bool chunked_ = false;
};

}  // namespace limen::proxy
