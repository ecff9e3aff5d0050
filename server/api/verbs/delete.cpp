#include "api/removal.h"
#include "api/respond.h"
#include "api/verbs/verbs.h"
#include "api/webhook_versions.h"

namespace limen::api {

base::Task<void> delete_object(Call& call) {
  const DeleteOptions options = co_await read_delete_options(call);
  const std::string name = call.info().name;
  Removed removed = co_await remove_object(call, name, options);
  // What waits is shown with its marks, so that a client can tell; so are kinds of which clients
  // expect the object.
  const bool not_waited_for = options.orphan_dependents && !*options.orphan_dependents;
  if (!removed.gone || call.strategy().returns_deleted) {
    if (call.converted) removed.object = co_await as_served(call, std::move(removed.object));
    respond_object(call, !removed.gone && not_waited_for ? 202 : 200, removed.object);
  } else {
    respond_deleted(call, *removed.object);
  }
}

}  // namespace limen::api
