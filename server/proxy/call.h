// Call: one request to another server and its answer, as events.
//
// A connection of its own for each: it says Connection: close, unless it asks for an upgrade. After
// a 101 the bytes behind the head are on_body's, undecoded, and write() goes to the peer.
//
// Thread rule: the loop's own thread. Lifetime: shared; dropping the last reference closes the
// connection. No event comes after close(), finish(), on_body_end (of what is no tunnel) or
// on_failed.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/connection.h"
#include "proxy/response_parser.h"
#include "transport/body_decoder.h"

namespace limen::proxy {

enum class CallFailure { unreachable, nonsense, broken };

class CallEvents {
 public:
  virtual void on_answer(const AnswerHead& head) = 0;
  virtual void on_body(std::string_view bytes) = 0;
  virtual void on_body_end() = 0;  // proper; of a tunnel: the peer sends no more
  virtual void on_written() {}     // some of what was written has left
  virtual void on_failed(CallFailure what, const std::string& why) = 0;

 protected:
  ~CallEvents() = default;
};

class Call final : public ConnectionEvents, public std::enable_shared_from_this<Call> {
 public:
  Call(transport::EventLoop& loop, CallEvents& events, bool head_request);
  ~Call();

  // `request` is the whole request as it goes over the wire.
  void start(const Target& target, std::string request, std::chrono::milliseconds connect_timeout);
  bool is_tunnel() const { return tunnel_; }
  void write(std::string_view bytes) { connection_->write(bytes); }
  std::size_t unsent() const { return connection_->unsent(); }
  // What has been received may still be given.
  void hold_input(bool held) { connection_->hold_input(held); }
  void end_output() { connection_->end_output(); }
  void close();
  // As Connection::finish(), also when the call is dropped meanwhile.
  void finish();

  void on_open() override { opened_ = true; }
  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_sent() override;
  void on_failed(const std::string& why) override;

 private:
  static constexpr int kMostInterim = 8;  // 1xx answers before the one

  bool take_head();
  void begin_body();
  void take_body(std::string_view bytes);
  void end_body();
  void fail(CallFailure what, const std::string& why);

  CallEvents* events_;  // null: nobody wants to know
  std::shared_ptr<Connection> connection_;
  bool finishing_ = false;
  ResponseParser parser_;
  std::string input_;  // of a head that is not complete
  bool opened_ = false;
  bool answered_ = false;
  bool tunnel_ = false;
  int interim_ = 0;
  transport::Limits limits_;
  transport::BodyDecoder body_;
  bool until_close_ = false;
};

}  // namespace limen::proxy
