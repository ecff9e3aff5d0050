#include "config/flags.h"

#include "base/strings.h"
#include "config/options.h"

namespace limen::config {

namespace {

std::optional<std::int64_t> number(const std::string& flag, const std::string& text,
                                   Findings& findings) {
  const auto value = base::parse_int(text);
  if (!value) {
    findings.add({{},
                  {},
                  {},
                  "invalid argument " + base::go_quote(text) + " for \"--" + flag +
                      "\" flag: strconv.ParseInt: parsing " + base::go_quote(text) +
                      ": invalid syntax",
                  {}});
  }
  return value;
}

void address(const std::string& flag, const std::optional<std::string>& text, std::string& target,
             Findings& findings) {
  if (!text) return;
  if (!is_ip_address(*text)) {
    findings.add({{},
                  {},
                  {},
                  "invalid argument " + base::go_quote(*text) + " for \"--" + flag +
                      "\" flag: failed to parse IP: " + base::go_quote(*text),
                  {}});
    return;
  }
  target = *text;
}

void secure_port(const std::string& text, SecureListener& secure, Findings& findings) {
  const auto port = number("secure-port", text, findings);
  if (!port) return;
  if (*port < 1 || *port > 65535) {
    findings.add({{},
                  {},
                  {},
                  "--secure-port " + std::to_string(*port) +
                      " must be between 1 and 65535, inclusive. It cannot be turned off with 0",
                  {}});
    return;
  }
  secure.port = *port;
}

void insecure_port(const std::string& text, LocalListener& local, Findings& findings) {
  const auto port = number("insecure-port", text, findings);
  if (!port) return;
  if (*port < 0 || *port > 65535) {
    findings.add(
        {{},
         {},
         {},
         "--insecure-port " + std::to_string(*port) +
             " must be between 0 and 65535, inclusive. 0 for turning off insecure (HTTP) port",
         {}});
    return;
  }
  local.enabled = *port != 0;
  if (*port != 0) local.port = *port;
}

}  // namespace

void apply_flags(const Flags& flags, ServerConfiguration& configuration, Findings& findings) {
  if (flags.secure_port) secure_port(*flags.secure_port, configuration.secure, findings);
  address("bind-address", flags.bind_address, configuration.secure.bind_address, findings);
  if (flags.tls_cert_file) configuration.secure.tls_cert_file = *flags.tls_cert_file;
  if (flags.tls_private_key_file) {
    configuration.secure.tls_private_key_file = *flags.tls_private_key_file;
  }
  if (flags.insecure_port) insecure_port(*flags.insecure_port, configuration.local, findings);
  address("insecure-bind-address", flags.insecure_bind_address, configuration.local.bind_address,
          findings);
}

}  // namespace limen::config
