#include "proxy/forward.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "proxy/call.h"
#include "proxy/fields.h"
#include "request/live_requests.h"
#include "transport/event_loop.h"
#include "transport/http_syntax.h"
#include "transport/websocket.h"

namespace limen::proxy {

namespace {

using base::ApiError;
using transport::ResponseHead;

constexpr std::size_t kHighWater = 256 * 1024;  // unsent bytes at which the other side is not read
constexpr std::size_t kLowWater = 64 * 1024;    // and at which it is read again
constexpr std::size_t kMostRefusalText = 50'000;
constexpr std::uint64_t kMostFrame = std::uint64_t{1} << 31;  // passed on piece by piece

constexpr std::chrono::seconds kHalfClosed{10};  // for a target to say its last words

// One request under way to its target. Its task owns it and waits for `done`.
class Forwarding final : public CallEvents, public std::enable_shared_from_this<Forwarding> {
 public:
  Forwarding(request::RequestContext& context, transport::EventLoop& loop, ForwardRules rules)
      : context_(context), loop_(loop), rules_(std::move(rules)), done_(loop) {}

  void start(const Target& target, const std::string& body);
  // The client has gone, the time is up, or the server drains.
  void cancel();
  const base::OneShot<bool>& done() const { return done_; }
  // After done: what there is to throw.
  const std::optional<ApiError>& error() const { return error_; }

  void on_answer(const AnswerHead& head) override;
  void on_body(std::string_view bytes) override;
  void on_body_end() override;
  void on_written() override;
  void on_failed(CallFailure what, const std::string& why) override;

 private:
  void open_tunnel(const AnswerHead& head);
  void take_from_client(std::string_view bytes);
  void client_ended();
  void refuse(ApiError error);
  void end();

  request::RequestContext& context_;
  transport::EventLoop& loop_;
  const ForwardRules rules_;
  base::OneShot<bool> done_;
  std::optional<ApiError> error_;
  bool ended_ = false;
  bool upgrade_ = false;
  int refused_status_ = 0;  // the answer's body becomes an error
  std::string refused_text_;
  std::shared_ptr<Call> call_;
  std::shared_ptr<transport::ResponseStream> stream_;
  std::shared_ptr<transport::Tunnel> tunnel_;
  base::Executor::TimerId half_closed_ = 0;
};

void Forwarding::start(const Target& target, const std::string& body) {
  upgrade_ =
      rules_.allow_upgrade && asks_upgrade(context_.head()) && context_.exchange().can_upgrade();
  std::string_view upgrade;
  if (upgrade_) {
    upgrade = rules_.unwrap ? rules_.unwrap->upgrade : context_.head().header("Upgrade");
  }
  const std::string_view method =
      rules_.method.empty() ? context_.head().method : std::string_view(rules_.method);
  std::string request = request_head(context_, target, rules_, body.size(), upgrade);
  request += body;
  call_ = std::make_shared<Call>(loop_, *this, method == "HEAD");
  call_->start(target, std::move(request), rules_.connect_timeout);
}

// ---- the answer --------------------------------------------------------------------------------

void Forwarding::on_answer(const AnswerHead& head) {
  if (head.status == 101) {
    if (!upgrade_) return on_failed(CallFailure::nonsense, "an upgrade that nobody asked for");
    return open_tunnel(head);
  }
  const bool redirects = head.status >= 300 && head.status < 400;
  if (upgrade_ && head.status < 400) {
    return refuse(
        ApiError(500, "", "invalid upgrade response: status code " + std::to_string(head.status)));
  }
  if (redirects && rules_.redirects == Redirects::refuse && !head.field("Location").empty()) {
    return refuse(ApiError(
        502, "", "the backend attempted to redirect this request, which is not permitted"));
  }
  if (!upgrade_ && rules_.refused && (head.status < 200 || head.status > 206)) {
    refused_status_ = head.status;
    return;
  }
  ResponseHead answer = context_.new_head(head.status, "");
  take_answer_fields(head, rules_, answer);
  if (upgrade_) answer.close_connection = true;
  context_.set_status(head.status);
  if (head.body == AnswerHead::Body::none && head.status != 200) {
    // 204 and 304 above all, which must not be given a length.
    if (!head.has_length || context_.head().method != "HEAD") {
      return context_.exchange().respond(std::move(answer), std::string());
    }
  }
  if (head.has_length) answer.content_length = head.content_length;
  answer.patient = true;
  stream_ = context_.exchange().stream(std::move(answer));
  stream_->on_drain([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->call_) self->call_->hold_input(false);
  });
}

void Forwarding::on_body(std::string_view bytes) {
  if (refused_status_ != 0) {
    refused_text_ += bytes.substr(0, kMostRefusalText - refused_text_.size());
    if (refused_text_.size() == kMostRefusalText) on_body_end();
    return;
  }
  if (tunnel_) {
    tunnel_->write(bytes);
    if (tunnel_->pending_bytes() >= kHighWater) call_->hold_input(true);
  } else if (stream_) {
    stream_->write(bytes);
    if (stream_->pending_bytes() >= kHighWater) call_->hold_input(true);
  }
}

void Forwarding::on_body_end() {
  if (refused_status_ != 0) return refuse(rules_.refused(refused_status_, refused_text_));
  if (tunnel_) tunnel_->finish();
  if (stream_) stream_->finish();
  end();
}

void Forwarding::on_failed(CallFailure what, const std::string& why) {
  if (context_.exchange().responded()) {
    if (tunnel_) tunnel_->abort();
    if (stream_) stream_->abort();
    return end();
  }
  if (what == CallFailure::nonsense) {
    return refuse(ApiError(502, "", "error trying to reach service: " + why));
  }
  refuse(rules_.unreachable
             ? rules_.unreachable(why)
             : ApiError::service_unavailable("error trying to reach service: " + why));
}

// ---- the tunnel --------------------------------------------------------------------------------

void Forwarding::open_tunnel(const AnswerHead& head) {
  ResponseHead answer(101);
  answer.add("Audit-Id", context_.audit_id);
  take_answer_fields(head, rules_, answer);
  context_.set_status(101);
  if (rules_.unwrap) {
    tunnel_ =
        transport::accept_websocket(context_.exchange(), std::move(answer),
                                    transport::Opcode::binary, rules_.unwrap->protocol, kMostFrame);
  } else {
    answer.add("Connection", "Upgrade");
    const std::string_view protocol = head.field("Upgrade");
    answer.add("Upgrade", protocol.empty() ? context_.head().header("Upgrade") : protocol);
    tunnel_ = context_.exchange().upgrade(answer);
  }
  if (!tunnel_) return end();  // the client has gone
  const std::weak_ptr<Forwarding> weak = weak_from_this();
  // The time for an answer is not the tunnel's; the client's end is.
  context_.scope.on_cancel = nullptr;
  context_.exchange().on_cancel([weak] {
    if (const auto self = weak.lock()) self->cancel();
  });
  tunnel_->on_data([weak](std::string_view bytes) {
    if (const auto self = weak.lock()) self->take_from_client(bytes);
  });
  tunnel_->on_end([weak] {
    if (const auto self = weak.lock()) self->client_ended();
  });
  tunnel_->on_drain([weak] {
    const auto self = weak.lock();
    if (self && self->call_) self->call_->hold_input(false);
  });
}

void Forwarding::take_from_client(std::string_view bytes) {
  if (!call_) return;
  call_->write(bytes);
  if (call_->unsent() >= kHighWater) tunnel_->hold_input(true);
}

void Forwarding::on_written() {
  if (tunnel_ && call_ && call_->unsent() < kLowWater) tunnel_->hold_input(false);
}

void Forwarding::client_ended() {
  if (!call_) return;
  call_->end_output();
  half_closed_ = loop_.post_at(base::SteadyClock::now() + kHalfClosed, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && !self->ended_) self->on_body_end();
  });
}

