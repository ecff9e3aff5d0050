#include "controllers/objects.h"

#include <utility>

#include "catalog/catalog.h"
#include "object/canonical.h"
#include "object/metadata.h"
#include "registry/lifecycle.h"
#include "registry/strategy.h"

namespace limen::controllers {

namespace {

// True when written, false when somebody else was first.
bool settle(const storage::WriteResult& result) {
  switch (result.status) {
    case storage::WriteStatus::ok:
      return true;
    case storage::WriteStatus::already_exists:
    case storage::WriteStatus::not_found:
    case storage::WriteStatus::conflict:
      return false;
    case storage::WriteStatus::too_busy:
      throw StoreError("the store is too busy");
    case storage::WriteStatus::unavailable:
    case storage::WriteStatus::unknown:
      break;
  }
  throw StoreError(result.error.empty() ? "the store is unavailable" : result.error);
}

}  // namespace

std::string text_to_create(const storage::Key& key, object::Json object) {
  const auto version = object::split_api_version(object::api_version(object));
  const catalog::Resource* const resource =
      catalog::find_resource(version.group, version.version, key.id.resource);
  if (!resource) throw std::logic_error("a controller creates what is not served");
  const request::Identity self{"system:apiserver", "", {"system:masters"}, {}};
  object::Json status;
  if (object::Json* given = object::member(object, "status")) status = std::move(*given);
  registry::prepare_create(*resource, registry::strategy_for(*resource), object, self);
  if (!status.is_null()) object.get_object()["status"] = std::move(status);
  return object::canonical(object);
}

base::Task<bool> Objects::create(storage::Key key, object::Json object) {
  std::string text = text_to_create(key, std::move(object));
  co_return co_await create_text(std::move(key), std::move(text));
}

base::Task<bool> Objects::create_text(storage::Key key, std::string text) {
  const storage::WriteResult result =
      co_await store_.create(loop_, std::move(key), std::move(text));
  co_return settle(result);
}

base::Task<bool> Objects::update(storage::Key key, storage::Revision expected,
                                 object::Json object) {
  std::string json = object::canonical(object);
  const storage::WriteResult result =
      co_await store_.update(loop_, std::move(key), expected, std::move(json));
  co_return settle(result);
}

base::Task<bool> Objects::remove(storage::Key key, storage::Revision expected) {
  const storage::WriteResult result = co_await store_.remove(loop_, std::move(key), expected);
  co_return settle(result);
}

}  // namespace limen::controllers
