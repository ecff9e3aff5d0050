#include "transport/tls_context.h"

#include <Poco/Exception.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "transport/tls_alpn.h"
#include "transport/tls_policy.h"

namespace limen::transport {
namespace {

constexpr const char* kSuites12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kSuites13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384:P-521";
// Of the names of acceptable authorities: more do not fit into a handshake message.
constexpr std::size_t kMaxNameBytes = 60'000;

struct FreeNames {
  void operator()(STACK_OF(X509_NAME) * names) const {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
  }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

// The first error is the cause; those after it only say who noticed.
std::string openssl_error() {
  const unsigned long code = ERR_peek_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "unknown error" : reason;
}

void require_readable(const std::string& what, const std::string& file) {
  if (file.empty()) throw std::runtime_error("no file is given for the " + what);
  errno = 0;
  const std::ifstream stream(file);
  if (!stream) {
    throw std::runtime_error("cannot read the " + what + " " + file + ": " +
                             std::generic_category().message(errno));
  }
}

[[noreturn]] void refuse(const std::string& what, const std::string& file) {
  throw std::runtime_error("cannot use the " + what + " " + file + ": " + openssl_error());
}

// Without it OpenSSL would ask for the password on the terminal.
int no_password(char*, int, int, void*) { return -1; }

void load_certificate(SSL_CTX* context, const std::string& cert_file, const std::string& key_file) {
  require_readable("TLS certificate", cert_file);
  require_readable("TLS private key", key_file);
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    refuse("TLS certificate", cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    const unsigned long code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_X509) {
      ERR_clear_error();
      throw std::runtime_error("the TLS private key " + key_file +
                               " does not belong to the certificate " + cert_file);
    }
    refuse("TLS private key", key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    throw std::runtime_error("the TLS private key " + key_file +
                             " does not belong to the certificate " + cert_file);
  }
}

int accept_any_certificate(X509_STORE_CTX* store, void*) {
  X509_STORE_CTX_set_error(store, X509_V_OK);
  // Its ticket would be refused by judge_ticket.
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (ssl != nullptr) SSL_set_num_tickets(ssl, 0);
  return 1;
}

using Names = std::unique_ptr<STACK_OF(X509_NAME), FreeNames>;

Names read_client_ca_file(const std::string& file) {
  if (file.empty()) return Names(sk_X509_NAME_new_null());
  require_readable("client CA file", file);
  ERR_clear_error();
  Names names(SSL_load_client_CA_file(file.c_str()));
  if (names == nullptr) refuse("client CA file", file);
  return names;
}

bool holds(const Names& names, const X509_NAME* name) {
  for (int i = 0; i < sk_X509_NAME_num(names.get()); ++i) {
    if (X509_NAME_cmp(sk_X509_NAME_value(names.get(), i), name) == 0) return true;
  }
  return false;
}

// The bytes a name takes in a CertificateRequest.
std::size_t size_of(const X509_NAME* name) {
  return 2 + static_cast<std::size_t>(std::max(0, i2d_X509_NAME(name, nullptr)));
}

// False when there are more than a handshake can carry.
bool add_subjects(Names& names, const std::string& pem) {
  std::size_t size = 0;
  for (int i = 0; i < sk_X509_NAME_num(names.get()); ++i) {
    size += size_of(sk_X509_NAME_value(names.get(), i));
  }
  const std::unique_ptr<BIO, FreeBio> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (size <= kMaxNameBytes) {
    const std::unique_ptr<X509, FreeCertificate> next(
        PEM_read_bio_X509(source.get(), nullptr, no_password, nullptr));
    if (next == nullptr) break;
    const X509_NAME* const subject = X509_get_subject_name(next.get());
    if (holds(names, subject)) continue;
    X509_NAME* const copy = X509_NAME_dup(subject);
    if (copy != nullptr && sk_X509_NAME_push(names.get(), copy) == 0) X509_NAME_free(copy);
    size += size_of(subject);
  }
  ERR_clear_error();
  return size <= kMaxNameBytes;
}

void ask_for_client_certificate(SSL_CTX* context, const std::string& client_ca_file,
                                const std::string& authorities) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, accept_any_certificate, nullptr);
  Names names = read_client_ca_file(client_ca_file);
  // A part of the list would keep clients from showing good certificates; none keeps nobody.
  if (!add_subjects(names, authorities)) return;
  SSL_CTX_set_client_CA_list(context, names.release());
}

int keep_session(SSL*, void*) { return 1; }

SSL_TICKET_RETURN judge_ticket(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t,
                               SSL_TICKET_STATUS status, void*) {
  const bool usable = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  if (!usable || session == nullptr) return SSL_TICKET_RETURN_IGNORE_RENEW;
  if (SSL_SESSION_get0_peer(session) != nullptr) return SSL_TICKET_RETURN_IGNORE_RENEW;
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void set_up_sessions(SSL_CTX* context) {
  constexpr unsigned char kName[] = "limen";
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, kName, sizeof kName - 1);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_ticket_cb(context, keep_session, judge_ticket, nullptr);
}

void set_up_ciphers(SSL_CTX* context, const SecureListenerOptions& options) {
  const std::string suites =
      options.cipher_suites.empty() ? kSuites12 : cipher_list(options.cipher_suites);
  const std::string groups =
      options.curve_preferences.empty() ? kGroups : group_list(options.curve_preferences);
  const bool done =
      SSL_CTX_set_min_proto_version(context, tls_version_number(options.min_version)) == 1 &&
      SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set_cipher_list(context, suites.c_str()) == 1 &&
      SSL_CTX_set_ciphersuites(context, kSuites13) == 1 &&
      SSL_CTX_set1_groups_list(context, groups.c_str()) == 1;
  if (!done) throw std::runtime_error("cannot set up TLS: " + openssl_error());
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
}

// Gives a client that asks for a name the certificate for it; others keep the first.
int choose_certificate(SSL* ssl, int*, void* arg) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX* const chosen = static_cast<const CertificatesByName*>(arg)->find(name);
  if (chosen != nullptr) SSL_set_SSL_CTX(ssl, chosen);
  return SSL_TLSEXT_ERR_OK;
}

