#include "pod_admission.h"

#include <boost/json.hpp>
#include <limen/cpp/pods.hpp>
#include <optional>
#include <string>

#include "account_search.h"
#include "secret_limits.h"
#include "token_volume.h"

namespace limen::plugins::service_account {

namespace {

bool is_new_pod(const AdmissionCall& call) { return call.is_create() && call.is("", "pods"); }

// A pod that a kubelet shows for one it runs of a file.
bool is_mirror(const Node& pod) {
  return static_cast<bool>(pod.at("/metadata/annotations/kubernetes.io~1config.mirror"));
}

bool projects_token(const Node& spec) {
  for (const auto& [key, volume] : spec["volumes"]) {
    for (const auto& [index, source] : volume.at("/projected/sources"))
      if (source["serviceAccountToken"].is_object()) return true;
  }
  return false;
}

// Its kubelet would take a changed mirror pod for another one, so it stays as it is; a kubelet
// must not reach accounts and secrets through one either.
Result<void> judge_mirror(AdmissionCall& call) {
  bool has_account = false;
  bool has_secret = false;
  if (const auto place = pod_of(call)) {
    each_reference(*place, [&](PodReference kind, std::string_view, const std::string&) {
      has_account = has_account || kind == PodReference::service_account;
      has_secret = has_secret || kind == PodReference::secret;
    });
  }
  if (has_account) return call.deny("a mirror pod may not reference service accounts");
  if (has_secret) return call.deny("a mirror pod may not reference secrets");
  if (projects_token(call.object()["spec"])) {
    return call.deny("a mirror pod may not use ServiceAccountToken volume projections");
  }
  return {};
}

std::string account_of(const Node& pod) { return pod.at("/spec/serviceAccountName").string_or(""); }

Result<void> refuse_without_account(AdmissionCall& call) {
  return call.deny("no service account specified for pod " + std::string(call.attributes().ns()) +
                   "/" + call.object().at("/metadata/name").string_or(""));
}

Result<void> limit_secrets(AdmissionCall& call, const Node& account) {
  if (!limits_secrets(account)) return {};
  const auto refusal = call.is_create() ? forbidden_secret(account, call.object())
                                        : forbidden_ephemeral_secret(account, call.object());
  return refusal ? call.deny(*refusal) : Result<void>();
}

// The same name twice: `serviceAccount` is what old clients read.
Result<void> name_account(Patch patch, const std::string& name) {
  const auto named = patch.set("/spec/serviceAccountName", name);
  return named.ok() ? patch.set("/spec/serviceAccount", name) : named;
}

// References have a name and nothing else.
Result<void> copy_pull_secrets(Patch patch, const Node& account) {
  boost::json::array references;
  for (const auto& [key, secret] : account["imagePullSecrets"])
    references.push_back(boost::json::object{{"name", secret["name"].view_or("")}});
  if (references.empty()) return {};
  return patch.set_json("/spec/imagePullSecrets", boost::json::serialize(references));
}

Result<void> complete_pod(AdmissionCall& call, const Node& account) {
  const Node pod = call.object();
  if (account_of(pod).empty()) {
    const auto named = name_account(call.patch(), kDefaultAccount);
    if (!named.ok()) return named;
  }
  if (wants_token(account, pod)) {
    const auto mounted = mount_token(call.patch(), pod);
    if (!mounted.ok()) return mounted;
  }
  if (pod.at("/spec/imagePullSecrets").size() == 0) {
    const auto copied = copy_pull_secrets(call.patch(), account);
    if (!copied.ok()) return copied;
  }
  return limit_secrets(call, account);
}

}  // namespace

Result<void> PodAdmission::admit(AdmissionCall& call) {
  if (!is_new_pod(call)) return {};
  if (is_mirror(call.object())) return judge_mirror(call);
  const std::string named = account_of(call.object());
  return with_account(host_, call, named.empty() ? kDefaultAccount : named, complete_pod);
}

Result<void> PodAdmission::validate(AdmissionCall& call) {
  const bool is_debugging = call.is_update() && call.is("", "pods", "ephemeralcontainers");
  if (!is_new_pod(call) && !is_debugging) return {};
  if (!is_debugging && is_mirror(call.object())) return judge_mirror(call);
  const std::string named = account_of(call.object());
  if (named.empty()) return refuse_without_account(call);
  return with_account(host_, call, named, limit_secrets);
}

}  // namespace limen::plugins::service_account
