// Objects of kinds whose versions a webhook converts, on their way out of the store and into it.
//
// Between the two a request sees such objects in the version it speaks and nothing else; for every
// other kind there is nothing to do here (`converts()` is false) and nothing is paid. Thread rule:
// the request's loop.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/call.h"
#include "base/task.h"
#include "object/document.h"
#include "registry/webhook_conversion.h"

namespace limen::api {

inline bool converts(const catalog::Resource& resource) {
  return resource.custom != nullptr && resource.custom->converts();
}

// On whose behalf a webhook is asked. Throws ApiError 500 when the server has no way to ask.
registry::Conversions& conversions_of(const ApiOptions& options);
registry::Conversions::Scope conversion_scope(const Call& call);

// Stored objects in the version of the call. Nulls stay. Throws ApiError.
base::Task<std::vector<storage::ObjectPtr>> as_served(const Call& call,
                                                      std::vector<storage::ObjectPtr> objects);
base::Task<storage::ObjectPtr> as_served(const Call& call, storage::ObjectPtr object);

// The canonical text of `object` in the version it is to be stored in. Throws ApiError.
base::Task<std::string> as_stored(const Call& call, const object::Json& object);

// True when an object that does not change must be written all the same, because it is not in the
// version it is to be stored in.
bool is_stored_otherwise(const Call& call, const storage::StoredObject& object);

// What a computation that cannot wait needs converted: it asks, and when it is not there yet, ends
// by throwing Missing; it is begun anew once that has been converted. One request's, one thread.
class ConvertedObjects {
 public:
  struct Missing {
    object::Json object;
    std::string version;
  };
  // Throws Missing.
  const object::Json& get(const object::Json& object, std::string_view version) const;
  base::Task<void> add(const Call& call, Missing missing);

 private:
  using Key = std::pair<std::string, std::string>;  // version, object as text
  std::map<Key, object::Json> known_;
};

// Runs `work` until it has all the conversions it asks `known` for.
template <class Work>
base::Task<object::Json> with_conversions(const Call& call, ConvertedObjects& known, Work work) {
  while (true) {
    ConvertedObjects::Missing missing;
    try {
      co_return work();
    } catch (ConvertedObjects::Missing& one) {
      missing = std::move(one);
    }
    co_await known.add(call, std::move(missing));
  }
}

}  // namespace limen::api
