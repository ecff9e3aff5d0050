#include "transport/http2.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "observability/log.h"
#include "observability/metrics.h"
#include "transport/http2_fields.h"
#include "transport/io_worker.h"

namespace limen::transport {

namespace {

// As kube-apiserver's: of a stream's window and of the largest frame.
constexpr std::uint32_t kStreamWindow = 256 * 1024;
// Of bodies that nobody reads yet, all streams together.
constexpr std::int32_t kConnectionWindow = 1024 * 1024;
constexpr std::size_t kQueuedBytes = 128 * 1024;  // framed ahead of the socket
constexpr std::size_t kUsualFrame = 16 * 1024;    // a head comes in frames of this size or more
constexpr std::size_t kSpareContinuations = 8;
constexpr std::array<std::uint8_t, 8> kDrainPing = {'d', 'r', 'a', 'i', 'n', 'i', 'n', 'g'};

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool ends_stream(const nghttp2_frame_hd& head) {
  const bool may_end = head.type == NGHTTP2_DATA || head.type == NGHTTP2_HEADERS;
  return may_end && (head.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

// What libnghttp2 calls: each hands on to the connection, or to one stream of it.
struct Http2Callbacks {
  static Http2& connection(void* user) { return *static_cast<Http2*>(user); }

  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
    return connection(user).note_frame_begin(*head);
  }
  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return connection(user).note_head_begin(*frame);
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
    return connection(user).note_field(*frame, text_of(name, name_size),
                                       text_of(value, value_size));
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return connection(user).note_frame(*frame);
  }
  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                  std::size_t size, void* user) {
    return connection(user).note_data(id, text_of(bytes, size));
  }
  static int sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return connection(user).note_sent_frame(*frame);
  }
  static int invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void* user) {
    connection(user).worker_.counters().malformed_requests.fetch_add(1, std::memory_order_relaxed);
    return 0;
  }
  static int close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
    return connection(user).note_close(id);
  }

  static ssize_t supply(nghttp2_session*, std::int32_t id, std::uint8_t*, std::size_t room,
                        std::uint32_t* flags, nghttp2_data_source*, void* user) {
    Http2Stream* const stream = connection(user).find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    std::size_t bytes = 0;
    const Http2Stream::Supply supply = stream->supply(room, bytes);
    if (supply == Http2Stream::Supply::later) return NGHTTP2_ERR_DEFERRED;
    if (supply == Http2Stream::Supply::broken) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (supply == Http2Stream::Supply::last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (bytes > 0) *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    return static_cast<ssize_t>(bytes);
  }
  static int send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* frame_head,
                       std::size_t size, nghttp2_data_source*, void* user) {
    Http2& self = connection(user);
    OutQueue& out = self.carrier_.out();
    if (out.size() >= kQueuedBytes) return NGHTTP2_ERR_WOULDBLOCK;
    Http2Stream* const stream = self.find(frame->hd.stream_id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    constexpr std::size_t kFrameHead = 9;
    out.append(text_of(frame_head, kFrameHead));  // we never pad
    stream->send(out, size);
    self.floods_.note_data_sent(size);
    return 0;
  }

  static const nghttp2_session_callbacks* table() {
    static const nghttp2_session_callbacks* const made = [] {
      nghttp2_session_callbacks* all = nullptr;
      if (nghttp2_session_callbacks_new(&all) != 0) throw std::bad_alloc();
      nghttp2_session_callbacks_set_on_begin_frame_callback(all, begin_frame);
      nghttp2_session_callbacks_set_on_begin_headers_callback(all, begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(all, header);
      nghttp2_session_callbacks_set_on_frame_recv_callback(all, frame);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, data);
      nghttp2_session_callbacks_set_on_frame_send_callback(all, sent);
      nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(all, invalid_frame);
      nghttp2_session_callbacks_set_on_stream_close_callback(all, close);
      nghttp2_session_callbacks_set_send_data_callback(all, send_data);
      return all;
    }();
    return made;
  }

  static const nghttp2_option* options() {
    static const nghttp2_option* const made = [] {
      constexpr std::size_t kJudgedHere = 1024 * 1024;
      nghttp2_option* all = nullptr;
      if (nghttp2_option_new(&all) != 0) throw std::bad_alloc();
      nghttp2_option_set_no_auto_window_update(all, 1);
      nghttp2_option_set_no_closed_streams(all, 1);
      nghttp2_option_set_max_continuations(all, kJudgedHere);
      return all;
    }();
    return made;
  }
};

