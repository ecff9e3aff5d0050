#include "transport/http1.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "transport/io_worker.h"
#include "transport/status_text.h"

namespace limen::transport {
namespace {

constexpr std::size_t kMostBody = std::numeric_limits<std::size_t>::max() / 2;
constexpr std::size_t kBodyReserve = 64 * 1024;  // more only when it comes

void append_number(std::string& out, std::uint64_t number, int base) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  out.append(digits.data(), end);
}

}  // namespace

Http1::Http1(Carrier& carrier, IoWorker& worker)
    : carrier_(carrier), worker_(worker), parser_(worker.limits()) {
  carrier_.set_deadline(worker_.loop().now() + worker_.limits().header_read);
}

Http1::~Http1() = default;

// ---- what the carrier tells --------------------------------------------------------------------

void Http1::on_data(std::string_view bytes) {
  if (closing_) return;
  if (!input_.empty()) {
    input_ += bytes;
    return resume();
  }
  std::string_view text = bytes;
  process(text);
  if (!closing_) input_.assign(text);
  settle();
}

void Http1::resume() {
  if (processing_ || closing_) return;
  std::string_view text = input_;
  process(text);
  if (closing_ || text.empty()) {
    input_ = std::string();
  } else {
    input_.erase(0, input_.size() - text.size());
  }
  settle();
}

void Http1::process(std::string_view& text) {
  processing_ = true;
  while (!closing_) {
    const bool moved = exchange_ != nullptr ? step_exchange(text) : step_head(text);
    if (!moved) break;
  }
  processing_ = false;
}

// Between two events: what the connection waits for now.
void Http1::settle() {
  if (closing_) return;
  if (tunnel_ != nullptr) {
    const std::shared_ptr<HttpTunnel> tunnel = tunnel_;
    if (peer_ended_ && input_.empty()) tunnel->note_end();
    if (!closing_) carrier_.want_input(tunnel->takes_input());
    return;
  }
  if (peer_ended_) {
    if (exchange_ == nullptr) return close(Ending::finish);
    if (input_.empty() || body_done_) cancel_exchange();
    if (closing_) return;
  }
  const bool body_goes_on = exchange_ != nullptr && !body_.complete() && (body_done_ || answered_);
  carrier_.want_input(exchange_ == nullptr || body_goes_on ||
                      input_.size() < worker_.limits().pipelined_bytes);
}

void Http1::on_peer_end() {
  peer_ended_ = true;
  settle();
}

void Http1::on_deadline() {
  if (exchange_ == nullptr || answered_) return close(Ending::finish);
  if (!body_done_) return;
  keep_alive_ = false;
  deliver_body(BodyStatus::timed_out);
  resume();
}

void Http1::on_drain() {
  keep_alive_ = false;
  if (exchange_ == nullptr) return close(Ending::finish);
  if (stream_ != nullptr || tunnel_ != nullptr) cancel_exchange();
  resume();  // one that only skips a body need not
}

void Http1::on_closed() {
  closing_ = true;
  if (exchange_ == nullptr) return;
  const std::shared_ptr<HttpExchange> exchange = std::move(exchange_);
  const std::shared_ptr<HttpStream> stream = std::move(stream_);
  const std::shared_ptr<HttpTunnel> tunnel = std::move(tunnel_);
  exchange->detach();
  if (stream != nullptr) stream->detach();
  if (tunnel != nullptr) tunnel->detach();
  worker_.counters().in_flight_requests.fetch_sub(1, std::memory_order_relaxed);
  if (answered_) return exchange->finish();
  exchange->cancel();
  if (body_done_) deliver_body(BodyStatus::cancelled);
}

void Http1::close(Ending ending) {
  closing_ = true;
  carrier_.close(ending);
}

// ---- requests ----------------------------------------------------------------------------------

bool Http1::step_head(std::string_view& text) {
  if (text.empty()) return false;
  switch (parser_.parse(text)) {
    case HeadParser::Status::need_more:
      if (!std::exchange(head_begun_, true)) {
        carrier_.set_deadline(worker_.loop().now() + worker_.limits().header_read);
      }
      return false;
    case HeadParser::Status::failed:
      refuse(parser_.error());
      return false;
    case HeadParser::Status::complete:
      break;
  }
  const std::size_t size = parser_.head().size;
  const std::string_view head_text = text.substr(0, size);
  text.remove_prefix(size);
  begin_exchange(head_text);
  return true;
}

