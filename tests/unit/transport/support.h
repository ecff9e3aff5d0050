// What the transport's tests share: certificates made on the spot, a client that speaks raw bytes
// with or without TLS, and a server with a handler.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "transport/server.h"

namespace limen::transport::test {

using std::chrono::milliseconds;
inline constexpr milliseconds kPatience{20'000};

struct KeyPair {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

// A P-256 certificate of `name`, signed by `issuer` or by itself.
inline KeyPair make_certificate(const std::string& name, const KeyPair* issuer = nullptr) {
  static std::atomic<long> serial{1};
  KeyPair made;
  made.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
  made.certificate.reset(X509_new(), X509_free);
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  const KeyPair& by = issuer == nullptr ? made : *issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(by.certificate.get()));
  X509_sign(certificate, by.key.get(), EVP_sha256());
  return made;
}

inline std::string pem_of(const KeyPair& pair) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_X509(out.get(), pair.certificate.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

inline std::string der_of(const KeyPair& pair) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(pair.certificate.get(), &bytes);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "limen-transport-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

  std::string write(const std::string& name, const std::string& text) const {
    std::FILE* out = std::fopen(file(name).c_str(), "w");
    std::fwrite(text.data(), 1, text.size(), out);
    std::fclose(out);
    return file(name);
  }
  std::string write_certificate(const std::string& name, const KeyPair& pair) const {
    std::FILE* out = std::fopen(file(name).c_str(), "w");
    PEM_write_X509(out, pair.certificate.get());
    std::fclose(out);
    return file(name);
  }
  std::string write_key(const std::string& name, const KeyPair& pair,
                        const char* password = nullptr) const {
    std::FILE* out = std::fopen(file(name).c_str(), "w");
    PEM_write_PrivateKey(out, pair.key.get(), password == nullptr ? nullptr : EVP_aes_128_cbc(),
                         reinterpret_cast<const unsigned char*>(password),
                         password == nullptr ? 0 : static_cast<int>(std::strlen(password)), nullptr,
                         nullptr);
    std::fclose(out);
    return file(name);
  }

 private:
  std::string path_;
};

struct TlsWish {
  const KeyPair* certificate = nullptr;   // presented when asked
  const KeyPair* intermediate = nullptr;  // sent after it
  int version = 0;                        // TLS1_2_VERSION or TLS1_3_VERSION; 0: any
  std::string alpn = {};                  // in wire form
  std::string server_name = {};
  SSL_SESSION* resume = nullptr;
};

// One client connection. Blocking, with the tests' patience as its time limit.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const timeval limit{kPatience.count() / 1000, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  SSL* ssl() const { return ssl_; }

  // True when the handshake succeeds.
  bool start_tls(const TlsWish& wish = {}) {
    context_ = SSL_CTX_new(TLS_client_method());
    if (wish.version != 0) {
      SSL_CTX_set_min_proto_version(context_, wish.version);
      SSL_CTX_set_max_proto_version(context_, wish.version);
    }
    if (wish.certificate != nullptr) {
      SSL_CTX_use_certificate(context_, wish.certificate->certificate.get());
      SSL_CTX_use_PrivateKey(context_, wish.certificate->key.get());
    }
    if (wish.intermediate != nullptr) {
      SSL_CTX_add1_chain_cert(context_, wish.intermediate->certificate.get());
    }
    ssl_ = SSL_new(context_);
    if (!wish.alpn.empty()) {
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(wish.alpn.data()),
                          static_cast<unsigned>(wish.alpn.size()));
    }
    if (!wish.server_name.empty()) SSL_set_tlsext_host_name(ssl_, wish.server_name.c_str());
    if (wish.resume != nullptr) SSL_set_session(ssl_, wish.resume);
    SSL_set_fd(ssl_, fd_);
    return SSL_connect(ssl_) == 1;
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

  // Some bytes; empty at the end, in whichever way it comes.
  std::string receive_some() {
    std::string bytes(64 * 1024, '\0');
    const ssize_t got = ssl_ != nullptr
                            ? SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                            : ::recv(fd_, bytes.data(), bytes.size(), 0);
    proper_end_ = got == 0 && (ssl_ == nullptr || SSL_get_error(ssl_, 0) == SSL_ERROR_ZERO_RETURN);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  // All bytes up to and with `mark`, or up to the end. More stays for the next call.
  std::string receive_until(std::string_view mark) {
    while (true) {
      const std::size_t at = kept_.find(mark);
      if (at != std::string::npos) return take_kept(at + mark.size());
      const std::string more = receive_some();
      if (more.empty()) return take_kept(kept_.size());
      kept_ += more;
    }
  }
  std::string receive_exactly(std::size_t size) {
    while (kept_.size() < size) {
      const std::string more = receive_some();
      if (more.empty()) break;
      kept_ += more;
    }
    return take_kept(std::min(size, kept_.size()));
  }
  std::string receive_all() {
    while (true) {
      const std::string more = receive_some();
      if (more.empty()) return take_kept(kept_.size());
      kept_ += more;
    }
  }
  // One answer with Content-Length (or without a body): head and body.
  std::string receive_answer(bool with_body = true) {
    std::string answer = receive_until("\r\n\r\n");
    const std::string name = "\r\nContent-Length: ";
    const std::size_t at = answer.find(name);
    if (!with_body || at == std::string::npos) return answer;
    return answer + receive_exactly(std::strtoul(answer.c_str() + at + name.size(), nullptr, 10));
  }
  // Whether the end that was met was announced (TLS close_notify, or a FIN without TLS).
  bool proper_end() const { return proper_end_; }

  bool readable(milliseconds wait) const {
    pollfd poll_fd{fd_, POLLIN, 0};
    return !kept_.empty() || ::poll(&poll_fd, 1, static_cast<int>(wait.count())) > 0;
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
  std::string take_kept(std::size_t size) {
    std::string taken = kept_.substr(0, size);
    kept_.erase(0, size);
    return taken;
  }

  int fd_ = -1;
  bool connected_ = false;
  bool proper_end_ = false;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string kept_;
};

inline std::string get(std::string_view target, std::string_view headers = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers) +
         "\r\n";
}

inline std::string body_of(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "" : answer.substr(at + 4);
}

inline bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::usleep(2000);
  }
  return true;
}

