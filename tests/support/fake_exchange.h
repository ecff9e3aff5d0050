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
  std::shared_ptr<transport::ResponseStream> stream(transport::ResponseHead) override {
    return nullptr;
  }
  bool responded() const override { return answers > 0; }

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
