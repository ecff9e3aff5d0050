#include "controllers/active_namespace.h"

#include "object/document.h"
#include "object/metadata.h"

namespace limen::controllers {

bool is_active_namespace(const storage::Store& store, const std::string& ns) {
  const storage::ObjectPtr home = store.get({{"", "namespaces"}, "", ns});
  if (!home) return false;
  const object::Document document = object::Document::parse(home->json);
  if (!object::deletion_timestamp(document.root()).empty()) return false;
  const object::Json* const phase = object::find(document.root(), {"status", "phase"});
  return !phase || !phase->is_string() || phase->get_string() != "Terminating";
}

}  // namespace limen::controllers
