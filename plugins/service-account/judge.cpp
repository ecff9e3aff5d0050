#include "judge.h"

#include <openssl/crypto.h>

#include <utility>

#include "common/base64.h"
#include "common/timestamp.h"

namespace limen::plugins::service_account {

namespace {

constexpr std::string_view kInvalidated = "service account token has been invalidated";
constexpr std::string_view kLegacyInvalidated = "Token has been invalidated";
constexpr std::string_view kInvalidSinceLabel = "kubernetes.io/legacy-token-invalid-since";

Error refusal(std::string_view text) { return {std::string(text), LIMEN_E_INVALID}; }

std::string_view metadata(const SharedNode& object, std::string_view key) {
  return (*object)["metadata"][key].view_or("");
}
std::string_view label(const SharedNode& object, std::string_view key) {
  return (*object)["metadata"]["labels"][key].view_or("");
}
bool is_being_deleted(const SharedNode& object) {
  return !metadata(object, "deletionTimestamp").empty();
}

// Deleted for longer than clocks differ. A time that cannot be read was long ago.
bool is_deleted(const SharedNode& object, std::int64_t now) {
  if (!is_being_deleted(object)) return false;
  const auto since = parse_timestamp(metadata(object, "deletionTimestamp"));
  return !since || *since < now - kLeewaySeconds;
}

std::string uid_mismatch(std::string_view what, std::string_view uid, std::string_view claim_of,
                         std::string_view claim) {
  return std::string(what) + " UID (" + std::string(uid) + ") does not match " +
         std::string(claim_of) + " (" + std::string(claim) + ")";
}

// In constant time for texts of one length.
bool same_text(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

bool lists_secret(const SharedNode& account, std::string_view name) {
  for (const Node::Item& item : (*account)["secrets"])
    if (item.value["name"].view_or("") == name) return true;
  return false;
}

std::string not_found(std::string_view resource, std::string_view name) {
  return std::string(resource) + " \"" + std::string(name) + "\" not found";
}

}  // namespace

Result<void> Judge::check_times(const Claims& claims, std::int64_t now) const {
  if (claims.expires && now - kLeewaySeconds > *claims.expires) {
    return refusal("service account token has expired");
  }
  if (claims.not_before && now + kLeewaySeconds < *claims.not_before) {
    return refusal("service account token is not valid yet");
  }
  if (claims.issued_at && now + kLeewaySeconds < *claims.issued_at) {
    return refusal("service account token is issued in the future");
  }
  return {};
}

Result<void> Judge::check_account(const Claims& claims, std::int64_t now) const {
  const auto found = host_.objects().get("", "serviceaccounts", claims.ns, claims.account.name);
  if (!found.ok()) return found.error();
  const SharedNode& account = *found;
  if (!account) return refusal(not_found("serviceaccounts", claims.account.name));
  if (metadata(account, "uid") != claims.account.uid) {
    return refusal(
        uid_mismatch("service account", metadata(account, "uid"), "claim", claims.account.uid));
  }
  if (is_deleted(account, now)) return refusal("service account has been deleted");
  return {};
}

Result<void> Judge::check_binding(std::string_view kind, std::string_view ns,
                                  const Reference& claim, std::int64_t now) const {
  const auto found = host_.objects().get("", std::string(kind) + "s", ns, claim.name);
  if (!found.ok()) return found.error();
  const SharedNode& object = *found;
  if (!object) return refusal(kInvalidated);
  if (metadata(object, "uid") != claim.uid) {
    return refusal(uid_mismatch(kind, metadata(object, "uid"),
                                "service account " + std::string(kind) + " ref claim", claim.uid));
  }
  if (is_deleted(object, now)) return refusal(kInvalidated);
  return {};
}

Result<void> Judge::bound(const Claims& claims, std::int64_t now) const {
  // We sign none without: a token that never ends is not one of ours.
  if (!claims.expires) return refusal("service account token has no exp claim");
  if (auto good = check_times(claims, now); !good.ok()) return good;
  if (auto good = check_account(claims, now); !good.ok()) return good;
  if (claims.secret) {
    if (auto good = check_binding("secret", claims.ns, *claims.secret, now); !good.ok())
      return good;
  }
  if (claims.pod) return check_binding("pod", claims.ns, *claims.pod, now);
  // Beside a pod the node only says where the pod runs.
  if (claims.node) return check_binding("node", "", *claims.node, now);
  return {};
}

Result<void> Judge::legacy(const Claims& claims, std::string_view token, std::int64_t now,
                           LegacySecret& secret) const {
  if (auto good = check_times(claims, now); !good.ok()) return good;
  const std::pair<std::string_view, const std::string&> needed[] = {
      {"sub", claims.subject},
      {"namespace", claims.ns},
      {"secretName", claims.secret_name},
      {"serviceAccountName", claims.account.name},
      {"serviceAccountUID", claims.account.uid},
  };
  for (const auto& [name, value] : needed)
    if (value.empty()) return refusal(std::string(name) + " claim is missing");
  if (claims.subject != user_name(claims.ns, claims.account.name)) {
    return refusal("sub claim is invalid");
  }
  return lookup_ ? look_up(claims, token, secret) : Result<void>();
}

Result<void> Judge::look_up(const Claims& claims, std::string_view token,
                            LegacySecret& secret) const {
  const auto found = host_.objects().get("", "secrets", claims.ns, claims.secret_name);
  if (!found.ok()) return found.error();
  const SharedNode& stored = *found;
  if (!stored || is_being_deleted(stored)) return refusal(kLegacyInvalidated);
  if (!same_text((*stored)["data"]["token"].view_or(""), base64_encode(token))) {
    return refusal("Token does not match server's copy");
  }
  const auto account = host_.objects().get("", "serviceaccounts", claims.ns, claims.account.name);
  if (!account.ok()) return account.error();
  if (!*account) return refusal(not_found("serviceaccounts", claims.account.name));
  if (is_being_deleted(*account)) {
    return refusal("ServiceAccount " + claims.ns + "/" + claims.account.name + " has been deleted");
  }
  if (metadata(*account, "uid") != claims.account.uid) {
    return refusal(
        uid_mismatch("ServiceAccount", metadata(*account, "uid"), "claim", claims.account.uid));
  }
  secret.name = claims.secret_name;
  secret.ns = claims.ns;
  secret.autogenerated = lists_secret(*account, claims.secret_name);
  secret.last_used = label(stored, kLastUsedLabel);
  secret.invalidated = !label(stored, kInvalidSinceLabel).empty();
  if (!secret.invalidated) return {};
  return refusal("the token in secret " + claims.ns + "/" + claims.secret_name +
                 " for service account " + claims.ns + "/" + claims.account.name +
                 " has been marked invalid; remove the label " + std::string(kInvalidSinceLabel) +
                 " from the secret to allow it for the time being");
}

}  // namespace limen::plugins::service_account
