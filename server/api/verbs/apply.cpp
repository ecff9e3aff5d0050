// Server-side apply: a PATCH whose body is what one manager wants of the object (row M10).
#include <utility>

#include "api/apply_config.h"
#include "api/body.h"
#include "api/create_right.h"
#include "api/names_match.h"
#include "api/ownership.h"
#include "api/patching.h"
#include "api/respond.h"
#include "api/verbs/verbs.h"
#include "api/write.h"
#include "base/api_error.h"
#include "object/metadata.h"

namespace limen::api {

namespace {

using base::ApiError;
using object::Json;

class Applied final : public Change {
 public:
  Applied(const Ownership& ownership, const Json& config)
      : ownership_(ownership), config_(config) {}

  Json apply(Call& call, const Json& current) override {
    const Json served = served_form(call, current);
    return finished(call, ownership_.applied(&served, config_));
  }
  bool settles_owners() const override { return true; }

  // The object that is made where there is none; in stored form.
  Json created(Call& call) const {
    const std::string uid(object::uid(config_));
    if (!uid.empty()) {
      throw call.conflict(call.info().name, "uid mismatch: the provided object specified uid " +
                                                uid + ", and no existing object was found");
    }
    return finished(call, ownership_.applied(nullptr, config_));
  }

 private:
  static Json finished(Call& call, Json object) {
    conform_applied(object, expected_kind(call));
    settle_namespace(call, object);
    check_names_match(call, object);
    store_form(call, object);
    return object;
  }

  const Ownership& ownership_;
  const Json& config_;
};

// False when somebody else has created the object in the meantime.
base::Task<bool> create_applied(Call& call, const Applied& change, const WriteOptions& options) {
  co_await require_create(call);
  try {
    const storage::ObjectPtr created = co_await create_stored(call, change.created(call), options);
    respond_object(call, 201, created);
  } catch (const ApiError& error) {
    if (error.reason() != "AlreadyExists" || !call.store.get(call.key(call.info().name))) throw;
    co_return false;
  }
  co_return true;
}

}  // namespace

base::Task<void> apply_object(Call& call, registry::Part part) {
  const std::string text = co_await read_body(call);
  const WriteOptions options = parse_apply_options(call.info().query);
  const Json config = co_await read_config(call, text, expected_kind(call), options);
  const Ownership ownership(call, part, options);
  Applied change(ownership, config);
  const std::string name = call.info().name;
  if (part == registry::Part::whole) {
    while (!call.store.get(call.key(name))) {
      if (co_await create_applied(call, change, options)) co_return;
      check_deadline(call);
    }
  }
  const ModifyRules rules{part, true};
  const storage::ObjectPtr modified = co_await modify(call, name, rules, options, change);
  respond_object(call, 200, modified);
}

}  // namespace limen::api
