#include "controllers/deletion.h"

#include <string>
#include <utility>

#include "object/decode.h"
#include "object/metadata.h"
#include "registry/lifecycle.h"
#include "registry/strategy.h"

namespace limen::controllers {

using object::Json;

base::Task<void> delete_object(Objects& objects, const catalog::Resource& resource,
                               storage::ObjectPtr current) {
  const object::Document document = object::Document::parse(current->json);
  const Json& old = document.root();
  const registry::Strategy& strategy = registry::strategy_for(resource);
  storage::Key key{{std::string(resource.storage_group), std::string(resource.name)},
                   current->ns,
                   current->name};
  if (!object::deletion_timestamp(old).empty()) {
    const Json* const grace = object::find(old, {"metadata", "deletionGracePeriodSeconds"});
    if (object::finalizers(old).empty() && object::int_or(grace, 0) == 0) {
      co_await objects.remove(std::move(key), current->revision);
    }
    co_return;
  }
  const auto finalizers =
      registry::finalizers_for(strategy, old, registry::Propagation::background);
  const bool waits = finalizers ? !finalizers->empty() : !object::finalizers(old).empty();
  const std::int64_t grace = strategy.grace_period ? strategy.grace_period(old, {}) : 0;
  if (!waits && grace == 0) {
    co_await objects.remove(std::move(key), current->revision);
    co_return;
  }
  Json marked = object::mutable_copy(old);
  if (finalizers) object::set_finalizers(marked, *finalizers);
  registry::mark_deleted(marked, grace);
  co_await objects.update(std::move(key), current->revision, std::move(marked));
}

}  // namespace limen::controllers
