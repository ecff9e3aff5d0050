// binding: a scheduler's word on which node a pod runs (row M27).
#include <chrono>
#include <string>
#include <utility>

#include "api/admit.h"
#include "api/body.h"
#include "api/respond.h"
#include "api/subresources/subresources.h"
#include "api/write.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "base/time.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;

constexpr std::string_view kSuccess =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201})";

void check_target(const Json& binding) {
  std::vector<base::StatusCause> causes;
  const Json* target = object::member(binding, "target");
  const std::string kind(target ? object::text_at(*target, "kind") : std::string_view());
  if (!kind.empty() && kind != "Node") {
    causes.push_back(
        {"FieldValueNotSupported",
         "Unsupported value: " + base::go_quote(kind) + ": supported values: \"Node\", \"<empty>\"",
         "target.kind"});
  }
  if (!target || object::text_at(*target, "name").empty()) {
    causes.push_back({"FieldValueRequired", "Required value", "target.name"});
  }
  if (causes.empty()) return;
  throw ApiError::invalid("", "Binding", object::name(binding), std::move(causes));
}

// status.conditions says that the pod has a node.
void mark_scheduled(Json& pod) {
  boost::json::object& status = object::object_at(pod, "status");
  Json& conditions = status["conditions"];
  if (!conditions.is_array()) conditions.emplace_array();
  boost::json::array& list = conditions.get_array();
  const std::string now = base::format_time(std::chrono::system_clock::now());
  for (Json& condition : list) {
    if (object::text_at(condition, "type") != "PodScheduled") continue;
    condition = boost::json::object{{"type", "PodScheduled"},
                                    {"status", "True"},
                                    {"lastProbeTime", nullptr},
                                    {"lastTransitionTime", now}};
    return;
  }
  list.push_back(boost::json::object{{"type", "PodScheduled"},
                                     {"status", "True"},
                                     {"lastProbeTime", nullptr},
                                     {"lastTransitionTime", now}});
}

class Bound final : public Change {
 public:
  explicit Bound(const Json& binding)
      : node_(object::text_at(*object::member(binding, "target"), "name")),
        uid_(object::uid(binding)),
        revision_(object::resource_version(binding)),
        annotations_(object::annotations(binding)),
        labels_(object::labels(binding)) {}

  Json apply(Call&, const Json& current) override {
    const std::string name(object::name(current));
    const auto refuse = [&](const std::string& why) {
      return ApiError::conflict("", "pods/binding", name, why);
    };
    if (!uid_.empty() && uid_ != object::uid(current)) {
      throw refuse("Precondition failed: UID in precondition: " + uid_ +
                   ", UID in object meta: " + std::string(object::uid(current)));
    }
    if (!object::deletion_timestamp(current).empty()) {
      throw refuse("pod " + name + " is being deleted, cannot be assigned to a host");
    }
    const Json* assigned = object::find(current, {"spec", "nodeName"});
    if (assigned && assigned->is_string() && !assigned->get_string().empty()) {
      throw refuse("pod " + name + " is already assigned to node " +
                   base::go_quote({assigned->get_string().data(), assigned->get_string().size()}));
    }
    Json pod = object::mutable_copy(current);
    object::set_metadata(pod, "resourceVersion", revision_);
    object::object_at(pod, "spec")["nodeName"] = node_;
    take_over(pod, "annotations", annotations_);
    take_over(pod, "labels", labels_);
    mark_scheduled(pod);
    return pod;
  }

 private:
  // The Binding's own go to the pod, in place of what it has there.
  static void take_over(Json& pod, const char* field, const object::Labels& from) {
    if (from.empty()) return;
    Json& to = object::metadata(pod)[field];
    if (!to.is_object()) to.emplace_object();
    for (const auto& [key, value] : from) to.get_object()[key] = value;
  }

  std::string node_, uid_, revision_;
  object::Labels annotations_, labels_;
};

// A pod's name by its URL, and in the body of /bindings.
std::string pod_name(const Call& call, const Json& binding) {
  const std::string in_body(object::name(binding));
  if (call.info().name.empty()) return in_body;
  if (!in_body.empty() && in_body != call.info().name) {
    throw ApiError::bad_request("name in URL does not match name in Binding object");
  }
  return call.info().name;
}

}  // namespace

base::Task<void> bind_pod(Call& call) {
  const BodyFormat format = body_format(call.context.head().header("Content-Type"));
  const std::string text = co_await read_body(call);
  const WriteOptions options = parse_write_options(call.info().query, "CreateOptions");
  const validation::ExpectedKind expected{"", "v1", "Binding",
                                          catalog::find_type("io.k8s.api.core.v1.Binding")};
  Json binding = co_await decode_body(call, text, format, expected, options);
  settle_namespace(call, binding);
  const std::string name = pod_name(call, binding);

  Admit admit(call, admission::kCreate, "create", name, "Binding", expected.type, options.document,
              options.dry_run);
  const object::Document none;
  co_await admit.mutate(binding, none);
  check_target(binding);
  co_await admit.validate(binding, none);

  const catalog::Resource* pods = catalog::find_resource("", "v1", "pods");
  if (!pods) throw ApiError::page_not_found();
  Call pod_call{call.context, call.chains, call.store, call.options, *pods, nullptr, call.output};
  Bound change(binding);
  const ModifyRules rules{registry::Part::internal, false};
  co_await modify(pod_call, name, rules, options, change);
  respond_text(call, 201, std::string(kSuccess));
}

}  // namespace limen::api
