// What objects use of a ResourceQuota: which names of `hard` an object counts for, and how much.
//
// One reckoning for who admits objects and for who keeps the status of quotas, which must agree to
// the last digit. Documents are read through `Value`: limen::Node, or anything that navigates as it
// does ([], at, item, size, view_or, string_or, as_string, as_int, int_or, as_bool, to_json,
// range-for of key and value). Pure functions; any thread. Follows kube-apiserver 1.36.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "limen/cpp/quantity.hpp"
#include "limen/cpp/quota_pods.hpp"

namespace limen::quota {

inline constexpr std::string_view kStorageClass = ".storageclass.storage.k8s.io/";
inline constexpr std::string_view kDeviceClass = ".deviceclass.resource.k8s.io/devices";
inline constexpr std::int64_t kMostDevices = 32;  // that one request of a claim may be given

// A resource of an API group; "" is core.
struct GroupResource {
  std::string group, resource;
  friend bool operator==(const GroupResource& a, const GroupResource& b) {
    return a.group == b.group && a.resource == b.resource;
  }
  friend bool operator!=(const GroupResource& a, const GroupResource& b) { return !(a == b); }
  friend bool operator<(const GroupResource& a, const GroupResource& b) {
    return std::tie(a.group, a.resource) < std::tie(b.group, b.resource);
  }
};

inline bool is_pods(const GroupResource& of) { return of.group.empty() && of.resource == "pods"; }
inline bool is_services(const GroupResource& of) {
  return of.group.empty() && of.resource == "services";
}
inline bool is_volume_claims(const GroupResource& of) {
  return of.group.empty() && of.resource == "persistentvolumeclaims";
}
inline bool is_device_claims(const GroupResource& of) {
  return of.group == "resource.k8s.io" && of.resource == "resourceclaims";
}

// What no quota counts: requests that store nothing, and events.
inline bool is_ignored(const GroupResource& of) {
  if (of.group.empty()) {
    return of.resource == "bindings" || of.resource == "componentstatuses" ||
           of.resource == "events";
  }
  return of.group == "authentication.k8s.io" || of.group == "authorization.k8s.io" ||
         (of.group == "events.k8s.io" && of.resource == "events");
}

// The name that counts every object of a resource: count/pods, count/deployments.apps.
inline std::string count_name(const GroupResource& of) {
  return "count/" + of.resource + (of.group.empty() ? "" : ".") + of.group;
}

// The older name that counts the same; empty when there is none.
inline std::string_view count_alias(const GroupResource& of) {
  constexpr std::array<std::string_view, 4> kNames = {"configmaps", "replicationcontrollers",
                                                      "resourcequotas", "secrets"};
  if (!of.group.empty()) return {};
  const auto found = std::find(kNames.begin(), kNames.end(), of.resource);
  return found == kNames.end() ? std::string_view() : *found;
}

// Whether objects of a resource count for `name` of a quota's `hard`.
inline bool counts_for(const GroupResource& of, std::string_view name) {
  if (is_ignored(of)) return false;
  if (name == count_name(of)) return true;
  if (is_pods(of)) return is_pod_amount(name);
  if (is_services(of)) {
    return name == "services" || name == "services.loadbalancers" || name == "services.nodeports";
  }
  if (is_volume_claims(of)) {
    for (const std::string_view one : {"persistentvolumeclaims", "requests.storage"}) {
      if (name == one || detail::ends_with(name, std::string(kStorageClass) + std::string(one)))
        return true;
    }
    return false;
  }
  if (is_device_claims(of)) return detail::ends_with(name, kDeviceClass);
  return !name.empty() && name == count_alias(of);
}

// Those names of `hard` that objects of a resource count for, sorted.
inline std::set<std::string> names_counted(const GroupResource& of, const Amounts& hard) {
  std::set<std::string> out;
  for (const auto& [name, amount] : hard) {
    if (counts_for(of, name)) out.insert(name);
  }
  return out;
}

// The resources whose objects count for any name of `hard`.
inline std::set<GroupResource> resources_counted(const Amounts& hard) {
  static const std::array<GroupResource, 8> kKnown = {{{"", "pods"},
                                                       {"", "services"},
                                                       {"", "persistentvolumeclaims"},
                                                       {"resource.k8s.io", "resourceclaims"},
                                                       {"", "configmaps"},
                                                       {"", "replicationcontrollers"},
                                                       {"", "resourcequotas"},
                                                       {"", "secrets"}}};
  std::set<GroupResource> out;
  for (const auto& [name, amount] : hard) {
    std::string_view rest = name;
    if (detail::starts_with(rest, "count/")) {
      rest.remove_prefix(6);
      const std::size_t dot = rest.find('.');
      GroupResource of{dot == rest.npos ? "" : std::string(rest.substr(dot + 1)),
                       std::string(rest.substr(0, dot))};
      if (!of.resource.empty() && !is_ignored(of)) out.insert(std::move(of));
      continue;
    }
    for (const GroupResource& of : kKnown) {
      if (counts_for(of, name)) out.insert(of);
    }
  }
  return out;
}

namespace detail {

inline Amounts one_of(std::initializer_list<std::string_view> names) {
  Amounts out;
  for (const std::string_view name : names) out.emplace(name, Quantity::whole(1));
  return out;
}

template <class Value>
Amounts service_usage(const Value& service) {
  Amounts out = one_of({"count/services", "services"});
  const auto spec = service["spec"];
  const std::string_view type = spec["type"].view_or("");
  const auto ports = static_cast<std::int64_t>(spec["ports"].size());
  std::int64_t node_ports = type == "NodePort" || type == "LoadBalancer" ? ports : 0;
  if (type == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"].as_bool() == false) {
    node_ports = 0;  // only those that are asked for
    for (const auto& [key, port] : spec["ports"]) node_ports += port["nodePort"].int_or(0) != 0;
  }
  out["services.nodeports"] = Quantity::whole(node_ports);
  out["services.loadbalancers"] = Quantity::whole(type == "LoadBalancer" ? 1 : 0);
  return out;
}

// Whole bytes, rounded up, in the notation of the amount.
inline Quantity whole_bytes(Quantity amount) {
  if (amount.is_integer()) return amount;
  const Quantity up = Quantity::whole(amount.value());
  return amount += up - amount;
}

template <class Value>
Amounts volume_claim_usage(const Value& claim) {
  Amounts out = one_of({"count/persistentvolumeclaims", "persistentvolumeclaims"});
  std::string class_name =
      claim.at("/metadata/annotations/volume.beta.kubernetes.io~1storage-class").string_or("");
  if (class_name.empty()) class_name = claim.at("/spec/storageClassName").string_or("");
  const std::string by_class =
      class_name.empty() ? std::string() : class_name + std::string(kStorageClass);
  if (!by_class.empty()) out[by_class + "persistentvolumeclaims"] = Quantity::whole(1);
  const auto asked = claim.at("/spec/resources/requests/storage");
  if (!asked) return out;
  Quantity size = whole_bytes(read_amount(asked));
  // While a volume shrinks back from a failed growth, what was set aside for it counts.
  if (const auto allocated = claim.at("/status/allocatedResources/storage")) {
    size = std::max(size, whole_bytes(read_amount(allocated)));
  }
  out["requests.storage"] = size;
  if (!by_class.empty()) out[by_class + "requests.storage"] = size;
  return out;
}

// At most so many devices; a way of allocation that is not known counts nothing.
template <class Value>
std::int64_t devices_of(const Value& request) {
  const std::string_view mode = request["allocationMode"].view_or("ExactCount");
  if (mode == "All") return kMostDevices;
  return mode == "ExactCount" ? request["count"].int_or(1) : 0;
}

template <class Value>
Amounts device_claim_usage(const Value& claim) {
  Amounts out = one_of({"count/resourceclaims.resource.k8s.io"});
  const auto name_of = [](const Value& request) {
    return request["deviceClassName"].string_or("") + std::string(kDeviceClass);
  };
  for (const auto& [key, request] : claim.at("/spec/devices/requests")) {
    const auto choices = request["firstAvailable"];
    if (choices.size() != 0) {
      Amounts most;  // whichever is given, it is no more of any class
      for (const auto& [index, choice] : choices) {
        Quantity& there = most[name_of(choice)];
        there = std::max(there, Quantity::whole(devices_of(choice)));
      }
      add(out, most);
      continue;
    }
    // Since v1beta2 the one way is under `exactly`.
    const auto exactly = request["exactly"];
    const Value& way = exactly ? exactly : request;
    out[name_of(way)] += Quantity::whole(devices_of(way));
  }
  return out;
}

}  // namespace detail

// What an object uses, by name. `now` in seconds since 1970: a pod that should have gone by then
// uses nothing but its count/pods.
template <class Value>
Amounts usage(const GroupResource& of, const Value& object, std::int64_t now) {
  if (is_pods(of)) return pod_usage(object, now);
  if (is_services(of)) return detail::service_usage(object);
  if (is_volume_claims(of)) return detail::volume_claim_usage(object);
  if (is_device_claims(of)) return detail::device_claim_usage(object);
  Amounts out;
  out[count_name(of)] = Quantity::whole(1);
  if (const auto alias = count_alias(of); !alias.empty()) {
    out[std::string(alias)] = Quantity::whole(1);
  }
  return out;
}

// ---- scopes: which objects a quota is about

// A requirement of spec.scopeSelector; a name in spec.scopes is one with the operator Exists.
struct ScopeRule {
  std::string scope, op;
  std::vector<std::string> values;
};

template <class Value>
ScopeRule read_scope_rule(const Value& rule) {
  return {rule["scopeName"].string_or(""), rule["operator"].string_or(""),
          rule["values"].strings()};
}

// Of a ResourceQuota.
template <class Value>
std::vector<ScopeRule> scope_rules(const Value& quota) {
  std::vector<ScopeRule> out;
  for (const auto& [key, scope] : quota.at("/spec/scopes")) {
    out.push_back({scope.string_or(""), "Exists", {}});
  }
  for (const auto& [key, rule] : quota.at("/spec/scopeSelector/matchExpressions")) {
    out.push_back(read_scope_rule(rule));
  }
  return out;
}

namespace detail {

// As a label selector over one label that has `value`, or is not there when it is empty.
inline bool selects(const ScopeRule& rule, std::string_view value) {
  if (rule.op == "Exists") return !value.empty();
  if (rule.op == "DoesNotExist") return value.empty();
  const bool listed = !value.empty() &&
                      std::find(rule.values.begin(), rule.values.end(), value) != rule.values.end();
  if (rule.op == "In") return listed;
  return rule.op == "NotIn" && !listed;
}

template <class Value>
bool volume_claim_in_scope(const ScopeRule& rule, const Value& claim) {
  if (rule.scope != "VolumeAttributesClass") return false;
  std::set<std::string> classes;  // the one it is to have and the one it has, while it changes
  for (const char* at :
       {"/spec/volumeAttributesClassName", "/status/currentVolumeAttributesClassName",
        "/status/modifyVolumeStatus/targetVolumeAttributesClassName"}) {
    if (std::string name = claim.at(at).string_or(""); !name.empty())
      classes.insert(std::move(name));
  }
  if (classes.empty()) return selects(rule, "");
  return std::any_of(classes.begin(), classes.end(),
                     [&](const std::string& name) { return selects(rule, name); });
}

template <class Value>
bool pod_in_scope(const ScopeRule& rule, const Value& pod) {
  if (rule.scope == "Terminating") return has_deadline(pod);
  if (rule.scope == "NotTerminating") return !has_deadline(pod);
  if (rule.scope == "BestEffort") return is_best_effort(pod);
  if (rule.scope == "NotBestEffort") return !is_best_effort(pod);
  if (rule.scope == "CrossNamespacePodAffinity") return has_affinity_across_namespaces(pod);
  if (rule.scope != "PriorityClass") return false;
  return selects(rule, pod.at("/spec/priorityClassName").view_or(""));
}

}  // namespace detail

// Objects other than pods and claims of volumes are in no scope.
template <class Value>
bool in_scope(const GroupResource& of, const ScopeRule& rule, const Value& object) {
  if (is_pods(of)) return detail::pod_in_scope(rule, object);
  return is_volume_claims(of) && detail::volume_claim_in_scope(rule, object);
}

// Whether an object is in all scopes of a quota; one without scopes is about every object.
template <class Value>
bool in_all_scopes(const GroupResource& of, const std::vector<ScopeRule>& rules,
                   const Value& object) {
  return std::all_of(rules.begin(), rules.end(),
                     [&](const ScopeRule& rule) { return in_scope(of, rule, object); });
}

}  // namespace limen::quota
