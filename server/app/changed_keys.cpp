#include "app/changed_keys.h"

#include <algorithm>

#include "config/options.h"

namespace limen::app {

namespace {

bool same(const config::ModuleEntry& a, const config::ModuleEntry& b) {
  return a.name == b.name && a.module == b.module && a.timeout == b.timeout &&
         a.max_calls == b.max_calls && a.failure_policy == b.failure_policy && a.mode == b.mode &&
         a.isolation == b.isolation && a.memory_limit == b.memory_limit && a.sha256 == b.sha256 &&
         a.signed_by == b.signed_by && a.public_key == b.public_key &&
         a.stale_reads == b.stale_reads && a.config == b.config;
}

bool same(const std::vector<config::ModuleEntry>& a, const std::vector<config::ModuleEntry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& one, const auto& other) { return same(one, other); });
}

bool same(const std::vector<config::SniCertificate>& a,
          const std::vector<config::SniCertificate>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return one.cert_file == other.cert_file && one.key_file == other.key_file &&
           one.names == other.names;
  });
}

std::string full_name(const config::Option& option) {
  const std::string key(option.key);
  return option.section.empty() ? key : std::string(option.section) + '.' + key;
}

bool same_value(const config::Option& a, const config::Option& b) {
  return std::visit(
      [&b](const auto& target) {
        using Target = std::decay_t<decltype(target)>;
        return *target.value == *std::get<Target>(b.target).value;
      },
      a.target);
}

}  // namespace

std::vector<std::string> changed_keys(const config::ServerConfiguration& before,
                                      const config::ServerConfiguration& after) {
  // The table binds to what may be written to.
  config::ServerConfiguration old = before;
  config::ServerConfiguration now = after;
  const std::vector<config::Option> olds = config::options_of(old);
  const std::vector<config::Option> nows = config::options_of(now);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < olds.size(); ++i) {
    if (!same_value(olds[i], nows[i])) out.push_back(full_name(olds[i]));
  }
  const auto note = [&out](bool equal, const char* key) {
    if (!equal) out.emplace_back(key);
  };
  note(same(old.secure.sni_certificates, now.secure.sni_certificates), "secure.sniCertificates");
  note(old.disabled_controllers == now.disabled_controllers, "controllers.disabled");
  note(same(old.authenticators, now.authenticators), "authenticators");
  note(same(old.authorizers, now.authorizers), "authorizers");
  note(same(old.admission, now.admission), "admission");
  note(same(old.storage, now.storage), "storage");
  note(old.storage_encryption == now.storage_encryption, "storage.encryption");
  return out;
}

bool key_matches(std::string_view key, std::string_view pattern) {
  return key == pattern ||
         (key.starts_with(pattern) && key.size() > pattern.size() && key[pattern.size()] == '.');
}

}  // namespace limen::app
