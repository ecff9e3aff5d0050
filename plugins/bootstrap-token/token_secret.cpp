#include "token_secret.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base64.h"
#include "common/digest.h"
#include "common/timestamp.h"

namespace limen::plugins {

namespace {

constexpr std::size_t kIdLength = 6, kSecretLength = 16;
constexpr std::string_view kDefaultGroup = "system:bootstrappers";
constexpr std::string_view kGroupPrefix = "system:bootstrappers:";
constexpr std::size_t kMaxGroupTail = 256;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_word(c); });
}

// A key of the Secret's data; empty when it is not there.
std::string data(Node secret, std::string_view key) {
  const auto encoded = secret["data"][key].as_string();
  if (!encoded) return {};
  auto decoded = base64_decode(*encoded);
  if (!decoded) throw BootstrapRefusal("data." + std::string(key) + " is not base64");
  return *std::move(decoded);
}

// Compares in the same time however much is right.
bool is_same(std::string_view left, std::string_view right) {
  return same_digest(sha256({left}), sha256({right}));
}

bool is_group(std::string_view name) {
  if (name.substr(0, kGroupPrefix.size()) != kGroupPrefix) return false;
  const std::string_view tail = name.substr(kGroupPrefix.size());
  return !tail.empty() && tail.size() <= kMaxGroupTail && is_word(tail.back()) &&
         std::all_of(tail.begin(), tail.end(),
                     [](char c) { return is_word(c) || c == ':' || c == '-'; });
}

bool is_expired(const std::string& expiration, std::int64_t now) {
  if (expiration.empty()) return false;
  const auto time = parse_rfc3339(expiration);
  return !time || *time <= now;  // what is no time has passed
}

void check(Node secret, const BootstrapToken& token, std::int64_t now) {
  if (secret["metadata"]["deletionTimestamp"]) throw BootstrapRefusal("it is being deleted");
  if (secret["type"].view_or("") != kBootstrapSecretType) {
    throw BootstrapRefusal("its type is not " + std::string(kBootstrapSecretType));
  }
  std::string expected = data(secret, "token-secret");
  const bool right = is_same(token.secret, expected);
  wipe(expected);
  if (!right) throw BootstrapRefusal("token-secret is not the one presented");
  if (data(secret, "token-id") != token.id)
    throw BootstrapRefusal("token-id is not that of its name");
  if (is_expired(data(secret, "expiration"), now)) throw BootstrapRefusal("it has expired");
  if (data(secret, "usage-bootstrap-authentication") != "true") {
    throw BootstrapRefusal("usage-bootstrap-authentication is not true");
  }
}

}  // namespace

std::optional<BootstrapToken> parse_bootstrap_token(std::string_view text) {
  if (text.size() != kIdLength + 1 + kSecretLength || text[kIdLength] != '.') return std::nullopt;
  const BootstrapToken token{text.substr(0, kIdLength), text.substr(kIdLength + 1)};
  if (!is_word(token.id) || !is_word(token.secret)) return std::nullopt;
  return token;
}

std::vector<std::string> bootstrap_groups(Node secret, const BootstrapToken& token,
                                          std::int64_t now) {
  check(secret, token, now);
  std::set<std::string> groups{std::string(kDefaultGroup)};
  const std::string more = data(secret, "auth-extra-groups");
  for (std::size_t at = 0; !more.empty() && at <= more.size();) {
    const std::size_t comma = std::min(more.find(',', at), more.size());
    std::string group = more.substr(at, comma - at);
    if (!is_group(group)) {
      throw BootstrapRefusal("auth-extra-groups holds what is no group of bootstrappers");
    }
    groups.insert(std::move(group));
    at = comma + 1;
  }
  return {groups.begin(), groups.end()};
}

}  // namespace limen::plugins
