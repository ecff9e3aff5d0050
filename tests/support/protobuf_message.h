// Writes protobuf messages as a test needs them.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace limen::test {

class Message {
 public:
  Message& number(std::uint32_t field, std::uint64_t value) {
    varint(field << 3);
    varint(value);
    return *this;
  }
  Message& bytes(std::uint32_t field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    text_ += value;
    return *this;
  }
  Message& real(std::uint32_t field, double value) {
    varint(field << 3 | 1);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned i = 0; i < 8; ++i) text_ += static_cast<char>(bits >> (8 * i) & 0xFF);
    return *this;
  }
  Message& message(std::uint32_t field, const Message& inner) { return bytes(field, inner.text_); }
  const std::string& text() const { return text_; }

 private:
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      text_ += static_cast<char>(value | 0x80);
      value >>= 7;
    }
    text_ += static_cast<char>(value);
  }
  std::string text_;
};

// A body: magic, and the message in a runtime.Unknown.
inline std::string envelope(std::string_view api_version, std::string_view kind,
                            const Message& raw) {
  Message unknown;
  unknown.message(1, Message().bytes(1, api_version).bytes(2, kind)).message(2, raw);
  unknown.bytes(3, "").bytes(4, "");
  return std::string("k8s\0", 4) + unknown.text();
}

}  // namespace limen::test
