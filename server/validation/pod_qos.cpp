#include "validation/pod_qos.h"

#include <initializer_list>
#include <optional>

#include "object/metadata.h"
#include "object/quantity.h"

namespace limen::validation {

namespace {

using object::Json;

// The amount of `resource` in requests or limits; nothing when absent, zero or no quantity.
std::optional<object::Quantity> amount(const Json& container, std::string_view kind,
                                       std::string_view resource) {
  const Json* value = object::find(container, {"resources", kind, resource});
  if (!value || !value->is_string()) return std::nullopt;
  const auto quantity =
      object::Quantity::parse({value->get_string().data(), value->get_string().size()});
  if (!quantity || quantity->sign() == 0) return std::nullopt;
  return quantity;
}

struct Findings {
  bool any = false;        // some container asks for something
  bool guaranteed = true;  // every container has equal limits and requests of both
};

void look_at(const Json& container, Findings& findings) {
  for (const std::string_view resource : {"cpu", "memory"}) {
    const auto request = amount(container, "requests", resource);
    const auto limit = amount(container, "limits", resource);
    if (request || limit) findings.any = true;
    // A missing request is defaulted from its limit.
    if (!limit || (request && *request != *limit)) findings.guaranteed = false;
  }
}

}  // namespace

std::string_view pod_qos_class(const Json& pod) {
  Findings findings;
  for (const std::string_view list : {"containers", "initContainers"}) {
    const Json* containers = object::find(pod, {"spec", list});
    if (!containers || !containers->is_array()) continue;
    for (const Json& container : containers->get_array()) look_at(container, findings);
  }
  if (!findings.any) return "BestEffort";
  return findings.guaranteed ? "Guaranteed" : "Burstable";
}

}  // namespace limen::validation
