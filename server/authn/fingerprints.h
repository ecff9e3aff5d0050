// Fingerprints: names for credentials that tell nothing of them. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "authn/authenticator.h"

namespace limen::authn {

// Lower-case hexadecimal SHA-256 (FIPS 180-4). Throws std::runtime_error when OpenSSL fails.
std::string sha256_hex(std::string_view bytes);

// Of the bearer token, or of the password in an Authorization header of the Basic scheme (RFC
// 7617); empty when there is neither.
std::string presented_secret_sha256(const Credentials& credentials);

// The serial number of a DER certificate (RFC 5280 section 4.1.2.2) in lower-case hexadecimal
// without leading zeros; empty when it is not a certificate.
std::string certificate_serial_hex(std::string_view der);

}  // namespace limen::authn
