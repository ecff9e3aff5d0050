// Writing the protobuf wire format (length-delimited fields and booleans are all that is needed).
// A value type for one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace limen::api {

class ProtobufWriter {
 public:
  // A string, bytes or embedded message.
  void bytes(std::uint32_t field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    out_ += value;
  }
  // proto3: a false one is not written.
  void boolean(std::uint32_t field, bool value) {
    if (!value) return;
    varint(field << 3);
    varint(1);
  }
  const std::string& text() const { return out_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>((value & 0x7f) | 0x80);
    out_ += static_cast<char>(value);
  }
  std::string out_;
};

}  // namespace limen::api
