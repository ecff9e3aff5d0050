#include "http2_load.h"

#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

namespace limen::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int32_t kWindow = 1 << 30;

nghttp2_nv field(std::string_view name, std::string_view value) {
  // The library copies; it does not write.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), NGHTTP2_NV_FLAG_NONE};
}

// One request under way.
struct Stream {
  Request request;
  std::size_t sent_bytes = 0;  // of its body
  Clock::time_point begun;
  int status = 0;
};

class Peer {
 public:
  Peer(SSL_CTX* context, const Target& target, Requests& requests, Tally& tally)
      : connection_(context, target), requests_(requests), tally_(tally) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                        static_cast<std::uint32_t>(kWindow)};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindow);
  }
  ~Peer() { nghttp2_session_del(session_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  int fd() const { return connection_.fd(); }
  std::size_t open_streams() const { return streams_.size(); }
  // No answer begets a request any more.
  void stop() { stopping_ = true; }

  void begin() {
    auto stream = std::make_unique<Stream>();
    stream->request = requests_.next();
    stream->begun = Clock::now();
    const Request& request = stream->request;
    const std::string authorization = "Bearer " + requests_.token();
    std::vector<nghttp2_nv> head = {field(":method", request.method), field(":scheme", "https"),
                                    field(":authority", "127.0.0.1"), field(":path", request.path),
                                    field("accept", requests_.accept())};
    if (!requests_.token().empty()) head.push_back(field("authorization", authorization));
    if (requests_.gzip()) head.push_back(field("accept-encoding", "gzip"));
    if (!request.body.empty()) head.push_back(field("content-type", request.content_type));
    nghttp2_data_provider body{{.ptr = stream.get()}, read_body};
    const std::int32_t id =
        nghttp2_submit_request(session_, nullptr, head.data(), head.size(),
                               request.body.empty() ? nullptr : &body, stream.get());
    if (id < 0) throw std::runtime_error(nghttp2_strerror(id));
    streams_[id] = std::move(stream);
  }

  void flush() {
    const std::uint8_t* bytes = nullptr;
    for (;;) {
      const auto size = nghttp2_session_mem_send(session_, &bytes);
      if (size <= 0) return;
      connection_.send({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    }
  }

  // Takes what came. False when the connection is over.
  bool receive() {
    std::array<char, 65536> buffer{};
    for (;;) {
      const int got = connection_.receive(buffer.data(), static_cast<int>(buffer.size()));
      if (got == 0) break;
      if (got < 0) return false;
      tally_.bytes += static_cast<std::size_t>(got);
      const auto taken =
          nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(buffer.data()),
                                   static_cast<std::size_t>(got));
      if (taken < 0) return false;
    }
    flush();
    return true;
  }

 private:
  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& stream = *static_cast<Stream*>(source->ptr);
    const std::string& body = stream.request.body;
    const std::size_t size = std::min(room, body.size() - stream.sent_bytes);
    std::memcpy(to, body.data() + stream.sent_bytes, size);
    stream.sent_bytes += size;
    if (stream.sent_bytes == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }
  static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t size, std::uint8_t, void*) {
    auto* stream =
        static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    if (!stream || key != ":status") return 0;
    stream->status = std::atoi(std::string(reinterpret_cast<const char*>(value), size).c_str());
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* self) {
    static_cast<Peer*>(self)->ended(id, error);
    return 0;
  }
  void ended(std::int32_t id, std::uint32_t error) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    const auto took = Clock::now() - found->second->begun;
    ++tally_.done;
    if (error != NGHTTP2_NO_ERROR || found->second->status / 100 != 2) ++tally_.errors;
    tally_.latencies.micros.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    streams_.erase(found);
    if (!stopping_) begin();
  }

  Connection connection_;
  Requests& requests_;
  Tally& tally_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::unique_ptr<Stream>> streams_;
  bool stopping_ = false;
};

}  // namespace

Tally run_http2(const Target& target, Requests& requests, std::size_t connections,
                std::size_t streams, double seconds, std::size_t count) {
  Tally tally;
  const auto context = client_context();
  constexpr std::array<unsigned char, 3> kProtocol = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kProtocol.data(), kProtocol.size());
  const int epoll = epoll_create1(0);
  std::vector<std::unique_ptr<Peer>> peers;
  for (std::size_t i = 0; i < connections; ++i) {
    peers.push_back(std::make_unique<Peer>(context.get(), target, requests, tally));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i]->fd(), &event);
  }
  for (auto& peer : peers) {
    for (std::size_t i = 0; i < streams; ++i) peer->begin();
    peer->flush();
  }
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds));
  std::size_t open = peers.size();
  std::array<epoll_event, 64> events{};
  while (open > 0) {
    const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
    const bool over = Clock::now() >= end || (count != 0 && tally.done + streams * open > count);
    if (over) {
      for (auto& peer : peers)
        if (peer) peer->stop();
      if (ready == 0) break;
    }
    for (int i = 0; i < ready; ++i) {
      std::unique_ptr<Peer>& peer = peers[events[static_cast<std::size_t>(i)].data.u64];
      const bool alive = peer->receive();
      if (!alive) tally.errors += peer->open_streams();
      if (alive && peer->open_streams() > 0) continue;
      epoll_ctl(epoll, EPOLL_CTL_DEL, peer->fd(), nullptr);
      peer.reset();
      --open;
    }
  }
  close(epoll);
  return tally;
}

}  // namespace limen::bench
