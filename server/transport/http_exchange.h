// One request of a connection and its answer, as the rest of the server holds them, whatever
// version of HTTP brought it.
//
// Both objects only forward to their host, the connection's protocol or one stream of it; detached
// (answered, or the connection is gone) they do nothing, so that a late answer harms nobody.
//
// Thread rule: the loop's own thread, except cancelled(). Lifetime: shared with the server's rooms;
// may outlive the connection.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http.h"
#include "transport/http_parser.h"

namespace limen::transport {

// What an exchange does is done by its host. Thread rule: the loop's own thread.
class ExchangeHost {
 public:
  virtual void read_body(std::size_t limit, Exchange::BodyCallback done) = 0;
  virtual void respond(const ResponseHead& head, std::string body) = 0;
  virtual void respond(const ResponseHead& head, std::vector<BodyPiece> body) = 0;
  virtual std::shared_ptr<ResponseStream> stream(const ResponseHead& head) = 0;
  virtual void distrust_peer() = 0;
  virtual bool can_upgrade() const { return false; }
  virtual std::shared_ptr<Tunnel> upgrade(const ResponseHead&) { return nullptr; }
  // Of the streamed answer.
  virtual void stream_write(std::string_view bytes) = 0;
  virtual std::size_t stream_pending() const = 0;
  virtual void stream_finish() = 0;
  virtual void stream_abort() = 0;

 protected:
  ~ExchangeHost() = default;
};

class HttpExchange : public Exchange {
 public:
  // `head_text` are the head's bytes, into which `parsed` points.
  HttpExchange(ExchangeHost& host, base::Executor& loop, std::shared_ptr<const PeerInfo> peer,
               Listener listener, std::string_view head_text, const ParsedHead& parsed);

  const RequestHead& head() const override { return head_; }
  const PeerInfo& peer() const override { return *peer_; }
  Listener listener() const override { return listener_; }
  base::Executor& loop() const override { return loop_; }
  void on_cancel(std::function<void()> fn) override;
  bool cancelled() const override { return cancelled_.load(std::memory_order_acquire); }
  void read_body(std::size_t limit, BodyCallback done) override;
  void respond(ResponseHead head, std::string body) override;
  void respond(ResponseHead head, std::vector<BodyPiece> body) override;
  std::shared_ptr<ResponseStream> stream(ResponseHead head) override;
  bool responded() const override { return responded_; }
  void distrust_peer() override;
  bool can_upgrade() const override;
  std::shared_ptr<Tunnel> upgrade(const ResponseHead& head) override;

  // For the host: the client has gone or the server drains.
  void cancel();
  void detach() { host_ = nullptr; }
  // It is answered: what it was given to call is dropped, and with it what that keeps alive.
  void finish();

 private:
  ExchangeHost* host_;
  base::Executor& loop_;
  std::shared_ptr<const PeerInfo> peer_;
  Listener listener_;
  std::string head_text_;
  RequestHead head_;
  std::atomic<bool> cancelled_{false};
  bool responded_ = false;
  std::function<void()> on_cancel_;
};

class HttpStream final : public ResponseStream {
 public:
  // A null host makes a stream that is closed from the start.
  explicit HttpStream(ExchangeHost* host) : host_(host) {}

  void write(std::string_view bytes) override;
  std::size_t pending_bytes() const override;
  void on_drain(std::function<void()> fn) override { on_drain_ = std::move(fn); }
  void finish() override;
  void abort() override;
  bool closed() const override { return host_ == nullptr; }

  // For the host: some bytes have been sent.
  void note_sent();
  void detach();

 private:
  static constexpr std::size_t kLowWater = 64 * 1024;

  ExchangeHost* host_;
  bool above_ = false;
  std::function<void()> on_drain_;
};

}  // namespace limen::transport
