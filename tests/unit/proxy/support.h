// What the proxy's tests share: a target that plays a script over a plain or enciphered socket, and
// a server that forwards to it.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "proxy/forward.h"
#include "unit/transport/support.h"

namespace limen::proxy::test {

using transport::test::Client;
using transport::test::eventually;
using transport::test::get;
using transport::test::KeyPair;
using transport::test::kPatience;

inline void add_extension(const KeyPair& pair, int id, const char* value, const KeyPair& issuer) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
  X509_add_ext(pair.certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(pair.certificate.get(), issuer.key.get(), EVP_sha256());
}

inline KeyPair make_authority() {
  KeyPair made = transport::test::make_certificate("authority");
  add_extension(made, NID_basic_constraints, "critical,CA:TRUE", made);
  return made;
}

// A certificate of a server, good for `names` in OpenSSL's notation ("DNS:a,IP:127.0.0.1").
inline KeyPair make_server_certificate(const std::string& names, const KeyPair* issuer = nullptr) {
  KeyPair made = transport::test::make_certificate("target", issuer);
  add_extension(made, NID_subject_alt_name, names.c_str(), issuer == nullptr ? made : *issuer);
  return made;
}

// One accepted connection of a target. Blocking, with the tests' patience as its limit.
class Accepted {
 public:
  explicit Accepted(int fd) : fd_(fd) {
    const timeval limit{kPatience.count() / 1000, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  ~Accepted() { close(); }
  Accepted(const Accepted&) = delete;
  Accepted& operator=(const Accepted&) = delete;

  bool start_tls(const KeyPair& pair, const KeyPair* client_authority = nullptr) {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, pair.certificate.get());
    SSL_CTX_use_PrivateKey(context_, pair.key.get());
    if (client_authority != nullptr) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), client_authority->certificate.get());
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    return SSL_accept(ssl_) == 1;
  }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ssl_ != nullptr
                               ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  std::string receive_some() {
    std::string bytes(64 * 1024, '\0');
    const ssize_t got = ssl_ != nullptr
                            ? SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                            : ::recv(fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  // Up to and with `mark`; more stays.
  std::string receive_until(std::string_view mark) {
    while (kept_.find(mark) == std::string::npos) {
      const std::string more = receive_some();
      if (more.empty()) return std::exchange(kept_, {});
      kept_ += more;
    }
    const std::size_t size = kept_.find(mark) + mark.size();
    std::string taken = kept_.substr(0, size);
    kept_.erase(0, size);
    return taken;
  }
  std::string receive_head() { return receive_until("\r\n\r\n"); }
  std::string receive_exactly(std::size_t size) {
    while (kept_.size() < size) {
      const std::string more = receive_some();
      if (more.empty()) break;
      kept_ += more;
    }
    std::string taken = kept_.substr(0, size);
    kept_.erase(0, taken.size());
    return taken;
  }
  // True once the other side has ended.
  bool at_end() {
    while (true) {
      if (receive_some().empty()) return true;
    }
  }
  void end_sending() {
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
    ::shutdown(fd_, SHUT_WR);
  }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void close() {
    if (ssl_ != nullptr) SSL_free(std::exchange(ssl_, nullptr));
    if (context_ != nullptr) SSL_CTX_free(std::exchange(context_, nullptr));
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string kept_;
};

// Listens on a free port of 127.0.0.1 and plays the script for each connection, one after another.
class ScriptedTarget {
 public:
  using Script = std::function<void(Accepted&)>;

  explicit ScriptedTarget(Script script) : script_(std::move(script)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(fd_, 16);
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedTarget() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  ScriptedTarget(const ScriptedTarget&) = delete;
  ScriptedTarget& operator=(const ScriptedTarget&) = delete;
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void run() {
    while (true) {
      const int fd = ::accept(fd_, nullptr, nullptr);
      if (fd < 0) return;
      ++connections_;
      Accepted accepted(fd);
      script_(accepted);
    }
  }

  Script script_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

// A port on which nobody listens.
inline std::uint16_t closed_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

// A server whose every request is forwarded by the rules of the test, as the pipeline would.
class ForwardingServer {
 public:
  Target target;
  ForwardRules rules;
  bool short_lived =
      false;  // the pipeline listens for the client's end, as it does with a deadline

  explicit ForwardingServer(const std::function<void(transport::ServerOptions&)>& change = {})
      : server_([this](std::shared_ptr<transport::Exchange> exchange) { handle(exchange); },
                change) {}
  ~ForwardingServer() { server_->stop(); }
  ForwardingServer(const ForwardingServer&) = delete;
  ForwardingServer& operator=(const ForwardingServer&) = delete;

  void send_to(std::uint16_t port) {
    target.host = "127.0.0.1";
    target.port = port;
    target.host_header = "target.example";
    target.path = "/there?x=1";
  }
  transport::Server* operator->() { return &*server_; }
  int finished() const { return finished_; }
  // The statuses that were noted for metrics and audit, in order.
  std::vector<int> statuses() {
    const std::lock_guard lock(mutex_);
    return statuses_;
  }

 private:
  void handle(const std::shared_ptr<transport::Exchange>& exchange) {
    auto context = std::make_shared<request::RequestContext>(
        exchange, base::SteadyClock::now() + std::chrono::minutes(1));
    context->audit_id = "audit-1";
    base::spawn(forward(*context, target, rules), [this, context](std::exception_ptr error) {
      try {
        if (error) std::rethrow_exception(error);
      } catch (const base::ApiError& refused) {
        context->fail(refused);
      }
      const std::lock_guard lock(mutex_);
      statuses_.push_back(context->status());
      ++finished_;
    });
    if (!short_lived) return;
    exchange->on_cancel([context] {
      if (context->scope.on_cancel) std::exchange(context->scope.on_cancel, nullptr)();
    });
  }

  std::atomic<int> finished_{0};
  std::mutex mutex_;
  std::vector<int> statuses_;
  transport::test::TestServer server_;
};

}  // namespace limen::proxy::test
