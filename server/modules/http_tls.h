// What one outbound request trusts and shows in TLS: authorities, a client certificate, a name.
//
// Files are read for each request, so that a renewed one counts from the next request on; what was
// read also tells connections apart that must not be shared. Pure functions but for the files; any
// thread.
#pragma once

#include <Poco/Net/Context.h>

#include <string>

#include "modules/http_client.h"

namespace limen::modules {

struct TlsIdentity {
  std::string authorities;          // PEM; empty: the system's trust store
  std::string certificate, key;     // PEM; empty: none
  std::string server_name;          // what the server's certificate must bear
  std::string fingerprint() const;  // SHA-256 of all of it; the same for the same identity only
};

// Takes each part from the request's PEM text, else from its file. Throws std::runtime_error naming
// a file that cannot be read.
TlsIdentity tls_identity(const HttpRequest& request, const std::string& host);

// TLS 1.2 or newer that verifies the chain; the name is for whoever connects to check. Throws
// std::runtime_error naming the part that is no PEM, and when the key is not the certificate's.
Poco::Net::Context::Ptr tls_context(const TlsIdentity& identity);

}  // namespace limen::modules
