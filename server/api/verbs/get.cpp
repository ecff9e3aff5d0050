#include "api/list_options.h"
#include "api/respond.h"
#include "api/revision_errors.h"
#include "api/verbs/verbs.h"
#include "api/webhook_versions.h"

namespace limen::api {

base::Task<void> get_object(Call& call) {
  const std::string_view wanted = call.info().query.get("resourceVersion");
  if (!wanted.empty()) {
    const auto revision = parse_start_revision(wanted);
    if (revision && *revision > call.store.revision()) {
      throw too_large_revision(*revision, call.store.revision());
    }
  }
  storage::ObjectPtr object = call.store.get(call.key(call.info().name));
  if (!object) throw call.not_found(call.info().name);
  if (call.converted) object = co_await as_served(call, std::move(object));
  respond_object(call, 200, object);
  co_return;
}

}  // namespace limen::api
