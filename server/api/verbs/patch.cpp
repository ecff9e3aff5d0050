#include <utility>

#include "api/body.h"
#include "api/names_match.h"
#include "api/patching.h"
#include "api/record.h"
#include "api/respond.h"
#include "api/verbs/verbs.h"
#include "api/write.h"

namespace limen::api {

namespace {

class Patched final : public Change {
 public:
  explicit Patched(const Patch& patch) : patch_(patch) {}

  object::Json apply(Call& call, const object::Json& current) override {
    // A patch speaks of the fields of the version it was sent to.
    const object::Json served = served_form(call, current);
    object::Json object = patch_.apply(call, served, expected_kind(call));
    settle_namespace(call, object);
    check_names_match(call, object);
    store_form(call, object);
    return object;
  }

 private:
  const Patch& patch_;
};

}  // namespace

base::Task<void> patch_object(Call& call, registry::Part part) {
  const std::string_view content_type = call.context.head().header("Content-Type");
  if (is_apply_patch(content_type)) {
    co_await apply_object(call, part);
    co_return;
  }
  const PatchKind kind = patch_kind(content_type, call.resource.custom == nullptr);
  const std::string text = co_await read_body(call);
  const WriteOptions options = parse_write_options(call.info().query, "PatchOptions");
  const Patch patch(kind, text, options);
  record_body(call, patch.value());
  Patched change(patch);
  const std::string name = call.info().name;
  const ModifyRules rules{part, true};
  const storage::ObjectPtr modified = co_await modify(call, name, rules, options, change);
  respond_object(call, 200, modified);
}

}  // namespace limen::api
