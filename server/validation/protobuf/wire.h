// The protobuf wire format (encoding.md of protocol buffers): fields, one after another.
//
// A reader over borrowed bytes; nothing is copied. Thread rule: one thread; the bytes outlive it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace limen::validation::protobuf {

// The bytes are no protobuf message of the expected form. what() is for the client.
class WireError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct WireField {
  std::uint32_t number = 0;
  enum class Form : std::uint8_t { varint, fixed64, bytes, fixed32 } form = Form::varint;
  std::uint64_t number_value = 0;  // varint and fixed forms
  std::string_view bytes;          // Form::bytes

  // Throws WireError when the field has another form.
  void want(Form wanted) const;
  // The bytes as UTF-8 text. Throws WireError when they are none.
  std::string_view text() const;
};

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  // False at the end. Throws WireError on a broken or cut field.
  bool next(WireField& field);
  // One bare number, of a packed list. Both throw WireError when it is cut.
  std::uint64_t varint();
  std::uint64_t fixed64() { return fixed(8); }
  bool at_end() const { return rest_.empty(); }

 private:
  std::uint64_t fixed(std::size_t size);

  std::string_view rest_;
};

}  // namespace limen::validation::protobuf
