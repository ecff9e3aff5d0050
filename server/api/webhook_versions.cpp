#include "api/webhook_versions.h"

#include "base/api_error.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "validation/custom/objects.h"

namespace limen::api {

using object::Json;

registry::Conversions& conversions_of(const ApiOptions& options) {
  if (options.conversions == nullptr) {
    throw base::ApiError::internal("this server does not call conversion webhooks");
  }
  return *options.conversions;
}

registry::Conversions::Scope conversion_scope(const Call& call) {
  const request::CallScope& scope = call.context.scope;
  return {*call.resource.custom, call.held, scope.loop, scope.deadline, scope.cancelled};
}

base::Task<std::vector<storage::ObjectPtr>> as_served(const Call& call,
                                                      std::vector<storage::ObjectPtr> objects) {
  if (!converts(call.resource)) co_return objects;
  registry::Conversions& conversions = conversions_of(call.options);
  registry::Conversions::Scope scope = conversion_scope(call);
  std::string version(call.resource.version);
  objects = co_await conversions.stored(std::move(scope), std::move(version), std::move(objects));
  co_return objects;
}

base::Task<storage::ObjectPtr> as_served(const Call& call, storage::ObjectPtr object) {
  if (!converts(call.resource) || !object) co_return object;
  std::vector<storage::ObjectPtr> one;
  one.push_back(std::move(object));
  one = co_await as_served(call, std::move(one));
  co_return std::move(one.front());
}

namespace {

// The text of an object whose versions differ by name alone: what the stored one does not know is
// not kept.
std::string text_to_store(const catalog::Resource& resource, const Json& object) {
  const catalog::CustomKind* kind = resource.custom;
  if (kind == nullptr || kind->storage == kind) return object::canonical(object);
  Json kept = object::mutable_copy(object);
  validation::prune_custom(kept, *kind->storage);
  return object::canonical(kept);
}

}  // namespace

base::Task<std::string> as_stored(const Call& call, const Json& object) {
  if (!converts(call.resource)) co_return text_to_store(call.resource, object);
  registry::Conversions& conversions = conversions_of(call.options);
  registry::Conversions::Scope scope = conversion_scope(call);
  std::string version(call.resource.storage_version);
  Json copy = object::mutable_copy(object);
  const Json stored =
      co_await conversions.one(std::move(scope), std::move(version), std::move(copy));
  co_return object::canonical(stored);
}

bool is_stored_otherwise(const Call& call, const storage::StoredObject& object) {
  return converts(call.resource) &&
         registry::stored_api_version(object) !=
             object::group_version(call.resource.storage_group, call.resource.storage_version);
}

const Json& ConvertedObjects::get(const Json& object, std::string_view version) const {
  const auto found = known_.find({std::string(version), object::to_json(object)});
  if (found != known_.end()) return found->second;
  throw Missing{object, std::string(version)};
}

base::Task<void> ConvertedObjects::add(const Call& call, Missing missing) {
  Key key{missing.version, object::to_json(missing.object)};
  registry::Conversions& conversions = conversions_of(call.options);
  registry::Conversions::Scope scope = conversion_scope(call);
  Json made = co_await conversions.one(std::move(scope), std::move(missing.version),
                                       std::move(missing.object));
  known_.emplace(std::move(key), std::move(made));
}

}  // namespace limen::api
