#include "app/module_objects.h"

#include <string>
#include <utility>

#include "catalog/custom/lookup_kind.h"
#include "controllers/objects.h"
#include "observability/log.h"

namespace limen::app {

modules::ServedResource resource_of_kind(std::string_view group, std::string_view version,
                                         std::string_view kind) {
  const catalog::ResourcePtr found = catalog::lookup_kind(group, version, kind);
  if (found == nullptr) return {};
  return {std::string(found->name), found->namespaced};
}

void create_for_module(storage::Store& store, storage::Key key, object::Json object,
                       std::function<void(storage::WriteStatus)> done) {
  std::string text;
  try {
    text = controllers::text_to_create(key, std::move(object));
  } catch (const std::exception& error) {
    log::warn("a module's object was not created",
              {{"resource", key.id.resource}, {"name", key.name}, {"error", error.what()}});
    return done(storage::WriteStatus::unavailable);
  }
  store.create(
      std::move(key), std::move(text),
      [done = std::move(done)](const storage::WriteResult& result) { done(result.status); });
}

}  // namespace limen::app
