#include "transport/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "observability/log.h"
#include "transport/http1.h"
#include "transport/http2.h"
#include "transport/io_worker.h"
#include "transport/tls_alpn.h"

namespace limen::transport {
namespace {

constexpr std::size_t kSendBytes = 4 * kRecordBytes;  // enciphered at a time
constexpr std::size_t kBytesATurn = 1024 * 1024;      // sent before others get their turn
constexpr std::chrono::milliseconds kLinger{1'000};   // for a peer to read our last bytes

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

// The peer's address without port; an IPv4 address that came mapped into IPv6 as IPv4.
std::string source_ip(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(&storage);
    ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
  } else if (storage.ss_family == AF_INET6) {
    const in6_addr& address = reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
      ::inet_ntop(AF_INET, address.s6_addr + 12, text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &address, text.data(), text.size());
    }
  }
  return text.data();
}

}  // namespace

Connection::Connection(IoWorker& worker, Descriptor socket, Listener listener,
                       std::unique_ptr<Channel> channel)
    : worker_(worker),
      socket_(std::move(socket)),
      listener_(listener),
      channel_(std::move(channel)),
      stall_limit_(worker.limits().write_stall) {}

Connection::~Connection() = default;

void Connection::start() {
  interest_ = EPOLLIN | EPOLLRDHUP;
  if (channel_ == nullptr || !worker_.loop().watch(socket_.get(), interest_, this)) return die();
  if (listener_ == Listener::local) {
    open();
  } else {
    set_deadline(worker_.loop().now() + worker_.limits().handshake);
  }
}

// The peer is known now and the protocol begins.
void Connection::open() {
  state_ = State::open;
  auto peer = std::make_shared<PeerInfo>();
  peer->source_ip = source_ip(socket_.get());
  channel_->describe(*peer);
  peer_ = std::move(peer);
  if (channel_->protocol() == kHttp2) {
    protocol_ = std::make_unique<Http2>(*this, worker_);
  } else {
    protocol_ = std::make_unique<Http1>(*this, worker_);
  }
}

void Connection::drain() {
  if (state_ == State::handshake) return die();
  if (state_ == State::open && !ending_) protocol_->on_drain();
}

void Connection::die() {
  if (state_ == State::dead) return;
  state_ = State::dead;
  if (timer_ != 0) worker_.loop().cancel_timer(std::exchange(timer_, 0));
  // Out of epoll before the descriptor is closed: its number may be another's the next moment.
  worker_.loop().forget(socket_.get());
  socket_.reset();
  if (protocol_ != nullptr) protocol_->on_closed();
  worker_.release(this);
}

// ---- events ------------------------------------------------------------------------------------

void Connection::on_events(std::uint32_t events) {
  if (state_ == State::dead) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return die();
  in_events_ = true;
  if ((events & EPOLLOUT) != 0) flush_asked_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) read();
  in_events_ = false;
  if (flush_asked_) on_turn_end();
}

void Connection::on_turn_end() {
  flush_asked_ = false;
  if (state_ != State::dead) flush();
}

void Connection::read() {
  if (state_ == State::lingering) return discard();
  char* const buffer = worker_.scratch().received.get();
  const ssize_t got = ::recv(socket_.get(), buffer, Scratch::kReceiveBytes, 0);
  if (got > 0) return take({buffer, static_cast<std::size_t>(got)});
  if (got == 0) return take_peer_end();
  if (!would_block(errno) && errno != EINTR) die();
}

void Connection::take(std::string_view wire) {
  std::string& reply = worker_.scratch().out;
  reply.clear();
  const Channel::Received received = channel_->receive(wire, worker_.scratch(), reply);
  if (!reply.empty() && !put(reply)) return die();
  if (received.status == Channel::Status::failed) return fail();
  if (received.status == Channel::Status::handshake) return;
  if (state_ == State::handshake) open();
  if (ending_) return;
  if (!received.plain.empty()) protocol_->on_data(received.plain);
  if (received.status == Channel::Status::ended && state_ == State::open) take_peer_end();
}

void Connection::take_peer_end() {
  if (state_ == State::handshake) return die();
  if (std::exchange(peer_ended_, true)) return;
  update_interest();
  if (!ending_) protocol_->on_peer_end();
}

// After the last answer: what still comes is of no interest, but closing on it would reset the
// connection and could take the answer with it.
void Connection::discard() {
  char* const buffer = worker_.scratch().received.get();
  const ssize_t got = ::recv(socket_.get(), buffer, Scratch::kReceiveBytes, 0);
  if (got == 0 || (got < 0 && !would_block(errno) && errno != EINTR)) die();
}

void Connection::fail() {
  if (state_ != State::handshake) return die();
  worker_.counters().failed_handshakes.fetch_add(1, std::memory_order_relaxed);
  if (log::enabled(log::Level::debug, log::room_of(__FILE__))) {
    log::debug("TLS handshake failed",
               {{"peer", source_ip(socket_.get())}, {"reason", channel_->failure()}});
  }
  ending_ = Ending::finish;
  flush_later();
}

// ---- sending -----------------------------------------------------------------------------------

OutQueue& Connection::out() {
  if (queue_ == nullptr) queue_ = worker_.borrow_queue();
  return *queue_;
}

void Connection::flush_later() {
  if (std::exchange(flush_asked_, true) || in_events_) return;
  worker_.loop().flush_later(this);
}

std::size_t Connection::unsent() const {
  return (queue_ == nullptr ? 0 : queue_->size()) + unsent_.size() - unsent_begin_;
}

