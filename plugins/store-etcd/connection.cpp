#include "connection.h"

#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace limen_etcd {

namespace {

constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, Free> source(const std::string& text) {
  return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// gRPC only says that it has no connection.
bool belong_together(const std::string& certificate, const std::string& key) {
  const std::unique_ptr<X509, Free> leaf(
      PEM_read_bio_X509(source(certificate).get(), nullptr, nullptr, nullptr));
  const std::unique_ptr<EVP_PKEY, Free> secret(
      PEM_read_bio_PrivateKey(source(key).get(), nullptr, nullptr, nullptr));
  const bool fit = leaf && secret && X509_check_private_key(leaf.get(), secret.get()) == 1;
  ERR_clear_error();
  return fit;
}

// gRPC writes to the standard error, past the server's log; what matters comes as errors of calls.
void quieten() {
  static const bool once = [] {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
    return true;
  }();
  (void)once;
}

std::shared_ptr<grpc::ChannelCredentials> credentials(const Settings& settings, bool tls) {
  if (!tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs =
      read_file(settings.ca_file.empty() ? kSystemAuthorities : settings.ca_file);
  if (!settings.cert_file.empty()) {
    options.pem_cert_chain = read_file(settings.cert_file);
    options.pem_private_key = read_file(settings.key_file);
    if (!belong_together(options.pem_cert_chain, options.pem_private_key)) {
      throw std::runtime_error(settings.key_file + " is not the key of the certificate in " +
                               settings.cert_file);
    }
  }
  return grpc::SslCredentials(options);
}

int count(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

grpc::ChannelArguments arguments(const Settings& settings) {
  grpc::ChannelArguments made;
  made.SetMaxReceiveMessageSize(-1);
  made.SetMaxSendMessageSize(-1);
  made.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, count(settings.keepalive_time));
  made.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, count(settings.keepalive_timeout));
  made.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  made.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  made.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, count(settings.dial_timeout));
  made.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  made.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // A connection made anew is a new one, not one that another channel had.
  made.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // What is sent again, and when, is decided here.
  made.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  made.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // The store is not behind the proxy that the environment names.
  made.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return made;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file.is_open() || file.bad()) {
    throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
  }
  return text;
}

Connection::Connection(const Settings& settings, const Endpoint& endpoint) : url(endpoint.url()) {
  quieten();
  try {
    const auto channel = grpc::CreateCustomChannel(
        "dns:///" + endpoint.address, credentials(settings, endpoint.tls), arguments(settings));
    kv = rpc::KV::NewStub(channel);
    watch = rpc::Watch::NewStub(channel);
    lease = rpc::Lease::NewStub(channel);
    auth = rpc::Auth::NewStub(channel);
  } catch (const std::exception& failure) {
    error = failure.what();
  }
}

}  // namespace limen_etcd
