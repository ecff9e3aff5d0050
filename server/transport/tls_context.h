// The TLS configuration of the secure listener, read from its files.
//
// TLS 1.2 and 1.3, forward secret AEAD suites, ALPN h2 and http/1.1. A client certificate is asked
// for and never required, and whether one is trusted is not decided here: authenticators do, for
// every request. Tickets let a client resume without a full handshake, except one that presented a
// certificate: a resumed session would no longer know the chain it was sent with.
//
// Thread rule: immutable once made; any thread. Lifetime: shared by the connections made with it.
#pragma once

#include <Poco/Net/Context.h>

#include <memory>
#include <string>

#include "transport/certificates_by_name.h"
#include "transport/server_options.h"

namespace limen::transport {

class TlsContext {
 public:
  // Throws std::runtime_error with one sentence that names the file at fault.
  // The subjects of `authorities` (PEM) are told to clients beside those of the client CA file.
  explicit TlsContext(const SecureListenerOptions& options, const std::string& authorities = {});
  ssl_ctx_st* native() const { return context_->sslContext(); }

 private:
  Poco::Net::Context::Ptr context_;
  CertificatesByName by_name_;
};

}  // namespace limen::transport