void Http1::begin_exchange(std::string_view text) {
  const ParsedHead& parsed = parser_.head();
  exchange_ = std::make_shared<HttpExchange>(*this, worker_.loop(), carrier_.peer(),
                                             carrier_.listener(), text, parsed);
  body_ = BodyDecoder(parsed, worker_.limits());
  is_head_request_ = parsed.method.in(text) == "HEAD";
  is_1_0_ = parsed.http_1_0;
  keep_alive_ = parsed.keep_alive && !worker_.draining();
  expects_continue_ = parsed.expects_continue && !body_.complete();
  const bool unknown_expectation = parsed.unknown_expectation;
  answered_ = false;
  head_begun_ = false;
  parser_.reset();
  carrier_.set_deadline(Carrier::kNever);
  worker_.counters().in_flight_requests.fetch_add(1, std::memory_order_relaxed);
  if (unknown_expectation) return refuse_expectation();
  worker_.counters().requests.fetch_add(1, std::memory_order_relaxed);
  worker_.handler()(exchange_);
}

void Http1::finish_exchange() {
  exchange_->finish();
  exchange_.reset();
  worker_.counters().in_flight_requests.fetch_sub(1, std::memory_order_relaxed);
  if (!keep_alive_ || worker_.draining()) return close(Ending::finish);
  carrier_.set_deadline(worker_.loop().now() + worker_.limits().idle);
}

void Http1::refuse(const HeadError& error) {
  worker_.counters().malformed_requests.fetch_add(1, std::memory_order_relaxed);
  carrier_.out().append(error.unsupported_coding ? unsupported_coding_refusal()
                                                 : refusal(error.code, error.detail));
  close(Ending::finish);
}

void Http1::refuse_expectation() {
  worker_.counters().malformed_requests.fetch_add(1, std::memory_order_relaxed);
  keep_alive_ = false;
  exchange_->respond(ResponseHead(417), std::string());
}

// ---- bodies ------------------------------------------------------------------------------------

bool Http1::step_exchange(std::string_view& text) {
  if (tunnel_ != nullptr) return step_tunnel(text);
  if (!body_.complete()) {
    if (body_done_) return step_wanted_body(text);
    return answered_ && step_unwanted_body(text);
  }
  if (body_done_) {
    deliver_body(BodyStatus::complete);
    return true;
  }
  if (!answered_) return false;
  finish_exchange();
  return true;
}

bool Http1::step_wanted_body(std::string_view& text) {
  // One byte over the limit is enough to know.
  const std::size_t room = body_limit_ - body_text_.size() + 1;
  const BodyDecoder::Step step = body_.decode(text, &body_text_, room);
  text.remove_prefix(step.consumed);
  if (step.status == BodyDecoder::Status::malformed) {
    keep_alive_ = false;
    deliver_body(BodyStatus::malformed);
    return true;
  }
  if (body_text_.size() > body_limit_) {
    keep_alive_ = false;
    deliver_body(BodyStatus::too_large);
    return true;
  }
  return step.status == BodyDecoder::Status::complete;
}

// The answer is out and the body is not read: the next request is behind it, if it is worth going
// there.
bool Http1::step_unwanted_body(std::string_view& text) {
  if (!keep_alive_ || worker_.draining()) {
    finish_exchange();
    return true;
  }
  const std::size_t room = worker_.limits().drain_bytes + 1;
  const BodyDecoder::Step step = body_.decode(text, nullptr, room);
  text.remove_prefix(step.consumed);
  if (step.status == BodyDecoder::Status::malformed ||
      body_.decoded() > worker_.limits().drain_bytes) {
    keep_alive_ = false;
    return true;
  }
  return step.status == BodyDecoder::Status::complete;
}

