// What a pod's subresources may change: `resize` cpu and memory, `ephemeralcontainers` nothing but
// to add some.
#include <algorithm>
#include <map>
#include <string>

#include "object/decode.h"
#include "validation/kinds/changes.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"
#include "validation/pod_qos.h"

namespace limen::validation::kinds {

namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

// A static pod: its kubelet alone says what it is.
bool is_mirror(const Json& pod) {
  return find(pod, {"metadata", "annotations", kMirror}) != nullptr;
}

// What Go cannot tell from nothing goes, so that nothing but differences that count are left.
void drop_empty(Json& value) {
  if (boost::json::array* list = value.if_array()) {
    for (Json& each : *list) drop_empty(each);
    return;
  }
  boost::json::object* object = value.if_object();
  if (!object) return;
  for (auto entry = object->begin(); entry != object->end();) {
    drop_empty(entry->value());
    const Json& inner = entry->value();
    const bool empty = inner.is_null() || (inner.is_array() && inner.get_array().empty()) ||
                       (inner.is_object() && inner.get_object().empty());
    entry = empty ? object->stable_erase(entry) : entry + 1;
  }
}

bool is_same(const Json& left, const Json& right) {
  Json one = object::mutable_copy(left);
  Json other = object::mutable_copy(right);
  drop_empty(one);
  drop_empty(other);
  return one == other;
}

// ---- resize -------------------------------------------------------------------------------------

// Whether something that was asked for is not asked for any more.
bool has_lost(const Json* now, const Json* before) {
  for (const auto& amount : members(before)) {
    if (!members(now).contains(amount.key())) return true;
  }
  return false;
}

void check_kept(const Json& now, const Json& before, std::string_view what, const FieldPath& path,
                Causes& causes) {
  for (const std::string_view kind : {"requests", "limits"}) {
    if (!has_lost(member(now, kind), member(before, kind))) continue;
    causes.forbidden(path.child(kind),
                     std::string(what) + std::string(kind) + " cannot be removed");
  }
}

// `owner` with the cpu and memory that `old` has.
Json without_resize(const Json& owner, const Json& old) {
  Json out = object::mutable_copy(owner);
  const Json& before = object_at(old, "resources");
  boost::json::object& resources = object::object_at(out, "resources");
  for (const std::string_view kind : {"requests", "limits"}) {
    Json& amounts = resources[kind];
    if (!amounts.is_object()) amounts.emplace_object();
    for (const std::string_view name : {"cpu", "memory"}) {
      const Json* value = find(before, {kind, name});
      if (value) {
        amounts.get_object()[name] = *value;
      } else {
        amounts.get_object().erase(name);
      }
    }
  }
  return out;
}

bool check_same_order(const Json& now, const Json& before, std::string_view list, Causes& causes) {
  const std::span<const Json> containers = elements(member(now, list));
  const std::span<const Json> old = elements(member(before, list));
  const FieldPath path = spec_path().child(list);
  if (containers.size() != old.size()) {
    causes.forbidden(path, std::string(list) + " may not be added or removed on resize");
    return false;
  }
  bool same_order = true;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (text_at(containers[i], "name") == text_at(old[i], "name")) continue;
    causes.forbidden(path.index(i).child("name"),
                     std::string(list) + " may not be renamed or reordered on resize");
    same_order = false;
  }
  return same_order;
}

bool restarts(const Json& container) {
  const std::span<const Json> policies = elements(member(container, "resizePolicy"));
  return std::any_of(policies.begin(), policies.end(), [](const Json& policy) {
    return text_at(policy, "restartPolicy") == "RestartContainer";
  });
}

void check_init_container(const Json& now, const Json& before, const FieldPath& path,
                          Causes& causes) {
  if (!is_same(without_resize(now, before), before)) {
    causes.forbidden(path,
                     "only cpu and memory resources for init or sidecar containers are "
                     "mutable");
  }
  const bool sidecar = text_at(now, "restartPolicy") == "Always";
  if (!sidecar && restarts(now) && !is_same(now, before)) {
    causes.forbidden(path,
                     "non-sidecar init containers with a resize policy of RestartContainer "
                     "cannot be resized");
  }
}

