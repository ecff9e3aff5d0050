// A connection that the server opens to somebody else: lookup, TCP, TLS, then bytes both ways.
//
// The counterpart of transport's accepted connection: it never blocks, holds back when told to, and
// has one deadline, for becoming open. After that TCP keep-alive finds a peer that is gone; how
// long to wait for one that is there is for the owner to say.
//
// Thread rule: the loop's own thread, except the destructor, which may also run once the loop is
// gone. Lifetime: shared; dropping the last reference closes it at once. No event comes after
// close(), finish() or on_failed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/address.h"
#include "proxy/resolver.h"
#include "proxy/target.h"
#include "proxy/tls_contexts.h"
#include "transport/channel.h"
#include "transport/event_loop.h"
#include "transport/out_queue.h"

namespace limen::proxy {

class ConnectionEvents {
 public:
  virtual void on_open() = 0;                        // and, with TLS, the peer is who it should be
  virtual void on_data(std::string_view bytes) = 0;  // valid during the call
  virtual void on_end() = 0;                         // the peer sends no more; it may still read
  virtual void on_sent() = 0;                        // some of what was written has left, or all
  // It is over. `why` is one clause in Go's words: "dial tcp 192.0.2.1:80: connect: connection
  // refused".
  virtual void on_failed(const std::string& why) = 0;

 protected:
  ~ConnectionEvents() = default;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  // `events` outlives the connection or is forgotten by close() or finish().
  Connection(transport::EventLoop& loop, ConnectionEvents& events);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins. Everything that happens is told later, never within this call.
  void open(const Target& target, std::chrono::milliseconds timeout);
  void write(std::string_view bytes);  // copied; before it is open, too
  std::size_t unsent() const;
  void hold_input(bool held);
  // Sends what was written and tells the peer that this was all; it may still send.
  void end_output();
  // Closes now.
  void close();
  // Forgets its events, sends what was written, waits for the peer's end, all at most for
  // kFarewell, and closes.
  void finish();
  bool is_open() const { return state_ == State::open; }

 private:
  static constexpr std::chrono::seconds kFarewell{10};
  enum class State { idle, looking_up, connecting, handshake, open, closed };
  class Ear;

  void take_addresses(Lookup found);
  void try_next();
  void connected();
  void opened();
  void fail(const std::string& why);

  void on_events(std::uint32_t events);
  void check_connect();
  void read();
  void take(std::string_view wire);
  void take_end();

  void flush();
  bool flush_some();
  bool seal_some();
  bool put(std::string_view wire);
  bool put_unsent();
  void end_if_sent();

  void update_interest();
  void forget_socket();
  void arm(base::Deadline when);
  void on_timer();

  transport::EventLoop& loop_;
  transport::LoopDoor door_;
  ConnectionEvents* events_;  // null: nobody wants to know
  State state_ = State::idle;
  TlsContextPtr context_;
  std::string server_name_;
  bool tls_ = false;
  Reach reach_ = Reach::anywhere;

  std::vector<Address> addresses_;
  std::size_t next_address_ = 0;
  std::string trouble_;  // of the last address tried
  base::Deadline open_by_{};
  base::Deadline address_by_{};
  base::Executor::TimerId timer_ = 0;

  std::unique_ptr<Ear> ear_;
  transport::Descriptor socket_;
  std::unique_ptr<transport::Channel> channel_;
  std::uint32_t interest_ = 0;
  bool watched_ = false;
  bool held_ = false;
  bool blocked_ = false;
  bool peer_ended_ = false;
  bool output_ends_ = false;  // after what is queued
  bool output_ended_ = false;
  bool flush_asked_ = false;

  transport::OutQueue queue_;
  std::string unsent_;  // enciphered
  std::size_t unsent_begin_ = 0;
};

}  // namespace limen::proxy
