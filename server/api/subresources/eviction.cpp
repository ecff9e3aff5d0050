// eviction: a delete that asks the pod's disruption budget first (policy/v1, row M27).
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "api/admit.h"
#include "api/body.h"
#include "api/removal.h"
#include "api/respond.h"
#include "api/subresources/subresources.h"
#include "api/write.h"
#include "base/api_error.h"
#include "base/time.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;

constexpr std::int64_t kMaxDisruptedPods = 2000;
constexpr std::string_view kSuccess =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201})";

ApiError would_violate(const std::string& why, int retry_after_seconds) {
  ApiError error = ApiError::too_many_requests(
      "Cannot evict pod as it would violate the pod's disruption budget.", retry_after_seconds);
  error.details().causes.push_back({"DisruptionBudget", why, ""});
  return error;
}

ApiError still_processed(const std::string& budget) {
  return would_violate(
      "The disruption budget " + budget + " is still being processed by the server.", 10);
}

// What kubectl and controllers read of a budget that allows nothing more.
void tell_insufficient(boost::json::object& status) {
  boost::json::object told{
      {"type", "DisruptionAllowed"},
      {"status", "False"},
      {"observedGeneration", status["observedGeneration"]},
      {"lastTransitionTime", base::format_time(std::chrono::system_clock::now())},
      {"reason", "InsufficientPods"},
      {"message", ""}};
  Json& conditions = status["conditions"];
  if (!conditions.is_array()) conditions.emplace_array();
  for (Json& one : conditions.get_array()) {
    if (object::text_at(one, "type") != "DisruptionAllowed") continue;
    if (object::text_at(one, "status") == "False") {
      told["lastTransitionTime"] = object::text_at(one, "lastTransitionTime");
    }
    one = std::move(told);
    return;
  }
  conditions.get_array().push_back(std::move(told));
}

// Takes one disruption from a budget.
class Disruption final : public Change {
 public:
  explicit Disruption(std::string pod) : pod_(std::move(pod)) {}

  Json apply(Call&, const Json& current) override {
    const std::string name(object::name(current));
    const auto number = [&](std::string_view key) {
      return object::int_or(object::find(current, {"status", key}), 0);
    };
    if (number("observedGeneration") < object::generation(current)) {
      throw still_processed(name);
    }
    const std::int64_t allowed = number("disruptionsAllowed");
    if (allowed < 0) {
      throw ApiError::forbidden("policy", "poddisruptionbudget", name,
                                "pdb disruptions allowed is negative");
    }
    const Json* disrupted = object::find(current, {"status", "disruptedPods"});
    if (disrupted && disrupted->is_object() &&
        static_cast<std::int64_t>(disrupted->get_object().size()) > kMaxDisruptedPods) {
      throw ApiError::forbidden("policy", "poddisruptionbudget", name,
                                "DisruptedPods map too big - too many evictions not confirmed by "
                                "PDB controller");
    }
    if (allowed == 0) {
      throw would_violate("The disruption budget " + name + " needs " +
                              std::to_string(number("desiredHealthy")) + " healthy pods and has " +
                              std::to_string(number("currentHealthy")) + " currently",
                          0);
    }
    Json budget = object::mutable_copy(current);
    boost::json::object& status = object::object_at(budget, "status");
    status["disruptionsAllowed"] = allowed - 1;
    if (allowed == 1) tell_insufficient(status);
    Json& pods = status["disruptedPods"];
    if (!pods.is_object()) pods.emplace_object();
    pods.get_object()[pod_] = base::format_time(std::chrono::system_clock::now());
    return budget;
  }

 private:
  std::string pod_;
};

std::string_view phase_of(const Json& pod) {
  const Json* status = object::member(pod, "status");
  return status ? object::text_at(*status, "phase") : std::string_view();
}

// A pod that does not serve anybody needs no budget's leave.
bool counts(const Json& pod) {
  const std::string_view phase = phase_of(pod);
  return phase != "Succeeded" && phase != "Failed" && phase != "Pending" &&
         object::deletion_timestamp(pod).empty();
}

bool is_ready(const Json& pod) {
  const Json* conditions = object::find(pod, {"status", "conditions"});
  if (!conditions || !conditions->is_array()) return false;
  for (const Json& one : conditions->get_array()) {
    if (object::text_at(one, "type") == "Ready") return object::text_at(one, "status") == "True";
  }
  return false;
}

// A pod that is not ready is no loss to an application that has what it needs, and to none when
// the budget says so.
bool spares_unhealthy(const Json& budget) {
  const Json* spec = object::member(budget, "spec");
  if (spec && object::text_at(*spec, "unhealthyPodEvictionPolicy") == "AlwaysAllow") return true;
  const std::int64_t healthy =
      object::int_or(object::find(budget, {"status", "currentHealthy"}), 0);
  const std::int64_t desired =
      object::int_or(object::find(budget, {"status", "desiredHealthy"}), 0);
  return healthy >= desired && desired > 0;
}