// A kubelet that can resize tells what its running containers have.
bool node_resizes(const Json& pod) {
  for (const Json& status : elements(find(pod, {"status", "containerStatuses"}))) {
    if (find(status, {"state", "running"})) return has(status, "resources");
  }
  return true;  // nothing runs: nobody knows
}

void check_pod_level(const Json& now, const Json& before, Causes& causes) {
  const bool was = has(before, "resources");
  const FieldPath path = spec_path().child("resources");
  if (was && !has(now, "resources")) {
    return causes.forbidden(path, "pod-level resources cannot be removed");
  }
  if (!was && !has(now, "resources")) return;
  check_kept(object_at(now, "resources"), object_at(before, "resources"), "pod-level resource ",
             path, causes);
  const Json left = without_resize(now, before);
  if (!is_same(object_at(left, "resources"), object_at(before, "resources"))) {
    causes.forbidden(spec_path(), "only cpu and memory resources are mutable at pod-level");
  }
}

}  // namespace

void check_pod_resize(const Json& object, const Json& old, Causes& causes) {
  const Json& now = spec_of(object);
  const Json& before = spec_of(old);
  if (is_mirror(old)) return causes.forbidden(FieldPath("[]"), "static pods cannot be resized");
  if (text_at(object_at(before, "os"), "name") == "windows") {
    return causes.forbidden(FieldPath("[]"), "windows pods cannot be resized");
  }
  check_pod(object, causes);
  std::string_view quality = text_at(status_of(old), "qosClass");
  if (quality.empty()) quality = pod_qos_class(old);
  if (quality != pod_qos_class(object)) {
    causes.invalid(spec_path(), text_at(status_of(object), "qosClass"),
                   "Pod QOS Class may not change as a result of resizing");
  }
  if (!node_resizes(old)) {
    causes.forbidden(spec_path(), "Pod running on node without support for resize");
  }
  check_pod_level(now, before, causes);
  const bool same_containers = check_same_order(now, before, "containers", causes);
  if (!check_same_order(now, before, "initContainers", causes) || !same_containers) return;
  for (const std::string_view list : {"initContainers", "containers"}) {
    std::size_t index = 0;
    for (const Json& container : elements(member(before, list))) {
      const FieldPath path = spec_path().child(list).index(index);
      const Json& changed = elements(member(now, list))[index++];
      check_kept(object_at(changed, "resources"), object_at(container, "resources"), "resource ",
                 path.child("resources"), causes);
    }
  }
  for (std::size_t i = 0; i < elements(member(before, "containers")).size(); ++i) {
    const Json& container = elements(member(before, "containers"))[i];
    const Json left = without_resize(elements(member(now, "containers"))[i], container);
    if (is_same(left, container)) continue;
    causes.forbidden(spec_path(), "only cpu and memory resources are mutable" +
                                      changes_between(container, left));
  }
  for (std::size_t i = 0; i < elements(member(before, "initContainers")).size(); ++i) {
    check_init_container(elements(member(now, "initContainers"))[i],
                         elements(member(before, "initContainers"))[i],
                         spec_path().child("initContainers").index(i), causes);
  }
}

void check_ephemeral_containers_update(const Json& object, const Json& old, Causes& causes) {
  if (is_mirror(old)) {
    return causes.forbidden(FieldPath("[]"), "static pods do not support ephemeral containers");
  }
  check_pod(object, causes);
  const FieldPath path = spec_path().child("ephemeralContainers");
  std::map<std::string_view, const Json*> now;
  for (const Json& container : elements(member(spec_of(object), "ephemeralContainers"))) {
    now[text_at(container, "name")] = &container;
  }
  for (const Json& container : elements(member(spec_of(old), "ephemeralContainers"))) {
    const std::string_view name = text_at(container, "name");
    const auto found = now.find(name);
    const std::string which =
        "existing ephemeral containers \"" + std::string(name) + "\" may not be ";
    if (found == now.end()) {
      causes.forbidden(path, which + "removed\n");
    } else if (!is_same(*found->second, container)) {
      causes.forbidden(path, which + "changed" + changes_between(container, *found->second));
    }
  }
}

}  // namespace limen::validation::kinds
