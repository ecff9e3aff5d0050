// An HTTP/2 client for the transport's tests: libnghttp2 over a test's Client, and frames made by
// hand for what no client sends.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/transport/support.h"

namespace limen::transport::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

inline TlsWish http2_wish(TlsWish wish = {}) {
  wish.alpn = "\x02h2";
  return wish;
}

// ---- frames by hand ----------------------------------------------------------------------------

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
};

inline std::string number(std::uint32_t value, int bytes = 4) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    text += static_cast<char>((value >> shift) & 0xff);
  }
  return text;
}
inline std::uint32_t number_in(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                         std::string_view payload = {}) {
  std::string text = number(static_cast<std::uint32_t>(payload.size()), 3);
  text += static_cast<char>(type);
  text += static_cast<char>(flags);
  return text + number(stream) + std::string(payload);
}

inline const std::string kPreface =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0);

// A head as a header block: literal fields, never indexed, without Huffman coding (RFC 7541).
inline std::string block(const Fields& fields) {
  const auto text = [](std::string_view value) {
    std::string coded;
    if (value.size() < 127) {
      coded += static_cast<char>(value.size());
    } else {
      coded += '\x7f';
      std::size_t rest = value.size() - 127;
      for (; rest >= 128; rest /= 128) coded += static_cast<char>(0x80 | (rest % 128));
      coded += static_cast<char>(rest);
    }
    return coded + std::string(value);
  };
  std::string coded;
  for (const auto& [name, value] : fields) coded += '\x10' + text(name) + text(value);
  return coded;
}

