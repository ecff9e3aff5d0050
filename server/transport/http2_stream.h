// One request of an HTTP/2 connection: its head, its body as it comes, its answer as the client's
// windows let it go.
//
// A body that nobody reads yet is kept up to the stream's window, and the client sends no more;
// what is read opens the window again. An answer waits here, not in the connection's queue, until
// the client takes it.
//
// Thread rule: the loop's own thread. Lifetime: owned by its Http2 from the first field of its head
// to the close of the stream. No method runs inside a callback of libnghttp2 unless it says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http2_answer.h"
#include "transport/http2_head.h"
#include "transport/http_exchange.h"
#include "transport/protocol.h"

namespace limen::transport {

class Http2;

class Http2Stream final : public ExchangeHost {
 public:
  Http2Stream(Http2& connection, std::int32_t id);
  ~Http2Stream();
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;

  // Within libnghttp2's callbacks: they only note.
  bool note_field(std::string_view name, std::string_view value);
  bool note_trailer(std::string_view name, std::string_view value);
  void note_head(bool with_body);
  void note_body(std::string_view bytes);
  void note_body_end() { body_ended_ = true; }
  // The answer is out; of the request no more is wanted.
  void note_answered();
  // The next bytes of the answer: how many, at most `room`.
  enum class Supply { some, last, later, broken };
  Supply supply(std::size_t room, std::size_t& bytes);
  void send(OutQueue& out, std::size_t bytes);

  // Does what has become possible: begins the request, hands over its body.
  void advance();
  // The stream is closed or the connection gone: the request ends, the client's will or not.
  void end();
  // The server drains: an answer that has no end of itself must end.
  void drain();
  // When check_time is due; Carrier::kNever when nothing waits.
  base::Deadline deadline() const;
  void check_time(base::Deadline now);
  // Some bytes have left the connection.
  void note_sent();

  void read_body(std::size_t limit, Exchange::BodyCallback done) override;
  void respond(const ResponseHead& head, std::string body) override;
  void respond(const ResponseHead& head, std::vector<BodyPiece> body) override;
  std::shared_ptr<ResponseStream> stream(const ResponseHead& head) override;
  void distrust_peer() override { last_of_connection_ = true; }
  void stream_write(std::string_view bytes) override;
  std::size_t stream_pending() const override { return answer_.size(); }
  void stream_finish() override;
  void stream_abort() override;

 private:
  void begin();
  void refuse(const HeadError& error);
  void deliver_body(BodyStatus status);
  void take_in(std::size_t bytes);
  bool sends_body(int status) const { return !is_head_request_ && status != 204 && status != 304; }
  void begin_answer(const ResponseHead& head, const std::uint64_t* length, bool with_body);
  void append(BodyPiece piece);
  void go_on();

  Http2& connection_;
  const std::int32_t id_;
  Http2Head head_;
  bool with_body_ = false;
  bool head_complete_ = false;
  std::size_t trailer_bytes_ = 0;
  std::uint64_t announced_ = 0;  // bytes of body, by Content-Length
  std::shared_ptr<HttpExchange> exchange_;
  bool is_head_request_ = false;
  bool expects_continue_ = false;

  // The body.
  std::string body_;         // read, or waiting to be
  std::size_t untaken_ = 0;  // bytes of it for which the windows have not been opened again
  Exchange::BodyCallback body_done_;
  std::size_t body_limit_ = 0;
  base::Deadline body_deadline_ = Carrier::kNever;
  bool body_ended_ = false;
  bool body_malformed_ = false;
  bool body_unwanted_ = false;  // it is given up, or delivered

  // The answer.
  Http2Answer answer_;
  std::shared_ptr<HttpStream> stream_;
  base::Deadline stall_deadline_ = Carrier::kNever;
  std::chrono::milliseconds stall_limit_;
  base::Deadline linger_deadline_ = Carrier::kNever;  // answered, while the body still comes
  bool stream_has_body_ = true;
  bool answer_begun_ = false;
  bool answer_complete_ = false;  // nothing will be added
  bool answer_broken_ = false;    // and its end is no proper one
  bool waiting_ = false;          // libnghttp2 has been told to come again
  bool last_of_connection_ = false;
};

}  // namespace limen::transport
