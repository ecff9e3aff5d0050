// OpenSSL contexts for connections of the server's own, made from a TlsTrust.
//
// TLS 1.2 or later, ALPN http/1.1. Those that were made last are kept, because reading the system's
// authorities takes long. Any thread.
#pragma once

#include <memory>
#include <string>

#include "proxy/target.h"

struct ssl_ctx_st;

namespace limen::proxy {

using TlsContextPtr = std::shared_ptr<ssl_ctx_st>;

// Null when the trust cannot be made use of; `error` then says why, without the texts in it.
TlsContextPtr tls_context(const TlsTrust& trust, std::string& error);

}  // namespace limen::proxy
