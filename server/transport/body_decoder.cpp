#include "transport/body_decoder.h"

#include <algorithm>

#include "transport/http_syntax.h"

namespace limen::transport {
namespace {

constexpr std::uint32_t kMostSizeDigits = 15;           // 2^60: no overflow, and nobody's chunk
constexpr std::size_t kMostExtensionBytes = 16 * 1024;  // of all chunks of a body together

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

BodyDecoder::BodyDecoder(const ParsedHead& head, const Limits& limits)
    : trailer_limit_(limits.trailer_bytes) {
  if (head.framing == Framing::chunked) {
    chunked_ = true;
    state_ = State::size;
  } else if (head.framing == Framing::length && head.content_length > 0) {
    state_ = State::length;
    left_ = head.content_length;
  }
}

BodyDecoder::Step BodyDecoder::decode(std::string_view text, std::string* out, std::size_t room) {
  std::size_t at = 0;
  while (at < text.size() && state_ != State::complete && state_ != State::malformed) {
    if (state_ == State::length || state_ == State::data) {
      const std::size_t taken = take_data(text.substr(at), out, room);
      if (taken == 0) break;
      room -= taken;
      at += taken;
    } else {
      take_control(text[at++]);
    }
  }
  if (state_ == State::malformed) return {Status::malformed, at};
  return {complete() ? Status::complete : Status::need_more, at};
}

std::size_t BodyDecoder::take_data(std::string_view text, std::string* out, std::size_t room) {
  const std::size_t size =
      static_cast<std::size_t>(std::min<std::uint64_t>(left_, std::min(text.size(), room)));
  if (out != nullptr) out->append(text.data(), size);
  left_ -= size;
  decoded_ += size;
  if (left_ == 0) data_done();
  return size;
}

void BodyDecoder::data_done() { state_ = chunked_ ? State::data_cr : State::complete; }

void BodyDecoder::take_control(char byte) {
  switch (state_) {
    case State::size:
      return take_size(byte);
    case State::extension:
      return take_extension(byte);
    case State::size_lf:
      if (byte != '\n') {
        state_ = State::malformed;
      } else if (left_ > 0) {
        state_ = State::data;
      } else {
        state_ = State::trailer;
      }
      return;
    case State::data_cr:
      state_ = byte == '\r' ? State::data_lf : State::malformed;
      return;
    case State::data_lf:
      state_ = byte == '\n' ? State::size : State::malformed;
      size_digits_ = 0;
      return;
    case State::trailer:
      return take_trailer(byte);
    case State::length:
    case State::data:
    case State::complete:
    case State::malformed:
      return;
  }
}

void BodyDecoder::take_size(char byte) {
  const int digit = hex_value(byte);
  if (digit >= 0 && size_digits_ < kMostSizeDigits) {
    ++size_digits_;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  } else if (digit < 0 && size_digits_ > 0 && byte == '\r') {
    state_ = State::size_lf;
  } else if (digit < 0 && size_digits_ > 0 && byte == ';') {
    state_ = State::extension;
  } else {
    state_ = State::malformed;
  }
}

void BodyDecoder::take_extension(char byte) {
  if (byte == '\r') {
    state_ = State::size_lf;
  } else if (!is_field_value({&byte, 1}) || ++extension_bytes_ > kMostExtensionBytes) {
    state_ = State::malformed;
  }
}

void BodyDecoder::take_trailer(char byte) {
  if (++trailer_bytes_ > trailer_limit_ + 2) {  // the empty line that ends them is not counted
    state_ = State::malformed;
    return;
  }
  if (byte != '\n') {
    trailer_line_ += byte;
    return;
  }
  if (!trailer_line_.ends_with('\r')) {
    state_ = State::malformed;
    return;
  }
  trailer_line_.pop_back();
  if (trailer_line_.empty()) {
    state_ = State::complete;
    return;
  }
  const std::optional<FieldLine> field = split_field_line(trailer_line_);
  if (!field || !is_field_value(field->value)) state_ = State::malformed;
  trailer_line_.clear();
}

}  // namespace limen::transport
