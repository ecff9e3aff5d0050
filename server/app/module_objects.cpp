#include "app/module_objects.h"

#include <string>
#include <utility>

#include "controllers/objects.h"
#include "observability/log.h"

namespace limen::app {

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
