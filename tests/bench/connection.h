// One keep-alive HTTPS connection of the load generator. Blocking to open, non-blocking afterwards.
// One thread.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace limen::bench {

struct Target {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6443;
};

// Counts the answer's bytes without keeping them: Content-Length or chunked.
class AnswerReader {
 public:
  // Takes what was read; returns how many bytes belong to this answer.
  std::size_t feed(std::string_view bytes);
  bool complete() const { return state_ == State::complete; }
  int status() const { return status_; }
  void reset();

 private:
  enum class State { head, body, chunk_size, chunk, chunk_end, complete };
  void end_of_head();
  State state_ = State::head;
  std::string head_;
  std::string line_;
  std::size_t left_ = 0;
  bool last_chunk_ = false;
  int status_ = 0;
};

class Connection {
 public:
  // Connects and shakes hands. Throws std::runtime_error.
  Connection(SSL_CTX* context, const Target& target);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  int fd() const { return fd_; }
  // Writes the whole text; small requests always fit the socket's buffer.
  void send(std::string_view text);
  // Reads what is there: bytes read, 0 when nothing is there now, -1 at the end.
  int receive(char* buffer, int size);

 private:
  int fd_ = -1;
  SSL* ssl_ = nullptr;
};

std::shared_ptr<SSL_CTX> client_context();

}  // namespace limen::bench
