#include "proxy/connection.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/strings.h"

namespace limen::proxy {

namespace {

using transport::Channel;
using transport::Descriptor;
using transport::kRecordBytes;
using transport::Scratch;

constexpr std::size_t kSendBytes = 4 * kRecordBytes;  // enciphered at a time
constexpr std::size_t kBytesATurn = 1024 * 1024;      // sent before others get their turn
constexpr int kKeepAliveIdleSeconds = 30;
constexpr int kKeepAliveEverySeconds = 15;
constexpr int kKeepAliveTries = 9;

// Buffers that the outbound connections of a thread use in turn; nothing in them outlives a call.
Scratch& scratch() {
  thread_local Scratch buffers;
  return buffers;
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

std::string error_text(int error) { return base::to_lower(std::generic_category().message(error)); }

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

void set_options(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveEverySeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveTries);
}

}  // namespace

// What the loop holds: it lasts to the end of the turn in which the connection goes.
class Connection::Ear final : public transport::EventHandler {
 public:
  explicit Ear(Connection& of) : of_(&of) {}
  void deafen() { of_ = nullptr; }
  void on_events(std::uint32_t events) override {
    if (of_ == nullptr) return;
    const std::shared_ptr<Connection> connection = of_->shared_from_this();
    connection->on_events(events);
  }
  void on_turn_end() override {
    if (of_ == nullptr) return;
    const std::shared_ptr<Connection> connection = of_->shared_from_this();
    connection->flush_asked_ = false;
    connection->flush();
  }

 private:
  Connection* of_;
};

Connection::Connection(transport::EventLoop& loop, ConnectionEvents& events)
    : loop_(loop), door_(loop.door()), events_(&events) {}

Connection::~Connection() { close(); }

// ---- opening -----------------------------------------------------------------------------------

void Connection::open(const Target& target, std::chrono::milliseconds timeout) {
  state_ = State::looking_up;
  reach_ = target.reach;
  const std::weak_ptr<Connection> weak = weak_from_this();
  open_by_ = base::SteadyClock::now() + timeout;
  address_by_ = open_by_;
  arm(open_by_);
  std::string error;
  if (target.tls) {
    tls_ = true;
    server_name_ = target.tls->server_name;
    context_ = tls_context(*target.tls, error);
  }
  Lookup at_once;
  if (!error.empty()) {
    at_once.error = std::move(error);
  } else if (const auto literal = parse_address(target.host, target.port)) {
    at_once.addresses.push_back(*literal);
  } else {
    return look_up(target.host, target.port, door_, [weak](Lookup found) {
      if (const auto self = weak.lock()) self->take_addresses(std::move(found));
    });
  }
  loop_.post([weak, found = std::move(at_once)] {
    if (const auto self = weak.lock()) self->take_addresses(found);
  });
}

void Connection::take_addresses(Lookup found) {
  if (state_ != State::looking_up) return;
  if (found.addresses.empty()) {
    return fail(tls_ && !context_ ? found.error : "dial tcp: " + found.error);
  }
  if (reach_ == Reach::global_unicast) {
    const auto forbidden =
        std::remove_if(found.addresses.begin(), found.addresses.end(),
                       [](const Address& one) { return !is_global_unicast(one); });
    found.addresses.erase(forbidden, found.addresses.end());
    if (found.addresses.empty()) return fail("address not allowed");
  }
  addresses_ = std::move(found.addresses);
  try_next();
}

// Each address gets its share of the time that is left.
void Connection::try_next() {
  forget_socket();
  while (next_address_ < addresses_.size()) {
    const std::size_t left = addresses_.size() - next_address_;
    const Address& address = addresses_[next_address_++];
    trouble_ = "dial tcp " + address.host_port() + ": connect: ";
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) {
      trouble_ += error_text(errno);
      continue;
    }
    set_options(socket.get());
    const auto* const where = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::connect(socket.get(), where, address.size) != 0 && errno != EINPROGRESS) {
      trouble_ += error_text(errno);
      continue;
    }
    socket_ = std::move(socket);
    state_ = State::connecting;
    const base::Deadline now = base::SteadyClock::now();
    address_by_ = now + (open_by_ - now) / static_cast<int>(left);
    arm(address_by_);
    return update_interest();
  }
  fail(trouble_);
}

void Connection::check_connect() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) return connected();
  trouble_ += error_text(error);
  try_next();
}

