#include <utility>

#include "api/admit.h"
#include "api/body.h"
#include "api/respond.h"
#include "api/verbs/verbs.h"
#include "api/virtual_resources.h"
#include "api/write.h"
#include "object/canonical.h"
#include "object/metadata.h"

namespace limen::api {

namespace {

// A kind that is answered and not stored.
base::Task<void> answer_virtual(Call& call, object::Json object, const WriteOptions& options) {
  const VirtualHandler handler = virtual_resource_handler(call.resource.group, call.resource.name);
  if (!handler) throw base::ApiError::page_not_found();
  Admit admit(call, admission::kCreate, "create", object::name(object), call.resource.kind,
              call.resource.type, options.document, options.dry_run);
  const object::Document none;
  co_await admit.mutate(object, none);
  co_await admit.validate(object, none);
  const VirtualRequest request{call.context, call.chains, call.resource, object, call.store};
  const object::Json answer = co_await handler(request);
  respond_text(call, 201, object::to_json(answer));
}

}  // namespace

base::Task<void> create_object(Call& call) {
  const BodyFormat format = body_format(call.context.head().header("Content-Type"));
  const std::string text = co_await read_body(call);
  const WriteOptions options = parse_write_options(call.info().query, "CreateOptions");
  object::Json object = co_await decode_body(call, text, format, expected_kind(call), options);
  settle_namespace(call, object);
  if (!call.resource.stored()) {
    co_await answer_virtual(call, std::move(object), options);
    co_return;
  }
  store_form(call, object);
  const storage::ObjectPtr created = co_await create_stored(call, std::move(object), options);
  respond_object(call, 201, created);
}

}  // namespace limen::api
