// One accepted socket: reads, deciphers, hands to its protocol; enciphers, sends, closes.
//
// The one owner of the connection's deadlines (handshake, the protocol's, a stalled reader) and of
// its end. Thread rule: the loop's own thread. Lifetime: owned by its worker from adopt() to die();
// the object itself lasts to the end of the turn in which it dies.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "transport/channel.h"
#include "transport/event_loop.h"
#include "transport/protocol.h"

namespace limen::transport {

class IoWorker;

class Connection final : public EventHandler, public Carrier {
 public:
  // `socket` does not block. A null channel makes a connection that dies at once.
  Connection(IoWorker& worker, Descriptor socket, Listener listener,
             std::unique_ptr<Channel> channel);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  void drain();
  // Closes the socket now and leaves the worker. Idempotent.
  void die();

  void on_events(std::uint32_t events) override;
  void on_turn_end() override;

  OutQueue& out() override;
  void flush_later() override;
  std::size_t unsent() const override;
  void want_input(bool wanted) override;
  void set_deadline(base::Deadline when) override;
  void set_stall_limit(std::chrono::milliseconds limit) override { stall_limit_ = limit; }
  void close(Ending ending) override;
  const std::shared_ptr<const PeerInfo>& peer() const override { return peer_; }
  Listener listener() const override { return listener_; }

 private:
  enum class State { handshake, open, lingering, dead };

  void read();
  void take(std::string_view wire);
  void take_peer_end();
  void discard();
  void open();
  void fail();
  void flush();
  bool flush_some();
  bool seal_some();
  bool put(std::string_view wire);
  bool put_unsent();
  std::optional<std::size_t> send_bytes(std::string_view wire);
  void note_blocked();
  void end();
  void linger();
  void update_interest();
  void arm_timer();
  void on_timer();

  IoWorker& worker_;
  Descriptor socket_;
  const Listener listener_;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<Protocol> protocol_;
  std::shared_ptr<const PeerInfo> peer_;
  State state_ = State::handshake;
  std::optional<Ending> ending_;

  std::unique_ptr<OutQueue> queue_;  // null when there is nothing to send
  std::string unsent_;               // enciphered
  std::size_t unsent_begin_ = 0;

  std::uint32_t interest_ = 0;
  bool input_wanted_ = true;
  bool peer_ended_ = false;
  bool blocked_ = false;
  bool in_events_ = false;
  bool flush_asked_ = false;

  base::Deadline deadline_ = kNever;
  base::Deadline stall_deadline_ = kNever;
  std::chrono::milliseconds stall_limit_;
  base::Deadline timer_at_ = kNever;
  base::Executor::TimerId timer_ = 0;
};

}  // namespace limen::transport
