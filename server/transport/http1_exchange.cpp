#include "transport/http1_exchange.h"

#include <utility>

#include "transport/http1.h"

namespace limen::transport {

Http1Exchange::Http1Exchange(Http1& connection, base::Executor& loop,
                             std::shared_ptr<const PeerInfo> peer, Listener listener,
                             std::string_view head_text, const ParsedHead& parsed)
    : connection_(&connection),
      loop_(loop),
      peer_(std::move(peer)),
      listener_(listener),
      head_text_(head_text) {
  head_.method = parsed.method.in(head_text_);
  head_.target = parsed.target.in(head_text_);
  head_.headers.reserve(parsed.headers.size());
  for (const HeaderRange& header : parsed.headers) {
    head_.headers.push_back({header.name.in(head_text_), header.value.in(head_text_)});
  }
  head_.http_1_0 = parsed.http_1_0;
  if (parsed.framing == Framing::length) head_.content_length = parsed.content_length;
  head_.has_body = parsed.framing == Framing::chunked || parsed.content_length > 0;
}

void Http1Exchange::on_cancel(std::function<void()> fn) {
  if (cancelled()) {
    if (fn) fn();
  } else if (connection_ != nullptr) {
    on_cancel_ = std::move(fn);
  }
}

void Http1Exchange::finish() {
  connection_ = nullptr;
  on_cancel_ = nullptr;
}

void Http1Exchange::cancel() {
  if (cancelled_.exchange(true)) return;
  if (on_cancel_) std::exchange(on_cancel_, nullptr)();
}

void Http1Exchange::read_body(std::size_t limit, BodyCallback done) {
  if (connection_ == nullptr) return done(BodyStatus::cancelled, {});
  connection_->read_body(limit, std::move(done));
}

void Http1Exchange::respond(ResponseHead head, std::string body) {
  if (std::exchange(responded_, true) || connection_ == nullptr) return;
  connection_->respond(head, std::move(body));
}

void Http1Exchange::respond(ResponseHead head, std::vector<BodyPiece> body) {
  if (std::exchange(responded_, true) || connection_ == nullptr) return;
  connection_->respond(head, std::move(body));
}

std::shared_ptr<ResponseStream> Http1Exchange::stream(ResponseHead head) {
  if (std::exchange(responded_, true) || connection_ == nullptr) {
    return std::make_shared<Http1Stream>(nullptr);
  }
  return connection_->stream(head);
}

void Http1Stream::write(std::string_view bytes) {
  if (connection_ == nullptr) return;
  connection_->stream_write(bytes);
  above_ = above_ || pending_bytes() >= kLowWater;
}

std::size_t Http1Stream::pending_bytes() const {
  return connection_ == nullptr ? 0 : connection_->stream_pending();
}

void Http1Stream::finish() {
  if (connection_ != nullptr) connection_->stream_finish();
}

void Http1Stream::abort() {
  if (connection_ != nullptr) connection_->stream_abort();
}

void Http1Stream::note_sent() {
  if (!above_ || pending_bytes() >= kLowWater) return;
  above_ = false;
  if (!on_drain_) return;
  // A copy: the function may set another, or let go of the stream.
  const std::function<void()> drained = on_drain_;
  drained();
}

void Http1Stream::detach() {
  connection_ = nullptr;
  on_drain_ = nullptr;
}

}  // namespace limen::transport
