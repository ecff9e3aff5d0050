#include "controllers/kept_config_map.h"

#include <utility>

#include "catalog/catalog.h"
#include "controllers/deletion.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

bool is_immutable(const object::Json& config_map) {
  const object::Json* const immutable = object::member(config_map, "immutable");
  return immutable && immutable->is_bool() && immutable->get_bool();
}

object::Json empty_config_map(const std::string& ns, const std::string& name) {
  object::Json made = boost::json::object();
  object::set_type(made, "v1", "ConfigMap");
  object::set_metadata(made, "name", name);
  object::set_metadata(made, "namespace", ns);
  return made;
}

}  // namespace

base::Task<bool> keep_config_map(Objects& objects, std::string ns, std::string name,
                                 CorrectConfigMap correct) {
  storage::Key key{kConfigMapResource, ns, name};
  const storage::ObjectPtr current = objects.store().get(key);
  if (!current) {
    object::Json made = empty_config_map(ns, name);
    if (!correct(made)) co_return true;
    co_return co_await objects.create(std::move(key), std::move(made));
  }
  const object::Document document = object::Document::parse(current->json);
  // Made anew when it has gone.
  if (!object::deletion_timestamp(document.root()).empty()) co_return true;
  object::Json corrected = object::mutable_copy(document.root());
  if (!correct(corrected)) co_return true;
  if (is_immutable(document.root())) {
    co_await delete_object(objects, *catalog::find_resource("", "v1", "configmaps"), current);
    co_return true;
  }
  co_return co_await objects.update(std::move(key), current->revision, std::move(corrected));
}

}  // namespace limen::controllers