inline Fields get_fields(const std::string& path = "/", const Fields& more = {}) {
  Fields fields = {
      {":method", "GET"}, {":scheme", "https"}, {":path", path}, {":authority", "test"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}
inline std::string get_frame(std::uint32_t stream, const std::string& path = "/") {
  return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, stream,
               block(get_fields(path)));
}

// A connection on which the test says every byte.
class RawHttp2 {
 public:
  explicit RawHttp2(std::uint16_t port) : client_(port) {
    EXPECT_TRUE(client_.start_tls(http2_wish()));
    client_.send(kPreface);
  }
  // False once the server has closed.
  bool send(std::string_view bytes) { return client_.send(bytes); }
  // Nothing at the end of the connection.
  std::optional<Frame> receive() {
    const std::string head = client_.receive_exactly(9);
    if (head.size() < 9) return std::nullopt;
    Frame frame;
    frame.type = static_cast<std::uint8_t>(head[3]);
    frame.flags = static_cast<std::uint8_t>(head[4]);
    frame.stream = number_in(std::string_view(head).substr(5));
    frame.payload = client_.receive_exactly(number_in(std::string_view(head).substr(0, 3)));
    return frame;
  }
  std::optional<Frame> receive(std::uint8_t type) {
    while (auto frame = receive()) {
      if (frame->type == type) return frame;
    }
    return std::nullopt;
  }
  // The error code of the GOAWAY before the connection's end.
  std::optional<std::uint32_t> end_code() {
    std::optional<std::uint32_t> code;
    while (auto frame = receive()) {
      if (frame->type == NGHTTP2_GOAWAY) code = number_in(frame->payload.substr(4, 4));
    }
    return code;
  }
  Client& client() { return client_; }

 private:
  Client client_;
};

// ---- a well-behaved client ---------------------------------------------------------------------

class Http2Client {
 public:
  struct Answer {
    int status = 0;
    std::map<std::string, std::string> headers;
    std::string body;
    bool continued = false;  // a 100 came before
    bool ended = false;      // properly
    bool closed = false;
    std::uint32_t code = 0;  // of the stream's close
  };
  struct GoAway {
    std::int32_t last_stream = 0;
    std::uint32_t code = 0;
  };

  explicit Http2Client(std::uint16_t port, const TlsWish& wish = {}, int receive_buffer = 0,
                       bool reads_slowly = false)
      : client_(port, receive_buffer) {
    connected_ = client_.start_tls(http2_wish(wish));
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_max_send_header_block_length(option, 64 * 1024 * 1024);
    nghttp2_option_set_no_auto_window_update(option, reads_slowly ? 1 : 0);
    nghttp2_session_client_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    flush();
  }
  ~Http2Client() { nghttp2_session_del(session_); }
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  bool connected() const { return connected_; }
  Client& client() { return client_; }
  nghttp2_session* session() { return session_; }
  const std::optional<GoAway>& goaway() const { return goaway_; }
  std::uint32_t server_setting(nghttp2_settings_id id) {
    return nghttp2_session_get_remote_settings(session_, id);
  }

  // Sends a request; with `open`, its body goes on with more().
  std::int32_t ask(const std::string& method, const std::string& path, const Fields& headers = {},
                   const std::optional<std::string>& body = std::nullopt, bool open = false) {
    Fields fields = {
        {":method", method}, {":scheme", "https"}, {":path", path}, {":authority", "test"}};
    fields.insert(fields.end(), headers.begin(), headers.end());
    return ask_with(fields, body, open);
  }
  std::int32_t ask_with(const Fields& fields, const std::optional<std::string>& body = std::nullopt,
                        bool open = false) {
    std::vector<nghttp2_nv> pairs;
    for (const auto& [name, value] : fields) {
      pairs.push_back(
          {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NO_INDEX});
    }
    auto source = std::make_unique<Source>();
    if (body) source->text = *body;
    source->open = open;
    nghttp2_data_provider provider{};
    provider.source.ptr = source.get();
    provider.read_callback = read_body;
    const std::int32_t id = nghttp2_submit_request(session_, nullptr, pairs.data(), pairs.size(),
                                                   body || open ? &provider : nullptr, nullptr);
    sources_[id] = std::move(source);
    flush();
    return id;
  }
  void more(std::int32_t id, std::string_view text, bool last = true) {
    sources_[id]->text += text;
    sources_[id]->open = !last;
    nghttp2_session_resume_data(session_, id);
    flush();
  }
  void reset(std::int32_t id) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    flush();
  }
  void ping() {
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    flush();
  }
  // For a slow reader: takes what has come of a stream.
  void open_window(std::int32_t id, std::size_t bytes) {
    nghttp2_session_consume(session_, id, bytes);
    flush();
  }

  // Handles what comes next; false at the end of the connection.
  bool step() {
    const std::string bytes = client_.receive_some();
    if (bytes.empty()) return false;
    const ssize_t taken = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (taken < 0) return false;
    flush();
    return true;
  }
  // False when the connection ends first.
  bool until(const std::function<bool()>& condition) {
    while (!condition()) {
      if (!step()) return condition();
    }
    return true;
  }
  bool until_end() {
    while (step()) {
    }
    return client_.proper_end();
  }
  Answer& answer(std::int32_t id) { return answers_[id]; }
  Answer& wait(std::int32_t id) {
    until([this, id] { return answers_[id].closed; });
    return answers_[id];
  }
  Answer get(const std::string& path, const Fields& headers = {}) {
    return wait(ask("GET", path, headers));
  }

 private:
  struct Source {
    std::string text;
    bool open = false;
  };
  static std::uint8_t* bytes_of(const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  void flush() {
    const std::uint8_t* bytes = nullptr;
    std::string all;
    while (true) {
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size <= 0) break;
      all.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    client_.send(all);
  }
  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* from, void*) {
    auto* source = static_cast<Source*>(from->ptr);
    const std::size_t size = std::min(room, source->text.size());
    std::memcpy(to, source->text.data(), size);
    source->text.erase(0, size);
    if (source->text.empty() && !source->open) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    } else if (size == 0) {
      return NGHTTP2_ERR_DEFERRED;
    }
    return static_cast<ssize_t>(size);
  }
  static Http2Client& self(void* user) { return *static_cast<Http2Client*>(user); }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    Answer& answer = self(user).answers_[frame->hd.stream_id];
    const std::string key(reinterpret_cast<const char*>(name), name_size);
    const std::string text(reinterpret_cast<const char*>(value), value_size);
    if (key == ":status" && text == "100") {
      answer.continued = true;
    } else if (key == ":status") {
      answer.status = std::stoi(text);
    } else {
      answer.headers[key] = text;
    }
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      self(user).goaway_ = {frame->goaway.last_stream_id, frame->goaway.error_code};
    }
    const bool carries = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      self(user).answers_[frame->hd.stream_id].ended = true;
    }
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                     std::size_t size, void* user) {
    self(user).answers_[id].body.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
    self(user).answers_[id].closed = true;
    self(user).answers_[id].code = code;
    return 0;
  }

  Client client_;
  bool connected_ = false;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Answer> answers_;
  std::map<std::int32_t, std::unique_ptr<Source>> sources_;
  std::optional<GoAway> goaway_;
};

}  // namespace limen::transport::test
