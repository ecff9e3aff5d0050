#include "transport/tls_policy.h"

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <stdexcept>

#include "base/strings.h"

namespace limen::transport {

namespace {

constexpr std::string_view kTls13Prefixes[] = {"TLS_AES_", "TLS_CHACHA20_"};

// Every suite this OpenSSL has, from IANA's name to its own.
const std::map<std::string, std::string>& suites() {
  static const std::map<std::string, std::string> all = [] {
    std::map<std::string, std::string> names;
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_method()),
                                                                    SSL_CTX_free);
    if (!context || SSL_CTX_set_cipher_list(context.get(), "ALL:COMPLEMENTOFALL") != 1)
      return names;
    STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(context.get());
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
      const SSL_CIPHER* const cipher = sk_SSL_CIPHER_value(ciphers, i);
      const char* const standard = SSL_CIPHER_standard_name(cipher);
      if (standard != nullptr) names.emplace(standard, SSL_CIPHER_get_name(cipher));
    }
    return names;
  }();
  return all;
}

bool is_tls13_suite(std::string_view name) {
  for (const std::string_view prefix : kTls13Prefixes)
    if (name.starts_with(prefix)) return true;
  return false;
}

// Two names of old that Go still takes.
std::string modern_name(const std::string& name) {
  if (name == "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305" ||
      name == "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305") {
    return name + "_SHA256";
  }
  return name;
}

}  // namespace

int tls_version_number(const std::string& name) {
  if (name == "VersionTLS10") return TLS1_VERSION;
  if (name == "VersionTLS11") return TLS1_1_VERSION;
  if (name == "VersionTLS12") return TLS1_2_VERSION;
  if (name == "VersionTLS13") return TLS1_3_VERSION;
  throw std::runtime_error("unknown tls version " + base::go_quote(name));
}

std::string cipher_list(const std::vector<std::string>& iana_names) {
  std::vector<std::string> list;
  for (const std::string& name : iana_names) {
    const auto found = suites().find(modern_name(name));
    if (found == suites().end()) {
      throw std::runtime_error("Cipher suite " + name + " not supported or doesn't exist");
    }
    if (!is_tls13_suite(name)) list.push_back(found->second);
  }
  if (list.empty()) {
    throw std::runtime_error(
        "tlsCipherSuites names no suite of TLS 1.2: name one, or set tlsMinVersion: VersionTLS13 "
        "and "
        "leave the suites to the default");
  }
  return base::join(list, ":");
}

bool is_insecure_suite(std::string_view iana_name) {
  if (is_tls13_suite(iana_name)) return false;
  const auto has = [&](std::string_view part) { return iana_name.find(part) != std::string::npos; };
  return !has("ECDHE") || has("_CBC_SHA256") || has("3DES") || has("RC4") || has("NULL");
}

std::string group_list(const std::vector<std::string>& numbers) {
  static const std::map<std::string, std::string> kGroups = {
      {"23", "P-256"}, {"24", "P-384"}, {"25", "P-521"}, {"29", "X25519"}};
  std::vector<std::string> list;
  for (const std::string& number : numbers) {
    const auto found = kGroups.find(number);
    if (found == kGroups.end()) {
      throw std::runtime_error("curve " + number +
                               " is not supported: this TLS library has 23 (P-256), 24 (P-384), 25 "
                               "(P-521) and 29 (X25519)");
    }
    list.push_back(found->second);
  }
  return base::join(list, ":");
}

}  // namespace limen::transport
