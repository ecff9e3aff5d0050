// The baseline: known ways to more privileges are closed.
#include <functional>
#include <map>
#include <utility>

#include "checks.h"

namespace limen::pod_security {

namespace {

Finding host_namespaces(const PodPlace& pod) {
  std::string used;
  for (const char* name : {"hostNetwork", "hostPID", "hostIPC"}) {
    if (pod.spec[name].bool_or(false))
      used += (used.empty() ? "" : ", ") + std::string(name) + "=true";
  }
  if (used.empty()) return {};
  return {"host namespaces", used};
}

Finding privileged(const PodPlace& pod) {
  Names bad;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    if (context["privileged"].bool_or(false)) bad.push_back(name);
  });
  if (bad.empty()) return {};
  return {"privileged", containers(bad) + " must not set securityContext.privileged=true"};
}

Finding capabilities(const PodPlace& pod) {
  static const std::set<std::string, std::less<>> kDefault = {
      "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",      "MKNOD",
      "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT"};
  Names bad;
  std::set<std::string> added;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    bool here = false;
    for (const std::string& capability : context.at("/capabilities/add").strings()) {
      if (kDefault.count(capability) != 0) continue;
      added.insert(capability);
      here = true;
    }
    if (here) bad.push_back(name);
  });
  if (bad.empty()) return {};
  return {"non-default capabilities", containers(bad) + " must not include " + quoted(added) +
                                          " in securityContext.capabilities.add"};
}

Finding host_path_volumes(const PodPlace& pod) {
  Names bad;
  for (const auto& [key, volume] : pod.spec["volumes"])
    if (volume["hostPath"]) bad.push_back(volume["name"].string_or(""));
  if (bad.empty()) return {};
  return {"hostPath volumes", plural("volume", "volumes", bad.size()) + " " + quoted(bad)};
}

Finding host_ports(const PodPlace& pod) {
  Names bad;
  std::set<std::string> ports;  // in the order of their texts, as kube-apiserver lists them
  each_named_container(pod, [&](const std::string& name, const Node& container, const Node&) {
    bool here = false;
    for (const auto& [key, port] : container["ports"]) {
      const std::int64_t number = port["hostPort"].int_or(0);
      if (number == 0) continue;
      ports.insert(std::to_string(number));
      here = true;
    }
    if (here) bad.push_back(name);
  });
  if (bad.empty()) return {};
  std::string list;
  for (const std::string& port : ports) list += (list.empty() ? "" : ", ") + port;
  return {"hostPort", containers(bad) + " " + plural("uses", "use", bad.size()) + " " +
                          plural("hostPort", "hostPorts", ports.size()) + " " + list};
}

bool allowed_app_armor(std::string_view type) {
  return type == "RuntimeDefault" || type == "Localhost";
}
bool allowed_app_armor_annotation(std::string_view value) {
  return value.empty() || value == "runtime/default" || value.starts_with("localhost/");
}

Finding app_armor(const PodPlace& pod) {
  std::set<std::string> types, annotated;
  const auto bad_profile = [&](const Node& profile) {
    if (!profile || allowed_app_armor(profile["type"].view_or(""))) return false;
    types.insert(profile["type"].string_or(""));
    return true;
  };
  const bool bad_pod = bad_profile(pod.spec.at("/securityContext/appArmorProfile"));
  Names bad;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    if (bad_profile(context["appArmorProfile"])) bad.push_back(name);
  });
  for (const auto& [key, value] : pod.metadata["annotations"]) {
    if (!key.starts_with("container.apparmor.security.beta.kubernetes.io/")) continue;
    if (allowed_app_armor_annotation(value.view_or(""))) continue;
    annotated.insert(std::string(key) + "=\"" + value.string_or("") + "\"");
  }
  // The annotations are told of as those who set something, and as what is set.
  std::string who = setters(bad_pod, bad);
  if (!annotated.empty()) {
    who += who.empty() ? "" : " and ";
    who += plural("annotation", "annotations", annotated.size());
  }
  if (who.empty()) return {};
  Names values(types.begin(), types.end());
  values.insert(values.end(), annotated.begin(), annotated.end());
  return {plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.size()),
          who + " must not set AppArmor profile type to " + quoted(values)};
}

