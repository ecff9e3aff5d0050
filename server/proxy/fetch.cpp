#include <memory>
#include <utility>

#include "proxy/call.h"
#include "proxy/forward.h"
#include "proxy/own_loop.h"
#include "transport/http_syntax.h"

namespace limen::proxy {

namespace {

// One request under way. Its timer owns it until it has ended.
class Fetching final : public CallEvents, public std::enable_shared_from_this<Fetching> {
 public:
  Fetching(transport::EventLoop& loop, std::size_t max_bytes, base::OneShot<Fetched> answer)
      : loop_(loop), max_bytes_(max_bytes), answer_(std::move(answer)) {}

  void start(const Target& target, std::string request, std::chrono::milliseconds timeout) {
    timer_ = loop_.post_at(base::SteadyClock::now() + timeout, [self = shared_from_this()] {
      self->timer_ = 0;
      self->end("context deadline exceeded");
    });
    call_ = std::make_shared<Call>(loop_, *this, false);
    call_->start(target, std::move(request), timeout);
  }

  void on_answer(const AnswerHead& head) override {
    if (head.status == 101) return end("an upgrade that nobody asked for");
    fetched_.status = head.status;
    fetched_.headers = head.fields;
  }
  void on_body(std::string_view bytes) override {
    if (bytes.size() > max_bytes_ - fetched_.body.size()) return end("the answer is too large");
    fetched_.body += bytes;
  }
  void on_body_end() override { end({}); }
  void on_failed(CallFailure, const std::string& why) override { end(why); }

 private:
  void end(const std::string& error) {
    if (!call_) return;
    const auto self = shared_from_this();
    std::exchange(call_, nullptr)->close();
    loop_.cancel_timer(std::exchange(timer_, 0));
    if (!error.empty()) {
      fetched_ = {};
      fetched_.error = error;
    }
    answer_.set(std::move(fetched_));
  }

  transport::EventLoop& loop_;
  const std::size_t max_bytes_;
  base::OneShot<Fetched> answer_;
  Fetched fetched_;
  std::shared_ptr<Call> call_;
  base::Executor::TimerId timer_ = 0;
};

std::string request_head(const std::string& method, const Target& target,
                         const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string out = method + " " + (target.path.empty() ? "/" : target.path) +
                    " HTTP/1.1\r\nHost: " + target.host_header + "\r\n";
  for (const auto& [name, value] : headers) {
    if (transport::is_token(name) && transport::is_field_value(value)) {
      out += name + ": " + value + "\r\n";
    }
  }
  return out += "Connection: close\r\n\r\n";
}

}  // namespace

base::Task<Fetched> fetch(base::Executor& loop, std::string method, Target target,
                          std::vector<std::pair<std::string, std::string>> headers,
                          std::size_t max_bytes, std::chrono::milliseconds timeout) {
  auto* io = dynamic_cast<transport::EventLoop*>(&loop);
  if (io == nullptr) io = &own_loop();
  base::OneShot<Fetched> answer(loop);
  io->post([io, method = std::move(method), target = std::move(target),
            headers = std::move(headers), max_bytes, timeout, answer] {
    std::make_shared<Fetching>(*io, max_bytes, answer)
        ->start(target, request_head(method, target, headers), timeout);
  });
  co_return co_await answer;
}

}  // namespace limen::proxy