Http2::Http2(Carrier& carrier, IoWorker& worker)
    : carrier_(carrier),
      worker_(worker),
      floods_(worker.loop().now()),
      running_(std::make_shared<std::atomic<std::size_t>>(0)) {
  static auto& connections =
      metrics::counter("limen_http2_connections_total", "Connections that chose HTTP/2.").with({});
  connections.add();
  // A new connection owes a request, it does not idle.
  idle_deadline_ = worker_.loop().now() + worker_.limits().header_read;
  begin_session();
  arm();
  carrier_.flush_later();
}

Http2::~Http2() = default;

void Http2::begin_session() {
  nghttp2_session* session = nullptr;
  if (nghttp2_session_server_new2(&session, Http2Callbacks::table(), this,
                                  Http2Callbacks::options()) != 0) {
    throw std::bad_alloc();
  }
  session_.reset(session);
  const Limits& limits = worker_.limits();
  const std::array settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                             static_cast<std::uint32_t>(limits.max_streams)},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_FRAME_SIZE, kStreamWindow},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
                             static_cast<std::uint32_t>(header_list_limit(limits))},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

// ---- what the carrier tells --------------------------------------------------------------------

void Http2::on_data(std::string_view bytes) {
  if (closing_) return;
  const ssize_t taken = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) {
    return give_up(taken == NGHTTP2_ERR_FLOODED ? std::optional(Flood::unread) : flooded_);
  }
  dispatch();
  settle();
}

// Without the client's half no window will ever open.
void Http2::on_peer_end() { close(); }

void Http2::on_deadline() {
  const base::Deadline now = worker_.loop().now();
  if (head_deadline_ <= now || (streams_.empty() && idle_deadline_ <= now)) {
    go_away();
    pump();
    return close();
  }
  for (auto& [id, stream] : streams_) {
    if (stream->deadline() <= now) stream->check_time(now);
  }
  settle();
}

void Http2::before_flush() {
  if (closing_) return;
  pump();
  reap();
  settle();
}

void Http2::on_sent() {
  for (auto& [id, stream] : streams_) stream->note_sent();
  if (nghttp2_session_want_write(session_.get()) != 0 && carrier_.unsent() < kQueuedBytes) {
    carrier_.flush_later();
  }
}

// First the client is told that an end comes; what it has sent by the time it has heard is served.
void Http2::on_drain() {
  draining_ = true;
  if (!streams_.empty() && !going_away_) {
    nghttp2_submit_shutdown_notice(session_.get());
    nghttp2_submit_ping(session_.get(), NGHTTP2_FLAG_NONE, kDrainPing.data());
  }
  for (auto& [id, stream] : streams_) stream->drain();
  settle();
}

void Http2::on_closed() {
  closing_ = true;
  for (auto& [id, stream] : std::exchange(streams_, {})) closed_.push_back(std::move(stream));
  reap();
}

// ---- what libnghttp2 tells ---------------------------------------------------------------------

int Http2::note_frame_begin(const nghttp2_frame_hd& head) {
  const bool acknowledges = (head.flags & NGHTTP2_FLAG_ACK) != 0;
  switch (head.type) {
    case NGHTTP2_DATA:
      return head.length == 0 && !ends_stream(head) ? count(Flood::empty) : 0;
    case NGHTTP2_HEADERS:
      continuations_ = 0;
      return 0;
    case NGHTTP2_CONTINUATION:
      if (++continuations_ >
          header_list_limit(worker_.limits()) / kUsualFrame + kSpareContinuations) {
        return flood(Flood::continuation);
      }
      return head.length == 0 ? count(Flood::empty) : 0;
    case NGHTTP2_RST_STREAM:
      return count(Flood::reset);
    case NGHTTP2_SETTINGS:
      return count(acknowledges ? Flood::other : Flood::settings);
    case NGHTTP2_PING:
      return count(acknowledges ? Flood::other : Flood::ping);
    case NGHTTP2_WINDOW_UPDATE:
      return count(Flood::window_update);
    default:
      return count(Flood::other);
  }
}

