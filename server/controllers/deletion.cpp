#include "controllers/deletion.h"

#include <string>
#include <utility>

#include "object/decode.h"
#include "object/metadata.h"
#include "registry/strategy.h"

namespace limen::controllers {

using object::Json;

namespace {

bool is_namespaces(const catalog::Resource& resource) {
  return resource.storage_group.empty() && resource.name == "namespaces";
}

// A namespace stays until it has been emptied.
bool holds_content(const catalog::Resource& resource, const Json& object) {
  if (!is_namespaces(resource)) return false;
  const Json* const waiting = object::find(object, {"spec", "finalizers"});
  return waiting && waiting->is_array() && !waiting->get_array().empty();
}

}  // namespace

base::Task<bool> delete_with(Objects& objects, const catalog::Resource& resource,
                             storage::ObjectPtr current, registry::Propagation propagation) {
  const object::Document document = object::Document::parse(current->json);
  const Json& old = document.root();
  const registry::Strategy& strategy = registry::strategy_for(resource);
  storage::Key key{{std::string(resource.storage_group), std::string(resource.name)},
                   current->ns,
                   current->name};
  if (!object::deletion_timestamp(old).empty()) {
    const Json* const grace = object::find(old, {"metadata", "deletionGracePeriodSeconds"});
    if (!object::finalizers(old).empty() || object::int_or(grace, 0) != 0 ||
        holds_content(resource, old)) {
      co_return true;
    }
    co_return co_await objects.remove(std::move(key), current->revision);
  }
  const auto finalizers = registry::finalizers_for(strategy, old, propagation);
  const bool waits = (finalizers ? !finalizers->empty() : !object::finalizers(old).empty()) ||
                     holds_content(resource, old);
  const std::int64_t grace = strategy.grace_period ? strategy.grace_period(old, {}) : 0;
  if (!waits && grace == 0) {
    co_return co_await objects.remove(std::move(key), current->revision);
  }
  Json marked = object::mutable_copy(old);
  if (finalizers) object::set_finalizers(marked, *finalizers);
  registry::mark_deleted(marked, grace);
  if (is_namespaces(resource)) {
    object::metadata(marked).erase("deletionGracePeriodSeconds");
    object::object_at(marked, "status")["phase"] = "Terminating";
  }
  co_return co_await objects.update(std::move(key), current->revision, std::move(marked));
}

base::Task<void> delete_object(Objects& objects, const catalog::Resource& resource,
                               storage::ObjectPtr current) {
  co_await delete_with(objects, resource, std::move(current), registry::Propagation::background);
}

}  // namespace limen::controllers