void Connection::connected() {
  address_by_ = open_by_;
  arm(open_by_);
  channel_ = tls_ ? transport::make_tls_client_channel(context_.get(), server_name_)
                  : transport::make_plain_channel();
  if (channel_ == nullptr) return fail("tls: no name to verify the certificate by");
  if (!tls_) return opened();
  state_ = State::handshake;
  update_interest();
  take({});  // it begins
}

void Connection::opened() {
  state_ = State::open;
  if (timer_ != 0) loop_.cancel_timer(std::exchange(timer_, 0));
  update_interest();
  if (events_ != nullptr) events_->on_open();
  if (state_ == State::open) flush();
}

void Connection::fail(const std::string& why) {
  if (state_ == State::closed) return;
  const std::shared_ptr<Connection> self = shared_from_this();
  ConnectionEvents* const events = events_;
  close();
  if (events != nullptr) events->on_failed(why);
}

// ---- events ------------------------------------------------------------------------------------

void Connection::on_events(std::uint32_t events) {
  if (state_ == State::connecting) return check_connect();
  if (state_ != State::handshake && state_ != State::open) return;
  const bool hung_up = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if (hung_up && held_) {
    // It cannot be masked out. What is still to be read is read when input is wanted again.
    loop_.forget(socket_.get());
    watched_ = false;
    return;
  }
  if ((events & EPOLLOUT) != 0) flush();
  if (state_ == State::closed || held_) return;
  if (hung_up || (events & (EPOLLIN | EPOLLRDHUP)) != 0) read();
}

void Connection::read() {
  char* const buffer = scratch().received.get();
  const ssize_t got = ::recv(socket_.get(), buffer, Scratch::kReceiveBytes, 0);
  if (got > 0) return take({buffer, static_cast<std::size_t>(got)});
  if (got == 0) return take_end();
  if (!would_block(errno)) fail("read: " + error_text(errno));
}

void Connection::take(std::string_view wire) {
  std::string& reply = scratch().out;
  reply.clear();
  const Channel::Received received = channel_->receive(wire, scratch(), reply);
  if (!reply.empty() && !put(reply)) return fail("write: " + error_text(errno));
  if (received.status == Channel::Status::failed) {
    return fail("tls: " + std::string(channel_->failure()));
  }
  if (received.status == Channel::Status::handshake) return;
  if (state_ == State::handshake) opened();
  if (state_ != State::open) return;
  if (!received.plain.empty() && events_ != nullptr) events_->on_data(received.plain);
  if (received.status == Channel::Status::ended && state_ == State::open) take_end();
}

void Connection::take_end() {
  if (state_ != State::open) return fail("EOF");
  if (std::exchange(peer_ended_, true)) {
    // Nothing more can come; if nothing more goes either it is over.
    if (output_ended_) close();
    return update_interest();
  }
  update_interest();
  if (events_ != nullptr) events_->on_end();
  if (state_ == State::open && events_ == nullptr && unsent() == 0) close();  // in finish()
}

// ---- sending -----------------------------------------------------------------------------------

void Connection::write(std::string_view bytes) {
  if (state_ == State::closed || output_ends_ || bytes.empty()) return;
  queue_.append(bytes);
  if (state_ != State::open || std::exchange(flush_asked_, true)) return;
  loop_.flush_later(ear_.get());
}

std::size_t Connection::unsent() const { return queue_.size() + unsent_.size() - unsent_begin_; }

void Connection::flush() {
  if (state_ != State::open && state_ != State::handshake) return;
  if (!flush_some()) return fail("write: " + error_text(errno));
  update_interest();
  end_if_sent();
  if (state_ == State::open && events_ != nullptr) events_->on_sent();
}

// Sends until all is gone, the socket is full, or others should have a turn. False when broken.
bool Connection::flush_some() {
  std::size_t budget = kBytesATurn;
  blocked_ = false;
  while (true) {
    if (!put_unsent()) return false;
    if (blocked_ || queue_.empty() || state_ != State::open) return true;
    if (budget == 0) {
      if (!std::exchange(flush_asked_, true)) loop_.flush_later(ear_.get());
      return true;
    }
    budget -= std::min(budget, kSendBytes);
    if (!seal_some()) return false;
  }
}

bool Connection::seal_some() {
  std::string& wire = scratch().out;
  wire.clear();
  for (std::size_t sealed = 0; sealed < kSendBytes && !queue_.empty();) {
    const std::size_t size = queue_.take(scratch().record.get(), kRecordBytes);
    if (!channel_->send({scratch().record.get(), size}, wire)) return false;
    sealed += size;
  }
  return put(wire);
}

