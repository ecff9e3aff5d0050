// Reading a request's body: by length or chunked (RFC 9112 sections 6 and 7), incremental, without
// sockets. Chunk extensions and trailers are checked and dropped.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "transport/http_parser.h"

namespace limen::transport {

class BodyDecoder {
 public:
  enum class Status { need_more, complete, malformed };
  struct Step {
    Status status;
    std::size_t consumed;  // bytes of the text that belong to the body
  };

  BodyDecoder() = default;  // no body: complete at once
  BodyDecoder(const ParsedHead& head, const Limits& limits);

  // Decodes the front of `text`; what it consumed must not be shown again. Decoded bytes go to the
  // end of `out`, or nowhere when it is null. Decodes at most `room` bytes in this call.
  Step decode(std::string_view text, std::string* out, std::size_t room);

  bool complete() const { return state_ == State::complete; }
  // Of a body with a length: what is still to come. 0 for a chunked one.
  std::uint64_t remaining() const { return chunked_ ? 0 : left_; }
  // What decode() has put out or dropped so far.
  std::uint64_t decoded() const { return decoded_; }

 private:
  enum class State {
    length,
    size,       // the chunk's hexadecimal size
    extension,  // up to CR
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,  // a trailer line up to LF
    complete,
    malformed,
  };

  std::size_t take_data(std::string_view text, std::string* out, std::size_t room);
  void take_control(char byte);
  void take_size(char byte);
  void take_extension(char byte);
  void take_trailer(char byte);
  void data_done();

  State state_ = State::complete;
  bool chunked_ = false;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
  std::uint64_t decoded_ = 0;
  std::uint32_t size_digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::size_t trailer_limit_ = 0;
  std::string trailer_line_;
};

}  // namespace limen::transport
