#include "validation/protobuf/wire_writer.h"

#include <algorithm>
#include <cstring>

namespace limen::validation::protobuf {

namespace {

enum : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };

constexpr std::size_t kFirstRoom = 512;

}  // namespace

char* WireWriter::room(std::size_t size) {
  if (start_ < size) {
    const std::string old = std::move(buffer_);
    const std::size_t used = old.size() - start_;
    const std::size_t total = std::max(kFirstRoom, 2 * (used + size));
    buffer_.assign(total, '\0');
    std::memcpy(buffer_.data() + (total - used), old.data() + start_, used);
    start_ = total - used;
  }
  start_ -= size;
  return buffer_.data() + start_;
}

void WireWriter::varint(std::uint64_t value) {
  char out[10];
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = static_cast<char>(value | 0x80);
  out[size++] = static_cast<char>(value);
  std::memcpy(room(size), out, size);
}

void WireWriter::number(std::uint32_t field, std::uint64_t value) {
  varint(value);
  varint(field << 3 | kVarint);
}

void WireWriter::fixed64(std::uint32_t field, std::uint64_t value) {
  char* out = room(8);
  for (unsigned i = 0; i < 8; ++i) out[i] = static_cast<char>(value >> (8 * i) & 0xFF);
  varint(field << 3 | kFixed64);
}

void WireWriter::bytes(std::uint32_t field, std::string_view value) {
  const std::size_t mark = size();
  if (!value.empty()) std::memcpy(room(value.size()), value.data(), value.size());
  close(field, mark);
}

void WireWriter::close(std::uint32_t field, std::size_t mark) {
  varint(size() - mark);
  varint(field << 3 | kBytes);
}

}  // namespace limen::validation::protobuf
