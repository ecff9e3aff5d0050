// Rules of resource.k8s.io: claims of devices, classes, slices and taints of them, in the form they
// are stored in. What selectors' expressions say is not judged here.
#include <set>
#include <string>
#include <vector>

#include "base/strings.h"
#include "validation/kinds/containers.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"
#include "validation/kinds/volume_sources.h"

namespace limen::validation::kinds {

namespace {

constexpr std::size_t kMostRequests = 32;
constexpr std::string_view kAboutRequests =
    "must be the name of a request in the claim or the name of a request and a subrequest "
    "separated by '/'";

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

// Calls `check(element, path)` for each, when there are not too many.
template <typename Check>
void check_list(const Json& owner, std::string_view key, std::size_t most, const FieldPath& path,
                Causes& causes, Check check) {
  const std::span<const Json> list = elements(member(owner, key));
  const FieldPath at = path.child(key);
  if (list.size() > most) {
    return causes.too_many(at, list.size(), static_cast<std::int64_t>(most));
  }
  std::size_t index = 0;
  for (const Json& each : list) check(each, at.index(index++));
}

// The same, where `name` tells elements apart.
template <typename Check>
void check_named(const Json& owner, std::string_view key, std::size_t most, std::string_view name,
                 const FieldPath& path, Causes& causes, Check check) {
  std::set<std::string_view> seen;
  check_list(owner, key, most, path, causes, [&](const Json& each, const FieldPath& at) {
    check(each, at);
    if (!seen.insert(text_at(each, name)).second) causes.duplicate(at, text_at(each, name));
  });
}

void check_pool_name(std::string_view name, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kLongest = 253;
  if (name.empty()) return causes.required(path);
  if (name.size() > kLongest) causes.too_long(path, kLongest);
  while (true) {
    const std::size_t slash = name.find('/');
    check_text(name.substr(0, slash), object::dns1123_subdomain, path, causes);
    if (slash == std::string_view::npos) return;
    name.remove_prefix(slash + 1);
  }
}

// ---- requests -----------------------------------------------------------------------------------

void check_selectors(const Json& owner, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kMost = 32;
  constexpr std::size_t kLongest = 10 * 1024;
  check_list(owner, "selectors", kMost, path, causes, [&](const Json& each, const FieldPath& at) {
    if (!has(each, "cel")) return causes.required(at.child("cel"));
    const std::string_view expression = text_at(object_at(each, "cel"), "expression");
    const FieldPath place = at.child("cel").child("expression");
    if (expression.empty()) causes.required(place);
    if (expression.size() > kLongest) causes.too_long(place, kLongest);
  });
}

void check_device_taint(const Json& taint, const FieldPath& path, Causes& causes) {
  check_text(text_at(taint, "key"), object::qualified_name, path.child("key"), causes);
  check_set_text(taint, "value", object::label_value, path, causes);
  check_enum(text_at(taint, "effect"), {"NoExecute", "NoSchedule", "None"}, path.child("effect"),
             true, causes);
}

void check_device_toleration(const Json& toleration, const FieldPath& path, Causes& causes) {
  check_set_text(toleration, "key", object::qualified_name, path, causes);
  const std::string_view op = text_at(toleration, "operator");
  const std::string_view value = text_at(toleration, "value");
  if (op == "Exists" && !value.empty()) {
    causes.invalid(path.child("value"), value, "must be empty for operator `Exists`");
  } else if (op == "Equal") {
    check_text(value, object::label_value, path.child("value"), causes);
  }
  check_enum(op, {"Equal", "Exists"}, path.child("operator"), true, causes);
  check_enum(text_at(toleration, "effect"), {"NoExecute", "NoSchedule", "None"},
             path.child("effect"), false, causes);
}

// What a request for devices of one class says.
void check_devices_wanted(const Json& request, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kMostTolerations = 16;
  check_needed_text(text_at(request, "deviceClassName"), object::dns1123_subdomain,
                    path.child("deviceClassName"), causes);
  check_selectors(request, path, causes);
  const std::string_view mode = text_at(request, "allocationMode");
  const std::int64_t count = number_at(request, "count");
  if (mode == "All") {
    if (count != 0) {
      causes.invalid(path.child("count"), Json(count),
                     "must not be specified when allocationMode is 'All'");
    }
  } else if (mode == "ExactCount") {
    if (count <= 0) causes.invalid(path.child("count"), Json(count), kGreaterThanZero);
  } else {
    causes.not_supported(path.child("allocationMode"), mode, {"All", "ExactCount"});
  }
  check_list(
      request, "tolerations", kMostTolerations, path, causes,
      [&](const Json& each, const FieldPath& at) { check_device_toleration(each, at, causes); });
}

void check_request(const Json& request, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kMostAlternatives = 8;
  check_text(text_at(request, "name"), object::dns1123_label, path.child("name"), causes);
  const bool exact = has(request, "exactly");
  const bool first = !elements(member(request, "firstAvailable")).empty();
  if (!exact && !first) {
    causes.required(path, "exactly one of `exactly` or `firstAvailable` is required");
  } else if (exact && first) {
    causes.invalid(path, Json(),
                   "exactly one of `exactly` or `firstAvailable` is required, but multiple fields "
                   "are set");
  } else if (exact) {
    check_devices_wanted(object_at(request, "exactly"), path.child("exactly"), causes);
  } else {
    check_named(request, "firstAvailable", kMostAlternatives, "name", path, causes,
                [&](const Json& each, const FieldPath& at) {
                  check_text(text_at(each, "name"), object::dns1123_label, at.child("name"),
                             causes);
                  check_devices_wanted(each, at, causes);
                });
  }
}

// Names of requests, and of the alternatives of one as "request/alternative".
std::set<std::string> names_of(const Json& devices) {
  std::set<std::string> names;
  for (const Json& request : elements(member(devices, "requests"))) {
    const std::string name(text_at(request, "name"));
    names.insert(name);
    for (const Json& each : elements(member(request, "firstAvailable"))) {
      names.insert(name + '/' + std::string(text_at(each, "name")));
    }
  }
  return names;
}

void check_named_requests(const Json& owner, const std::set<std::string>& names,
                          const FieldPath& path, Causes& causes) {
  std::set<std::string_view> seen;
  check_list(owner, "requests", kMostRequests, path, causes,
             [&](const Json& each, const FieldPath& at) {
               const std::string_view name = text(&each);
               if (!names.contains(std::string(name))) causes.invalid(at, name, kAboutRequests);
               if (!seen.insert(name).second) causes.duplicate(at, name);
             });
}

void check_opaque(const Json& config, const FieldPath& path, Causes& causes) {
  if (!has(config, "opaque")) return causes.required(path.child("opaque"));
  const Json& opaque = object_at(config, "opaque");
  const FieldPath at = path.child("opaque");
  check_csi_driver_name(text_at(opaque, "driver"), at.child("driver"), causes);
  if (!has(opaque, "parameters")) causes.required(at.child("parameters"));
}

void check_claim_devices(const Json& devices, const FieldPath& path, Causes& causes) {
  check_named(devices, "requests", kMostRequests, "name", path, causes,
              [&](const Json& each, const FieldPath& at) { check_request(each, at, causes); });
  const std::set<std::string> names = names_of(devices);
  check_list(devices, "constraints", kMostRequests, path, causes,
             [&](const Json& each, const FieldPath& at) {
               check_named_requests(each, names, at, causes);
               if (!has(each, "matchAttribute") && !has(each, "distinctAttribute")) {
                 causes.required(at.child("matchAttribute"));
               }
             });
  check_list(devices, "config", kMostRequests, path, causes,
             [&](const Json& each, const FieldPath& at) {
               check_named_requests(each, names, at, causes);
               check_opaque(each, at, causes);
             });
}

// ---- slices -------------------------------------------------------------------------------------

void check_only_true(const Json& spec, std::string_view key, const FieldPath& path,
                     Causes& causes) {
  if (has(spec, key) && !is_true(member(spec, key))) {
    causes.invalid(path.child(key), Json(false), "must be either unset or set to true");
  }
}

// Where the devices of a slice are: exactly one way to say it.
void check_slice_place(const Json& spec, Causes& causes) {
  constexpr std::string_view kOne =
      "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  std::vector<std::string> set;
  if (has(spec, "nodeName")) {
    const std::string_view node = text_at(spec, "nodeName");
    if (node.empty()) {
      causes.invalid(spec_path().child("nodeName"), node,
                     "must be either unset or set to a non-empty string");
    } else {
      set.emplace_back("`nodeName`");
      check_text(node, object::dns1123_subdomain, spec_path().child("nodeName"), causes);
    }
  }
  if (has(spec, "nodeSelector")) {
    set.emplace_back("`nodeSelector`");
    const Json& selector = object_at(spec, "nodeSelector");
    const FieldPath path = spec_path().child("nodeSelector");
    check_node_selector(selector, path, causes);
    const Json* terms = member(selector, "nodeSelectorTerms");
    if (elements(terms).size() != 1) {
      causes.invalid(path.child("nodeSelectorTerms"), or_null(terms),
                     "must have exactly one node selector term");
    }
  }
  for (const std::string_view key : {"allNodes", "perDeviceNodeSelection"}) {
    check_only_true(spec, key, spec_path(), causes);
    if (is_true(member(spec, key))) set.push_back("`" + std::string(key) + "`");
  }
  if (set.empty()) {
    causes.required(spec_path(), kOne);
  } else if (set.size() > 1) {
    causes.invalid(spec_path(), "{" + base::join(set, ", ") + "}",
                   std::string(kOne) + ", but multiple fields are set");
  }
}

void check_device(const Json& device, bool has_place, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kMostTaints = 16;
  constexpr std::size_t kMostFacts = 32;
  check_text(text_at(device, "name"), object::dns1123_label, path.child("name"), causes);
  const std::size_t facts =
      members(member(device, "attributes")).size() + members(member(device, "capacity")).size();
  if (facts > kMostFacts) {
    causes.invalid(path, Json(facts),
                   "the total number of attributes and capacities must not exceed 32");
  }
  check_list(device, "taints", kMostTaints, path, causes,
             [&](const Json& each, const FieldPath& at) { check_device_taint(each, at, causes); });
  const bool placed =
      has(device, "nodeName") || has(device, "nodeSelector") || has(device, "allNodes");
  if (has_place && !placed) {
    causes.required(path,
                    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when "
                    "`perDeviceNodeSelection` is set to true in the ResourceSlice spec");
  } else if (!has_place && placed) {
    causes.invalid(path, Json(),
                   "`nodeName`, `nodeSelector` and `allNodes` can only be set if "
                   "`perDeviceNodeSelection` is set to true in the ResourceSlice spec");
  }
}

}  // namespace

void check_device_class(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_selectors(spec, spec_path(), causes);
  check_list(spec, "config", kMostRequests, spec_path(), causes,
             [&](const Json& each, const FieldPath& at) { check_opaque(each, at, causes); });
}

void check_device_taint_rule(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  const Json& selector = object_at(spec, "deviceSelector");
  const FieldPath path = spec_path().child("deviceSelector");
  if (has(selector, "driver")) {
    check_csi_driver_name(text_at(selector, "driver"), path.child("driver"), causes);
  }
  if (has(selector, "pool")) {
    check_pool_name(text_at(selector, "pool"), path.child("pool"), causes);
  }
  if (has(selector, "device")) {
    check_text(text_at(selector, "device"), object::dns1123_label, path.child("device"), causes);
  }
  check_device_taint(object_at(spec, "taint"), spec_path().child("taint"), causes);
}

void check_resource_claim_create(const Json& object, Causes& causes) {
  check_claim_devices(object_at(spec_of(object), "devices"), spec_path().child("devices"), causes);
}

void check_resource_claim_template_create(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_template_metadata(object_at(spec, "metadata"), spec_path().child("metadata"), causes);
  check_claim_devices(object_at(spec_of(spec), "devices"),
                      spec_path().child("spec").child("devices"), causes);
}

void check_resource_slice(const Json& object, Causes& causes) {
  constexpr std::size_t kMostDevices = 128;
  const Json& spec = spec_of(object);
  check_csi_driver_name(text_at(spec, "driver"), spec_path().child("driver"), causes);
  const Json& pool = object_at(spec, "pool");
  const FieldPath path = spec_path().child("pool");
  check_pool_name(text_at(pool, "name"), path.child("name"), causes);
  const std::int64_t slices = number_at(pool, "resourceSliceCount");
  if (slices <= 0) {
    causes.invalid(path.child("resourceSliceCount"), Json(slices), kGreaterThanZero);
  }
  const std::int64_t generation = number_at(pool, "generation");
  if (generation < 0) {
    causes.invalid(path.child("generation"), Json(generation),
                   "must be greater than or equal to zero");
  }
  check_slice_place(spec, causes);
  if (has(spec, "sharedCounters") && has(spec, "devices")) {
    causes.invalid(spec_path(), std::string_view(),
                   "only one of `sharedCounters` or `devices` is allowed");
  }
  const bool each_has_place = is_true(member(spec, "perDeviceNodeSelection"));
  check_named(spec, "devices", kMostDevices, "name", spec_path(), causes,
              [&](const Json& each, const FieldPath& at) {
                check_device(each, each_has_place, at, causes);
              });
}

void check_resource_slice_update(const Json& object, const Json& old, Causes& causes) {
  const Json& spec = spec_of(object);
  const Json& before = spec_of(old);
  check_immutable(find(spec, {"pool", "name"}), find(before, {"pool", "name"}),
                  spec_path().child("pool").child("name"), causes);
  for (const std::string_view key : {"driver", "nodeName"}) {
    check_immutable(member(spec, key), member(before, key), spec_path().child(key), causes);
  }
}

}  // namespace limen::validation::kinds
