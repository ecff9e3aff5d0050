#include "proxy/response_parser.h"

#include <algorithm>

#include "transport/http_syntax.h"

namespace limen::proxy {

namespace {

constexpr std::uint64_t kMostLength = std::uint64_t{1} << 62;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

}  // namespace

std::string_view AnswerHead::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (transport::same_word(key, name)) return value;
  }
  return {};
}

void ResponseParser::reset() { *this = ResponseParser(to_head_request_); }

ResponseParser::Status ResponseParser::fail(std::string_view why) {
  problem_ = why;
  return Status::failed;
}

ResponseParser::Status ResponseParser::parse(std::string_view text) {
  while (true) {
    const std::size_t end = text.find('\n', searched_);
    if (end == std::string_view::npos) {
      searched_ = text.size();
      return searched_ > kMostBytes ? fail("the head is too long") : Status::need_more;
    }
    if (end >= kMostBytes) return fail("the head is too long");
    std::string_view line = text.substr(line_begin_, end - line_begin_);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line_begin_ = end + 1;
    searched_ = line_begin_;
    if (line.empty() && head_.status != 0) {
      head_.size = line_begin_;
      return finish() ? Status::complete : Status::failed;
    }
    if (!take_line(line)) return Status::failed;
  }
}

bool ResponseParser::take_line(std::string_view line) {
  return head_.status == 0 ? take_status_line(line) : take_field(line);
}

// HTTP/1.1 200 OK
bool ResponseParser::take_status_line(std::string_view line) {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kCode = 9;  // where it begins
  problem_ = "the status line is malformed";
  if (!line.starts_with(kVersion) || line.size() < kCode + 3 || line[8] != ' ') return false;
  if (line[7] != '0' && line[7] != '1') return false;
  http_1_0_ = line[7] == '0';
  const std::string_view code = line.substr(kCode, 3);
  if (!std::all_of(code.begin(), code.end(), is_digit) || code[0] == '0') return false;
  const std::string_view rest = line.substr(kCode + 3);
  if (!rest.empty() && (rest[0] != ' ' || !transport::is_field_value(rest))) return false;
  head_.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  return true;
}

bool ResponseParser::take_field(std::string_view line) {
  problem_ = "a field is malformed";
  const auto field = transport::split_field_line(line);
  if (!field || !transport::is_field_value(field->value)) return false;
  if (head_.fields.size() == kMostFields) {
    problem_ = "the head has too many fields";
    return false;
  }
  if (transport::same_word(field->name, "Content-Length") && !take_length(field->value)) {
    problem_ = "Content-Length is malformed";
    return false;
  }
  if (transport::same_word(field->name, "Transfer-Encoding")) {
    ++codings_;
    chunked_ = transport::same_word(field->value, "chunked");
  }
  head_.fields.emplace_back(field->name, field->value);
  return true;
}

bool ResponseParser::take_length(std::string_view value) {
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) return false;
  std::uint64_t length = 0;
  for (const char digit : value) {
    length = length * 10 + static_cast<std::uint64_t>(digit - '0');
    if (length > kMostLength) return false;
  }
  if (head_.has_length && length != head_.content_length) return false;
  head_.has_length = true;
  head_.content_length = length;
  return true;
}

bool ResponseParser::finish() {
  const int status = head_.status;
  if (codings_ > 0) {
    problem_ = "Transfer-Encoding is not chunked alone";
    if (codings_ > 1 || !chunked_ || http_1_0_ || head_.has_length) return false;
  }
  if (to_head_request_ || status < 200 || status == 204 || status == 304) {
    head_.body = AnswerHead::Body::none;
  } else if (codings_ > 0) {
    head_.body = AnswerHead::Body::chunked;
  } else if (head_.has_length) {
    head_.body = head_.content_length == 0 ? AnswerHead::Body::none : AnswerHead::Body::length;
  } else {
    head_.body = AnswerHead::Body::until_close;
  }
  problem_ = {};
  return true;
}

}  // namespace limen::proxy
