// Reading the configuration: strict, and complete in its complaints.
//
// Everything wrong is found in one run and said as
//   limen.yaml:12:5: authenticators[1]: unknown key "modul" (did you mean "module"?)
// A configuration with a problem must not be used. No global state; one call, one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"
#include "config/findings.h"

namespace limen::config {

inline constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxDepth = 64;        // of nesting
inline constexpr std::size_t kMaxValues = 200'000;  // of all values, aliases counted each time

// The flags of the command line; they win over the file. Unset ones leave it as it is.
struct Flags {
  std::optional<std::string> secure_port;  // --secure-port, text until checked
  std::optional<std::string> bind_address;
  std::optional<std::string> tls_cert_file;
  std::optional<std::string> tls_private_key_file;
  std::optional<std::string> insecure_port;  // 0 turns the local listener off, others turn it on
  std::optional<std::string> insecure_bind_address;
};

// What only the rest of the server can tell.
struct Known {
  std::vector<std::string> controllers;  // that `controllers.disabled` may name; empty: any
};

struct Loaded {
  // With findings: what could be read all the same. A module entry with a finding is not in it.
  ServerConfiguration configuration;
  std::vector<Finding> findings;      // in file order, other files last; empty: usable
  std::vector<std::string> warnings;  // one sentence each; what is usable and may not be meant
  // Where the options stand that the file gives, by path; not those a flag wins over.
  std::map<std::string, Position, std::less<>> positions;
  bool read = false;  // false: the file is no configuration at all

  bool ok() const { return findings.empty(); }
  std::vector<std::string> problems() const;  // the findings as sentences
  // Whether something was found at `path` or below it.
  bool about(std::string_view path) const;
};

// Reads `path`. A file that cannot be read is a problem like any other.
Loaded load_file(const std::string& path, const Flags& flags, const Known& known = {});

// Reads `text` as if it were the file `name`.
Loaded load_text(std::string_view text, const std::string& name, const Flags& flags,
                 const Known& known = {});

}  // namespace limen::config
