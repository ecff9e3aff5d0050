#include "controllers/custom_resources.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/time.h"
#include "controllers/deletion.h"
#include "controllers/scope.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/lifecycle.h"
#include "registry/strategies/custom.h"

namespace limen::controllers {

namespace {

using object::Json;

constexpr std::string_view kName = "custom-resources";
const storage::ResourceId kResource{"apiextensions.k8s.io", "customresourcedefinitions"};
// Deletions under way at once, so that they share transactions.
constexpr std::size_t kAtOnce = 128;
// A request that began while a definition was there may still create an object for so long.
constexpr std::chrono::seconds kLateWrites{1};

std::string now() { return base::format_time(std::chrono::system_clock::now()); }

storage::ResourceId id_of(const catalog::Resource& resource) {
  return {std::string(resource.storage_group), std::string(resource.name)};
}

catalog::DefinitionPtr compile(const Json& definition) {
  return std::make_shared<const catalog::CustomDefinition>(
      definition, std::make_shared<const std::string>(object::to_json(definition)));
}

void without_cleanup(Json& definition) {
  std::vector<std::string> finalizers = object::finalizers(definition);
  std::erase(finalizers, registry::kCleanupFinalizer);
  object::set_finalizers(definition, finalizers);
}

bool waits_for_cleanup(const Json& definition) {
  const std::vector<std::string> finalizers = object::finalizers(definition);
  return std::find(finalizers.begin(), finalizers.end(), registry::kCleanupFinalizer) !=
         finalizers.end();
}

// Whether the project agreed to a kind in one of its groups.
void note_approval(Json& definition) {
  const auto approval = registry::approval_condition(definition);
  if (!approval) return;
  registry::set_condition(definition, "KubernetesAPIApprovalPolicyConformant", approval->met,
                          approval->reason, approval->message, now());
}

}  // namespace

CustomResources::CustomResources(Scope& scope, Objects& objects, const Lead& lead)
    : scope_(scope),
      objects_(objects),
      lead_(lead),
      queue_(scope, kName, [this](std::string key) { return look(std::move(key)); }),
      informer_(objects.store(), objects.loop(), kResource,
                [this](const storage::StoredObject& object, bool gone) { changed(object, gone); }) {
  const storage::ListResult stored = objects.store().list(kResource, {});
  for (const storage::ObjectPtr& one : stored.objects) {
    known_[one->name] = known_as(one);
  }
  publish();
}

CustomResources::~CustomResources() {
  catalog::publish_custom(std::make_shared<const catalog::CustomCatalog>());
}

std::string_view CustomResources::name() const { return kName; }

void CustomResources::take_over() {
  std::vector<std::string> names;
  for (const auto& [name, known] : known_) names.push_back(name);
  for (const std::string& name : names) queue_.add(name);  // may change what is known
}

void CustomResources::publish() const {
  std::vector<catalog::DefinitionPtr> definitions;
  definitions.reserve(known_.size());
  for (const auto& [name, known] : known_) definitions.push_back(known.definition);
  catalog::publish_custom(std::make_shared<const catalog::CustomCatalog>(std::move(definitions)));
}

CustomResources::Known CustomResources::known_as(const storage::ObjectPtr& stored) {
  const object::Document document = object::Document::parse(stored->json);
  NamesInUse names;
  names.add(object::find(document.root(), {"status", "acceptedNames"}));
  // The text is shared with the store.
  return {stored->revision,
          std::make_shared<const catalog::CustomDefinition>(
              document.root(), std::shared_ptr<const std::string>(stored, &stored->json)),
          std::move(names)};
}

void CustomResources::serve(const std::string& name, Known now) {
  Known& known = known_[name];
  const catalog::DefinitionPtr definition = now.definition;
  const catalog::DefinitionPtr before = std::exchange(known, std::move(now)).definition;
  if (!definition) known_.erase(name);
  publish();
  if (before && (!definition || definition->uid() != before->uid() ||
                 definition->generation() != before->generation())) {
    before->retire();
  }
}

void CustomResources::changed(const storage::StoredObject& object, bool gone) {
  const auto known = known_.find(object.name);
  if (gone) {
    if (known != known_.end()) serve(object.name, {});
    // Others of the group may have waited for its names.
    const std::size_t dot = object.name.find('.');
    const std::string group = object.name.substr(dot == std::string::npos ? 0 : dot + 1);
    std::vector<std::string> names;
    for (const auto& [name, other] : known_) {
      if (other.definition->group() == group) names.push_back(name);
    }
    for (const std::string& name : names) queue_.add(name);  // may change what is known
  } else if (const auto current = objects_.store().get({kResource, "", object.name});
             current && (known == known_.end() || known->second.revision != current->revision)) {
    serve(object.name, known_as(current));
  }
  queue_.add(object.name);
}

base::Task<bool> CustomResources::look(std::string name) {
  const storage::ObjectPtr current = objects_.store().get({kResource, "", name});
  if (!current) {
    if (lead_.here) co_await sweep(std::move(name));
    co_return true;
  }
  const object::Document document = object::Document::parse(current->json);
  if (object::deletion_timestamp(document.root()).empty()) co_return co_await accept(current);
  if (!lead_.here || !waits_for_cleanup(document.root())) co_return true;
  co_return co_await finish(current);
}

AcceptedNames CustomResources::names_for(const Json& definition) const {
  const Json* group = object::find(definition, {"spec", "group"});
  const Json* wanted = object::find(definition, {"spec", "names"});
  const Json* accepted = object::find(definition, {"status", "acceptedNames"});
  const std::string_view group_name =
      group && group->is_string() ? std::string_view(group->get_string()) : std::string_view();
  AcceptedNames refused;
  refused.names = accepted ? *accepted : Json();
  if (!wanted) {
    refused.reason = "Invalid";
    refused.message = "the definition has no names";
    return refused;
  }
  if (catalog::has_group(group_name)) {
    refused.reason = "GroupConflict";
    refused.message =
        "the group " + base::go_quote(group_name) + " is built in and takes no more kinds";
    return refused;
  }
  NamesInUse in_use;
  in_use.add(accepted);
  for (const auto& [name, other] : known_) {
    if (name == object::name(definition) || other.definition->group() != group_name) continue;
    in_use.resources.insert(other.accepted.resources.begin(), other.accepted.resources.end());
    in_use.kinds.insert(other.accepted.kinds.begin(), other.accepted.kinds.end());
  }
  return accept_names(*wanted, accepted, in_use);
}

void CustomResources::judge(Json& definition) const {
  AcceptedNames names = names_for(definition);
  const bool all = names.all();
  if (names.names.is_object()) {
    object::object_at(definition, "status")["acceptedNames"] = std::move(names.names);
  }
  registry::set_condition(definition, "NamesAccepted", all, all ? "NoConflicts" : names.reason,
                          all ? "no conflicts found" : names.message, now());
  // Once established it stays so, under the names it has.
  if (catalog::condition_of(definition, "Established") != "True") {
    const auto established = [&](bool is, std::string_view reason, std::string_view message) {
      registry::set_condition(definition, "Established", is, reason, message, now());
    };
    if (!all) {
      established(false, "NotAccepted", "not all names are accepted");
    } else if (registry::has_bad_bundle(definition)) {
      established(false, "InvalidCABundle", "The conversion webhook CABundle is invalid");
    } else {
      established(true, "InitialNamesAccepted", "the initial names have been accepted");
    }
  }
  note_approval(definition);
}

base::Task<bool> CustomResources::accept(storage::ObjectPtr current) {
  const object::Document document = object::Document::parse(current->json);
  Json changed = object::mutable_copy(document.root());
  judge(changed);
  if (registry::same_content(changed, document.root())) co_return true;
  // Who waits for the condition shall find the resource served when it comes; by whichever server,
  // so that those who do not write it serve at once what it will be.
  NamesInUse names;
  names.add(object::find(changed, {"status", "acceptedNames"}));
  serve(current->name, {current->revision, compile(changed), std::move(names)});
  if (!lead_.here) co_return true;
  storage::Key key{kResource, "", current->name};
  co_await objects_.update(std::move(key), current->revision, std::move(changed));
  co_return true;  // whoever was first has made an event
}

base::Task<void> CustomResources::delete_all(const catalog::Resource& resource) {
  const storage::ListResult list = objects_.store().list(id_of(resource), {});
  for (std::size_t first = 0; first < list.objects.size() && lead_.here; first += kAtOnce) {
    Group group(objects_.loop());
    for (std::size_t i = first; i < list.objects.size() && i < first + kAtOnce; ++i) {
      group.add(delete_object(objects_, resource, list.objects[i]));
    }
    co_await group.wait();
  }
}

base::Task<bool> CustomResources::finish(storage::ObjectPtr current) {
  const object::Document document = object::Document::parse(current->json);
  const catalog::DefinitionPtr definition = compile(document.root());
  Json changed = object::mutable_copy(document.root());
  if (!definition->kinds().empty()) {
    const catalog::Resource& resource = definition->kinds().front()->storage->resource;
    co_await delete_all(resource);
    if (!lead_.here) co_return true;
    if (objects_.store().count(id_of(resource)) > 0) {
      registry::set_condition(changed, "Terminating", true, "InstanceDeletionInProgress",
                              "CustomResource deletion is in progress", now());
      if (!registry::same_content(changed, document.root())) {
        storage::Key key{kResource, "", current->name};
        co_await objects_.update(std::move(key), current->revision, std::move(changed));
      }
      co_return false;
    }
  }
  without_cleanup(changed);
  registry::set_condition(changed, "Terminating", false, "InstanceDeletionCompleted",
                          "removed all instances", now());
  storage::Key key{kResource, "", current->name};
  if (!object::finalizers(changed).empty()) {
    co_await objects_.update(std::move(key), current->revision, std::move(changed));
    co_return true;
  }
  // Whoever sees it gone shall not find its kind served.
  serve(current->name, {});
  co_await objects_.remove(std::move(key), current->revision);
  co_return true;
}

// What was created while the definition went must go as well.
base::Task<void> CustomResources::sweep(std::string name) {
  co_await scope_.sleep(kLateWrites);
  if (!lead_.here || objects_.store().get({kResource, "", name})) co_return;
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) co_return;
  const storage::ResourceId id{name.substr(dot + 1), name.substr(0, dot)};
  if (catalog::has_group(id.group)) co_return;
  const storage::ListResult list = objects_.store().list(id, {});
  for (const storage::ObjectPtr& one : list.objects) {
    if (!lead_.here) co_return;
    storage::Key key{id, one->ns, one->name};
    co_await objects_.remove(std::move(key), one->revision);
  }
}

}  // namespace limen::controllers
