// Restricted: what a hardened pod has to say for itself.
#include <array>

#include "checks.h"

namespace limen::pod_security {

namespace {

bool is_windows(const PodPlace& pod) { return pod.spec.at("/os/name").view_or("") == "windows"; }
bool has_user_namespace(const PodPlace& pod) { return !pod.spec["hostUsers"].bool_or(true); }

Finding privilege_escalation(const PodPlace& pod) {
  Names bad;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    if (context["allowPrivilegeEscalation"].bool_or(true)) bad.push_back(name);
  });
  if (bad.empty()) return {};
  return {"allowPrivilegeEscalation != false",
          containers(bad) + " must set securityContext.allowPrivilegeEscalation=false"};
}
Finding privilege_escalation_25(const PodPlace& pod) {
  return is_windows(pod) ? Finding() : privilege_escalation(pod);
}

Finding capabilities(const PodPlace& pod) {
  Names not_dropped, adding;
  std::set<std::string> added;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    bool dropped = false, adds = false;
    for (const std::string& one : context.at("/capabilities/drop").strings())
      dropped = dropped || one == "ALL";
    for (const std::string& one : context.at("/capabilities/add").strings()) {
      if (one == "NET_BIND_SERVICE") continue;
      added.insert(one);
      adds = true;
    }
    if (!dropped) not_dropped.push_back(name);
    if (adds) adding.push_back(name);
  });
  std::string detail;
  if (!not_dropped.empty())
    detail = containers(not_dropped) + R"( must set securityContext.capabilities.drop=["ALL"])";
  if (!adding.empty()) {
    detail += (detail.empty() ? "" : "; ") + containers(adding) + " must not include " +
              quoted(added) + " in securityContext.capabilities.add";
  }
  if (detail.empty()) return {};
  return {"unrestricted capabilities", detail};
}
Finding capabilities_25(const PodPlace& pod) {
  return is_windows(pod) ? Finding() : capabilities(pod);
}

// What a volume that is not of an allowed type is made of.
std::string volume_type(const Node& volume) {
  for (const auto& [key, value] : volume)
    if (key != "name") return std::string(key);
  return "unknown";
}

Finding volumes(const PodPlace& pod) {
  static constexpr std::array<const char*, 9> kAllowed = {
      "configMap", "csi",    "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
      "projected", "secret", "image"};
  Names bad;
  std::set<std::string> types;
  for (const auto& [key, volume] : pod.spec["volumes"]) {
    bool allowed = false;
    for (const char* type : kAllowed) allowed = allowed || volume[type];
    if (allowed) continue;
    bad.push_back(volume["name"].string_or(""));
    types.insert(volume_type(volume));
  }
  if (bad.empty()) return {};
  return {"restricted volume types",
          plural("volume", "volumes", bad.size()) + " " + quoted(bad) + " " +
              plural("uses", "use", bad.size()) + " restricted volume " +
              plural("type", "types", types.size()) + " " + quoted(types)};
}

Finding non_root(const PodPlace& pod) {
  const auto of_pod = pod.spec.at("/securityContext/runAsNonRoot").as_bool();
  Names explicitly, implicitly;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    const auto own = context["runAsNonRoot"].as_bool();
    if (own && !*own) explicitly.push_back(name);
    if (!own && !of_pod.value_or(false)) implicitly.push_back(name);
  });
  constexpr const char* kReason = "runAsNonRoot != true";
  const std::string who = setters(of_pod.has_value() && !*of_pod, explicitly);
  if (!who.empty()) return {kReason, who + " must not set securityContext.runAsNonRoot=false"};
  if (implicitly.empty()) return {};
  return {kReason,
          "pod or " + containers(implicitly) + " must set securityContext.runAsNonRoot=true"};
}
Finding non_root_35(const PodPlace& pod) {
  return has_user_namespace(pod) ? Finding() : non_root(pod);
}

Finding as_user(const PodPlace& pod) {
  const bool bad_pod = pod.spec.at("/securityContext/runAsUser").as_int() == 0;
  Names bad;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    if (context["runAsUser"].as_int() == 0) bad.push_back(name);
  });
  const std::string who = setters(bad_pod, bad);
  if (who.empty()) return {};
  return {"runAsUser=0", who + " must not set runAsUser=0"};
}
Finding as_user_35(const PodPlace& pod) {
  return has_user_namespace(pod) ? Finding() : as_user(pod);
}

Finding seccomp(const PodPlace& pod) {
  std::set<std::string> types;
  bool of_pod = false;
  const auto allowed = [](const Node& profile) {
    const std::string_view type = profile["type"].view_or("");
    return type == "RuntimeDefault" || type == "Localhost";
  };
  const Node pod_profile = pod.spec.at("/securityContext/seccompProfile");
  const bool bad_pod = pod_profile && !allowed(pod_profile);
  if (bad_pod) types.insert(pod_profile["type"].string_or(""));
  of_pod = pod_profile && !bad_pod;
  Names explicitly, implicitly;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    const Node profile = context["seccompProfile"];
    if (!profile) {
      if (!of_pod) implicitly.push_back(name);
    } else if (!allowed(profile)) {
      explicitly.push_back(name);
      types.insert(profile["type"].string_or(""));
    }
  });
  const std::string who = setters(bad_pod, explicitly);
  if (!who.empty()) {
    return {"seccompProfile",
            who + " must not set securityContext.seccompProfile.type to " + quoted(types)};
  }
  if (implicitly.empty()) return {};
  return {
      "seccompProfile",
      "pod or " + containers(implicitly) +
          R"( must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"};
}
Finding seccomp_25(const PodPlace& pod) { return is_windows(pod) ? Finding() : seccomp(pod); }

}  // namespace

const std::vector<Check> kRestricted = {
    {"allowPrivilegeEscalation", Level::restricted, 8, privilege_escalation},
    {"allowPrivilegeEscalation", Level::restricted, 25, privilege_escalation_25},
    {"capabilities_restricted", Level::restricted, 22, capabilities, "capabilities_baseline"},
    {"capabilities_restricted", Level::restricted, 25, capabilities_25, "capabilities_baseline"},
    {"procMount_restricted", Level::restricted, 35, proc_mount, "procMount"},
    {"restrictedVolumes", Level::restricted, 0, volumes, "hostPathVolumes"},
    {"runAsNonRoot", Level::restricted, 0, non_root},
    {"runAsNonRoot", Level::restricted, 35, non_root_35},
    {"runAsUser", Level::restricted, 23, as_user},
    {"runAsUser", Level::restricted, 35, as_user_35},
    {"seccompProfile_restricted", Level::restricted, 19, seccomp, "seccompProfile_baseline"},
    {"seccompProfile_restricted", Level::restricted, 25, seccomp_25, "seccompProfile_baseline"},
};

}  // namespace limen::pod_security
