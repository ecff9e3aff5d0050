#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "transport/channel.h"
#include "transport/status_text.h"

namespace limen::transport {
namespace {

// OpenSSL's view of a TlsChannel: it reads what the socket brought and writes into `out`, and never
// waits for the socket itself.
struct Pipe {
  std::string_view in;
  std::string* out = nullptr;
};

int pipe_read(BIO* bio, char* to, int room) {
  auto* pipe = static_cast<Pipe*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (pipe->in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t size = std::min(static_cast<std::size_t>(room), pipe->in.size());
  std::memcpy(to, pipe->in.data(), size);
  pipe->in.remove_prefix(size);
  return static_cast<int>(size);
}

int pipe_write(BIO* bio, const char* from, int size) {
  auto* pipe = static_cast<Pipe*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (pipe->out == nullptr) return -1;
  pipe->out->append(from, static_cast<std::size_t>(size));
  return size;
}

long pipe_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int pipe_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* pipe_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "limen pipe");
    if (made == nullptr) return made;
    BIO_meth_set_read(made, pipe_read);
    BIO_meth_set_write(made, pipe_write);
    BIO_meth_set_ctrl(made, pipe_control);
    BIO_meth_set_create(made, pipe_create);
    return made;
  }();
  return method;
}

std::string der_of(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

class TlsChannel final : public Channel {
 public:
  enum class Side { server, client };

  TlsChannel(SSL* ssl, Side side) : ssl_(ssl), side_(side) {}
  ~TlsChannel() override { SSL_free(ssl_); }
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  bool connect() {
    BIO* bio = BIO_new(pipe_method());
    if (bio == nullptr) return false;
    BIO_set_data(bio, &pipe_);
    SSL_set_bio(ssl_, bio, bio);
    if (side_ == Side::server) {
      SSL_set_accept_state(ssl_);
    } else {
      SSL_set_connect_state(ssl_);
    }
    return true;
  }

  Received receive(std::string_view wire, Scratch& scratch, std::string& out) override;
  bool send(std::string_view plain, std::string& out) override;
  void finish(std::string& out) override;
  std::string_view failure() const override { return failure_; }
  void describe(PeerInfo& peer) const override;
  std::string_view protocol() const override;

 private:
  static constexpr std::size_t kOpening = 5;  // a record's head, or the first letters of a method

  void note_opening(std::string_view wire);
  bool opening_is_http() const;
  Status shake_hands(std::string& out);
  Status status_after(int result);

  void note_failure();

  SSL* ssl_;
  const Side side_;
  Pipe pipe_;
  std::array<char, kOpening> opening_{};
  std::size_t opening_size_ = 0;
  const char* failure_ = "";
};

void TlsChannel::note_opening(std::string_view wire) {
  const std::size_t size = std::min(wire.size(), kOpening - opening_size_);
  if (size == 0) return;  // then there may be nothing to copy from either
  std::memcpy(opening_.data() + opening_size_, wire.data(), size);
  opening_size_ += size;
}

bool TlsChannel::opening_is_http() const {
  constexpr std::array<std::string_view, 5> kMethods = {"GET /", "HEAD ", "POST ", "PUT /",
                                                        "OPTIO"};
  const std::string_view opening(opening_.data(), opening_size_);
  return std::find(kMethods.begin(), kMethods.end(), opening) != kMethods.end();
}

// Of a certificate that was not accepted, why.
void TlsChannel::note_failure() {
  const long verdict = SSL_get_verify_result(ssl_);
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  if (side_ == Side::client && verdict != X509_V_OK) {
    reason = X509_verify_cert_error_string(verdict);
  }
  failure_ = reason == nullptr ? "protocol error" : reason;
  ERR_clear_error();
}

Channel::Status TlsChannel::shake_hands(std::string& out) {
  ERR_clear_error();
  const std::size_t before = out.size();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return Status::open;
  if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) return Status::handshake;
  note_failure();
  if (side_ == Side::server && opening_is_http()) {
    out.resize(before);  // an alert would mean nothing to this client
    out += kPlainHttpOnTlsPort;
  }
  return Status::failed;
}

Channel::Status TlsChannel::status_after(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Status::open;
    case SSL_ERROR_ZERO_RETURN:
      return Status::ended;
    default:
      ERR_clear_error();
      return Status::failed;
  }
}

Channel::Received TlsChannel::receive(std::string_view wire, Scratch& scratch, std::string& out) {
  pipe_ = {wire, &out};
  Status status = Status::open;
  if (SSL_is_init_finished(ssl_) == 0) {
    if (opening_size_ < kOpening) note_opening(wire);
    status = shake_hands(out);
  }
  std::size_t size = 0;
  while (status == Status::open && size < Scratch::kPlainBytes) {
    // Asking again once all is read would only make OpenSSL say so.
    if (pipe_.in.empty() && SSL_has_pending(ssl_) == 0) break;
    ERR_clear_error();
    const int result =
        SSL_read(ssl_, scratch.plain.get() + size, static_cast<int>(Scratch::kPlainBytes - size));
    if (result > 0) {
      size += static_cast<std::size_t>(result);
      continue;
    }
    status = status_after(result);
    if (status == Status::open) break;
  }
  if (status == Status::open && !pipe_.in.empty()) status = Status::failed;
  pipe_ = {};
  return {status, {scratch.plain.get(), size}};
}

bool TlsChannel::send(std::string_view plain, std::string& out) {
  pipe_ = {{}, &out};
  ERR_clear_error();
  const int result = SSL_write(ssl_, plain.data(), static_cast<int>(plain.size()));
  pipe_ = {};
  return result == static_cast<int>(plain.size());
}

void TlsChannel::finish(std::string& out) {
  if (SSL_is_init_finished(ssl_) == 0) return;
  pipe_ = {{}, &out};
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
  pipe_ = {};
}

void TlsChannel::describe(PeerInfo& peer) const {
  peer.tls_version = SSL_get_version(ssl_);
  if (const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name)) peer.sni = name;
  X509* leaf = SSL_get0_peer_certificate(ssl_);
  if (leaf == nullptr) return;
  peer.certificates_der.push_back(der_of(leaf));
  // On a server the chain does not hold the leaf.
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_);
  for (int index = 0; index < sk_X509_num(chain); ++index) {
    peer.certificates_der.push_back(der_of(sk_X509_value(chain, index)));
  }
}

std::string_view TlsChannel::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

bool expect_name(SSL* ssl, const std::string& name) {
  if (name.empty()) return SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE;
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(
      wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1;
  return X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) == 1 &&
         SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

}  // namespace

std::unique_ptr<Channel> make_tls_client_channel(SSL_CTX* context, const std::string& server_name) {
  SSL* ssl = SSL_new(context);
  if (ssl == nullptr) return nullptr;
  auto channel = std::make_unique<TlsChannel>(ssl, TlsChannel::Side::client);
  if (!expect_name(ssl, server_name) || !channel->connect()) return nullptr;
  return channel;
}

std::unique_ptr<Channel> make_tls_channel(SSL_CTX* context) {
  SSL* ssl = SSL_new(context);
  if (ssl == nullptr) return nullptr;
  auto channel = std::make_unique<TlsChannel>(ssl, TlsChannel::Side::server);
  if (!channel->connect()) return nullptr;
  return channel;
}

}  // namespace limen::transport
