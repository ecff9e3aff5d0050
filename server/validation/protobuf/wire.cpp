#include "validation/protobuf/wire.h"

#include <string>

#include "base/strings.h"

namespace limen::validation::protobuf {

void WireField::want(Form wanted) const {
  if (form != wanted) {
    throw WireError("proto: wrong wireType for field " + std::to_string(number));
  }
}

std::string_view WireField::text() const {
  want(Form::bytes);
  if (!base::is_valid_utf8(bytes)) throw WireError("proto: invalid UTF-8 in a string");
  return bytes;
}

std::uint64_t WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) throw WireError("unexpected EOF");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  throw WireError("proto: integer overflow");
}

std::uint64_t WireReader::fixed(std::size_t size) {
  if (rest_.size() < size) throw WireError("unexpected EOF");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
  }
  rest_.remove_prefix(size);
  return value;
}

bool WireReader::next(WireField& field) {
  if (rest_.empty()) return false;
  const std::uint64_t tag = varint();
  const std::uint64_t number = tag >> 3;
  if (number == 0 || number > 0x1FFFFFFF) throw WireError("proto: illegal tag");
  field.number = static_cast<std::uint32_t>(number);
  field.bytes = {};
  field.number_value = 0;
  switch (tag & 7) {
    case 0:
      field.form = WireField::Form::varint;
      field.number_value = varint();
      return true;
    case 1:
      field.form = WireField::Form::fixed64;
      field.number_value = fixed(8);
      return true;
    case 2: {
      field.form = WireField::Form::bytes;
      const std::uint64_t length = varint();
      if (length > rest_.size()) throw WireError("unexpected EOF");
      field.bytes = rest_.substr(0, static_cast<std::size_t>(length));
      rest_.remove_prefix(static_cast<std::size_t>(length));
      return true;
    }
    case 5:
      field.form = WireField::Form::fixed32;
      field.number_value = fixed(4);
      return true;
    default:
      throw WireError("proto: illegal wireType " + std::to_string(tag & 7));
  }
}

}  // namespace limen::validation::protobuf
