#include "transport/http_exchange.h"

#include <utility>

namespace limen::transport {

HttpExchange::HttpExchange(ExchangeHost& host, base::Executor& loop,
                           std::shared_ptr<const PeerInfo> peer, Listener listener,
                           std::string_view head_text, const ParsedHead& parsed)
    : host_(&host),
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

void HttpExchange::on_cancel(std::function<void()> fn) {
  if (cancelled()) {
    if (fn) fn();
  } else if (host_ != nullptr) {
    on_cancel_ = std::move(fn);
  }
}

void HttpExchange::finish() {
  host_ = nullptr;
  on_cancel_ = nullptr;
}

void HttpExchange::cancel() {
  if (cancelled_.exchange(true)) return;
  if (on_cancel_) std::exchange(on_cancel_, nullptr)();
}

void HttpExchange::read_body(std::size_t limit, BodyCallback done) {
  if (host_ == nullptr) return done(BodyStatus::cancelled, {});
  host_->read_body(limit, std::move(done));
}

void HttpExchange::respond(ResponseHead head, std::string body) {
  if (std::exchange(responded_, true) || host_ == nullptr) return;
  host_->respond(head, std::move(body));
}

void HttpExchange::respond(ResponseHead head, std::vector<BodyPiece> body) {
  if (std::exchange(responded_, true) || host_ == nullptr) return;
  host_->respond(head, std::move(body));
}

void HttpExchange::distrust_peer() {
  if (host_ != nullptr) host_->distrust_peer();
}

bool HttpExchange::can_upgrade() const {
  return !responded_ && host_ != nullptr && host_->can_upgrade();
}

std::shared_ptr<Tunnel> HttpExchange::upgrade(const ResponseHead& head) {
  if (!can_upgrade()) return nullptr;
  responded_ = true;
  return host_->upgrade(head);
}

std::shared_ptr<ResponseStream> HttpExchange::stream(ResponseHead head) {
  if (std::exchange(responded_, true) || host_ == nullptr) {
    return std::make_shared<HttpStream>(nullptr);
  }
  return host_->stream(head);
}

void HttpStream::write(std::string_view bytes) {
  if (host_ == nullptr) return;
  host_->stream_write(bytes);
  above_ = above_ || pending_bytes() >= kLowWater;
}

std::size_t HttpStream::pending_bytes() const {
  return host_ == nullptr ? 0 : host_->stream_pending();
}

void HttpStream::finish() {
  if (host_ != nullptr) host_->stream_finish();
}

void HttpStream::abort() {
  if (host_ != nullptr) host_->stream_abort();
}

void HttpStream::note_sent() {
  if (!above_ || pending_bytes() >= kLowWater) return;
  above_ = false;
  if (!on_drain_) return;
  // A copy: the function may set another, or let go of the stream.
  const std::function<void()> drained = on_drain_;
  drained();
}

void HttpStream::detach() {
  host_ = nullptr;
  on_drain_ = nullptr;
}

}  // namespace limen::transport
