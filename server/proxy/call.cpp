#include "proxy/call.h"

#include <utility>

namespace limen::proxy {

namespace {

constexpr std::size_t kDecodedAtOnce = 64 * 1024;

}  // namespace

Call::Call(transport::EventLoop& loop, CallEvents& events, bool head_request)
    : events_(&events),
      connection_(std::make_shared<Connection>(loop, *this)),
      parser_(head_request) {}

Call::~Call() {
  if (!finishing_) connection_->close();
}

void Call::start(const Target& target, std::string request,
                 std::chrono::milliseconds connect_timeout) {
  connection_->write(request);
  connection_->open(target, connect_timeout);
}

void Call::close() {
  events_ = nullptr;
  connection_->close();
}

void Call::finish() {
  events_ = nullptr;
  finishing_ = true;
  connection_->finish();
}

void Call::fail(CallFailure what, const std::string& why) {
  CallEvents* const events = std::exchange(events_, nullptr);
  connection_->close();
  if (events != nullptr) events->on_failed(what, why);
}

void Call::on_failed(const std::string& why) {
  const auto self = shared_from_this();
  if (!opened_) return fail(CallFailure::unreachable, why);
  fail(CallFailure::broken, why);
}

void Call::on_sent() {
  const auto self = shared_from_this();
  if (events_ != nullptr) events_->on_written();
}

// ---- the answer --------------------------------------------------------------------------------

void Call::on_data(std::string_view bytes) {
  const auto self = shared_from_this();
  if (answered_) return take_body(bytes);
  input_ += bytes;
  while (events_ != nullptr && !answered_) {
    if (!take_head()) return;
  }
  if (events_ == nullptr) return;
  const std::string rest = std::exchange(input_, {});
  if (!rest.empty()) take_body(rest);
}

// False when there is nothing more to be done with what has come.
bool Call::take_head() {
  switch (parser_.parse(input_)) {
    case ResponseParser::Status::need_more:
      return false;
    case ResponseParser::Status::failed:
      fail(CallFailure::nonsense, "malformed HTTP response: " + std::string(parser_.problem()));
      return false;
    case ResponseParser::Status::complete:
      break;
  }
  input_.erase(0, parser_.head().size);
  const int status = parser_.head().status;
  if (status >= 200 || status == 101) {
    begin_body();
    return true;
  }
  parser_.reset();
  if (++interim_ <= kMostInterim) return true;
  fail(CallFailure::nonsense, "too many 1xx informational responses");
  return false;
}

void Call::begin_body() {
  answered_ = true;
  const AnswerHead& head = parser_.head();
  tunnel_ = head.status == 101;
  until_close_ = head.body == AnswerHead::Body::until_close;
  transport::ParsedHead framing;
  if (head.body == AnswerHead::Body::chunked) {
    framing.framing = transport::Framing::chunked;
  } else if (head.body == AnswerHead::Body::length) {
    framing.framing = transport::Framing::length;
    framing.content_length = head.content_length;
  }
  body_ = transport::BodyDecoder(framing, limits_);
  events_->on_answer(head);
  if (events_ != nullptr && !tunnel_ && head.body == AnswerHead::Body::none) end_body();
}

void Call::take_body(std::string_view bytes) {
  if (tunnel_ || until_close_) {
    if (events_ != nullptr) events_->on_body(bytes);
    return;
  }
  while (events_ != nullptr && !bytes.empty()) {
    std::string decoded;
    const auto step = body_.decode(bytes, &decoded, kDecodedAtOnce);
    bytes.remove_prefix(step.consumed);
    if (!decoded.empty()) events_->on_body(decoded);
    if (step.status == transport::BodyDecoder::Status::malformed) {
      return fail(CallFailure::nonsense, "malformed chunked encoding");
    }
    if (step.status == transport::BodyDecoder::Status::complete) return end_body();
  }
}

void Call::end_body() {
  CallEvents* const events = std::exchange(events_, nullptr);
  connection_->close();
  if (events != nullptr) events->on_body_end();
}

void Call::on_end() {
  const auto self = shared_from_this();
  if (events_ == nullptr) return;
  if (tunnel_) return events_->on_body_end();
  if (answered_ && until_close_) return end_body();
  fail(CallFailure::broken, answered_ ? "unexpected EOF" : "EOF");
}

}  // namespace limen::proxy