std::vector<std::string> budgets_of(const Call& call, const catalog::Resource& budgets,
                                    const object::Labels& labels) {
  storage::ListOptions all;
  all.ns = call.ns();
  const storage::ResourceId id{std::string(budgets.storage_group), std::string(budgets.name)};
  std::vector<std::string> names;
  for (const storage::ObjectPtr& object : call.store.list(id, all).objects) {
    const object::Document budget = object::Document::parse(object->json);
    const Json* selector = object::find(budget.root(), {"spec", "selector"});
    if (!selector) continue;
    try {
      if (object::LabelSelector::from_object(*selector).matches(labels)) {
        names.push_back(object->name);
      }
    } catch (const object::SelectorError&) {
      continue;  // selects nothing
    }
  }
  return names;
}

// Takes a disruption from the pod's budget, if it has one. The name of a budget that lets the pod
// go uncounted because it is not ready; then it must not become so meanwhile.
base::Task<std::string> ask_budget(Call& call, const storage::StoredObject& pod, const Json& root,
                                   const WriteOptions& options) {
  const catalog::Resource* budgets = catalog::find_resource("policy", "v1", "poddisruptionbudgets");
  if (!budgets) co_return std::string();
  const std::vector<std::string> names = budgets_of(call, *budgets, pod.labels);
  if (names.empty()) co_return std::string();
  if (names.size() > 1) {
    throw ApiError(500, "",
                   "This pod has more than one PodDisruptionBudget, which the eviction subresource "
                   "does not support.");
  }
  const std::string name = names.front();
  Call budget_call{call.context, call.chains, call.store, call.options,
                   *budgets,     nullptr,     call.output};
  const storage::ObjectPtr budget = call.store.get(budget_call.key(name));
  if (budget && !is_ready(root) && spares_unhealthy(object::Document::parse(budget->json).root())) {
    co_return name;
  }
  Disruption change(pod.name);
  const ModifyRules rules{registry::Part::internal, false};
  co_await modify(budget_call, name, rules, options, change);
  co_return std::string();
}

// One try. False when the pod changed meanwhile and is to be looked at again.
base::Task<bool> try_evict(Call& call, const std::string& name, const DeleteOptions& asked,
                           const WriteOptions& options) {
  const storage::ObjectPtr pod = call.store.get(call.key(name));
  if (!pod) throw call.not_found(name);
  const object::Document document = object::Document::parse(pod->json);
  DeleteOptions deletion = asked;
  std::string spared_by;
  const bool guarded = counts(document.root());
  if (guarded) {
    spared_by = co_await ask_budget(call, *pod, document.root(), options);
    if (!spared_by.empty()) deletion.resource_version = std::to_string(pod->revision);
  } else if (phase_of(document.root()) == "Pending" && !asked.resource_version) {
    // It may begin to count.
    deletion.resource_version = std::to_string(pod->revision);
  }
  try {
    co_await remove_object(call, name, deletion, false);
  } catch (const ApiError& error) {
    if (error.code() != 409 || asked.resource_version) throw;
    if (!spared_by.empty()) throw still_processed(spared_by);
    if (guarded || !deletion.resource_version) throw;
    co_return false;
  }
  co_return true;
}

// policy/v1, or policy/v1beta1 as older clients send it.
base::Task<validation::ExpectedKind> eviction_kind(Call& call, std::string_view text,
                                                   BodyFormat format) {
  const catalog::Subresource& sub = *call.subresource;
  validation::ExpectedKind expected{sub.group, sub.version, sub.kind, sub.type};
  const Json peek = co_await decode_value(call, text, format, sub.kind, nullptr);
  if (object::api_version(peek) == "policy/v1beta1") expected.version = "v1beta1";
  co_return expected;
}

}  // namespace

base::Task<void> evict_pod(Call& call) {
  const BodyFormat format = body_format(call.context.head().header("Content-Type"));
  const std::string text = co_await read_body(call);
  WriteOptions options = parse_write_options(call.info().query, "CreateOptions");
  const validation::ExpectedKind expected = co_await eviction_kind(call, text, format);
  Json eviction = co_await decode_body(call, text, format, expected, options);
  settle_namespace(call, eviction);
  const std::string name = call.info().name;
  if (!object::name(eviction).empty() && object::name(eviction) != name) {
    throw ApiError::bad_request("name in URL does not match name in Eviction object: " + name +
                                " != " + std::string(object::name(eviction)));
  }
  const Json* given = object::member(eviction, "deleteOptions");
  Json empty;
  empty.emplace_object();
  DeleteOptions deletion = parse_delete_options(given && given->is_object() ? *given : empty);
  deletion.dry_run = deletion.dry_run || options.dry_run;
  options.dry_run = deletion.dry_run;

  Admit admit(call, admission::kCreate, "create", name, "Eviction", expected.type, options.document,
              options.dry_run);
  const object::Document none;
  co_await admit.mutate(eviction, none);
  co_await admit.validate(eviction, none);

  while (!co_await try_evict(call, name, deletion, options)) check_deadline(call);
  respond_text(call, 201, std::string(kSuccess));
}

}  // namespace limen::api
