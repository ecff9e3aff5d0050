#include "controllers/local_api_services.h"

#include <chrono>

#include "aggregation/api_service.h"
#include "aggregation/availability.h"
#include "base/time.h"
#include "catalog/catalog.h"
#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/strategies/custom.h"

namespace limen::controllers {

namespace {

using object::Json;

constexpr std::string_view kOwnGroup = "apiregistration.k8s.io";
constexpr std::string_view kManaged = "kube-aggregator.kubernetes.io/automanaged";
constexpr std::string_view kOnStart = "onstart";
constexpr std::string_view kAlways = "true";
const storage::ResourceId kServices{"apiregistration.k8s.io", "apiservices"};
const storage::ResourceId kDefinitions{"apiextensions.k8s.io", "customresourcedefinitions"};

Json spec_of(std::string_view group, std::string_view version) {
  const aggregation::Priority priority = aggregation::default_priority(group, version);
  boost::json::object spec;
  if (!group.empty()) spec["group"] = boost::json::string(group.data(), group.size());
  spec["groupPriorityMinimum"] = priority.group;
  spec["version"] = boost::json::string(version.data(), version.size());
  spec["versionPriority"] = priority.version;
  return spec;
}

std::string_view managed_of(const storage::StoredObject& object) {
  for (const auto& [key, value] : object.labels) {
    if (key == kManaged) return value;
  }
  return {};
}

}  // namespace

LocalApiServices::LocalApiServices(Scope& scope, Objects& objects)
    : objects_(objects),
      queue_(scope, kLocalApiServices, [this](std::string key) { return look(std::move(key)); }),
      definitions_(objects.store(), objects.loop(), kDefinitions,
                   [this](const storage::StoredObject& object, bool gone) {
                     definition_changed(object, gone);
                   }),
      services_(objects.store(), objects.loop(), kServices,
                [this](const storage::StoredObject& object, bool) { queue_.add(object.name); }) {
  for (const catalog::GroupVersion& one : catalog::group_versions()) {
    if (one.group == kOwnGroup) continue;
    built_in_[aggregation::api_service_name(one.group, one.version)] = {std::string(one.group),
                                                                        std::string(one.version)};
  }
  const storage::ListResult stored = objects.store().list(kServices, {});
  for (const storage::ObjectPtr& one : stored.objects) at_start_.insert(one->name);
}

std::string_view LocalApiServices::name() const { return kLocalApiServices; }

// Definitions first: what an APIService is for is known when it is looked at.
void LocalApiServices::start() {
  definitions_.start();
  services_.start();
}

// All at once, so that it is one round of writes.
base::Task<void> LocalApiServices::bring_up() {
  Group all(objects_.loop());
  for (const auto& [name, what] : built_in_) all.add(look_once(name));
  co_await all.wait();
}

base::Task<void> LocalApiServices::look_once(std::string name) {
  const bool done = co_await look(name);
  if (!done) queue_.add(name);
}

void LocalApiServices::stop() {
  definitions_.stop();
  services_.stop();
}

void LocalApiServices::definition_changed(const storage::StoredObject& object, bool gone) {
  std::vector<std::string> names;
  if (!gone) {
    const object::Document document = object::Document::parse(object.json);
    const Json* spec = object::member(document.root(), "spec");
    const Json* versions = spec ? object::member(*spec, "versions") : nullptr;
    const std::string group(spec ? object::text_at(*spec, "group") : std::string_view());
    if (versions && versions->is_array() && !catalog::has_group(group)) {
      for (const Json& one : versions->get_array()) {
        const Json* served = object::member(one, "served");
        if (!served || !served->is_bool() || !served->get_bool()) continue;
        const std::string version(object::text_at(one, "name"));
        names.push_back(aggregation::api_service_name(group, version));
        auto& entry = custom_[names.back()];
        entry.first = {group, version};
        ++entry.second;
      }
    }
  }
  std::vector<std::string> before = std::exchange(defined_[object.name], names);
  if (gone) defined_.erase(object.name);
  for (const std::string& name : before) {
    const auto found = custom_.find(name);
    if (found != custom_.end() && --found->second.second == 0) custom_.erase(found);
  }
  for (const std::string& name : before) queue_.add(name);
  for (const std::string& name : names) queue_.add(name);
}

base::Task<bool> LocalApiServices::look(std::string name) {
  const storage::ObjectPtr current = objects_.store().get({kServices, "", name});
  const std::string_view managed = current ? managed_of(*current) : std::string_view();
  const bool ours = managed == kOnStart || managed == kAlways;
  if (current && !ours) co_return true;
  if (const auto custom = custom_.find(name); custom != custom_.end()) {
    if (!current) co_return co_await make(name, custom->second.first, kAlways);
    co_return co_await put_right(current, custom->second.first);
  }
  const bool once = managed == kOnStart || !current;
  if (const auto built_in = built_in_.find(name); built_in != built_in_.end()) {
    if (once && done_.contains(name)) co_return true;
    const bool right = current ? co_await put_right(current, built_in->second)
                               : co_await make(name, built_in->second, kOnStart);
    if (right) done_.insert(name);
    co_return right;
  }
  // Nobody serves it any more.
  if (!current || (once && !at_start_.contains(name))) co_return true;
  at_start_.erase(name);
  storage::Key key{kServices, "", name};
  co_return co_await objects_.remove(std::move(key), current->revision);
}

base::Task<bool> LocalApiServices::make(std::string name, GroupVersion what,
                                        std::string_view managed) {
  Json object = boost::json::object();
  object::set_type(object, "apiregistration.k8s.io/v1", "APIService");
  object::set_metadata(object, "name", name);
  object::metadata(object)["labels"] =
      boost::json::object{{kManaged, boost::json::string(managed.data(), managed.size())}};
  object.get_object()["spec"] = spec_of(what.first, what.second);
  // Said at once what api-services would say, which saves a write for each.
  const aggregation::Availability here = aggregation::local_availability();
  registry::set_condition(object, "Available", here.available, here.reason, here.message,
                          base::format_time(std::chrono::system_clock::now()));
  storage::Key key{kServices, "", std::move(name)};
  const bool made = co_await objects_.create(std::move(key), std::move(object));
  co_return made;
}

base::Task<bool> LocalApiServices::put_right(storage::ObjectPtr current, GroupVersion what) {
  const object::Document document = object::Document::parse(current->json);
  const Json wanted = spec_of(what.first, what.second);
  const Json* spec = object::member(document.root(), "spec");
  if (spec && *spec == wanted) co_return true;
  Json changed = object::mutable_copy(document.root());
  changed.get_object()["spec"] = wanted;
  storage::Key key{kServices, "", current->name};
  co_return co_await objects_.update(std::move(key), current->revision, std::move(changed));
}

}  // namespace limen::controllers
