#include "app/module_objects.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/custom/lookup_kind.h"
#include "controllers/objects.h"
#include "object/metadata.h"
#include "observability/log.h"
#include "validation/validate.h"

namespace limen::app {

namespace {

// As it is stored. A module's object may be made of what a client sent before anything of that was
// checked (a namespace of the request's path), so it must be what a client could have created.
std::string checked_text(const storage::Key& key, object::Json object) {
  const auto version = object::split_api_version(object::api_version(object));
  const catalog::Resource* const resource =
      catalog::find_resource(version.group, version.version, key.id.resource);
  std::string text = controllers::text_to_create(key, std::move(object));
  if (resource == nullptr) throw std::invalid_argument("there is no such resource");
  const object::Document made = object::Document::parse(text);
  const std::vector<base::StatusCause> causes = validation::validate_create(*resource, made.root());
  if (!causes.empty()) {
    throw std::invalid_argument(causes.front().field + ": " + causes.front().message);
  }
  return text;
}

}  // namespace

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
    text = checked_text(key, std::move(object));
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
