// HTTP/2 on one connection (RFC 9113): many requests at a time, framed by libnghttp2.
//
// libnghttp2's callbacks only note what has come; what others do about it (handlers, cancelled
// requests) runs after it has returned. Frames are made when the socket can take them, so that what
// a slow reader has not taken waits in its streams.
//
// Thread rule: the loop's own thread. Lifetime: owned by its carrier.
#pragma once

#include <nghttp2/nghttp2.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "transport/http2_floods.h"
#include "transport/http2_stream.h"
#include "transport/protocol.h"

namespace limen::transport {

class IoWorker;

class Http2 final : public Protocol {
 public:
  Http2(Carrier& carrier, IoWorker& worker);
  ~Http2() override;
  Http2(const Http2&) = delete;
  Http2& operator=(const Http2&) = delete;

  void on_data(std::string_view bytes) override;
  void on_peer_end() override;
  void on_deadline() override;
  void before_flush() override;
  void on_sent() override;
  void on_drain() override;
  void on_closed() override;

  // For the streams. After the connection's end they do nothing.
  IoWorker& worker() { return worker_; }
  Carrier& carrier() { return carrier_; }
  const std::shared_ptr<std::atomic<std::size_t>>& running() const { return running_; }
  void count_request();
  void send_continue(std::int32_t id);
  // `length` as for Http2Fields. With a body, the stream is asked for it.
  void send_head(std::int32_t id, const ResponseHead& head, const std::uint64_t* length,
                 bool with_body);
  void resume(std::int32_t id);
  // Ends a stream, for one of HTTP/2's reasons.
  void reset(std::int32_t id, std::uint32_t code);
  // Opens the windows of stream and connection, or the connection's alone, by so much.
  void consume(std::int32_t id, std::size_t bytes);
  void consume_connection(std::size_t bytes);
  bool window_is_shut(std::int32_t id) const;
  // No new streams; the connection ends with those it has.
  void go_away();
  // Deadlines have changed.
  void arm();

 private:
  friend struct Http2Callbacks;
  struct FreeSession {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  // Within libnghttp2's callbacks; the results are its.
  int note_frame_begin(const nghttp2_frame_hd& head);
  int note_head_begin(const nghttp2_frame& frame);
  int note_field(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  int note_frame(const nghttp2_frame& frame);
  int note_data(std::int32_t id, std::string_view bytes);
  int note_sent_frame(const nghttp2_frame& frame);
  int note_close(std::int32_t id);
  int flood(Flood kind);
  int count(Flood kind);

  Http2Stream* find(std::int32_t id);
  void begin_session();
  void touch(std::int32_t id);
  void dispatch();
  void reap();
  void pump();
  void settle();
  void give_up(std::optional<Flood> why);
  void close();

  Carrier& carrier_;
  IoWorker& worker_;
  Http2Floods floods_;
  std::unordered_map<std::int32_t, std::unique_ptr<Http2Stream>> streams_;
  std::vector<std::int32_t> touched_;                 // something has come for them
  std::vector<std::unique_ptr<Http2Stream>> closed_;  // to be ended
  std::shared_ptr<std::atomic<std::size_t>> running_;
  std::optional<Flood> flooded_;
  std::size_t continuations_ = 0;  // of the head that comes
  std::int32_t head_of_ = 0;       // the stream whose head it is
  base::Deadline head_deadline_ = Carrier::kNever;
  base::Deadline idle_deadline_ = Carrier::kNever;
  bool draining_ = false;
  bool going_away_ = false;
  bool closing_ = false;
  std::unique_ptr<nghttp2_session, FreeSession> session_;  // last: its end calls nobody
};

}  // namespace limen::transport
