#include "config/module_keys.h"

#include <vector>

#include "base/strings.h"
#include "config/yaml_values.h"

namespace limen::config {

namespace {

// SubjectPublicKeyInfo of an ed25519 key before its 32 bytes: SEQUENCE, SEQUENCE, OID 1.3.101.112,
// BIT STRING without unused bits.
constexpr std::string_view kPrefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
constexpr std::size_t kKeyBytes = 32;
constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";

void give(const ModuleKeys& keys, Findings& findings, const std::string& list, ModuleEntry& entry) {
  if (entry.signed_by.empty()) return;
  const auto found = keys.find(entry.signed_by);
  if (found != keys.end()) {
    entry.public_key = found->second;
    return;
  }
  std::vector<std::string> names;
  for (const auto& [name, key] : keys) names.push_back(name);
  findings.add(entry.position, list + "." + entry.name + ".signedBy",
               "there is no key " + base::go_quote(entry.signed_by) + " in moduleKeys" +
                   suggestion(entry.signed_by, names));
}

}  // namespace

std::optional<std::string> ed25519_key(std::string_view text) {
  std::string body;
  for (const char c : text) {
    if (c != '\n' && c != '\r') body += c;
  }
  while (body.ends_with(' ')) body.pop_back();
  std::string_view inner = body;
  if (inner.starts_with(kBegin) && inner.ends_with(kEnd)) {
    inner.remove_prefix(kBegin.size());
    inner.remove_suffix(kEnd.size());
  }
  const auto der = base::base64_decode(inner);
  if (!der || der->size() != kPrefix.size() + kKeyBytes || !der->starts_with(kPrefix)) return {};
  return der->substr(kPrefix.size());
}

void read_module_keys(Findings& findings, const YAML::Node& node, ModuleKeys& out) {
  if (node.IsNull()) return;
  if (!node.IsMap()) {
    findings.add(position_of(node), "moduleKeys",
                 "must be a map from names to keys, not " + std::string(kind_of(node)));
    return;
  }
  for (const auto& item : node) {
    const std::string name = item.first.IsScalar() ? item.first.Scalar() : std::string();
    if (name.empty()) {
      findings.add(position_of(item.first), "moduleKeys", "a key must be text");
      continue;
    }
    const std::string path = "moduleKeys." + name;
    const auto key = item.second.IsScalar() ? ed25519_key(item.second.Scalar()) : std::nullopt;
    if (!key) {
      findings.add(position_of(item.second), path,
                   "must be an ed25519 public key: the PEM text, or its base64 in one line, that "
                   "`openssl pkey -pubout` writes");
    } else if (!out.emplace(name, *key).second) {
      findings.add(position_of(item.first), path, "duplicate key " + base::go_quote(name));
    }
  }
}

void give_module_keys(const ModuleKeys& keys, Findings& findings, ServerConfiguration& out) {
  for (ModuleEntry& entry : out.authenticators) give(keys, findings, "authenticators", entry);
  for (ModuleEntry& entry : out.authorizers) give(keys, findings, "authorizers", entry);
  for (ModuleEntry& entry : out.admission) give(keys, findings, "admission", entry);
  give(keys, findings, "storage", out.storage);
}

}  // namespace limen::config
