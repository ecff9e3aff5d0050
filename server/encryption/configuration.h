// The EncryptionConfiguration of apiserver.config.k8s.io/v1: which resources are encrypted in the
// store, and with which keys (kube-apiserver's --encryption-provider-config).
//
//   resources:
//     - resources: [secrets, configmaps, "*.example.com"]
//       providers:
//         - secretbox: {keys: [{name: key1, secret: BASE64}]}
//         - identity: {}
//
// The first provider of a resource writes, all of them read. What kube-apiserver refuses is
// refused, and so are keys that have no meaning, two keys of one name in one provider, and kms,
// which is not offered. Thread rule: free functions, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/findings.h"
#include "storage/store.h"

namespace limen::encryption {

// The most bytes of a file, and of a key's name.
inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;
inline constexpr std::size_t kMaxKeyName = 253;

// Secret bytes; they are wiped when they go. Never put one into a message.
class KeyBytes {
 public:
  KeyBytes() = default;
  explicit KeyBytes(std::string bytes) : bytes_(std::move(bytes)) {}
  KeyBytes(const KeyBytes&) = default;
  KeyBytes(KeyBytes&& other) noexcept;
  KeyBytes& operator=(KeyBytes other) noexcept;
  ~KeyBytes();

  const unsigned char* data() const {
    return reinterpret_cast<const unsigned char*>(bytes_.data());
  }
  std::size_t size() const { return bytes_.size(); }
  bool operator==(const KeyBytes&) const = default;

 private:
  std::string bytes_;
};

enum class Kind { identity, aesgcm, aescbc, secretbox };
// "aesgcm", as the file and stored values have it.
std::string_view kind_name(Kind kind);

struct Key {
  std::string name;
  KeyBytes secret;
  bool operator==(const Key&) const = default;
};

struct Provider {
  Kind kind = Kind::identity;
  std::vector<Key> keys;  // none of identity
  bool operator==(const Provider&) const = default;
};

// One entry of `resources`.
struct Rule {
  std::vector<storage::ResourceId> resources;  // "*" stands for any resource, or any group
  std::vector<Provider> providers;
  bool operator==(const Rule&) const = default;
};

struct EncryptionConfiguration {
  std::vector<Rule> rules;
  bool operator==(const EncryptionConfiguration&) const = default;
};

struct ReadConfiguration {
  EncryptionConfiguration configuration;
  std::vector<config::Finding> findings;  // in file order; no secret is in one
  bool ok() const { return findings.empty(); }
  std::vector<std::string> problems() const { return config::sentences(findings); }
};

// `name` stands for the file in sentences.
ReadConfiguration read_configuration(std::string_view text, const std::string& name);
ReadConfiguration read_configuration_file(const std::string& path);

}  // namespace limen::encryption