// Offers bytes to the socket; what it does not take is kept. False when the connection is broken.
bool Connection::put(std::string_view wire) {
  if (unsent_.size() == unsent_begin_) {
    unsent_.clear();
    unsent_begin_ = 0;
    const ssize_t sent = ::send(socket_.get(), wire.data(), wire.size(), MSG_NOSIGNAL);
    if (sent < 0 && !would_block(errno)) return false;
    if (sent > 0) wire.remove_prefix(static_cast<std::size_t>(sent));
    if (wire.empty()) return true;
  }
  unsent_ += wire;
  blocked_ = true;
  update_interest();
  return true;
}

bool Connection::put_unsent() {
  const std::string_view waiting = std::string_view(unsent_).substr(unsent_begin_);
  if (waiting.empty()) return true;
  const ssize_t sent = ::send(socket_.get(), waiting.data(), waiting.size(), MSG_NOSIGNAL);
  if (sent < 0 && !would_block(errno)) return false;
  if (sent > 0) unsent_begin_ += static_cast<std::size_t>(sent);
  blocked_ = unsent_begin_ < unsent_.size();
  return true;
}

void Connection::end_output() {
  if (state_ == State::closed || std::exchange(output_ends_, true)) return;
  if (state_ == State::open) flush();
}

void Connection::end_if_sent() {
  if (!output_ends_ || unsent() > 0 || state_ != State::open) return;
  if (!std::exchange(output_ended_, true)) {
    std::string& farewell = scratch().out;
    farewell.clear();
    channel_->finish(farewell);
    if (!put(farewell)) return fail("write: " + error_text(errno));
    if (unsent() > 0) return;  // the next flush comes here again
  }
  ::shutdown(socket_.get(), SHUT_WR);
  if (peer_ended_) close();
}

// ---- the end -----------------------------------------------------------------------------------

// What still comes is read and dropped: closing on it would reset the connection, and could take
// what was written with it.
void Connection::finish() {
  const std::shared_ptr<Connection> self = shared_from_this();
  events_ = nullptr;
  if (state_ != State::open || (peer_ended_ && unsent() == 0)) return close();
  held_ = false;
  // The timer keeps it until the peer has ended, or has been given time enough.
  timer_ = loop_.post_at(base::SteadyClock::now() + kFarewell, [self] { self->close(); });
  update_interest();
  end_output();
}

void Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  events_ = nullptr;
  forget_socket();
  // Cancelling may drop the last reference: nothing is touched after it.
  if (timer_ != 0 && door_.is_open()) loop_.cancel_timer(std::exchange(timer_, 0));
}

void Connection::forget_socket() {
  if (ear_ != nullptr) {
    ear_->deafen();
    if (door_.is_open()) {
      if (watched_) loop_.forget(socket_.get());
      loop_.dispose(std::move(ear_));
    }
    ear_.reset();
  }
  watched_ = false;
  interest_ = 0;
  flush_asked_ = false;
  channel_.reset();
  socket_.reset();
}

// ---- epoll and time ----------------------------------------------------------------------------

void Connection::hold_input(bool held) {
  held_ = held;
  update_interest();
}

void Connection::update_interest() {
  if (socket_.get() < 0) return;
  std::uint32_t wanted = 0;
  if (state_ == State::connecting) {
    wanted = EPOLLOUT;
  } else {
    if (!held_ && !peer_ended_) wanted |= EPOLLIN | EPOLLRDHUP;
    if (blocked_) wanted |= EPOLLOUT;
  }
  if (ear_ == nullptr) ear_ = std::make_unique<Ear>(*this);
  if (!watched_) {
    if (wanted == 0) return;
    watched_ = loop_.watch(socket_.get(), wanted, ear_.get());
    interest_ = wanted;
    return;
  }
  if (wanted == interest_) return;
  interest_ = wanted;
  loop_.change(socket_.get(), interest_, ear_.get());
}

void Connection::arm(base::Deadline when) {
  if (timer_ != 0) loop_.cancel_timer(timer_);
  timer_ = loop_.post_at(when, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_timer();
  });
}

void Connection::on_timer() {
  timer_ = 0;
  if (state_ == State::open || state_ == State::closed) return;
  if (state_ == State::connecting && base::SteadyClock::now() < open_by_) {
    trouble_ += "i/o timeout";
    return try_next();
  }
  if (state_ == State::looking_up) return fail("dial tcp: lookup: i/o timeout");
  fail(state_ == State::connecting ? trouble_ + "i/o timeout" : "net/http: TLS handshake timeout");
}

}  // namespace limen::proxy
