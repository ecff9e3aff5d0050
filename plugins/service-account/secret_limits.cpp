#include "secret_limits.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace limen::plugins::service_account {

namespace {

using Refusal = std::optional<std::string>;

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

bool lists(const Node& references, std::string_view name) {
  for (const auto& [key, one] : references)
    if (one["name"].view_or("") == name) return true;
  return false;
}

// What an account allows.
class Limits {
 public:
  explicit Limits(const Node& account)
      : secrets_(account["secrets"]),
        pull_secrets_(account["imagePullSecrets"]),
        rest_(" is not allowed because service account " +
              account.at("/metadata/name").string_or("") + " does not reference that ") {}

  Refusal volumes(const Node& spec) const {
    for (const auto& [key, volume] : spec["volumes"]) {
      const Node secret = volume["secret"];
      if (!secret.is_object()) continue;
      const std::string_view name = secret["secretName"].view_or("");
      if (!lists(secrets_, name))
        return "volume with secret.secretName=" + quoted(name) + no_secret();
    }
    return std::nullopt;
  }

  // `what` is how messages call a container of this list.
  Refusal containers(const Node& list, const std::string& what) const {
    for (const auto& [key, container] : list) {
      const std::string start = what + " " + container["name"].string_or("");
      for (const auto& [index, variable] : container["env"]) {
        const Node reference = variable.at("/valueFrom/secretKeyRef");
        if (Refusal refusal =
                source(reference,
                       start + " with envVar " + variable["name"].string_or("") + " referencing")) {
          return refusal;
        }
      }
      for (const auto& [index, variables] : container["envFrom"]) {
        if (Refusal refusal = source(variables["secretRef"], start + " with envFrom referencing"))
          return refusal;
      }
    }
    return std::nullopt;
  }

  Refusal pull_secrets(const Node& spec) const {
    const Node wanted = spec["imagePullSecrets"];
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::string_view name = wanted.item(i)["name"].view_or("");
      if (lists(pull_secrets_, name)) continue;
      return "imagePullSecrets[" + std::to_string(i) + "].name=" + quoted(name) + rest_ +
             "imagePullSecret";
    }
    return std::nullopt;
  }

 private:
  Refusal source(const Node& reference, const std::string& start) const {
    if (!reference.is_object()) return std::nullopt;
    const std::string_view name = reference["name"].view_or("");
    if (lists(secrets_, name)) return std::nullopt;
    return start + " secret.secretName=" + quoted(name) + no_secret();
  }
  std::string no_secret() const { return rest_ + "secret"; }

  const Node secrets_;
  const Node pull_secrets_;
  const std::string rest_;
};

}  // namespace

bool limits_secrets(const Node& account) {
  static constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "true", "TRUE", "True"};
  const std::string_view said =
      account.at("/metadata/annotations/kubernetes.io~1enforce-mountable-secrets").view_or("");
  return std::find(kTrue.begin(), kTrue.end(), said) != kTrue.end();
}

Refusal forbidden_secret(const Node& account, const Node& pod) {
  const Node spec = pod["spec"];
  const Limits limits(account);
  if (Refusal refusal = limits.volumes(spec)) return refusal;
  if (Refusal refusal = limits.containers(spec["initContainers"], "init container")) return refusal;
  if (Refusal refusal = limits.containers(spec["containers"], "container")) return refusal;
  return limits.pull_secrets(spec);
}

Refusal forbidden_ephemeral_secret(const Node& account, const Node& pod) {
  return Limits(account).containers(pod.at("/spec/ephemeralContainers"), "ephemeral container");
}

}  // namespace limen::plugins::service_account
