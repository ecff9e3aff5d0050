// The checks of the Pod Security Standards: what each forbids, from which version on. Pure; any
// thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "limen/cpp/pods.hpp"
#include "policy.h"

namespace limen::pod_security {

// Why a pod is not allowed, as kube-apiserver words it: "privileged" and `container "a" must not
// set securityContext.privileged=true`. An empty reason: it is allowed.
struct Finding {
  std::string reason{}, detail{};
  explicit operator bool() const { return !reason.empty(); }
};

// A check from a version on; a later entry of the same id replaces an earlier one, and an entry
// without a function ends the check.
struct Check {
  std::string_view id;
  Level level;
  int since;  // minor version
  Finding (*look)(const PodPlace& pod);
  // The id of the baseline check that this restricted one includes.
  std::string_view includes{};
};

extern const std::vector<Check> kBaseline;
extern const std::vector<Check> kRestricted;

// Whether the pod wants to see more of /proc than containers do. A pod with a user namespace of its
// own may by the newer baseline, and never by the restricted level.
Finding proc_mount(const PodPlace& pod);

// What is wrong with a pod by a level in a version, in kube-apiserver's order.
std::vector<Finding> evaluate(const LevelVersion& by, const PodPlace& pod);
// "reason (detail), reason (detail)", and the reasons alone.
std::string details(const std::vector<Finding>& findings);
std::string reasons(const std::vector<Finding>& findings);

// ---- wording

using Names = std::vector<std::string>;

std::string plural(const char* one, const char* many, std::size_t count);
// `"a", "b"`.
std::string quoted(const Names& names);
std::string quoted(const std::set<std::string>& names);
// `container "a"`, `containers "a", "b"`.
std::string containers(const Names& names);
// `pod and container "a"`; those who set something.
std::string setters(bool pod, const Names& containers);

// Calls fn(name, container, its securityContext) for every container of the pod.
template <class Fn>
void each_named_container(const PodPlace& pod, Fn&& fn) {
  each_container(pod, [&](const ContainerPlace& at) {
    fn(at.container["name"].string_or(""), at.container, at.container["securityContext"]);
  });
}

}  // namespace limen::pod_security
