// Channel: whole messages over one end of a socket pair, both ways.
//
// A message is four bytes of length (little-endian) and that many bytes. One thread of the channel
// reads, and writes what a sender could not get rid of at once, so send() never blocks: it may be
// called on a thread that serves connections. Lengths from the other side are limited, because it
// is not trusted to stay sane. Thread rule: any thread, except close() (not on the channel's own).
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace limen::isolation {

class Channel {
 public:
  // An object, its former state and what was said about it fit in; more is a broken peer.
  static constexpr std::size_t kMaxMessage = std::size_t{32} * 1024 * 1024;
  // What may wait for a peer that does not read.
  static constexpr std::size_t kMaxQueued = std::size_t{64} * 1024 * 1024;

  using OnMessage = std::function<void(std::string_view message)>;

  // Takes over `socket`. Both functions run on the channel's thread; `on_end` once, after the last
  // message, when the other side has gone or broken the framing, or after close(). Neither throws.
  Channel(int socket, OnMessage on_message, std::function<void()> on_end);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  void start();
  // False when the channel has ended or too much waits; the message is then not sent.
  bool send(std::string_view message);
  // Ends the channel as if the other side had gone; on_end follows on the channel's thread.
  void hang_up();
  // Ends the channel and waits for its thread.
  void close();

 private:
  void run();
  bool read_some(std::string& input);
  bool take_messages(std::string& input);
  bool flush();
  void wake() const;

  const int socket_;
  int wake_ = -1;  // eventfd
  const OnMessage on_message_;
  const std::function<void()> on_end_;
  std::mutex mutex_;
  std::string queue_;     // what the socket did not take yet
  std::size_t sent_ = 0;  // of queue_
  bool ended_ = false;
  std::atomic<bool> closing_{false};
  std::thread thread_;
};

}  // namespace limen::isolation
