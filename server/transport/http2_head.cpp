#include "transport/http2_head.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "transport/http_syntax.h"

namespace limen::transport {
namespace {

constexpr std::size_t kFieldOverhead = 32;  // RFC 9113 section 6.5.2
constexpr std::string_view kVersion = " HTTP/2.0";

HeadError error(int code, std::string_view detail = {}) { return {code, detail, false}; }

}  // namespace

std::size_t header_list_limit(const Limits& limits) {
  return limits.header_bytes + 10 * kFieldOverhead;
}

bool Http2Head::add(std::string_view name, std::string_view value) {
  size_ += name.size() + value.size() + kFieldOverhead;
  const std::size_t limit = header_list_limit(*limits_);
  const bool pseudo = name.starts_with(':');
  if (!pseudo || name == ":authority") ++fields_;
  if (size_ > limit || fields_ > limits_->header_count) over_ = true;
  if (over_) return size_ <= 2 * limit;
  if (pseudo) {
    add_pseudo(name, value);
  } else {
    add_field(name, value);
  }
  return true;
}

TextRange Http2Head::keep(std::string_view text) {
  const auto begin = static_cast<std::uint32_t>(text_.size());
  text_ += text;
  return {begin, static_cast<std::uint32_t>(text.size())};
}

void Http2Head::add_pseudo(std::string_view name, std::string_view value) {
  if (name == ":method") {
    parsed_.method = keep(value);
  } else if (name == ":path") {
    parsed_.target = keep(value);
  } else if (name == ":authority") {
    add_host("host", value);
    authority_ = host_;
  } else if (name == ":scheme") {
    bad_scheme_ = value != "https" && value != "http";
  }
}

void Http2Head::add_host(std::string_view name, std::string_view value) {
  if (host_) {
    // One of the two is enough; that they agree is what matters (RFC 9113 section 8.3.1).
    hosts_differ_ = hosts_differ_ || !same_word(host_->in(text_), value);
    return;
  }
  const TextRange kept_name = keep(name);
  host_ = keep(value);
  parsed_.headers.push_back({kept_name, *host_});
}

void Http2Head::add_field(std::string_view name, std::string_view value) {
  if (name == "host") return add_host(name, value);
  const TextRange kept_name = keep(name);
  const TextRange kept_value = keep(value);
  parsed_.headers.push_back({kept_name, kept_value});
  if (name == "cookie") {
    ++cookies_;
  } else if (name == "expect") {
    has_expect_ = true;
    parsed_.expects_continue = parsed_.expects_continue || list_has(value, "100-continue");
  } else if (name == "content-length") {
    constexpr std::size_t kMostDigits = 18;  // as in HTTP/1.1
    const auto [end, bad] =
        std::from_chars(value.data(), value.data() + value.size(), parsed_.content_length);
    bad_length_ = bad_length_ || has_length_ || value.size() > kMostDigits || bad != std::errc() ||
                  end != value.data() + value.size();
    has_length_ = true;
  }
}

// Split for better compression, they are one field to everybody else (RFC 9113 section 8.2.3).
void Http2Head::join_cookies() {
  if (cookies_ < 2) return;
  std::string joined;
  std::vector<HeaderRange> others;
  TextRange name;
  for (const HeaderRange& header : parsed_.headers) {
    if (header.name.in(text_) != "cookie") {
      others.push_back(header);
      continue;
    }
    name = header.name;
    if (!joined.empty()) joined += "; ";
    joined += header.value.in(text_);
  }
  others.push_back({name, keep(joined)});
  parsed_.headers = std::move(others);
}

std::optional<HeadError> Http2Head::finish(bool with_body) {
  if (over_) return error(431);
  if (auto wrong = check_request_line()) return wrong;
  if (auto wrong = check_fields()) return wrong;
  join_cookies();
  parsed_.unknown_expectation = has_expect_ && !parsed_.expects_continue;
  if (has_length_) {
    parsed_.framing = Framing::length;
  } else if (with_body) {
    parsed_.framing = Framing::chunked;  // a body whose end is told by its end
  }
  return std::nullopt;
}

std::optional<HeadError> Http2Head::check_request_line() {
  const std::string_view method = parsed_.method.in(text_);
  const bool connect = method == "CONNECT";
  if (connect && authority_) parsed_.target = *authority_;
  const std::string_view target = parsed_.target.in(text_);
  if (method.size() + 1 + target.size() + kVersion.size() > limits_->request_line_bytes) {
    return error(414);
  }
  // Of HTTP/1.1's forms the absolute one has no place here (RFC 9113 section 8.3.1).
  const bool known_form = connect || target == "*" || target.starts_with('/');
  if (!is_token(method) || !is_target(target) || !known_form || bad_scheme_) return error(400);
  return std::nullopt;
}

std::optional<HeadError> Http2Head::check_fields() const {
  if (bad_length_) return error(400);
  for (const HeaderRange& header : parsed_.headers) {
    if (!is_token(header.name.in(text_))) return error(400);
    if (!is_field_value(header.value.in(text_))) return error(400, "invalid header value");
  }
  if (!host_) return error(400, "missing required Host header");
  if (!is_host(host_->in(text_))) return error(400, "malformed Host header");
  if (hosts_differ_) return error(400, "Host header and :authority differ");
  return std::nullopt;
}

}  // namespace limen::transport
