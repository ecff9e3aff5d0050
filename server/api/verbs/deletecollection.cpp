#include <utility>

#include "api/read_list.h"
#include "api/removal.h"
#include "api/respond.h"
#include "api/verbs/verbs.h"
#include "api/write.h"
#include "base/api_error.h"

namespace limen::api {

namespace {

// One that another client deleted meanwhile is gone as well.
base::Task<void> remove_one(Call& call, std::string name, const DeleteOptions& options) {
  try {
    co_await remove_object(call, std::move(name), options);
  } catch (const base::ApiError& error) {
    if (error.code() != 404) throw;
  }
}

}  // namespace

base::Task<void> delete_collection(Call& call) {
  ListOptions selection = parse_list_options(call.info(), call.resource, false);
  const DeleteOptions options = co_await read_delete_options(call);
  ListAnswer answer;
  answer = co_await read_list(call, selection);
  for (const storage::ObjectPtr& object : answer.objects) {
    check_deadline(call);
    co_await remove_one(call, object->name, options);
  }
  co_await respond_list(call, std::move(answer));
}

}  // namespace limen::api
