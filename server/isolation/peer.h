// Peer: questions and answers between the server and a module's process.
//
// Messages are JSON objects. A question has "op" and a number "id"; its answer has "re" with that
// number. What is only told has "op" and no id. Both sides ask. Every question is answered exactly
// once: when the other side goes away, with {"gone": why}. Thread rule: any thread; handlers and
// answers run on the channel's thread and must be quick.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "isolation/channel.h"

namespace limen::isolation {

using Message = boost::json::object;

class Peer {
 public:
  using OnAnswer = std::function<void(Message& answer)>;
  // A question (id > 0) or something told (id 0).
  using OnRequest = std::function<void(std::uint64_t id, Message& request)>;

  // Takes over `socket`. `on_end` runs once, after every open question was answered with "gone".
  Peer(int socket, OnRequest on_request, std::function<void()> on_end);

  void start() { channel_.start(); }
  // Ends the connection as if the other side had gone. Any thread.
  void hang_up() { channel_.hang_up(); }
  // Ends the connection and waits for its thread. Not on the channel's own thread.
  void close() { channel_.close(); }

  // `id` is a number that was not used before on this end.
  void ask(std::uint64_t id, Message request, OnAnswer on_answer);
  // Asks and waits; not on the channel's own thread, which would wait for itself.
  Message ask_and_wait(std::uint64_t id, Message request);
  // False when it cannot be sent.
  bool tell(const Message& message);
  void answer(std::uint64_t id, Message answer);
  // Whether a question is still open.
  bool open(std::uint64_t id) const;
  std::size_t open_count() const;

 private:
  void receive(std::string_view text);
  void end(const std::string& why);
  OnAnswer take(std::uint64_t id);

  const OnRequest on_request_;
  const std::function<void()> on_end_;
  mutable std::mutex mutex_;
  bool gone_ = false;
  std::map<std::uint64_t, OnAnswer> open_;
  Channel channel_;  // last: its thread uses what stands above
};

// Text, number and flag members; what is missing or of another type reads as nothing.
std::string text_of(const Message& message, std::string_view key);
std::int64_t number_of(const Message& message, std::string_view key);
bool flag_of(const Message& message, std::string_view key);

}  // namespace limen::isolation
