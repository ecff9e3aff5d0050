// WebSockets, the server's side (RFC 6455): the handshake, frames, and a Tunnel that carries
// messages.
//
// No extensions are spoken. A client that breaks the protocol is told by a close frame and cut off.
// Thread rule: the loop's own thread, or for pure functions any.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http.h"

namespace limen::transport {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

// Close codes (RFC 6455 section 7.4.1).
inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseProtocolError = 1002;
inline constexpr std::uint16_t kCloseTooLarge = 1009;

// Whether the request asks for a WebSocket; not yet, whether it asks well.
bool asks_websocket(const RequestHead& head);
// Why the request cannot become a WebSocket; empty: it can.
std::string websocket_problem(const RequestHead& head);
// What is to be answered to a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);
// The protocols that are offered, in order; those that bear a token are not among them.
std::vector<std::string> websocket_protocols(const RequestHead& head);

// Adds one unmasked, whole frame to `out`.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
// The payload of a close frame.
std::string close_payload(std::uint16_t code, std::string_view reason = {});

// Reads a client's frames out of bytes that come in any pieces.
class FrameReader {
 public:
  class Events {
   public:
    // Some of a message's payload, unmasked; valid during the call.
    virtual void on_payload(std::string_view bytes) = 0;
    virtual void on_message_end() {}
    virtual void on_ping(std::string_view payload) = 0;
    virtual void on_close(std::uint16_t code) = 0;  // 1005: none was given

   protected:
    ~Events() = default;
  };

  // `most_payload` bounds what one frame may announce.
  explicit FrameReader(std::uint64_t most_payload) : most_payload_(most_payload) {}

  // False when the client broke the protocol; close_code() then says how, and nothing more is read.
  // Nor is anything after a close frame.
  bool feed(std::string_view bytes, Events& events);
  std::uint16_t close_code() const { return close_code_; }

 private:
  enum class State { head, payload, over };

  bool fail(std::uint16_t code);
  bool take_head(std::string_view& bytes);
  bool begin_frame(Events& events);
  bool take_payload(std::string_view& bytes, Events& events);
  bool end_frame(Events& events);
  std::size_t head_size() const;
  bool is_control() const { return (static_cast<unsigned>(opcode_) & 8U) != 0; }

  const std::uint64_t most_payload_;
  State state_ = State::head;
  std::array<unsigned char, 14> head_{};
  std::size_t head_bytes_ = 0;
  Opcode opcode_ = Opcode::continuation;
  bool final_ = false;
  bool in_message_ = false;  // a message's first frame has come, its last not
  std::uint64_t left_ = 0;
  std::array<unsigned char, 4> mask_{};
  std::size_t mask_at_ = 0;
  std::string control_;
  std::uint16_t close_code_ = 0;
};

// Answers 101 and gives a Tunnel whose write() sends one message of the kind `message` and whose
// on_data gives the payloads the client sends. Pings are answered, a close frame is the client's
// end. Null when the exchange cannot be taken over. `protocol` empty: none is named; `head` has
// further fields.
std::shared_ptr<Tunnel> accept_websocket(Exchange& exchange, ResponseHead head, Opcode message,
                                         const std::string& protocol, std::uint64_t most_payload);

}  // namespace limen::transport
