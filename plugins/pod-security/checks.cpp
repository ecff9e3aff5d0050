#include "checks.h"

#include <algorithm>
#include <map>

namespace limen::pod_security {

namespace {

// The entry of each id that counts in a version.
std::map<std::string_view, const Check*> in_force(const std::vector<Check>& checks, int minor) {
  std::map<std::string_view, const Check*> out;
  for (const Check& check : checks) {
    if (check.since <= minor) out[check.id] = &check;
  }
  return out;
}

}  // namespace

std::vector<Finding> evaluate(const LevelVersion& by, const PodPlace& pod) {
  std::vector<Finding> out;
  if (by.level == Level::privileged) return out;
  auto checks = in_force(kBaseline, by.version.minor);
  if (by.level == Level::restricted) {
    for (const auto& [id, check] : in_force(kRestricted, by.version.minor)) {
      checks.erase(check->includes);
      checks[id] = check;
    }
  }
  // Those of the baseline first, each in order of the ids.
  for (const Level level : {Level::baseline, Level::restricted}) {
    for (const auto& [id, check] : checks) {
      if (check->level != level || check->look == nullptr) continue;
      if (Finding finding = check->look(pod)) out.push_back(std::move(finding));
    }
  }
  return out;
}

std::string details(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) {
    out += (out.empty() ? "" : ", ") + finding.reason;
    if (!finding.detail.empty()) out += " (" + finding.detail + ")";
  }
  return out;
}

std::string reasons(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& finding : findings) out += (out.empty() ? "" : ", ") + finding.reason;
  return out;
}

std::string plural(const char* one, const char* many, std::size_t count) {
  return count == 1 ? one : many;
}

std::string quoted(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "\"" : ", \"") + name + "\"";
  return out;
}

std::string quoted(const std::set<std::string>& names) {
  return quoted(Names(names.begin(), names.end()));
}

std::string containers(const Names& names) {
  return plural("container", "containers", names.size()) + " " + quoted(names);
}

std::string setters(bool pod, const Names& names) {
  if (names.empty()) return pod ? "pod" : "";
  return (pod ? "pod and " : "") + containers(names);
}

Finding proc_mount(const PodPlace& pod) {
  Names bad;
  std::set<std::string> types;
  each_named_container(pod, [&](const std::string& name, const Node&, const Node& context) {
    const auto type = context["procMount"].as_string();
    if (!type || *type == "Default") return;
    bad.push_back(name);
    types.insert(std::string(*type));
  });
  if (bad.empty()) return {};
  return {"procMount",
          containers(bad) + " must not set securityContext.procMount to " + quoted(types)};
}

}  // namespace limen::pod_security
