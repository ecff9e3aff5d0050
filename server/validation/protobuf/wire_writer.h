// Writing the protobuf wire format from its end to its beginning.
//
// A message is preceded by its length, which is known once the message is written; so fields are
// written last to first, and nothing is measured twice or moved. Thread rule: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace limen::validation::protobuf {

class WireWriter {
 public:
  // Each of these puts one field before what was written so far.
  void number(std::uint32_t field, std::uint64_t value);
  void fixed64(std::uint32_t field, std::uint64_t value);
  void bytes(std::uint32_t field, std::string_view value);
  // What was written since size() was `mark` becomes a message of its own, the value of `field`.
  void close(std::uint32_t field, std::size_t mark);

  std::size_t size() const { return buffer_.size() - start_; }
  // What was written; valid until the next write.
  std::string_view text() const { return std::string_view(buffer_).substr(start_); }

 private:
  char* room(std::size_t size);
  void varint(std::uint64_t value);

  std::string buffer_;
  std::size_t start_ = 0;  // of what was written, in buffer_
};

}  // namespace limen::validation::protobuf