// ---- the end -----------------------------------------------------------------------------------

void Forwarding::refuse(ApiError error) {
  error_ = std::move(error);
  end();
}

void Forwarding::cancel() {
  context_.scope.cancelled->store(true);
  if (ended_) return;
  if (call_ && tunnel_) std::exchange(call_, nullptr)->finish();
  if (tunnel_) tunnel_->finish();
  if (stream_) stream_->abort();
  end();
}

void Forwarding::end() {
  if (std::exchange(ended_, true)) return;
  loop_.cancel_timer(half_closed_);
  if (const auto call = std::exchange(call_, nullptr)) call->close();
  stream_.reset();
  tunnel_.reset();
  done_.set(true);
}

// What ends a forwarding from outside, while its task waits.
class Watchers {
 public:
  Watchers(request::RequestContext& context, const std::weak_ptr<Forwarding>& weak)
      : context_(context) {
    const auto cancel = [weak] {
      if (const auto self = weak.lock()) self->cancel();
    };
    // Of a request with a deadline the pipeline has the exchange's own; it tells the scope.
    context.scope.on_cancel = cancel;
    context.exchange().on_cancel(cancel);
    if (context.live != nullptr) {
      registration_ = context.live->add(context.scope.loop, context.grounds,
                                        [cancel](const ApiError&) { cancel(); });
    }
  }
  ~Watchers() {
    context_.scope.on_cancel = nullptr;
    context_.exchange().on_cancel(nullptr);
  }
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

 private:
  request::RequestContext& context_;
  request::LiveRequests::Registration registration_;
};

}  // namespace

bool asks_upgrade(const transport::RequestHead& head) {
  if (head.header("Upgrade").empty()) return false;
  for (const auto& field : head.headers) {
    if (transport::same_word(field.name, "Connection") &&
        transport::list_has(field.value, "upgrade")) {
      return true;
    }
  }
  return false;
}

base::Task<void> forward(request::RequestContext& context, Target target, ForwardRules rules) {
  auto* const loop = dynamic_cast<transport::EventLoop*>(&context.scope.loop);
  if (loop == nullptr) throw ApiError::internal("no I/O loop to connect from");
  std::string body;
  if (context.head().has_body && rules.method.empty()) {
    body = co_await context.read_body(rules.max_body_bytes);
  }
  const auto forwarding = std::make_shared<Forwarding>(context, *loop, std::move(rules));
  {
    const Watchers watchers(context, forwarding);
    forwarding->start(target, body);
    base::OneShot<bool> done = forwarding->done();
    co_await done;
  }
  if (forwarding->error()) throw *forwarding->error();
}

}  // namespace limen::proxy
