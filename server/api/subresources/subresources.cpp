#include "api/subresources/subresources.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "api/admit.h"
#include "api/body.h"
#include "api/respond.h"
#include "api/verbs/verbs.h"
#include "api/virtual_resources.h"
#include "base/api_error.h"
#include "object/canonical.h"
#include "object/metadata.h"

namespace limen::api {

namespace {

using Handler = base::Task<void> (*)(Call&);

base::Task<void> serve_part(Call& call, registry::Part part) {
  const std::string& verb = call.info().verb;
  if (verb == "get") {
    co_await get_object(call);
  } else if (verb == "update") {
    co_await update_object(call, part);
  } else if (verb == "patch") {
    co_await patch_object(call, part);
  } else {
    throw base::ApiError::method_not_supported();
  }
}
base::Task<void> serve_status(Call& call) { return serve_part(call, registry::Part::status); }
base::Task<void> serve_finalize(Call& call) { return serve_part(call, registry::Part::finalize); }
base::Task<void> serve_ephemeral(Call& call) {
  return serve_part(call, registry::Part::ephemeral_containers);
}
base::Task<void> serve_resize(Call& call) { return serve_part(call, registry::Part::resize); }
base::Task<void> serve_scale(Call& call) {
  return call.info().verb == "get" ? get_scale(call) : update_scale(call);
}

struct Row {
  std::string_view resource;  // of the core group; empty: any
  std::string_view subresource;
  Handler handler;
};

constexpr Row kRows[] = {
    {"", "status", serve_status},
    {"", "approval", serve_status},
    {"", "scale", serve_scale},
    {"namespaces", "finalize", serve_finalize},
    {"pods", "ephemeralcontainers", serve_ephemeral},
    {"pods", "resize", serve_resize},
    {"pods", "binding", bind_pod},
    {"pods", "eviction", evict_pod},
    {"pods", "log", read_log},
    {"pods", "exec", connect_pod},
    {"pods", "attach", connect_pod},
    {"pods", "portforward", connect_pod},
    {"pods", "proxy", connect_proxy},
    {"services", "proxy", connect_proxy},
    {"nodes", "proxy", connect_proxy},
};

Handler find_handler(const Call& call) {
  for (const Row& row : kRows) {
    if (row.subresource != call.info().subresource) continue;
    if (row.resource.empty()) return row.handler;
    if (row.resource == call.resource.name && call.resource.group.empty()) return row.handler;
  }
  const std::string path = std::string(call.resource.name) + "/" + call.info().subresource;
  return virtual_resource_handler(call.resource.group, path) ? create_virtual_subresource : nullptr;
}

}  // namespace

bool passes_on(const catalog::Subresource& subresource) {
  static constexpr std::string_view kNames[] = {"log", "exec", "attach", "portforward", "proxy"};
  return std::find(std::begin(kNames), std::end(kNames), subresource.name) != std::end(kNames);
}

base::Task<void> serve_subresource(Call& call) {
  const Handler handler = find_handler(call);
  if (!handler) throw base::ApiError::page_not_found();
  return handler(call);
}

base::Task<void> create_virtual_subresource(Call& call) {
  const catalog::Subresource& sub = *call.subresource;
  const BodyFormat format = body_format(call.context.head().header("Content-Type"));
  const std::string text = co_await read_body(call);
  const WriteOptions options = parse_write_options(call.info().query, "CreateOptions");
  const validation::ExpectedKind expected{sub.group, sub.version, sub.kind, sub.type};
  object::Json object = co_await decode_body(call, text, format, expected, options);
  settle_namespace(call, object);
  Admit admit(call, admission::kCreate, "create", call.info().name, sub.kind, sub.type,
              options.document, options.dry_run);
  const object::Document none;
  co_await admit.mutate(object, none);
  co_await admit.validate(object, none);
  const std::string path = std::string(call.resource.name) + "/" + call.info().subresource;
  const VirtualHandler handler = virtual_resource_handler(call.resource.group, path);
  const VirtualRequest request{call.context, call.chains, call.resource, object, call.store};
  const object::Json answer = co_await handler(request);
  respond_text(call, 201, object::to_json(answer));
}

}  // namespace limen::api