void Connection::flush() {
  if (protocol_ != nullptr && state_ == State::open) protocol_->before_flush();
  if (!flush_some()) return die();
  update_interest();
  arm_timer();
  if (unsent() == 0) {
    if (queue_ != nullptr) worker_.give_back(std::move(queue_));
    unsent_ = std::string();
    unsent_begin_ = 0;
    if (ending_ && state_ != State::lingering) return end();
  }
  if (protocol_ != nullptr && !ending_) protocol_->on_sent();
}

// Sends until all is gone, the socket is full, or others should have a turn. False when broken.
bool Connection::flush_some() {
  std::size_t budget = kBytesATurn;
  blocked_ = false;
  while (true) {
    if (!put_unsent()) return false;
    if (blocked_) return true;
    stall_deadline_ = kNever;
    if (queue_ == nullptr || queue_->empty()) return true;
    if (budget == 0) {
      flush_later();
      return true;
    }
    budget -= std::min(budget, kSendBytes);
    if (!seal_some()) return false;
  }
}

// Enciphers up to kSendBytes of the queue in full records and offers them to the socket.
bool Connection::seal_some() {
  Scratch& scratch = worker_.scratch();
  scratch.out.clear();
  for (std::size_t sealed = 0; sealed < kSendBytes && !queue_->empty();) {
    std::string_view next = queue_->front().substr(0, kRecordBytes);
    if (next.size() == kRecordBytes || next.size() == queue_->size()) {
      if (!channel_->send(next, scratch.out)) return false;
      sealed += next.size();
      queue_->pop(next.size());
    } else {
      const std::size_t size = queue_->take(scratch.record.get(), kRecordBytes);
      if (!channel_->send({scratch.record.get(), size}, scratch.out)) return false;
      sealed += size;
    }
  }
  return put(scratch.out);
}

// Offers bytes to the socket; what it does not take is kept. False when the connection is broken.
bool Connection::put(std::string_view wire) {
  if (unsent_.size() == unsent_begin_) {
    const std::optional<std::size_t> sent = send_bytes(wire);
    if (!sent) return false;
    wire.remove_prefix(*sent);
    if (wire.empty()) return true;
    unsent_.clear();
    unsent_begin_ = 0;
  }
  unsent_ += wire;
  note_blocked();
  return true;
}

bool Connection::put_unsent() {
  const std::string_view waiting = std::string_view(unsent_).substr(unsent_begin_);
  if (waiting.empty()) return true;
  const std::optional<std::size_t> sent = send_bytes(waiting);
  if (!sent) return false;
  unsent_begin_ += *sent;
  if (*sent > 0) stall_deadline_ = kNever;
  if (*sent < waiting.size()) note_blocked();
  return true;
}

// How many bytes the socket took, 0 when it is full; nothing when the connection is broken.
std::optional<std::size_t> Connection::send_bytes(std::string_view wire) {
  const ssize_t sent = ::send(socket_.get(), wire.data(), wire.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (would_block(errno) || errno == EINTR) return 0;
  return std::nullopt;
}

void Connection::note_blocked() {
  blocked_ = true;
  if (stall_deadline_ == kNever) {
    stall_deadline_ = worker_.loop().now() + stall_limit_;
  }
  update_interest();
  arm_timer();
}

// ---- the end -----------------------------------------------------------------------------------

void Connection::close(Ending ending) {
  if (ending_ || state_ == State::dead) return;
  ending_ = ending;
  deadline_ = kNever;
  flush_later();
}

void Connection::end() {
  if (*ending_ == Ending::finish) return linger();
  if (*ending_ == Ending::reset) {
    const ::linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  die();
}

void Connection::linger() {
  std::string& farewell = worker_.scratch().out;
  farewell.clear();
  channel_->finish(farewell);
  if (!put(farewell)) return die();
  if (unsent() > 0) return;  // the next flush comes here again
  if (peer_ended_) return die();
  ::shutdown(socket_.get(), SHUT_WR);
  state_ = State::lingering;
  input_wanted_ = true;
  update_interest();
  set_deadline(worker_.loop().now() + kLinger);
}

// ---- epoll and time ----------------------------------------------------------------------------

void Connection::want_input(bool wanted) {
  input_wanted_ = wanted;
  update_interest();
}

void Connection::update_interest() {
  if (state_ == State::dead) return;
  std::uint32_t wanted = 0;
  if (input_wanted_ && !peer_ended_) wanted |= EPOLLIN | EPOLLRDHUP;
  if (blocked_) wanted |= EPOLLOUT;
  if (wanted == interest_) return;
  interest_ = wanted;
  worker_.loop().change(socket_.get(), interest_, this);
}

void Connection::set_deadline(base::Deadline when) {
  deadline_ = when;
  arm_timer();
}

// The timer is only ever moved forward: one that fires early looks at the deadlines again. So a
// request that moves a deadline back, as each does, touches no timer.
void Connection::arm_timer() {
  const base::Deadline next = std::min(deadline_, stall_deadline_);
  if (state_ == State::dead || next >= timer_at_) return;
  if (timer_ != 0) worker_.loop().cancel_timer(timer_);
  timer_at_ = next;
  timer_ = worker_.loop().post_at(next, [this] { on_timer(); });
}

void Connection::on_timer() {
  timer_ = 0;
  timer_at_ = kNever;
  const base::Deadline now = worker_.loop().now();
  if (stall_deadline_ <= now) return die();
  if (deadline_ <= now) {
    deadline_ = kNever;
    if (state_ != State::open) return die();
    if (!ending_) protocol_->on_deadline();
  }
  arm_timer();
}

}  // namespace limen::transport
