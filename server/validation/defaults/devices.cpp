#include <chrono>

#include "base/time.h"
#include "validation/defaults/defaulters.h"

namespace limen::validation::defaults {

namespace {

using Members = boost::json::object;

Members* existing(Members* members, std::string_view key) {
  Json* found = members ? members->if_contains(key) : nullptr;
  return found ? found->if_object() : nullptr;
}

void fill_text(Members& members, std::string_view key, std::string_view value) {
  Json& current = members[key];
  if (current.is_null() || (current.is_string() && current.get_string().empty())) {
    current = boost::json::string(value.data(), value.size());
  }
}

// One device, where it is not said how many.
void wanted(Members& request) {
  fill_text(request, "allocationMode", "ExactCount");
  if (request["allocationMode"] == "ExactCount") {
    Json& count = request["count"];
    if (count.is_null() || count == 0) count = 1;
  }
  each_object(request, "tolerations",
              [](Members& toleration) { fill_text(toleration, "operator", "Equal"); });
}

void claim_spec(Members* spec) {
  Members* devices = existing(spec, "devices");
  if (!devices) return;
  each_object(*devices, "requests", [](Members& request) {
    if (Members* exactly = existing(&request, "exactly")) wanted(*exactly);
    each_object(request, "firstAvailable", wanted);
  });
}

void taint(Members& members) {
  fill(members, "timeAdded", Json(base::format_time(std::chrono::system_clock::now())));
}

}  // namespace

void resource_claim(Members& object) { claim_spec(existing(&object, "spec")); }

void resource_claim_template(Members& object) {
  claim_spec(existing(existing(&object, "spec"), "spec"));
}

void resource_slice(Members& object) {
  Members* spec = existing(&object, "spec");
  if (!spec) return;
  each_object(*spec, "devices", [](Members& device) {
    each_object(device, "taints", taint);
    Members* mappings = existing(&device, "nodeAllocatableResourceMappings");
    if (!mappings) return;
    for (auto& mapping : *mappings) {
      if (Members* each = mapping.value().if_object()) fill(*each, "allocationMultiplier", "1");
    }
  });
}

void device_taint_rule(Members& object) {
  if (Members* rule = existing(existing(&object, "spec"), "taint")) taint(*rule);
}

void pod_certificate_request(Members& object) {
  constexpr int kDay = 86'400;
  if (Members* spec = existing(&object, "spec")) fill(*spec, "maxExpirationSeconds", kDay);
}

}  // namespace limen::validation::defaults
