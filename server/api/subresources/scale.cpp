// scale: the number of replicas of anything that has some, as autoscaling/v1 Scale (row M26).
#include <optional>
#include <string>
#include <utility>

#include "api/admit.h"
#include "api/apply_config.h"
#include "api/body.h"
#include "api/names_match.h"
#include "api/ownership.h"
#include "api/patching.h"
#include "api/record.h"
#include "api/respond.h"
#include "api/subresources/subresources.h"
#include "api/webhook_versions.h"
#include "api/write.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/conversion.h"
#include "validation/apply/merge.h"
#include "validation/defaults.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;

// The value at the end of `path`, or null; null for no path.
const Json* value_at(const Json& object, const std::vector<std::string>& path) {
  if (path.empty()) return nullptr;
  const Json* value = &object;
  for (const std::string& name : path) {
    value = object::member(*value, name);
    if (!value) return nullptr;
  }
  return value;
}

// The numbers wanted and there, or null. A custom kind says where it has them.
const Json* wanted_replicas(const Call& call, const Json& object) {
  if (call.resource.custom) return value_at(object, call.resource.custom->scale->spec);
  return object::find(object, {"spec", "replicas"});
}
const Json* present_replicas(const Call& call, const Json& object) {
  if (call.resource.custom) return value_at(object, call.resource.custom->scale->status);
  return object::find(object, {"status", "replicas"});
}

void set_replicas(const Call& call, Json& object, std::int64_t replicas) {
  if (!call.resource.custom) {
    object::object_at(object, "spec")["replicas"] = replicas;
    return;
  }
  const std::vector<std::string>& path = call.resource.custom->scale->spec;
  Json* value = &object;
  for (const std::string& name : path) {
    if (!value->is_object()) value->emplace_object();
    value = &value->get_object()[name];
  }
  *value = replicas;
}

// The selector as text: of a LabelSelector or, for replication controllers, of a plain map.
std::string selector_text(const Call& call, const Json& object) {
  if (call.resource.custom) {
    const Json* selector = value_at(object, call.resource.custom->scale->selector);
    return selector && selector->is_string() ? std::string(selector->get_string()) : std::string();
  }
  const Json* selector = object::find(object, {"spec", "selector"});
  if (!selector) return {};
  if (call.resource.name == "replicationcontrollers") {
    std::string text;
    for (const auto& [key, value] : object::to_labels(selector)) {
      text += (text.empty() ? "" : ",") + key + "=" + value;
    }
    return text;
  }
  try {
    return object::LabelSelector::from_object(*selector).to_string();
  } catch (const object::SelectorError& error) {
    throw ApiError::bad_request(error.what());
  }
}

Json scale_of(const Call& call, const Json& object) {
  Json scale;
  boost::json::object& members = scale.emplace_object();
  members["kind"] = "Scale";
  members["apiVersion"] = "autoscaling/v1";
  boost::json::object& metadata = object::metadata(scale);
  const Json* own = object::metadata_of(object);
  for (const char* key : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (const Json* value = own ? object::member(*own, key) : nullptr) metadata[key] = *value;
  }
  boost::json::object& spec = object::object_at(scale, "spec");
  const std::int64_t wanted = object::int_or(wanted_replicas(call, object), 0);
  if (wanted != 0) spec["replicas"] = wanted;
  boost::json::object& status = object::object_at(scale, "status");
  status["replicas"] = object::int_or(present_replicas(call, object), 0);
  const std::string selector = selector_text(call, object);
  if (!selector.empty()) status["selector"] = selector;
  return scale;
}

Json scale_of(const Call& call, const storage::StoredObject& stored) {
  return scale_of(call, object::Document::parse(stored.json).root());
}

// Sets the replicas and says of which state.
class Scaled final : public Change {
 public:
  explicit Scaled(const Json& scale)
      : replicas_(object::int_or(object::find(scale, {"spec", "replicas"}), 0)),
        revision_(object::resource_version(scale)),
        uid_(object::uid(scale)) {}

  Json apply(Call& call, const Json& current) override {
    Json object = object::mutable_copy(current);
    // What was stored before there was a default for it is held to the same rules as what is sent.
    validation::apply_defaults(registry::storage_resource(call.resource), object);
    set_replicas(call, object, replicas_);
    object::set_metadata(object, "resourceVersion", revision_);
    if (!uid_.empty()) object::set_metadata(object, "uid", uid_);
    return object;
  }

 private:
  std::int64_t replicas_;
  std::string revision_, uid_;
};

// The same as a server-side apply: the manager's word on the replicas of the object itself. Where
// admission made another number of it, that is what is stored, and is nobody's.
class ScaleApplied final : public Change {
 public:
  // `admitted`: the number admission made of it; nothing: it left it as it was.
  ScaleApplied(const Ownership& ownership, const Json& config, std::optional<std::int64_t> admitted)
      : ownership_(ownership), config_(config), admitted_(admitted) {}

  Json apply(Call& call, const Json& current) override {
    const Json served = served_form(call, current);
    Json of_object = boost::json::object();
    object::set_type(of_object, object::api_version(served), object::kind(served));
    for (const char* key : {"name", "uid", "resourceVersion"}) {
      const Json* value = object::find(config_, {"metadata", key});
      if (value && value->is_string()) object::metadata(of_object)[key] = *value;
    }
    if (const Json* replicas = object::find(config_, {"spec", "replicas"})) {
      set_replicas(call, of_object, object::int_or(replicas, 0));
    }
    Json object = ownership_.applied(&served, of_object);
    if (admitted_) set_replicas(call, object, *admitted_);
    conform_applied(object, expected_kind(call));
    store_form(call, object);
    return object;
  }
  bool settles_owners() const override { return true; }

