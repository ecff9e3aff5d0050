#include "transport/websocket.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "transport/http_syntax.h"

namespace limen::transport {

namespace {

constexpr std::size_t kMostControl = 125;
constexpr std::size_t kKeyBytes = 16;
constexpr std::uint16_t kNoCode = 1005;
constexpr std::size_t kUnmaskedAtOnce = 16 * 1024;

bool has_word(const RequestHead& head, std::string_view name, std::string_view word) {
  return std::any_of(head.headers.begin(), head.headers.end(), [&](const HeaderView& field) {
    return same_word(field.name, name) && list_has(field.value, word);
  });
}

// Codes an endpoint may send (RFC 6455 section 7.4).
bool is_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace

// ---- the handshake -----------------------------------------------------------------------------

bool asks_websocket(const RequestHead& head) {
  return has_word(head, "Connection", "upgrade") && has_word(head, "Upgrade", "websocket");
}

std::string websocket_problem(const RequestHead& head) {
  if (head.method != "GET") return "bad method";
  if (head.header("Sec-WebSocket-Version") != "13") return "missing or bad WebSocket Version";
  const auto key = base::base64_decode(head.header("Sec-WebSocket-Key"));
  if (!key || key->size() != kKeyBytes) return "mismatch challenge/response";
  return {};
}

std::string websocket_accept(std::string_view key) {
  constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const std::string text = std::string(key) + std::string(kGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return base::base64_encode({reinterpret_cast<const char*>(digest.data()), size});
}

std::vector<std::string> websocket_protocols(const RequestHead& head) {
  constexpr std::string_view kBearer = "base64url.bearer.authorization.k8s.io.";
  std::vector<std::string> offered;
  for (const HeaderView& field : head.headers) {
    if (!same_word(field.name, "Sec-WebSocket-Protocol")) continue;
    for (const std::string_view one : base::split(field.value, ',')) {
      const std::string_view protocol = trim_ows(one);
      if (!is_token(protocol) && protocol.find('/') == std::string_view::npos) continue;
      if (!protocol.starts_with(kBearer)) offered.emplace_back(protocol);
    }
  }
  return offered;
}

// ---- frames ------------------------------------------------------------------------------------

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  constexpr unsigned kFinal = 0x80;
  const std::uint64_t size = payload.size();
  const auto append_size = [&](int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      out += static_cast<char>((size >> static_cast<unsigned>(shift)) & 0xFFU);
    }
  };
  out += static_cast<char>(kFinal | static_cast<unsigned>(opcode));
  if (size <= kMostControl) {
    out += static_cast<char>(size);
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(126);
    append_size(2);
  } else {
    out += static_cast<char>(127);
    append_size(8);
  }
  out += payload;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  payload += static_cast<char>(code >> 8U);
  payload += static_cast<char>(code & 0xFFU);
  return payload += reason.substr(0, kMostControl - 2);
}

bool FrameReader::fail(std::uint16_t code) {
  state_ = State::over;
  close_code_ = code;
  return false;
}

bool FrameReader::feed(std::string_view bytes, Events& events) {
  if (close_code_ != 0) return false;
  while (!bytes.empty() && state_ != State::over) {
    if (state_ == State::head) {
      if (take_head(bytes) && !begin_frame(events)) return false;
    } else if (!take_payload(bytes, events)) {
      return false;
    }
  }
  return true;
}

// Two bytes, those of a longer size, and the mask.
std::size_t FrameReader::head_size() const {
  if (head_bytes_ < 2) return 2;
  const unsigned size = head_[1] & 0x7FU;
  return 2U + (size == 126 ? 2U : size == 127 ? 8U : 0U) + mask_.size();
}

// True when the head is complete.
bool FrameReader::take_head(std::string_view& bytes) {
  while (!bytes.empty() && head_bytes_ < head_size()) {
    head_[head_bytes_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
  }
  return head_bytes_ == head_size();
}

bool FrameReader::begin_frame(Events& events) {
  const std::size_t size_bytes = head_bytes_ - 2 - mask_.size();
  final_ = (head_[0] & 0x80U) != 0;
  opcode_ = static_cast<Opcode>(head_[0] & 0x0FU);
  left_ = size_bytes == 0 ? head_[1] & 0x7FU : 0;
  for (std::size_t i = 0; i < size_bytes; ++i) left_ = left_ << 8U | head_[2 + i];
  const bool shortest =
      size_bytes == 0 || (size_bytes == 2 ? left_ > kMostControl : left_ > 0xFFFF);
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(2 + size_bytes), mask_.size(),
              mask_.begin());
  mask_at_ = 0;
  control_.clear();
  const bool reserved = (head_[0] & 0x70U) != 0;
  const bool masked = (head_[1] & 0x80U) != 0;
  head_bytes_ = 0;
  if (reserved || !masked || !shortest) return fail(kCloseProtocolError);
  switch (opcode_) {
    case Opcode::continuation:
      if (!in_message_) return fail(kCloseProtocolError);
      break;
    case Opcode::text:
    case Opcode::binary:
      if (in_message_) return fail(kCloseProtocolError);
      break;
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      if (!final_ || left_ > kMostControl) return fail(kCloseProtocolError);
      break;
    default:
      return fail(kCloseProtocolError);
  }
  if (left_ > most_payload_ && !is_control()) return fail(kCloseTooLarge);
  if (!is_control()) in_message_ = !final_;
  state_ = State::payload;
  return left_ > 0 || end_frame(events);
}

bool FrameReader::take_payload(std::string_view& bytes, Events& events) {
  std::array<char, kUnmaskedAtOnce> plain;
  const std::size_t size = static_cast<std::size_t>(
      std::min<std::uint64_t>(left_, std::min(bytes.size(), plain.size())));
  for (std::size_t i = 0; i < size; ++i) {
    plain[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ mask_[mask_at_]);
    mask_at_ = (mask_at_ + 1) % mask_.size();
  }
  bytes.remove_prefix(size);
  left_ -= size;
  if (is_control()) {
    control_.append(plain.data(), size);
  } else {
    events.on_payload({plain.data(), size});
  }
  return left_ > 0 || end_frame(events);
}

bool FrameReader::end_frame(Events& events) {
  state_ = State::head;
  switch (opcode_) {
    case Opcode::ping:
      events.on_ping(control_);
      return true;
    case Opcode::pong:
      return true;
    case Opcode::close: {
      std::uint16_t code = kNoCode;
      if (control_.size() == 1) return fail(kCloseProtocolError);
      if (control_.size() >= 2) {
        code = static_cast<std::uint16_t>(static_cast<unsigned char>(control_[0]) << 8U |
                                          static_cast<unsigned char>(control_[1]));
        if (!is_close_code(code)) return fail(kCloseProtocolError);
      }
      state_ = State::over;
      events.on_close(code);
      return true;
    }
    default:
      if (final_) events.on_message_end();
      return true;
  }
}

// ---- the tunnel --------------------------------------------------------------------------------

namespace {

class WebSocketTunnel final : public Tunnel,
                              public FrameReader::Events,
                              public std::enable_shared_from_this<WebSocketTunnel> {
 public:
  WebSocketTunnel(std::shared_ptr<Tunnel> inner, Opcode message, std::uint64_t most_payload)
      : inner_(std::move(inner)), message_(message), reader_(most_payload) {}

  void on_data(std::function<void(std::string_view)> fn) override {
    data_ = std::move(fn);
    inner_->on_data([weak = weak_from_this()](std::string_view bytes) {
      if (const auto self = weak.lock()) self->take(bytes);
    });
  }
  void on_end(std::function<void()> fn) override {
    end_ = std::move(fn);
    inner_->on_end([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->tell_end();
    });
  }
  void hold_input(bool held) override { inner_->hold_input(held); }
  void write(std::string_view bytes) override {
    if (close_sent_) return;
    std::string frame;
    append_frame(frame, message_, bytes);
    inner_->write(frame);
  }
  std::size_t pending_bytes() const override { return inner_->pending_bytes(); }
  void on_drain(std::function<void()> fn) override { inner_->on_drain(std::move(fn)); }
  void finish() override {
    send_close(close_payload(kCloseNormal));
    inner_->finish();
  }
  void abort() override { inner_->abort(); }
  bool closed() const override { return inner_->closed(); }

  void on_payload(std::string_view bytes) override {
    // A copy: the function may let go of the tunnel.
    const std::function<void(std::string_view)> data = data_;
    if (data) data(bytes);
  }
  void on_ping(std::string_view payload) override {
    // A client that does not read its pongs gets no more of them.
    if (close_sent_ || inner_->pending_bytes() > kMostPongBacklog) return;
    std::string frame;
    append_frame(frame, Opcode::pong, payload);
    inner_->write(frame);
  }
  void on_close(std::uint16_t code) override {
    send_close(code == kNoCode ? std::string() : close_payload(code));
    tell_end();
  }

 private:
  static constexpr std::size_t kMostPongBacklog = 64 * 1024;

  void take(std::string_view bytes) {
    const auto self = shared_from_this();
    if (ended_ || reader_.feed(bytes, *this)) return;
    send_close(close_payload(reader_.close_code()));
    tell_end();
  }
  void send_close(const std::string& payload) {
    if (std::exchange(close_sent_, true)) return;
    std::string frame;
    append_frame(frame, Opcode::close, payload);
    inner_->write(frame);
  }
  void tell_end() {
    if (std::exchange(ended_, true)) return;
    const std::function<void()> end = end_;
    if (end) end();
  }

  const std::shared_ptr<Tunnel> inner_;
  const Opcode message_;
  FrameReader reader_;
  bool close_sent_ = false;
  bool ended_ = false;
  std::function<void(std::string_view)> data_;
  std::function<void()> end_;
};

}  // namespace

std::shared_ptr<Tunnel> accept_websocket(Exchange& exchange, ResponseHead head, Opcode message,
                                         const std::string& protocol, std::uint64_t most_payload) {
  if (!exchange.can_upgrade()) return nullptr;
  head.add("Upgrade", "websocket");
  head.add("Connection", "Upgrade");
  head.add("Sec-WebSocket-Accept", websocket_accept(exchange.head().header("Sec-WebSocket-Key")));
  if (!protocol.empty()) head.add("Sec-WebSocket-Protocol", protocol);
  std::shared_ptr<Tunnel> inner = exchange.upgrade(head);
  if (!inner) return nullptr;
  return std::make_shared<WebSocketTunnel>(std::move(inner), message, most_payload);
}

}  // namespace limen::transport
