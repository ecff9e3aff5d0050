// Reading a request's head: strict HTTP/1.1 (RFC 9112), incremental, without sockets.
//
// The caller keeps the bytes of a request that has begun and shows all of them each time more have
// come; the parser remembers how far it has looked. However the bytes are cut, the outcome is the
// same. Where RFC 9112 leaves a choice about ambiguous framing, the choice is to refuse: a request
// that two servers could read differently is nobody's request.
//
// Thread rule: one thread at a time. Lifetime: results are offsets into the caller's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "transport/server_options.h"

namespace limen::transport {

struct TextRange {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
  std::string_view in(std::string_view text) const { return text.substr(begin, size); }
};

struct HeaderRange {
  TextRange name;
  TextRange value;
};

enum class Framing { none, length, chunked };

struct ParsedHead {
  TextRange method;
  TextRange target;
  bool http_1_0 = false;
  std::vector<HeaderRange> headers;
  Framing framing = Framing::none;  // length also for "Content-Length: 0"
  std::uint64_t content_length = 0;
  bool keep_alive = true;  // as the client asked, or its version's default
  bool expects_continue = false;
  bool unknown_expectation = false;  // to be answered by 417
  std::size_t size = 0;              // bytes up to and with the empty line
};

// Why a head is refused; `detail` is what a client may see beside the code's name.
struct HeadError {
  int code = 400;
  std::string_view detail;
  bool unsupported_coding = false;
};

class HeadParser {
 public:
  enum class Status { need_more, complete, failed };

  // `limits` outlives the parser.
  explicit HeadParser(const Limits& limits) : limits_(&limits) {}

  // `text` begins with the request's first byte and holds at least what it held in the last call.
  // After complete or failed only reset() may follow.
  Status parse(std::string_view text);

  // Valid after complete, until reset.
  const ParsedHead& head() const { return head_; }
  // Valid after failed.
  const HeadError& error() const { return error_; }

  // Ready for the next request; keeps little memory.
  void reset();

 private:
  enum class Stage { leading, request_line, headers };
  Status fail(int code, std::string_view detail = {});
  bool over_limit(std::size_t line_end, std::size_t text_end);
  bool take_line(std::string_view text, std::string_view line);
  bool take_request_line(std::string_view text, std::string_view line);
  bool take_version(std::string_view version);
  bool take_header(std::string_view text, std::string_view line);
  bool note_header(std::string_view name, std::string_view value, TextRange where);
  bool take_content_length(std::string_view value);
  bool finish(std::string_view text);
  bool check_host(std::string_view text);
  bool check_framing(std::string_view text);

  const Limits* limits_;
  Stage stage_ = Stage::leading;
  std::size_t line_begin_ = 0;
  std::size_t searched_ = 0;
  ParsedHead head_;
  HeadError error_;
  std::uint32_t hosts_ = 0;
  std::uint32_t codings_ = 0;
  bool has_length_ = false;
  bool asks_close_ = false;
  bool asks_keep_alive_ = false;
  bool has_expect_ = false;
  TextRange host_;
  TextRange coding_;
};

}  // namespace limen::transport