// Answers with the method, the target and the body, read with a limit of `body_limit`.
inline Handler echo(std::size_t body_limit = 1024 * 1024) {
  return [body_limit](std::shared_ptr<Exchange> exchange) {
    exchange->read_body(body_limit, [exchange](BodyStatus status, std::string body) {
      ResponseHead head(status == BodyStatus::complete    ? 200
                        : status == BodyStatus::too_large ? 413
                        : status == BodyStatus::timed_out ? 408
                                                          : 400);
      exchange->respond(head, std::string(exchange->head().method) + " " +
                                  std::string(exchange->head().target) + " " + body);
    });
  };
}

// A server on free ports of the loopback address, with both listeners.
class TestServer {
 public:
  explicit TestServer(Handler handler, const std::function<void(ServerOptions&)>& change = {}) {
    const KeyPair pair = make_certificate("server");
    options_.secure.emplace();
    options_.secure->address = "127.0.0.1";
    options_.secure->port = 0;
    options_.secure->cert_file = folder_.write_certificate("tls.crt", pair);
    options_.secure->key_file = folder_.write_key("tls.key", pair);
    options_.local.emplace();
    options_.local->port = 0;
    options_.io_threads = 1;
    if (change) change(options_);
    server_ = std::make_unique<Server>(options_, std::move(handler));
    server_->start();
  }
  Server& operator*() { return *server_; }
  Server* operator->() { return server_.get(); }
  const ServerOptions& options() const { return options_; }
  const Folder& folder() const { return folder_; }

 private:
  Folder folder_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

}  // namespace limen::transport::test