 private:
  const Ownership& ownership_;
  const Json& config_;
  const std::optional<std::int64_t> admitted_;
};

std::int64_t replicas_of(const Json& scale) {
  return object::int_or(object::find(scale, {"spec", "replicas"}), 0);
}

void check_scale(const Json& scale) {
  const std::int64_t replicas = replicas_of(scale);
  if (replicas >= 0) return;
  throw ApiError::invalid(
      "autoscaling", "Scale", object::name(scale),
      {{"FieldValueInvalid",
        "Invalid value: " + std::to_string(replicas) + ": must be greater than or equal to 0",
        "spec.replicas"}});
}

// The Scale a request wants: its body, or its patch or configuration applied to what is.
struct Wanted {
  std::optional<Json> body;
  std::optional<Patch> patch;
  std::optional<Json> config;
  WriteOptions options;
};

validation::ExpectedKind scale_kind(const Call& call) {
  const catalog::Subresource& sub = *call.subresource;
  return {sub.group, sub.version, sub.kind, sub.type};
}

base::Task<Wanted> read_wanted(Call& call) {
  const std::string_view content_type = call.context.head().header("Content-Type");
  Wanted wanted;
  if (call.info().verb == "patch" && is_apply_patch(content_type)) {
    const std::string text = co_await read_body(call);
    wanted.options = parse_apply_options(call.info().query);
    wanted.config = co_await read_config(call, text, scale_kind(call), wanted.options);
  } else if (call.info().verb == "patch") {
    const PatchKind kind = patch_kind(content_type, call.resource.custom == nullptr);
    const std::string text = co_await read_body(call);
    wanted.options = parse_write_options(call.info().query, "PatchOptions");
    wanted.patch.emplace(kind, text, wanted.options);
    record_body(call, wanted.patch->value());
  } else {
    const BodyFormat format = body_format(content_type);
    const std::string text = co_await read_body(call);
    wanted.options = parse_write_options(call.info().query, "UpdateOptions");
    wanted.body = co_await decode_body(call, text, format, scale_kind(call), wanted.options);
    check_names_match(call, *wanted.body);
  }
  co_return wanted;
}

Json wanted_scale(Call& call, const Wanted& wanted, const Json& old_scale) {
  if (wanted.patch) return wanted.patch->apply(call, old_scale, scale_kind(call));
  if (wanted.body) return object::mutable_copy(*wanted.body);
  Json scale = validation::apply::merged(old_scale, *wanted.config, scale_kind(call).type);
  conform_applied(scale, scale_kind(call));
  return scale;
}

// Tries once; false when the object changed under a patch that did not say of which state it is.
base::Task<bool> try_scale(Call& call, const Wanted& wanted) {
  const catalog::Subresource& sub = *call.subresource;
  const std::string name = call.info().name;
  storage::ObjectPtr current = call.store.get(call.key(name));
  if (!current) throw call.not_found(name);
  if (call.converted) current = co_await as_served(call, std::move(current));
  const Json old_scale = scale_of(call, *current);
  Json scale = wanted_scale(call, wanted, old_scale);
  check_names_match(call, scale);
  const object::Document old(old_scale);
  Admit admit(call, admission::kUpdate, call.info().verb, name, sub.kind, sub.type,
              wanted.options.document, wanted.options.dry_run);
  const std::int64_t asked_for = replicas_of(scale);
  co_await admit.mutate(scale, old);
  std::optional<std::int64_t> admitted;
  if (replicas_of(scale) != asked_for) admitted = replicas_of(scale);
  check_scale(scale);
  co_await admit.validate(scale, old);

  const ModifyRules rules{registry::Part::whole, false};
  if (wanted.config) {
    const Ownership ownership(call, registry::Part::whole, wanted.options);
    ScaleApplied change(ownership, *wanted.config, admitted);
    const storage::ObjectPtr modified = co_await modify(call, name, rules, wanted.options, change);
    respond_text(call, 200, object::to_json(scale_of(call, *modified)));
    co_return true;
  }
  Scaled change(scale);
  const bool of_current = object::resource_version(scale) == object::resource_version(old_scale);
  try {
    const storage::ObjectPtr modified = co_await modify(call, name, rules, wanted.options, change);
    respond_text(call, 200, object::to_json(scale_of(call, *modified)));
  } catch (const ApiError& error) {
    if (error.reason() != "Conflict" || !wanted.patch || !of_current) throw;
    co_return false;
  }
  co_return true;
}

}  // namespace

base::Task<void> get_scale(Call& call) {
  storage::ObjectPtr object = call.store.get(call.key(call.info().name));
  if (!object) throw call.not_found(call.info().name);
  if (call.converted) object = co_await as_served(call, std::move(object));
  const object::Document document = object::Document::parse(object->json);
  if (call.resource.custom && !wanted_replicas(call, document.root())) {
    throw ApiError::internal("the spec replicas field " +
                             base::go_quote(call.resource.custom->scale->spec_text) +
                             " does not exist");
  }
  respond_text(call, 200, object::to_json(scale_of(call, document.root())));
  co_return;
}

base::Task<void> update_scale(Call& call) {
  const Wanted wanted = co_await read_wanted(call);
  while (true) {
    const bool done = co_await try_scale(call, wanted);
    if (done) co_return;
    check_deadline(call);
  }
}

}  // namespace limen::api
