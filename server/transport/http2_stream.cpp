#include "transport/http2_stream.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <utility>

#include "transport/http2.h"
#include "transport/io_worker.h"
#include "transport/status_text.h"

namespace limen::transport {
namespace {

constexpr std::size_t kMostBody = std::numeric_limits<std::size_t>::max() / 2;
constexpr std::size_t kBodyReserve = 64 * 1024;      // more only when it comes
constexpr std::chrono::milliseconds kLinger{1'000};  // as a connection of HTTP/1.1 does
constexpr std::size_t kKeptOnAbort = 64 * 1024;      // of an answer that is broken off

// An exchange that counts as long as anybody holds it, so that a client which resets its streams
// does not have more of them at work than its share.
class CountedExchange final : public HttpExchange {
 public:
  template <class... Arguments>
  explicit CountedExchange(std::shared_ptr<std::atomic<std::size_t>> count,
                           Arguments&&... arguments)
      : HttpExchange(std::forward<Arguments>(arguments)...), count_(std::move(count)) {
    count_->fetch_add(1, std::memory_order_relaxed);
  }
  ~CountedExchange() override { count_->fetch_sub(1, std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<std::size_t>> count_;
};

}  // namespace

Http2Stream::Http2Stream(Http2& connection, std::int32_t id)
    : connection_(connection),
      id_(id),
      head_(connection.worker().limits()),
      stall_limit_(connection.worker().limits().write_stall) {}

Http2Stream::~Http2Stream() = default;

// ---- what libnghttp2 tells ---------------------------------------------------------------------

bool Http2Stream::note_field(std::string_view name, std::string_view value) {
  return head_.add(name, value);
}

// Nobody reads them; they must be what HTTP/1.1 would have let pass.
bool Http2Stream::note_trailer(std::string_view name, std::string_view value) {
  const Limits& limits = connection_.worker().limits();
  trailer_bytes_ += name.size() + value.size() + 4;
  if (trailer_bytes_ > limits.trailer_bytes) body_malformed_ = true;
  return trailer_bytes_ <= 2 * header_list_limit(limits);
}

void Http2Stream::note_head(bool with_body) {
  with_body_ = with_body;
  head_complete_ = true;
}

void Http2Stream::note_body(std::string_view bytes) {
  untaken_ += bytes.size();
  if (body_unwanted_) return;
  if (!body_done_) {
    body_ += bytes;  // the window is the limit
    return;
  }
  // One byte over the limit is enough to know.
  body_ += bytes.substr(0, body_limit_ - std::min(body_limit_, body_.size()) + 1);
}

// A reset says that the rest is not wanted (RFC 9113 section 8.1), but a client that meets it while
// it sends may take it for a failure: so it first gets the time to read the answer.
void Http2Stream::note_answered() {
  if (!body_ended_) linger_deadline_ = connection_.worker().loop().now() + kLinger;
}

// ---- the request -------------------------------------------------------------------------------

void Http2Stream::advance() {
  if (head_complete_ && !answer_begun_ && exchange_ == nullptr) begin();
  if (body_unwanted_) {
    // The stream's own window stays shut: it is over as soon as the answer is.
    connection_.consume_connection(std::exchange(untaken_, 0));
    return;
  }
  if (!body_done_) return;
  take_in(std::exchange(untaken_, 0));
  if (body_.size() > body_limit_) return deliver_body(BodyStatus::too_large);
  if (!body_ended_) return;
  deliver_body(body_malformed_ ? BodyStatus::malformed : BodyStatus::complete);
}

void Http2Stream::begin() {
  IoWorker& worker = connection_.worker();
  const std::optional<HeadError> wrong = head_.finish(with_body_);
  const ParsedHead& parsed = head_.parsed();
  is_head_request_ = parsed.method.in(head_.text()) == "HEAD";
  if (wrong) return refuse(*wrong);
  announced_ = parsed.content_length;
  expects_continue_ = parsed.expects_continue && with_body_;
  exchange_ = std::make_shared<CountedExchange>(
      connection_.running(), *this, worker.loop(), connection_.carrier().peer(),
      connection_.carrier().listener(), head_.text(), parsed);
  const bool unknown_expectation = parsed.unknown_expectation;
  head_ = Http2Head(worker.limits());  // the exchange has its own
  worker.counters().in_flight_requests.fetch_add(1, std::memory_order_relaxed);
  if (unknown_expectation) {
    worker.counters().malformed_requests.fetch_add(1, std::memory_order_relaxed);
    exchange_->respond(ResponseHead(417), std::string());
    return;
  }
  worker.counters().requests.fetch_add(1, std::memory_order_relaxed);
  connection_.count_request();
  worker.handler()(exchange_);
}

// The answer the transport gives by itself, in HTTP/1.1's words.
void Http2Stream::refuse(const HeadError& error) {
  connection_.worker().counters().malformed_requests.fetch_add(1, std::memory_order_relaxed);
  ResponseHead head(error.code);
  head.add("Content-Type", "text/plain; charset=utf-8");
  respond(head, refusal_text(error.code, error.detail));
}

void Http2Stream::end() {
  connection_.consume_connection(std::exchange(untaken_, 0));
  const std::shared_ptr<HttpExchange> exchange = std::move(exchange_);
  const std::shared_ptr<HttpStream> stream = std::move(stream_);
  if (exchange == nullptr) return;
  exchange->detach();
  if (stream != nullptr) stream->detach();
  connection_.worker().counters().in_flight_requests.fetch_sub(1, std::memory_order_relaxed);
  if (answer_complete_) return exchange->finish();
  exchange->cancel();
  if (body_done_) deliver_body(BodyStatus::cancelled);
}

void Http2Stream::drain() {
  if (stream_ == nullptr) return;
  const std::shared_ptr<HttpExchange> exchange = exchange_;
  if (body_done_) deliver_body(BodyStatus::cancelled);
  exchange->cancel();
}

// ---- time --------------------------------------------------------------------------------------

base::Deadline Http2Stream::deadline() const {
  return std::min({body_deadline_, stall_deadline_, linger_deadline_});
}

void Http2Stream::check_time(base::Deadline now) {
  if (body_done_ && body_deadline_ <= now) deliver_body(BodyStatus::timed_out);
  if (linger_deadline_ <= now) {
    linger_deadline_ = Carrier::kNever;
    return connection_.reset(id_, NGHTTP2_NO_ERROR);
  }
  if (stall_deadline_ > now) return;
  // A full socket is the carrier's to judge; a window kept shut is ours.
  if (connection_.window_is_shut(id_)) {
    stall_deadline_ = Carrier::kNever;
    return connection_.reset(id_, NGHTTP2_CANCEL);
  }
  stall_deadline_ = now + stall_limit_;
}

// ---- the body ----------------------------------------------------------------------------------

void Http2Stream::take_in(std::size_t bytes) {
  if (bytes > 0) connection_.consume(id_, bytes);
}

void Http2Stream::read_body(std::size_t limit, Exchange::BodyCallback done) {
  if (answer_complete_ || body_unwanted_) return done(BodyStatus::cancelled, {});
  if (announced_ > limit) {
    body_unwanted_ = true;
    body_ = std::string();
    return done(BodyStatus::too_large, {});
  }
  body_done_ = std::move(done);
  body_limit_ = std::min(limit, kMostBody);
  body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(announced_, kBodyReserve)));
  if (std::exchange(expects_continue_, false) && !body_ended_) connection_.send_continue(id_);
  body_deadline_ = connection_.worker().loop().now() + connection_.worker().limits().body_read;
  advance();
  connection_.arm();
}

void Http2Stream::deliver_body(BodyStatus status) {
  const Exchange::BodyCallback done = std::exchange(body_done_, nullptr);
  std::string text = std::exchange(body_, {});
  body_unwanted_ = true;
  body_deadline_ = Carrier::kNever;
  if (status != BodyStatus::complete) text = std::string();
  done(status, std::move(text));
}

// ---- the answer --------------------------------------------------------------------------------

void Http2Stream::begin_answer(const ResponseHead& head, const std::uint64_t* length,
                               bool with_body) {
  answer_begun_ = true;
  if (head.close_connection || last_of_connection_) connection_.go_away();
  connection_.send_head(id_, head, length, with_body);
}

void Http2Stream::append(BodyPiece piece) {
  if (piece.view.empty()) return;
  if (answer_.size() == 0) {
    stall_deadline_ = connection_.worker().loop().now() + stall_limit_;
  }
  answer_.append(std::move(piece));
}

// What nobody has read of the body nobody will.
void Http2Stream::go_on() {
  if (answer_complete_ && !body_done_) {
    body_unwanted_ = true;
    body_ = std::string();
    connection_.consume_connection(std::exchange(untaken_, 0));
  }
  if (std::exchange(waiting_, false)) connection_.resume(id_);
  connection_.carrier().flush_later();
}

void Http2Stream::respond(const ResponseHead& head, std::string body) {
  std::vector<BodyPiece> pieces;
  pieces.emplace_back(std::move(body));
  respond(head, std::move(pieces));
}

void Http2Stream::respond(const ResponseHead& head, std::vector<BodyPiece> body) {
  std::uint64_t length = 0;
  for (const BodyPiece& piece : body) length += piece.view.size();
  const bool with_body = sends_body(head.status()) && length > 0;
  const bool tells_length = head.status() != 204 && head.status() != 304;
  if (with_body) {
    for (BodyPiece& piece : body) append(std::move(piece));
  }
  answer_complete_ = true;
  begin_answer(head, tells_length ? &length : nullptr, with_body);
  go_on();
}

std::shared_ptr<ResponseStream> Http2Stream::stream(const ResponseHead& head) {
  stream_has_body_ = sends_body(head.status());
  stream_ = std::make_shared<HttpStream>(this);
  if (head.patient) stall_limit_ = connection_.worker().limits().tunnel_stall;
  begin_answer(head, head.content_length ? &*head.content_length : nullptr, true);
  go_on();
  if (connection_.worker().draining()) {
    // Not within this call: the caller does not have the stream yet.
    connection_.worker().loop().post([exchange = exchange_] { exchange->cancel(); });
  }
  return stream_;
}

void Http2Stream::stream_write(std::string_view bytes) {
  if (!stream_has_body_ || bytes.empty()) return;
  if (answer_.size() == 0) {
    stall_deadline_ = connection_.worker().loop().now() + stall_limit_;
  }
  answer_.append(bytes);
  go_on();
}

void Http2Stream::stream_finish() {
  stream_->detach();
  stream_.reset();
  answer_complete_ = true;
  go_on();
}

void Http2Stream::stream_abort() {
  if (answer_.size() > kKeptOnAbort) answer_.clear();
  answer_broken_ = true;
  stream_finish();
}

void Http2Stream::note_sent() {
  if (stream_ == nullptr) return;
  const std::shared_ptr<HttpStream> stream = stream_;
  stream->note_sent();
}

Http2Stream::Supply Http2Stream::supply(std::size_t room, std::size_t& bytes) {
  bytes = std::min(room, answer_.size());
  const bool all = bytes == answer_.size();
  if (bytes == 0 && !(answer_complete_ && all)) {
    waiting_ = true;
    return Supply::later;
  }
  if (!answer_complete_ || !all) return Supply::some;
  if (!answer_broken_) return Supply::last;
  return bytes > 0 ? Supply::some : Supply::broken;
}

void Http2Stream::send(OutQueue& out, std::size_t bytes) {
  answer_.move_to(out, bytes);
  stall_deadline_ =
      answer_.size() == 0 ? Carrier::kNever : connection_.worker().loop().now() + stall_limit_;
}

}  // namespace limen::transport