// What SELinux options are wrong with.
class SeLinux {
 public:
  explicit SeLinux(std::set<std::string, std::less<>> types) : types_(std::move(types)) {}

  Finding look(const PodPlace& pod) {
    const bool bad_pod = !valid(pod.spec.at("/securityContext/seLinuxOptions"));
    Names bad;
    each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
      if (!valid(context["seLinuxOptions"])) bad.push_back(name);
    });
    const std::string who = setters(bad_pod, bad);
    if (who.empty()) return {};
    return {"seLinuxOptions",
            who + " set forbidden securityContext.seLinuxOptions: " + complaints()};
  }

 private:
  bool valid(const Node& options) {
    const std::string type = options["type"].string_or("");
    const bool bad_type = types_.count(type) == 0;
    if (bad_type) bad_types_.insert(type);
    const bool user = !options["user"].view_or("").empty();
    const bool role = !options["role"].view_or("").empty();
    user_ = user_ || user;
    role_ = role_ || role;
    return !bad_type && !user && !role;
  }
  std::string complaints() const {
    std::string out;
    const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
    if (!bad_types_.empty())
      add(plural("type", "types", bad_types_.size()) + " " + quoted(bad_types_));
    if (user_) add("user may not be set");
    if (role_) add("role may not be set");
    return out;
  }

  const std::set<std::string, std::less<>> types_;
  std::set<std::string> bad_types_;
  bool user_ = false, role_ = false;
};

Finding se_linux(const PodPlace& pod) {
  return SeLinux({"", "container_t", "container_init_t", "container_kvm_t"}).look(pod);
}
Finding se_linux_31(const PodPlace& pod) {
  return SeLinux({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
      .look(pod);
}

// Whether the policy lets a pod with a user namespace of its own have more: root there is nobody
// outside.
bool has_user_namespace(const PodPlace& pod) { return !pod.spec["hostUsers"].bool_or(true); }

Finding proc_mount_35(const PodPlace& pod) {
  return has_user_namespace(pod) ? Finding() : proc_mount(pod);
}

bool allowed_seccomp(std::string_view type) {
  return type == "RuntimeDefault" || type == "Localhost";
}
bool allowed_seccomp_annotation(std::string_view value) {
  return value == "runtime/default" || value == "docker/default" || value.starts_with("localhost/");
}

// Before there were fields for it.
Finding seccomp_annotations(const PodPlace& pod) {
  std::set<std::string> bad;
  const Node annotations = pod.metadata["annotations"];
  const auto look = [&](const std::string& key) {
    const auto value = annotations[key].as_string();
    if (value && !allowed_seccomp_annotation(*value))
      bad.insert(key + "=\"" + std::string(*value) + "\"");
  };
  look("seccomp.security.alpha.kubernetes.io/pod");
  each_named_container(pod, [&](const std::string& name, const Node&, const Node&) {
    look("container.seccomp.security.alpha.kubernetes.io/" + name);
  });
  if (bad.empty()) return {};
  std::string list;
  for (const std::string& one : bad) list += (list.empty() ? "" : ", ") + one;
  return {"seccompProfile",
          "forbidden " + plural("annotation", "annotations", bad.size()) + " " + list};
}

Finding seccomp(const PodPlace& pod) {
  std::set<std::string> types;
  const auto bad_profile = [&](const Node& profile) {
    if (!profile || allowed_seccomp(profile["type"].view_or(""))) return false;
    types.insert(profile["type"].string_or(""));
    return true;
  };
  const bool bad_pod = bad_profile(pod.spec.at("/securityContext/seccompProfile"));
  Names bad;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    if (bad_profile(context["seccompProfile"])) bad.push_back(name);
  });
  const std::string who = setters(bad_pod, bad);
  if (who.empty()) return {};
  return {"seccompProfile",
          who + " must not set securityContext.seccompProfile.type to " + quoted(types)};
}

