#include <utility>

#include "api/body.h"
#include "api/create_right.h"
#include "api/names_match.h"
#include "api/respond.h"
#include "api/storage_error.h"
#include "api/verbs/verbs.h"
#include "api/write.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::api {

namespace {

// The whole new state, as the body has it.
class Replacement final : public Change {
 public:
  explicit Replacement(object::Json object) : object_(std::move(object)) {}
  object::Json apply(Call&, const object::Json&) override { return object::mutable_copy(object_); }
  object::Json take() { return std::move(object_); }

 private:
  object::Json object_;
};

base::Task<void> create_by_update(Call& call, object::Json object, const WriteOptions& options) {
  const std::string uid(object::uid(object));
  if (!uid.empty()) throw other_uid(call, call.info().name, uid, "");
  co_await require_create(call);
  const storage::ObjectPtr created = co_await create_stored(call, std::move(object), options);
  respond_object(call, 201, created);
}

}  // namespace

base::Task<void> update_object(Call& call, registry::Part part) {
  const BodyFormat format = body_format(call.context.head().header("Content-Type"));
  const std::string text = co_await read_body(call);
  const WriteOptions options = parse_write_options(call.info().query, "UpdateOptions");
  object::Json object = co_await decode_body(call, text, format, expected_kind(call), options);
  check_names_match(call, object);
  settle_namespace(call, object);
  store_form(call, object);

  const std::string name = call.info().name;
  if (part == registry::Part::whole && call.strategy().create_on_update &&
      !call.store.get(call.key(name))) {
    co_await create_by_update(call, std::move(object), options);
    co_return;
  }
  Replacement replacement(std::move(object));
  const ModifyRules rules{part, true};
  const storage::ObjectPtr modified = co_await modify(call, name, rules, options, replacement);
  respond_object(call, 200, modified);
}

}  // namespace limen::api
