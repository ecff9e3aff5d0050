#include "namespaces.h"

#include <algorithm>

namespace limen::pod_security {

bool ExistingPods::add(const Node& pod) {
  if (seen_ == kMaxPodsToCheck) return false;
  ++seen_;
  const auto place = pod_of("", "pods", pod);
  if (!place) return true;
  const std::string why = reasons(evaluate(by_, *place));
  if (why.empty()) return true;
  const std::string name = pod.at("/metadata/name").string_or("");
  const auto same = std::find_if(groups_.begin(), groups_.end(),
                                 [&](const Same& group) { return group.reasons == why; });
  if (same == groups_.end()) {
    groups_.push_back({why, name, 1});
  } else {
    same->first_pod = std::min(same->first_pod, name);
    ++same->count;
  }
  return true;
}

std::vector<std::string> ExistingPods::warnings(std::size_t total) const {
  std::vector<std::string> out, lines;
  if (seen_ < total) {
    out.push_back("new PodSecurity enforce level only checked against the first " +
                  std::to_string(seen_) + " of " + std::to_string(total) + " existing pods");
  }
  if (groups_.empty()) return out;
  out.push_back("existing pods in namespace \"" + ns_ +
                "\" violate the new PodSecurity enforce level \"" + by_.text() + "\"");
  for (const Same& group : groups_) {
    std::string others;
    if (group.count == 2) others = " (and 1 other pod)";
    if (group.count > 2) others = " (and " + std::to_string(group.count - 1) + " other pods)";
    lines.push_back(group.first_pod + others + ": " + group.reasons);
  }
  std::sort(lines.begin(), lines.end());
  out.insert(out.end(), lines.begin(), lines.end());
  return out;
}

}  // namespace limen::pod_security
