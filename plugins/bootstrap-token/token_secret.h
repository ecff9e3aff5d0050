// Bootstrap tokens: their form, and the Secrets that hold them (row A24).
//
// A token is ID.SECRET; the Secret bootstrap-token-ID in kube-system says what it is good for.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <limen/cpp/node.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace limen::plugins {

inline constexpr std::string_view kBootstrapNamespace = "kube-system";
inline constexpr std::string_view kBootstrapSecretPrefix = "bootstrap-token-";
inline constexpr std::string_view kBootstrapSecretType = "bootstrap.kubernetes.io/token";

struct BootstrapToken {
  std::string_view id, secret;  // borrowed from the text
};

// Six and sixteen lower-case letters or digits with a dot between; nothing for anything else.
std::optional<BootstrapToken> parse_bootstrap_token(std::string_view text);

// Why a Secret does not let a token in; the text says what is wrong with the Secret and nothing of
// what it holds.
class BootstrapRefusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The groups of the token's user, sorted and each once. Throws BootstrapRefusal. `now` is in
// seconds since 1970.
std::vector<std::string> bootstrap_groups(Node secret, const BootstrapToken& token,
                                          std::int64_t now);

}  // namespace limen::plugins
