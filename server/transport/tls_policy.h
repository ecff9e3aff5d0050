// What an operator may choose of TLS, in kube-apiserver's words (rows T6 to T8), and what OpenSSL
// calls it. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transport/server_options.h"

namespace limen::transport {

// The protocol number of "VersionTLS12" and its like. Throws std::runtime_error:
// `unknown tls version "..."`.
int tls_version_number(const std::string& name);

// OpenSSL's cipher list for IANA names. Suites of TLS 1.3 are passed over: they are always on.
// Throws std::runtime_error: `Cipher suite X not supported or doesn't exist`, or when none is of
// TLS 1.2.
std::string cipher_list(const std::vector<std::string>& iana_names);
// Those that Go, and so kube-apiserver, calls insecure.
bool is_insecure_suite(std::string_view iana_name);

// OpenSSL's list of groups for numbers of the TLS registry (RFC 8446 section 4.2.7). Throws
// std::runtime_error that names those there are.
std::string group_list(const std::vector<std::string>& numbers);

// Throws std::runtime_error with one sentence for what cannot be served with: versions, suites,
// curves and the certificates of single names. The serving certificate itself is not looked at.
void check_tls(const SecureListenerOptions& options);

}  // namespace limen::transport
