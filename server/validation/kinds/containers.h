// Containers of a pod's spec, of all three lists.
// Thread rule: free functions, any thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "object/metadata.h"
#include "validation/causes.h"

namespace limen::validation::kinds {

// What the rules of containers need to know of their spec. Borrows from it.
struct PodContext {
  std::map<std::string_view, const Json*> volumes;  // good ones, by name; null: claimed elsewhere
  std::set<std::string_view> claims;                // names in spec.resourceClaims
  const Json* grace_period = nullptr;               // spec.terminationGracePeriodSeconds
  std::string_view restart_policy;
  bool host_users = true;
  bool in_pod = false;  // a pod's own spec, not a template's
};

void check_containers(const Json& spec, const PodContext& pod, const FieldPath& path,
                      Causes& causes);
void check_init_containers(const Json& spec, const PodContext& pod, const FieldPath& path,
                           Causes& causes);
void check_ephemeral_containers(const Json& spec, const PodContext& pod, const FieldPath& path,
                                Causes& causes);
// What holds for the images of a pod, but not for those of a template.
void check_pod_images(const Json& spec, const FieldPath& path, Causes& causes);

// container_env.cpp
void check_env(const Json& container, const FieldPath& path, Causes& causes);
// container_mounts.cpp
void check_mounts(const Json& container, const PodContext& pod, const FieldPath& path,
                  Causes& causes);
// probes.cpp
void check_probes(const Json& container, const PodContext& pod, const FieldPath& path,
                  Causes& causes);
void check_lifecycle(const Json& container, const PodContext& pod, const FieldPath& path,
                     Causes& causes);
// pod_resources.cpp
using ResourceNameCheck = void (*)(std::string_view name, const FieldPath& path, Causes& causes);
void check_resources(const Json& resources, ResourceNameCheck name,
                     const std::set<std::string_view>& claims, const FieldPath& path,
                     Causes& causes);
void check_pod_resources(const Json& spec, const std::set<std::string_view>& claims,
                         const FieldPath& path, Causes& causes);
void check_resize_policy(const Json& container, const PodContext& pod, const FieldPath& path,
                         Causes& causes);
// pod_security.cpp
void check_security_context(const Json& container, const PodContext& pod, const FieldPath& path,
                            Causes& causes);
void check_pod_security(const Json& spec, const FieldPath& path, Causes& causes);
void check_pod_os(const Json& spec, const FieldPath& path, Causes& causes);
void check_host_users(const Json& spec, const FieldPath& path, Causes& causes);
// pod_placement.cpp
void check_affinity(const Json& spec, const FieldPath& path, Causes& causes);
void check_node_selector(const Json& selector, const FieldPath& path, Causes& causes);
void check_tolerations(const Json* tolerations, const FieldPath& path, Causes& causes);
void check_spread_constraints(const Json& spec, const FieldPath& path, Causes& causes);
void check_taint_effect(std::string_view effect, const FieldPath& path, Causes& causes);

// Calls `visit(container, path)` for every container: init, then regular, then ephemeral ones.
template <typename Visit>
void each_container(const Json& spec, const FieldPath& path, Visit visit) {
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    std::size_t index = 0;
    for (const Json& container : elements(object::member(spec, list))) {
      visit(container, path.child(list).index(index++));
    }
  }
}

}  // namespace limen::validation::kinds
