#include "controllers/flow_control_objects.h"

#include <optional>
#include <utility>

#include "catalog/catalog.h"
#include "controllers/deletion.h"
#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "validation/flow_control.h"

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kLevels{std::string(validation::kFlowControlGroup),
                                  std::string(validation::kPriorityLevels)};
const storage::ResourceId kSchemas{std::string(validation::kFlowControlGroup),
                                   std::string(validation::kFlowSchemas)};

// As Go's strconv.ParseBool.
std::optional<bool> truth(std::string_view text) {
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  return std::nullopt;
}

std::optional<bool> annotated(const Json& object) {
  const Json* const value =
      object::find(object, {"metadata", "annotations", validation::kAutoUpdateKey});
  if (!value || !value->is_string()) return std::nullopt;
  return truth(value->get_string());
}

void annotate(Json& object, bool follows) {
  Json& annotations = object::metadata(object)["annotations"];
  if (!annotations.is_object()) annotations.emplace_object();
  annotations.get_object()[validation::kAutoUpdateKey] = follows ? "true" : "false";
}

// The exempt level may be given shares; that part of it is the operator's, if they say so.
bool always_follows(const Json& wanted) {
  const std::string_view name = object::name(wanted);
  const bool level = object::kind(wanted) == "PriorityLevelConfiguration";
  return validation::is_mandatory(name) && !(level && name == validation::kExempt);
}

const std::vector<Json>& known(const storage::ResourceId& id) {
  const auto& objects = validation::flow_control_objects();
  return id == kLevels ? objects.priority_levels : objects.flow_schemas;
}

}  // namespace

bool reconcile_flow_control(Json& stored, const Json& wanted) {
  const std::optional<bool> says = annotated(stored);
  const bool follows = always_follows(wanted) || (says ? *says : object::generation(stored) == 1);
  const bool same = !follows || validation::same_flow_control_spec(object::member(stored, "spec"),
                                                                   object::member(wanted, "spec"));
  if (same && says == follows) return false;
  annotate(stored, follows);
  if (same) return true;
  stored.get_object()["spec"] = *object::member(wanted, "spec");
  object::set_generation(stored, object::generation(stored) + 1);
  return true;
}

FlowControlObjects::FlowControlObjects(Scope& scope, Objects& objects)
    : objects_(objects),
      queue_(scope, kFlowControl, [this](std::string key) { return look(std::move(key)); }),
      levels_(objects.store(), objects.loop(), kLevels,
              [this](const storage::StoredObject& level, bool) {
                queue_.add(kLevels.resource + '/' + level.name);
              }),
      schemas_(objects.store(), objects.loop(), kSchemas,
               [this](const storage::StoredObject& schema, bool) {
                 queue_.add(kSchemas.resource + '/' + schema.name);
               }) {}

std::string_view FlowControlObjects::name() const { return kFlowControl; }

void FlowControlObjects::start() {
  levels_.start();
  schemas_.start();
}

void FlowControlObjects::stop() {
  levels_.stop();
  schemas_.stop();
}

base::Task<void> FlowControlObjects::bring_up() {
  Group group(objects_.loop());
  for (const storage::ResourceId* id : {&kLevels, &kSchemas}) {
    for (const Json& wanted : known(*id)) {
      storage::Key key{*id, "", std::string(object::name(wanted))};
      group.add(ensure(std::move(key)));
    }
  }
  co_await group.wait();
}

base::Task<bool> FlowControlObjects::look(std::string key) {
  const std::size_t slash = key.find('/');
  const storage::ResourceId& id = key.substr(0, slash) == kLevels.resource ? kLevels : kSchemas;
  // Named, since GCC 12 destroys an aggregate made inside a co_await expression twice.
  storage::Key wanted{id, "", key.substr(slash + 1)};
  co_await ensure(std::move(wanted));
  co_return true;
}

// Whoever was first when a write fails has made an event, for which this is looked at again.
base::Task<void> FlowControlObjects::ensure(storage::Key key) {
  const Json* const wanted = validation::find_named(known(key.id), key.name);
  const storage::ObjectPtr current = objects_.store().get(key);
  if (!current) {
    if (!wanted) co_return;
    Json made = *wanted;
    co_await objects_.create(std::move(key), std::move(made));
    co_return;
  }
  const object::Document document = object::Document::parse(current->json);
  // Made anew when it has gone.
  if (!object::deletion_timestamp(document.root()).empty()) co_return;
  if (!wanted) {
    if (!annotated(document.root()).value_or(false)) co_return;
    co_await delete_object(objects_, *catalog::find_resource(key.id.group, "v1", key.id.resource),
                           current);
    co_return;
  }
  Json stored = object::mutable_copy(document.root());
  if (!reconcile_flow_control(stored, *wanted)) co_return;
  co_await objects_.update(std::move(key), current->revision, std::move(stored));
}

}  // namespace limen::controllers