int Http2::note_head_begin(const nghttp2_frame& frame) {
  if (frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  const std::int32_t id = frame.hd.stream_id;
  // A request goes on for a while after its stream was reset: such ones count, too.
  if (running_->load(std::memory_order_relaxed) >= 2 * worker_.limits().max_streams) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  streams_.emplace(id, std::make_unique<Http2Stream>(*this, id));
  head_of_ = id;
  head_deadline_ = worker_.loop().now() + worker_.limits().header_read;
  // Streams take turns, whatever priorities the client names.
  const nghttp2_extpri turns{NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1};
  nghttp2_session_change_extpri_stream_priority(session_.get(), id, &turns, 1);
  return 0;
}

int Http2::note_field(const nghttp2_frame& frame, std::string_view name, std::string_view value) {
  Http2Stream* const stream = find(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  const bool bearable = frame.headers.cat == NGHTTP2_HCAT_REQUEST
                            ? stream->note_field(name, value)
                            : stream->note_trailer(name, value);
  return bearable ? 0 : flood(Flood::header);
}

int Http2::note_frame(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) {
    if (draining_) go_away();
    return 0;
  }
  const bool is_data = frame.hd.type == NGHTTP2_DATA;
  if (is_data && frame.hd.length > 0 && frame.hd.length <= frame.data.padlen &&
      !ends_stream(frame.hd) && count(Flood::empty) != 0) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  if (!is_data && frame.hd.type != NGHTTP2_HEADERS) return 0;
  if (!is_data) head_deadline_ = Carrier::kNever;
  Http2Stream* const stream = find(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  if (!is_data && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    stream->note_head(!ends_stream(frame.hd));
  }
  if (ends_stream(frame.hd)) stream->note_body_end();
  touch(frame.hd.stream_id);
  return 0;
}

int Http2::note_data(std::int32_t id, std::string_view bytes) {
  Http2Stream* const stream = find(id);
  if (stream == nullptr) {
    consume_connection(bytes.size());
    return 0;
  }
  stream->note_body(bytes);
  touch(id);
  return 0;
}

int Http2::note_sent_frame(const nghttp2_frame& frame) {
  // A stream the client made us reset costs what one it resets itself does.
  if (frame.hd.type == NGHTTP2_RST_STREAM) {
    const std::uint32_t code = frame.rst_stream.error_code;
    const bool ours =
        code == NGHTTP2_NO_ERROR || code == NGHTTP2_CANCEL || code == NGHTTP2_INTERNAL_ERROR;
    if (!ours && !floods_.allow(Flood::reset, worker_.loop().now())) flooded_ = Flood::reset;
    return 0;
  }
  if (!ends_stream(frame.hd)) return 0;
  if (Http2Stream* const stream = find(frame.hd.stream_id)) stream->note_answered();
  return 0;
}

int Http2::note_close(std::int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return 0;
  if (id == head_of_) head_deadline_ = Carrier::kNever;
  closed_.push_back(std::move(found->second));
  streams_.erase(found);
  if (streams_.empty()) idle_deadline_ = worker_.loop().now() + worker_.limits().idle;
  return 0;
}

int Http2::count(Flood kind) { return floods_.allow(kind, worker_.loop().now()) ? 0 : flood(kind); }

// Ends libnghttp2's reading at once.
int Http2::flood(Flood kind) {
  flooded_ = kind;
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

// ---- between two events ------------------------------------------------------------------------

Http2Stream* Http2::find(std::int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void Http2::touch(std::int32_t id) {
  if (touched_.empty() || touched_.back() != id) touched_.push_back(id);
}

void Http2::dispatch() {
  for (const std::int32_t id : touched_) {
    if (Http2Stream* const stream = find(id)) stream->advance();
  }
  touched_.clear();
  reap();
}

void Http2::reap() {
  while (!closed_.empty()) {
    for (const auto& stream : std::exchange(closed_, {})) stream->end();
  }
}

// Frames what may be sent now, up to what the socket is likely to take.
void Http2::pump() {
  OutQueue& out = carrier_.out();
  while (out.size() < kQueuedBytes) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size <= 0) break;
    out.append(text_of(bytes, static_cast<std::size_t>(size)));
  }
}

void Http2::settle() {
  if (closing_) return;
  if (flooded_) return give_up(flooded_);
  if (draining_ && streams_.empty()) go_away();
  const bool wants_write = nghttp2_session_want_write(session_.get()) != 0;
  if (!wants_write && nghttp2_session_want_read(session_.get()) == 0) return close();
  if (wants_write && carrier_.unsent() < kQueuedBytes) carrier_.flush_later();
  arm();
}

void Http2::arm() {
  if (closing_) return;
  base::Deadline next = head_deadline_;
  if (streams_.empty()) next = std::min(next, idle_deadline_);
  for (const auto& [id, stream] : streams_) next = std::min(next, stream->deadline());
  carrier_.set_deadline(next);
}

// The client has broken the protocol or floods us: libnghttp2 says so, and all is over.
void Http2::give_up(std::optional<Flood> why) {
  if (why) {
    static auto& floods = metrics::counter(
        "limen_http2_floods_total",
        "HTTP/2 connections ended because the client sent too many frames of a kind.", {"kind"});
    floods.with({flood_name(*why)}).add();
    log::debug("an HTTP/2 connection was ended: too many frames",
               {{"peer", carrier_.peer()->source_ip}, {"kind", flood_name(*why)}});
    nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
  }
  pump();
  close();
}

void Http2::close() {
  if (closing_) return;
  carrier_.close(Ending::finish);
  on_closed();
}

void Http2::go_away() {
  if (closing_ || std::exchange(going_away_, true)) return;
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

// ---- what the streams ask for ------------------------------------------------------------------

void Http2::count_request() {
  static auto& requests =
      metrics::counter("limen_http2_requests_total", "Requests that came over HTTP/2.").with({});
  requests.add();
}

void Http2::send_continue(std::int32_t id) {
  if (closing_) return;
  const Http2Fields fields(ResponseHead(100), {}, nullptr);
  nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, id, nullptr, fields.data(), 1, nullptr);
  carrier_.flush_later();
}

void Http2::send_head(std::int32_t id, const ResponseHead& head, const std::uint64_t* length,
                      bool with_body) {
  if (closing_) return;
  const Http2Fields fields(head, worker_.date(), length);
  nghttp2_data_provider body{};
  body.read_callback = Http2Callbacks::supply;
  nghttp2_submit_response(session_.get(), id, fields.data(), fields.size(),
                          with_body ? &body : nullptr);
}

void Http2::resume(std::int32_t id) {
  if (!closing_) nghttp2_session_resume_data(session_.get(), id);
}

void Http2::reset(std::int32_t id, std::uint32_t code) {
  if (closing_) return;
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code);
  carrier_.flush_later();
}

void Http2::consume(std::int32_t id, std::size_t bytes) {
  if (closing_ || bytes == 0) return;
  nghttp2_session_consume(session_.get(), id, bytes);
  if (nghttp2_session_want_write(session_.get()) != 0) carrier_.flush_later();
}

void Http2::consume_connection(std::size_t bytes) {
  if (closing_ || bytes == 0) return;
  nghttp2_session_consume_connection(session_.get(), bytes);
}

bool Http2::window_is_shut(std::int32_t id) const {
  return nghttp2_session_get_stream_remote_window_size(session_.get(), id) <= 0 ||
         nghttp2_session_get_remote_window_size(session_.get()) <= 0;
}

}  // namespace limen::transport
