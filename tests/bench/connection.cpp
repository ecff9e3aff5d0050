#include "connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace limen::bench {

void AnswerReader::reset() {
  state_ = State::head;
  head_.clear();
  line_.clear();
  last_chunk_ = false;
}

void AnswerReader::end_of_head() {
  status_ = std::atoi(head_.substr(head_.find(' ') + 1, 3).c_str());
  const std::size_t length = head_.find("Content-Length: ");
  if (length != std::string::npos) {
    left_ = std::strtoull(head_.c_str() + length + 16, nullptr, 10);
    state_ = left_ == 0 ? State::complete : State::body;
  } else if (head_.find("Transfer-Encoding: chunked") != std::string::npos) {
    state_ = State::chunk_size;
  } else {
    state_ = State::complete;
  }
}

std::size_t AnswerReader::feed(std::string_view bytes) {
  const std::size_t total = bytes.size();
  while (!bytes.empty() && state_ != State::complete) {
    if (state_ == State::head) {
      const std::size_t before = head_.size();
      head_ += bytes;
      const std::size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
      if (end == std::string::npos) return total;
      bytes.remove_prefix(end + 4 - before);
      head_.resize(end + 2);
      end_of_head();
    } else if (state_ == State::body || state_ == State::chunk) {
      const std::size_t take = std::min(left_, bytes.size());
      bytes.remove_prefix(take);
      left_ -= take;
      if (left_ == 0) state_ = state_ == State::body ? State::complete : State::chunk_end;
    } else {
      const std::size_t newline = bytes.find('\n');
      line_ += bytes.substr(0, newline);
      if (newline == std::string_view::npos) return total;
      bytes.remove_prefix(newline + 1);
      if (state_ == State::chunk_end) {
        state_ = last_chunk_ ? State::complete : State::chunk_size;
      } else {
        left_ = std::strtoull(line_.c_str(), nullptr, 16);
        last_chunk_ = left_ == 0;
        state_ = last_chunk_ ? State::chunk_end : State::chunk;
      }
      line_.clear();
    }
  }
  return total - bytes.size();
}

std::shared_ptr<SSL_CTX> client_context() {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Connection::Connection(SSL_CTX* context, const Target& target) {
  fd_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  inet_pton(AF_INET, target.host.c_str(), &address.sin_addr);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
    throw std::runtime_error("cannot connect to port " + std::to_string(target.port));
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ssl_ = SSL_new(context);
  SSL_set_fd(ssl_, fd_);
  if (SSL_connect(ssl_) != 1) throw std::runtime_error("the TLS handshake failed");
  fcntl(fd_, F_SETFL, O_NONBLOCK);
}

Connection::~Connection() {
  SSL_free(ssl_);
  close(fd_);
}

void Connection::send(std::string_view text) {
  if (SSL_write(ssl_, text.data(), static_cast<int>(text.size())) != static_cast<int>(text.size()))
    throw std::runtime_error("a request could not be sent");
}

int Connection::receive(char* buffer, int size) {
  const int got = SSL_read(ssl_, buffer, size);
  if (got > 0) return got;
  const int error = SSL_get_error(ssl_, got);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

}  // namespace limen::bench