Poco::Net::Context::Ptr make_context() {
  Poco::Net::Context::Params params;
  params.verificationMode = Poco::Net::Context::VERIFY_RELAXED;
  params.loadDefaultCAs = false;
  try {
    return new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, params);
  } catch (const Poco::Exception& error) {
    throw std::runtime_error("cannot set up TLS: " + error.displayText());
  }
}

}  // namespace

void check_tls(const SecureListenerOptions& options) {
  const Poco::Net::Context::Ptr context = make_context();
  set_up_ciphers(context->sslContext(), options);
  for (const SniCertificateFiles& files : options.sni_certificates) {
    load_certificate(make_context()->sslContext(), files.cert_file, files.key_file);
  }
}

TlsContext::TlsContext(const SecureListenerOptions& options, const std::string& authorities)
    : context_(make_context()) {
  SSL_CTX* context = native();
  set_up_ciphers(context, options);
  set_up_sessions(context);
  offer_protocols(context, options.http2);
  ask_for_client_certificate(context, options.client_ca_file, authorities);
  load_certificate(context, options.cert_file, options.key_file);
  if (options.sni_certificates.empty()) return;
  for (const SniCertificateFiles& files : options.sni_certificates) {
    Poco::Net::Context::Ptr other = make_context();
    load_certificate(other->sslContext(), files.cert_file, files.key_file);
    // Read from the chosen context: what protocols there are, and who may issue client
    // certificates, unlike what else there is to say about these.
    offer_protocols(other->sslContext(), options.http2);
    SSL_CTX_set_client_CA_list(other->sslContext(),
                               SSL_dup_CA_list(SSL_CTX_get_client_CA_list(context)));
    by_name_.add(files.names, other);
  }
  SSL_CTX_set_tlsext_servername_callback(context, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(context, &by_name_);
}

}  // namespace limen::transport
