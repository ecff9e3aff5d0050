#include "api/read_list.h"
#include "api/verbs/verbs.h"

namespace limen::api {

namespace {

// Nothing of this kind is ever stored (componentstatuses).
bool is_unstored(const Call& call) { return !call.resource.stored(); }

}  // namespace

base::Task<void> list_objects(Call& call) {
  const ListOptions options = parse_list_options(call.info(), call.resource, false);
  ListAnswer answer;
  try {
    if (is_unstored(call)) {
      answer.revision = call.store.revision();
    } else {
      answer = co_await read_list(call, options);
    }
  } catch (const ContinueExpired& expired) {
    call.context.respond_json(expired.code(), expired.status_json());
    co_return;
  }
  co_await respond_list(call, std::move(answer));
}

}  // namespace limen::api