void Http1::deliver_body(BodyStatus status) {
  const Exchange::BodyCallback done = std::exchange(body_done_, nullptr);
  std::string text = std::exchange(body_text_, {});
  if (status != BodyStatus::complete) text.clear();
  if (!closing_) carrier_.set_deadline(Carrier::kNever);
  done(status, std::move(text));
}

void Http1::read_body(std::size_t limit, Exchange::BodyCallback done) {
  if (answered_) return done(BodyStatus::cancelled, {});
  if (body_.complete()) return done(BodyStatus::complete, {});
  if (body_.remaining() > limit) {
    keep_alive_ = false;
    return done(BodyStatus::too_large, {});
  }
  body_done_ = std::move(done);
  body_limit_ = std::min(limit, kMostBody);
  body_text_.reserve(
      static_cast<std::size_t>(std::min<std::uint64_t>(body_.remaining(), kBodyReserve)));
  if (std::exchange(expects_continue_, false)) {
    carrier_.out().append(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"));
    carrier_.flush_later();
  }
  carrier_.set_deadline(worker_.loop().now() + worker_.limits().body_read);
  resume();
}

// A body that is not there yet and will hardly come, or is too much to skip.
bool Http1::body_is_hopeless() const {
  if (body_.complete() || body_done_) return false;
  return expects_continue_ || body_.remaining() > worker_.limits().drain_bytes;
}

// ---- answers -----------------------------------------------------------------------------------

bool Http1::sends_body(int status) const {
  return !is_head_request_ && status != 204 && status != 304;
}

void Http1::write_head(const ResponseHead& head, Coding coding, std::uint64_t length) {
  const bool until_close = coding == Coding::until_close;
  if (head.close_connection || until_close || worker_.draining() || body_is_hopeless()) {
    keep_alive_ = false;
  }
  OutQueue& out = carrier_.out();
  std::string text;
  constexpr std::size_t kOwnHeaders = 192;
  text.reserve(head.wire().size() + kOwnHeaders);
  text += "HTTP/1.1 ";
  append_number(text, static_cast<std::uint64_t>(head.status()), 10);
  text += ' ';
  text += status_text(head.status());
  text += "\r\n";
  text += head.wire();
  text += "Date: ";
  text += worker_.date();
  if (coding == Coding::chunked) {
    text += "\r\nTransfer-Encoding: chunked";
  } else if (coding == Coding::length && head.status() != 204 && head.status() != 304) {
    text += "\r\nContent-Length: ";
    append_number(text, length, 10);
  }
  if (!keep_alive_) {
    text += "\r\nConnection: close";
  } else if (is_1_0_) {
    text += "\r\nConnection: keep-alive";
  }
  text += "\r\n\r\n";
  out.append(std::string_view(text));
}

void Http1::respond(const ResponseHead& head, std::string body) {
  write_head(head, Coding::length, body.size());
  if (sends_body(head.status())) carrier_.out().append(std::move(body));
  answered();
}

void Http1::respond(const ResponseHead& head, std::vector<BodyPiece> body) {
  std::uint64_t length = 0;
  for (const BodyPiece& piece : body) length += piece.view.size();
  write_head(head, Coding::length, length);
  if (sends_body(head.status())) {
    OutQueue& out = carrier_.out();
    for (BodyPiece& piece : body) out.append(std::move(piece));
  }
  answered();
}

void Http1::answered() {
  answered_ = true;
  carrier_.flush_later();
  if (!body_.complete() && !body_done_ && keep_alive_) {
    carrier_.set_deadline(worker_.loop().now() + worker_.limits().body_read);
  }
  resume();
}

// ---- streamed answers --------------------------------------------------------------------------

std::shared_ptr<ResponseStream> Http1::stream(const ResponseHead& head) {
  stream_coding_ = head.content_length ? Coding::length
                   : is_1_0_           ? Coding::until_close
                                       : Coding::chunked;
  stream_has_body_ = sends_body(head.status());
  if (head.patient) carrier_.set_stall_limit(worker_.limits().tunnel_stall);
  write_head(head, stream_coding_, head.content_length.value_or(0));
  stream_ = std::make_shared<HttpStream>(this);
  carrier_.flush_later();
  const std::shared_ptr<ResponseStream> stream = stream_;
  if (worker_.draining()) {
    // Not within this call: the caller does not have the stream yet.
    worker_.loop().post([exchange = exchange_] { exchange->cancel(); });
  }
  return stream;
}

void Http1::stream_write(std::string_view bytes) {
  if (!stream_has_body_ || bytes.empty()) return;
  stream_text_ += bytes;
  carrier_.flush_later();
}

std::size_t Http1::stream_pending() const { return stream_text_.size() + carrier_.unsent(); }

// All that was written in this turn leaves as one chunk.
void Http1::before_flush() {
  if (stream_text_.empty()) return;
  OutQueue& out = carrier_.out();
  if (stream_coding_ == Coding::chunked) {
    std::string size;
    append_number(size, stream_text_.size(), 16);
    size += "\r\n";
    out.append(std::string_view(size));
  }
  out.append(std::exchange(stream_text_, {}));
  if (stream_coding_ == Coding::chunked) out.append(std::string_view("\r\n"));
}

void Http1::on_sent() {
  if (tunnel_ != nullptr) {
    const std::shared_ptr<HttpTunnel> tunnel = tunnel_;
    return tunnel->note_sent();
  }
  if (stream_ == nullptr) return;
  const std::shared_ptr<HttpStream> stream = stream_;
  stream->note_sent();
}

void Http1::stream_finish() {
  before_flush();
  if (stream_coding_ == Coding::chunked && stream_has_body_) {
    carrier_.out().append(std::string_view("0\r\n\r\n"));
  }
  stream_->detach();
  stream_.reset();
  carrier_.set_stall_limit(worker_.limits().write_stall);
  answered();
}

void Http1::stream_abort() {
  before_flush();
  stream_->detach();
  stream_.reset();
  answered_ = true;
  close(stream_coding_ == Coding::until_close ? Ending::reset : Ending::cut);
}

// ---- tunnels -----------------------------------------------------------------------------------

bool Http1::can_upgrade() const {
  return exchange_ != nullptr && !answered_ && !is_1_0_ && body_.complete() && !body_done_ &&
         !closing_;
}

std::shared_ptr<Tunnel> Http1::upgrade(const ResponseHead& head) {
  keep_alive_ = false;
  std::string text = "HTTP/1.1 101 Switching Protocols\r\n";
  text += head.wire();
  text += "\r\n";
  carrier_.out().append(std::string_view(text));
  carrier_.set_stall_limit(worker_.limits().tunnel_stall);
  carrier_.flush_later();
  tunnel_ = std::make_shared<HttpTunnel>(this);
  if (worker_.draining()) {
    // Not within this call: the caller does not have the tunnel yet.
    worker_.loop().post([exchange = exchange_] { exchange->cancel(); });
  }
  return tunnel_;
}

bool Http1::step_tunnel(std::string_view& text) {
  if (text.empty() || !tunnel_->takes_input()) return false;
  const std::shared_ptr<HttpTunnel> tunnel = tunnel_;
  tunnel->give(std::exchange(text, {}));
  return false;
}

void Http1::tunnel_write(std::string_view bytes) {
  carrier_.out().append(bytes);
  carrier_.flush_later();
}

// Not within the call that changed it: its caller is not ready for data.
void Http1::tunnel_wants_changed() {
  worker_.loop().post([this, weak = std::weak_ptr<HttpTunnel>(tunnel_)] {
    const std::shared_ptr<HttpTunnel> tunnel = weak.lock();
    if (tunnel == nullptr || tunnel->closed() || processing_) return;
    resume();
  });
}

void Http1::tunnel_end(Ending ending) {
  const std::shared_ptr<HttpTunnel> tunnel = std::move(tunnel_);
  tunnel->detach();
  answered_ = true;
  close(ending == Ending::finish                  ? Ending::finish
        : carrier_.listener() == Listener::secure ? Ending::cut
                                                  : Ending::reset);
}

void Http1::cancel_exchange() {
  const std::shared_ptr<HttpExchange> exchange = exchange_;
  if (body_done_) {
    keep_alive_ = false;
    deliver_body(BodyStatus::cancelled);
  }
  exchange->cancel();
}

}  // namespace limen::transport
