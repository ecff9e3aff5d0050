// A request without a network: what a test says was sent, and what the server answered.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "support/inline_executor.h"
#include "transport/http.h"

namespace limen::test {

// A streamed answer as it grows.
class FakeStream final : public transport::ResponseStream {
 public:
  std::string text;
  std::size_t pending = 0;     // what the client is said not to have taken
  bool count_pending = false;  // writes stay pending until the test drains them
  bool finished = false;
  bool aborted = false;

  void write(std::string_view bytes) override {
    if (finished || aborted) return;
    text += bytes;
    if (count_pending) pending += bytes.size();
  }
  std::size_t pending_bytes() const override { return pending; }
  void on_drain(std::function<void()> fn) override { drained_ = std::move(fn); }
  void drain() {
    pending = 0;
    if (drained_) drained_();
  }
  void finish() override { finished = true; }
  void abort() override { aborted = true; }
  bool closed() const override { return finished || aborted; }

 private:
  std::function<void()> drained_;
};

// A connection that was taken over.
class FakeTunnel final : public transport::Tunnel {
 public:
  std::string text;  // what was written
  bool finished = false;
  bool aborted = false;

  void on_data(std::function<void(std::string_view)> fn) override { data_ = std::move(fn); }
  void on_end(std::function<void()> fn) override { end_ = std::move(fn); }
  void hold_input(bool) override {}
  void write(std::string_view bytes) override { text += bytes; }
  std::size_t pending_bytes() const override { return 0; }
  void on_drain(std::function<void()>) override {}
  void finish() override { finished = true; }
  void abort() override { aborted = true; }
  bool closed() const override { return finished || aborted; }

  // The client's side.
  void send(std::string_view bytes) const { data_(bytes); }
  void end() const { end_(); }

 private:
  std::function<void(std::string_view)> data_;
  std::function<void()> end_;
};

class FakeExchange final : public transport::Exchange {
 public:
  explicit FakeExchange(InlineExecutor& loop) : loop_(loop) { peer_.source_ip = "192.0.2.1"; }

  // What was sent.
  void request(std::string method, std::string target,
               std::vector<std::pair<std::string, std::string>> headers = {}) {
    method_ = std::move(method);
    target_ = std::move(target);
    sent_headers_ = std::move(headers);
    head_.method = method_;
    head_.target = target_;
    head_.headers.clear();
    for (const auto& [name, value] : sent_headers_) head_.headers.push_back({name, value});
  }
  void body(std::string text) {
    body_ = std::move(text);
    head_.has_body = true;
  }
  void from(transport::Listener listener) { listener_ = listener; }
  transport::PeerInfo& sender() { return peer_; }

  // What was answered.
  int status = 0;
  std::string answer_headers;
  std::string answer;
  int answers = 0;
  std::shared_ptr<FakeStream> streamed;  // the answer, when it is a stream
  bool slow_reader = false;              // a stream's bytes stay pending until drain()
  bool upgradable = false;               // the connection can be taken over
  std::shared_ptr<FakeTunnel> tunnel;    // once it is
  bool distrusted = false;               // its connection is to end where many share it

  const transport::RequestHead& head() const override { return head_; }
  const transport::PeerInfo& peer() const override { return peer_; }
  transport::Listener listener() const override { return listener_; }
  base::Executor& loop() const override { return loop_; }
  void on_cancel(std::function<void()> fn) override { cancel_ = std::move(fn); }
  bool cancelled() const override { return cancelled_; }
  void cancel() {
    cancelled_ = true;
    if (cancel_) cancel_();
  }
  void read_body(std::size_t limit, BodyCallback done) override {
    if (body_.size() > limit) {
      done(transport::BodyStatus::too_large, {});
    } else {
      done(transport::BodyStatus::complete, body_);
    }
  }
  void respond(transport::ResponseHead head, std::string text) override {
    ++answers;
    status = head.status();
    answer_headers = head.wire();
    answer = std::move(text);
  }
  void respond(transport::ResponseHead head, std::vector<transport::BodyPiece> pieces) override {
    std::string text;
    for (const transport::BodyPiece& piece : pieces) text += piece.view;
    respond(std::move(head), std::move(text));
  }
  std::shared_ptr<transport::ResponseStream> stream(transport::ResponseHead head) override {
    ++answers;
    status = head.status();
    answer_headers = head.wire();
    streamed = std::make_shared<FakeStream>();
    streamed->count_pending = slow_reader;
    return streamed;
  }
  bool responded() const override { return answers > 0; }
  bool can_upgrade() const override { return upgradable && answers == 0; }
  std::shared_ptr<transport::Tunnel> upgrade(const transport::ResponseHead& head) override {
    if (!can_upgrade()) return nullptr;
    ++answers;
    status = 101;
    answer_headers = head.wire();
    tunnel = std::make_shared<FakeTunnel>();
    return tunnel;
  }
  void distrust_peer() override { distrusted = true; }

 private:
  InlineExecutor& loop_;
  std::string method_, target_, body_;
  std::vector<std::pair<std::string, std::string>> sent_headers_;
  transport::RequestHead head_;
  transport::PeerInfo peer_;
  transport::Listener listener_ = transport::Listener::secure;
  std::function<void()> cancel_;
  bool cancelled_ = false;
};

}  // namespace limen::test