// Sysctls that belong to the pod's own namespaces, by the version that first allowed them.
Finding sysctls(const PodPlace& pod, int minor) {
  static const std::map<std::string, int, std::less<>> kSafe = {
      {"kernel.shm_rmid_forced", 0},
      {"net.ipv4.ip_local_port_range", 0},
      {"net.ipv4.tcp_syncookies", 0},
      {"net.ipv4.ping_group_range", 0},
      {"net.ipv4.ip_unprivileged_port_start", 0},
      {"net.ipv4.ip_local_reserved_ports", 27},
      {"net.ipv4.tcp_keepalive_time", 29},
      {"net.ipv4.tcp_fin_timeout", 29},
      {"net.ipv4.tcp_keepalive_intvl", 29},
      {"net.ipv4.tcp_keepalive_probes", 29},
      {"net.ipv4.tcp_rmem", 32},
      {"net.ipv4.tcp_wmem", 32}};
  std::string bad;
  for (const auto& [key, sysctl] : pod.spec.at("/securityContext/sysctls")) {
    const std::string name = sysctl["name"].string_or("");
    const auto safe = kSafe.find(name);
    if (safe != kSafe.end() && safe->second <= minor) continue;
    bad += (bad.empty() ? "" : ", ") + name;
  }
  if (bad.empty()) return {};
  return {"forbidden sysctls", bad};
}
template <int Minor>
Finding sysctls_in(const PodPlace& pod) {
  return sysctls(pod, Minor);
}

Finding host_process(const PodPlace& pod) {
  const bool bad_pod = pod.spec.at("/securityContext/windowsOptions/hostProcess").bool_or(false);
  Names bad;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    if (context.at("/windowsOptions/hostProcess").bool_or(false)) bad.push_back(name);
  });
  const std::string who = setters(bad_pod, bad);
  if (who.empty()) return {};
  return {"hostProcess", who + " must not set securityContext.windowsOptions.hostProcess=true"};
}

// A probe or a hook that names a host reaches from the node's network to wherever it says.
Finding probe_hosts(const PodPlace& pod) {
  std::set<std::string> bad, hosts;
  each_named_container(pod, [&](const std::string& name, const Node& container, const Node&) {
    for (const char* place : {"/livenessProbe", "/readinessProbe", "/startupProbe",
                              "/lifecycle/postStart", "/lifecycle/preStop"}) {
      for (const char* kind : {"httpGet", "tcpSocket"}) {
        const std::string host = container.at(place)[kind]["host"].string_or("");
        if (host.empty()) continue;
        bad.insert(name);
        hosts.insert(host);
      }
    }
  });
  if (bad.empty()) return {};
  const Names names(bad.begin(), bad.end());
  return {"probe or lifecycle host",
          containers(names) + " " + plural("uses", "use", names.size()) + " " +
              plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.size()) + " " +
              quoted(hosts)};
}

}  // namespace

const std::vector<Check> kBaseline = {
    {"appArmorProfile", Level::baseline, 0, app_armor},
    {"capabilities_baseline", Level::baseline, 0, capabilities},
    {"hostNamespaces", Level::baseline, 0, host_namespaces},
    {"hostPathVolumes", Level::baseline, 0, host_path_volumes},
    {"hostPorts", Level::baseline, 0, host_ports},
    {"hostProbesAndHostLifecycle", Level::baseline, 34, probe_hosts},
    {"privileged", Level::baseline, 0, privileged},
    {"procMount", Level::baseline, 0, proc_mount},
    {"procMount", Level::baseline, 35, proc_mount_35},
    {"seLinuxOptions", Level::baseline, 0, se_linux},
    {"seLinuxOptions", Level::baseline, 31, se_linux_31},
    {"seccompProfile_baseline", Level::baseline, 0, seccomp_annotations},
    {"seccompProfile_baseline", Level::baseline, 19, seccomp},
    {"sysctls", Level::baseline, 0, sysctls_in<0>},
    {"sysctls", Level::baseline, 27, sysctls_in<27>},
    {"sysctls", Level::baseline, 29, sysctls_in<29>},
    {"sysctls", Level::baseline, 32, sysctls_in<32>},
    {"windowsHostProcess", Level::baseline, 0, host_process},
};

}  // namespace limen::pod_security
