#include "controllers/namespaces.h"

#include <algorithm>
#include <array>
#include <utility>

#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kResource{"", "namespaces"};
constexpr std::string_view kFinalizer = "kubernetes";
constexpr std::array<std::string_view, 4> kSystem = {"default", "kube-node-lease", "kube-public",
                                                     "kube-system"};

storage::Key key_of(std::string name) { return {kResource, "", std::move(name)}; }

bool is_system(std::string_view name) {
  return std::find(kSystem.begin(), kSystem.end(), name) != kSystem.end();
}

bool has_finalizer(const boost::json::array& list) {
  return std::any_of(list.begin(), list.end(), [](const Json& one) {
    return one.is_string() && std::string_view(one.get_string()) == kFinalizer;
  });
}

// spec.finalizers, or null when there are none.
boost::json::array* spec_finalizers(Json& ns) {
  Json* const spec = object::member(ns, "spec");
  Json* const list = spec ? object::member(*spec, "finalizers") : nullptr;
  return list && list->is_array() ? &list->get_array() : nullptr;
}

}  // namespace

Namespaces::Namespaces(Scope& scope, Objects& objects, const aggregation::RemoteServers* servers,
                       std::chrono::milliseconds write_time)
    : objects_(objects),
      servers_(servers),
      write_time_(write_time),
      queue_(scope, kNamespaces, [this](std::string key) { return look(std::move(key)); }),
      informer_(objects.store(), objects.loop(), kResource,
                [this](const storage::StoredObject& object, bool gone) {
                  // Only what is being deleted, or must not be gone, needs a look.
                  const bool deleting =
                      object.json.find("\"deletionTimestamp\"") != std::string::npos;
                  if (gone ? is_system(object.name) : deleting) queue_.add(object.name);
                }) {}

std::string_view Namespaces::name() const { return kNamespaces; }

base::Task<void> Namespaces::create(std::string name) {
  if (objects_.store().get(key_of(name))) co_return;
  Json made = boost::json::object();
  object::set_type(made, "v1", "Namespace");
  object::set_metadata(made, "name", name);
  storage::Key key = key_of(std::move(name));
  co_await objects_.create(std::move(key), std::move(made));
}

base::Task<void> Namespaces::bring_up() {
  Group group(objects_.loop());
  for (const std::string_view name : kSystem) group.add(create(std::string(name)));
  co_await group.wait();
}

base::Task<bool> Namespaces::look(std::string name) {
  const storage::ObjectPtr current = objects_.store().get(key_of(name));
  if (!current) {
    ends_.erase(name);
    if (is_system(name)) co_await create(name);
    co_return true;
  }
  const object::Document document = object::Document::parse(current->json);
  if (object::deletion_timestamp(document.root()).empty()) co_return true;
  Json changed = object::mutable_copy(document.root());
  const boost::json::array* const waiting = spec_finalizers(changed);
  // Without ours it was emptied already, and others have to let it go.
  if (waiting && !waiting->empty() && !has_finalizer(*waiting)) co_return true;
  const bool is_known = is_known_to_end(*current);
  const Remains remains = co_await empty_namespace(objects_, servers_, name);
  if (remains.empty() && !is_known) co_return false;
  if (remains.empty()) co_return co_await finalize(*current, std::move(changed));
  co_await tell(*current, std::move(changed), remains);
  co_return false;
}

bool Namespaces::is_known_to_end(const storage::StoredObject& ns) {
  if (write_time_.count() == 0) return true;
  const base::Deadline now = base::SteadyClock::now();
  const auto [place, is_new] = ends_.try_emplace(ns.name);
  End& end = place->second;
  if (is_new || end.uid != ns.uid) end = {ns.uid, now};
  return now - end.seen >= write_time_;
}

base::Task<bool> Namespaces::finalize(const storage::StoredObject& current, Json changed) {
  boost::json::array* const waiting = spec_finalizers(changed);
  const bool ours = waiting && has_finalizer(*waiting);
  if (ours) {
    waiting->erase(std::remove_if(waiting->begin(), waiting->end(),
                                  [](const Json& one) {
                                    return one.is_string() &&
                                           std::string_view(one.get_string()) == kFinalizer;
                                  }),
                   waiting->end());
  }
  const bool free = (!waiting || waiting->empty()) && object::finalizers(changed).empty();
  storage::Key key = key_of(current.name);
  if (free) co_return co_await objects_.remove(std::move(key), current.revision);
  // Its metadata.finalizers keep it; whoever takes the last one away removes it.
  if (!ours) co_return true;
  co_return co_await objects_.update(std::move(key), current.revision, std::move(changed));
}

base::Task<void> Namespaces::tell(const storage::StoredObject& current, Json changed,
                                  const Remains& remains) {
  if (!set_deletion_conditions(changed, remains)) co_return;
  storage::Key key = key_of(current.name);
  co_await objects_.update(std::move(key), current.revision, std::move(changed));
}

}  // namespace limen::controllers
