// Security contexts of pods and containers, and what each operating system allows of them.
#include <re2/re2.h>

#include <string>

#include "base/strings.h"
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"

namespace limen::validation::kinds {

namespace {

void check_seccomp(const Json& context, const FieldPath& context_path, Causes& causes) {
  if (!has(context, "seccompProfile")) return;
  const Json& profile = object_at(context, "seccompProfile");
  const FieldPath path = context_path.child("seccompProfile");
  const std::string_view type = text_at(profile, "type");
  if (type.empty()) {
    causes.required(path.child("type"), "type is required when seccompProfile is set");
  } else {
    check_one_of(type, {"Localhost", "RuntimeDefault", "Unconfined"}, path.child("type"), causes);
  }
  const FieldPath at = path.child("localhostProfile");
  if (type == "Localhost") {
    if (!has(profile, "localhostProfile")) {
      causes.required(at, "must be set when seccomp type is Localhost");
    } else {
      check_relative(text_at(profile, "localhostProfile"), at, causes);
    }
  } else if (has(profile, "localhostProfile")) {
    const boost::json::object shown = {{"Type", type},
                                       {"LocalhostProfile", text_at(profile, "localhostProfile")}};
    causes.invalid(at, Json(shown), "can only be set when seccomp type is Localhost");
  }
}

void check_app_armor(const Json& context, const FieldPath& context_path, Causes& causes) {
  constexpr std::size_t kMaxProfile = 4095;
  constexpr std::string_view kNeeded = "must be set when AppArmor type is Localhost";
  if (!has(context, "appArmorProfile")) return;
  const Json& profile = object_at(context, "appArmorProfile");
  const FieldPath path = context_path.child("appArmorProfile");
  const FieldPath at = path.child("localhostProfile");
  const std::string_view type = text_at(profile, "type");
  const std::string_view file = text_at(profile, "localhostProfile");
  if (type == "Localhost") {
    if (!has(profile, "localhostProfile")) return causes.required(at, kNeeded);
    if (base::trim(file) != file) {
      causes.invalid(at, file, "must not be padded with whitespace");
    } else if (file.empty()) {
      causes.required(at, kNeeded);
    }
    if (file.size() > kMaxProfile) causes.too_long(at, kMaxProfile);
  } else if (type == "RuntimeDefault" || type == "Unconfined") {
    if (has(profile, "localhostProfile")) {
      causes.invalid(at, file, "can only be set when AppArmor type is Localhost");
    }
  } else if (type.empty()) {
    causes.required(path.child("type"), "type is required when appArmorProfile is set");
  } else {
    causes.not_supported(path.child("type"), type, {"Localhost", "RuntimeDefault", "Unconfined"});
  }
}

// DOMAIN\USER, as Windows names its users.
std::string_view user_name_problem(std::string_view name, std::string& own) {
  static const re2::RE2 kNetBios(R"(^[^\\/:\*\?"<>|\.][^\\/:\*\?"<>|]{0,14}$)");
  static const re2::RE2 kDns(
      R"(^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$)");
  static const re2::RE2 kControl("[[:cntrl:]]");
  const auto matches = [](std::string_view text, const re2::RE2& pattern) {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
  };
  if (name.empty()) return "runAsUserName cannot be an empty string";
  if (matches(name, kControl)) return "runAsUserName cannot contain control characters";
  const std::vector<std::string_view> parts = base::split(name, '\\');
  if (parts.size() > 2) return "runAsUserName cannot contain more than one backslash";
  const std::string_view domain = parts.size() == 2 ? parts[0] : std::string_view();
  const std::string_view user = parts.back();
  if (domain.size() >= 256) return "runAsUserName's Domain length must be under 256 characters";
  if (parts.size() == 2 && !matches(domain, kNetBios) && !matches(domain, kDns)) {
    return "runAsUserName's Domain doesn't match the NetBios nor the DNS format";
  }
  if (user.empty()) return "runAsUserName's User cannot be empty";
  if (user.size() > 104) {
    return "runAsUserName's User length must not be longer than 104 characters";
  }
  if (user.find_first_not_of(". ") == std::string_view::npos) {
    return "runAsUserName's User cannot contain only periods or spaces";
  }
  if (user.find_first_of("\"/\\:;|=,+*?<>@[]") != std::string_view::npos) {
    own = R"(runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[])";
    return own;
  }
  return {};
}

void check_windows(const Json& context, const FieldPath& context_path, Causes& causes) {
  constexpr std::size_t kMaxSpec = 64 * 1024;
  const Json& options = object_at(context, "windowsOptions");
  const FieldPath path = context_path.child("windowsOptions");
  if (has(options, "gmsaCredentialSpecName")) {
    check_text(text_at(options, "gmsaCredentialSpecName"), object::dns1123_subdomain,
               path.child("gmsaCredentialSpecName"), causes);
  }
  if (has(options, "gmsaCredentialSpec")) {
    const std::string_view spec = text_at(options, "gmsaCredentialSpec");
    if (spec.empty()) {
      causes.invalid(path.child("gmsaCredentialSpec"), spec,
                     "gmsaCredentialSpec cannot be an empty string");
    } else if (spec.size() > kMaxSpec) {
      causes.invalid(path.child("gmsaCredentialSpec"), spec,
                     "gmsaCredentialSpec size must be under 64 KiB");
    }
  }
  if (has(options, "runAsUserName")) {
    const std::string_view name = text_at(options, "runAsUserName");
    std::string own;
    const std::string_view problem = user_name_problem(name, own);
    if (!problem.empty()) causes.invalid(path.child("runAsUserName"), name, problem);
  }
}

bool is_sysctl(std::string_view name) {
  static const re2::RE2 kName(
      "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
  return name.size() <= 253 &&
         re2::RE2::FullMatch(re2::StringPiece(name.data(), name.size()), kName);
}

// Which namespace of the kernel a setting belongs to, by its name with dots.
bool is_of_network(const std::string& name) { return name.starts_with("net."); }
bool is_of_ipc(const std::string& name) {
  return name == "kernel.sem" || name.starts_with("kernel.shm") || name.starts_with("kernel.msg") ||
         name.starts_with("fs.mqueue.");
}

void check_sysctls(const Json& spec, const Json& context, const FieldPath& path, Causes& causes) {
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& sysctl : elements(member(context, "sysctls"))) {
    const FieldPath at = path.index(index++).child("name");
    const std::string_view name = text_at(sysctl, "name");
    if (name.empty()) {
      causes.required(at);
    } else if (!is_sysctl(name)) {
      causes.invalid(at, name,
                     "must have at most 253 characters and match regex "
                     "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
    } else if (seen.contains(name)) {
      causes.duplicate(at, name);
    }
    seen.insert(name);
    std::string dotted(name);
    const std::size_t first = dotted.find_first_of("./");
    if (first != std::string::npos && dotted[first] == '/') {
      for (char& c : dotted) c = c == '/' ? '.' : c == '.' ? '/' : c;
    }
    if (is_of_network(dotted) && is_true(member(spec, "hostNetwork"))) {
      causes.invalid(at, name, "may not be specified when 'hostNetwork' is true");
    } else if (is_of_ipc(dotted) && is_true(member(spec, "hostIPC"))) {
      causes.invalid(at, name, "may not be specified when 'hostIPC' is true");
    }
  }
}

void check_set_enum(const Json& value, std::string_view key,
                    std::initializer_list<std::string_view> allowed, const FieldPath& path,
                    Causes& causes) {
  if (has(value, key)) check_one_of(text_at(value, key), allowed, path.child(key), causes);
}

void check_not_set(const Json& value, std::initializer_list<std::string_view> keys,
                   const FieldPath& path, Causes& causes) {
  for (const std::string_view key : keys) {
    const Json* found = member(value, key);
    const bool set = found && !found->is_null() &&
                     !(found->is_array() && key == "sysctls" && found->get_array().empty()) &&
                     !((key == "hostPID" || key == "hostIPC") && !is_true(found));
    if (set) causes.forbidden(path.child(key), "cannot be set for a windows pod");
  }
}

void check_windows_pod(const Json& spec, const FieldPath& path, Causes& causes) {
  const FieldPath context = path.child("securityContext");
  const Json& own = object_at(spec, "securityContext");
  check_not_set(own, {"appArmorProfile", "seLinuxOptions"}, context, causes);
  check_not_set(spec, {"hostUsers", "hostPID", "hostIPC"}, path, causes);
  check_not_set(own, {"seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls"}, context,
                causes);
  check_not_set(spec, {"shareProcessNamespace"}, path, causes);
  check_not_set(own,
                {"runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy",
                 "seLinuxChangePolicy"},
                context, causes);
  each_container(spec, path, [&](const Json& container, const FieldPath& at) {
    check_not_set(object_at(container, "securityContext"),
                  {"appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities",
                   "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount",
                   "runAsUser", "runAsGroup"},
                  at.child("securityContext"), causes);
  });
}

void check_linux_pod(const Json& spec, const FieldPath& path, Causes& causes) {
  constexpr std::string_view kNot = "windows options cannot be set for a linux pod";
  if (has(object_at(spec, "securityContext"), "windowsOptions")) {
    causes.forbidden(path.child("securityContext").child("windowsOptions"), kNot);
  }
  each_container(spec, path, [&](const Json& container, const FieldPath& at) {
    if (has(object_at(container, "securityContext"), "windowsOptions")) {
      causes.forbidden(at.child("securityContext").child("windowsOptions"), kNot);
    }
  });
}

// Containers that are processes of a Windows host.
void check_host_processes(const Json& spec, const FieldPath& path, Causes& causes) {
  const Json* own = find(spec, {"securityContext", "windowsOptions", "hostProcess"});
  std::size_t all = 0;
  std::size_t on_host = 0;
  each_container(spec, path, [&](const Json& container, const FieldPath& at) {
    ++all;
    const Json* its = find(container, {"securityContext", "windowsOptions", "hostProcess"});
    const bool stated = its && its->is_bool();
    if (own && own->is_bool() && stated && is_true(own) != is_true(its)) {
      causes.invalid(at.child("securityContext").child("windowsOptions").child("hostProcess"), *its,
                     std::string("pod hostProcess value must be identical if both are specified, "
                                 "was ") +
                         (is_true(own) ? "true" : "false"));
    }
    if (stated ? is_true(its) : is_true(own)) ++on_host;
  });
  if (on_host == 0) return;
  if (on_host != all) {
    causes.invalid(path, std::string_view(),
                   "If pod contains any hostProcess containers then all containers must be "
                   "HostProcess containers");
  }
  if (!is_true(member(spec, "hostNetwork"))) {
    causes.invalid(path.child("hostNetwork"), Json(false),
                   "hostNetwork must be true if pod contains any hostProcess containers");
  }
}

}  // namespace

void check_security_context(const Json& container, const PodContext& pod,
                            const FieldPath& container_path, Causes& causes) {
  const Json* found = member(container, "securityContext");
  if (!found || !found->is_object()) return;
  const Json& context = *found;
  const FieldPath path = container_path.child("securityContext");
  check_id(member(context, "runAsUser"), path.child("runAsUser"), causes);
  check_id(member(context, "runAsGroup"), path.child("runAsGroup"), causes);
  check_set_enum(context, "procMount", {"Default", "Unmasked"}, path, causes);
  if (pod.host_users && text_at(context, "procMount") == "Unmasked") {
    causes.invalid(path.child("procMount"), std::string_view("Unmasked"),
                   "`hostUsers` must be false to use `Unmasked`");
  }
  check_seccomp(context, path, causes);
  const Json* escalation = member(context, "allowPrivilegeEscalation");
  if (escalation && escalation->is_bool() && !escalation->get_bool()) {
    if (is_true(member(context, "privileged"))) {
      causes.invalid(path, context,
                     "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    }
    for (const Json& capability : elements(find(context, {"capabilities", "add"}))) {
      if (text(&capability) != "CAP_SYS_ADMIN") continue;
      causes.invalid(path, context,
                     "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` "
                     "CAP_SYS_ADMIN");
    }
  }
  check_windows(context, path, causes);
  check_app_armor(context, path, causes);
}

void check_pod_security(const Json& spec, const FieldPath& spec_path, Causes& causes) {
  const Json& context = object_at(spec, "securityContext");
  const FieldPath path = spec_path.child("securityContext");
  for (const std::string_view key : {"fsGroup", "runAsUser", "runAsGroup"}) {
    check_id(member(context, key), path.child(key), causes);
  }
  std::size_t index = 0;
  for (const Json& group : elements(member(context, "supplementalGroups"))) {
    check_id(&group, path.child("supplementalGroups").index(index++), causes);
  }
  if (is_true(member(spec, "hostPID")) && is_true(member(spec, "shareProcessNamespace"))) {
    causes.invalid(path.child("shareProcessNamespace"), Json(true),
                   "ShareProcessNamespace and HostPID cannot both be enabled");
  }
  check_sysctls(spec, context, path.child("sysctls"), causes);
  check_set_enum(context, "fsGroupChangePolicy", {"Always", "OnRootMismatch"}, path, causes);
  check_seccomp(context, path, causes);
  check_windows(context, path, causes);
  check_app_armor(context, path, causes);
  check_set_enum(context, "supplementalGroupsPolicy", {"Merge", "Strict"}, path, causes);
  check_set_enum(context, "seLinuxChangePolicy", {"MountOption", "Recursive"}, path, causes);
}

void check_host_users(const Json& spec, const FieldPath& path, Causes& causes) {
  check_host_processes(spec, path, causes);
  const Json* users = member(spec, "hostUsers");
  if (!users || !users->is_bool() || users->get_bool()) return;
  constexpr std::string_view kNot = "when `pod.Spec.HostUsers` is false";
  if (is_true(member(spec, "hostNetwork"))) causes.forbidden(path.child("hostNetwork"), kNot);
  // These two paths are as Go names the fields.
  if (is_true(member(spec, "hostPID"))) causes.forbidden(path.child("HostPID"), kNot);
  if (is_true(member(spec, "hostIPC"))) causes.forbidden(path.child("HostIPC"), kNot);
}

void check_pod_os(const Json& spec, const FieldPath& path, Causes& causes) {
  if (!has(spec, "os")) return;
  const std::string_view name = text_at(object_at(spec, "os"), "name");
  if (name.empty()) return causes.required(path.child("os").child("name"), "cannot be empty");
  if (name == "linux") return check_linux_pod(spec, path, causes);
  if (name == "windows") return check_windows_pod(spec, path, causes);
  causes.not_supported(path.child("os"), name, {"linux", "windows"});
}

}  // namespace limen::validation::kinds
