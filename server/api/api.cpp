#include "api/api.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "aggregation/remote_servers.h"
#include "aggregation/routes.h"
#include "api/call.h"
#include "api/deprecations.h"
#include "api/discovery/discovery.h"
#include "api/freshness.h"
#include "api/issuer_documents.h"
#include "api/openapi/openapi.h"
#include "api/protobuf_answer.h"
#include "api/subresources/subresources.h"
#include "api/verbs/verbs.h"
#include "api/webhook_versions.h"
#include "base/api_error.h"

namespace limen::api {

namespace {

using base::ApiError;
using request::RequestInfo;

struct VerbRow {
  std::string_view name;
  catalog::Verb bit;
  bool named;  // the URL names an object
};
constexpr VerbRow kVerbs[] = {
    {"get", catalog::kVerbGet, true},
    {"list", catalog::kVerbList, false},
    {"watch", catalog::kVerbWatch, false},
    {"create", catalog::kVerbCreate, false},
    {"update", catalog::kVerbUpdate, true},
    {"patch", catalog::kVerbPatch, true},
    {"delete", catalog::kVerbDelete, true},
    {"deletecollection", catalog::kVerbDeleteCollection, false},
};

const VerbRow* find_verb(std::string_view name) {
  for (const VerbRow& row : kVerbs)
    if (row.name == name) return &row;
  return nullptr;
}

bool is_namespaces(const RequestInfo& info) {
  return info.group.empty() && info.resource == "namespaces";
}

// A proxy's path goes on below the object; nothing else does.
bool path_fits(const RequestInfo& info) {
  return info.parts.size() <= 3 || info.subresource == "proxy";
}

// Where the resource lives must be what the URL says: a cluster-scoped object is not reached
// through a namespace (CVE-2019-11247), nor one in a namespace without naming it.
void check_scope(const RequestInfo& info, const catalog::Resource& resource) {
  if (!path_fits(info)) throw ApiError::page_not_found();
  if (!resource.namespaced) {
    if (!info.ns.empty() && !is_namespaces(info)) throw ApiError::page_not_found();
    return;
  }
  if (!info.ns.empty()) return;
  if (info.parts.size() > 1) throw ApiError::page_not_found();
  if (info.verb != "list" && info.verb != "watch") {
    // Virtual kinds with a namespace need it in the URL as well.
    throw ApiError::method_not_supported();
  }
}

Answer answer_of(const RequestInfo& info) {
  if (info.verb == "watch") return Answer::watch;
  return info.verb == "list" || info.verb == "deletecollection" ? Answer::list : Answer::object;
}

// A proxy takes a method that is no verb of the API, too.
const catalog::Subresource* find_subresource(const RequestInfo& info, std::string_view method,
                                             const catalog::Resource& resource) {
  if (info.subresource.empty()) return nullptr;
  const catalog::Subresource* sub = resource.subresource(info.subresource);
  if (!sub) throw ApiError::page_not_found();
  if (info.subresource == "proxy" && method == "OPTIONS") return sub;
  const VerbRow* verb = find_verb(info.verb);
  if (!verb || (sub->verbs & verb->bit) == 0) throw ApiError::method_not_supported();
  return sub;
}

// Not served as such: what the URL does name is told apart from what it cannot do.
void check_verb(const RequestInfo& info, const catalog::Resource& resource) {
  const VerbRow* verb = find_verb(info.verb);
  if (!verb || !resource.has(verb->bit)) throw ApiError::method_not_supported();
  const bool named = info.parts.size() > 1;
  if (named != verb->named && info.verb != "watch") throw ApiError::method_not_supported();
}

// What the definition of a kind says to every request for its objects.
void meet_custom(request::RequestContext& context, const catalog::CustomKind& kind) {
  if (!kind.warning.empty()) context.warn(kind.warning);
  if (context.info.verb == "create" && kind.definition->terminating()) {
    throw ApiError(405, "MethodNotAllowed",
                   "create not allowed while custom resource definition is terminating");
  }
}

base::Task<void> serve_verb(Call& call) {
  const std::string& verb = call.info().verb;
  if (verb == "get") return get_object(call);
  if (verb == "list") return list_objects(call);
  if (verb == "watch") return watch_objects(call);
  if (verb == "create") {
    const bool binding = call.resource.group.empty() && call.resource.name == "bindings";
    return binding ? bind_pod(call) : create_object(call);
  }
  if (verb == "update") return update_object(call, registry::Part::whole);
  if (verb == "patch") return patch_object(call, registry::Part::whole);
  if (verb == "delete") return delete_object(call);
  return delete_collection(call);
}

void send_reply(request::RequestContext& context, const Reply& reply) {
  if (context.exchange().responded()) return;
  transport::ResponseHead head = context.new_head(reply.status, reply.content_type);
  // What a document says of its own caching counts, not what other answers say.
  for (const auto& [name, value] : reply.headers) head.replace(name, value);
  context.set_status(reply.status);
  std::vector<transport::BodyPiece> body;
  if (reply.body) body.emplace_back(reply.body, std::string_view(*reply.body));
  context.exchange().respond(std::move(head), std::move(body));
}

// What lives below a built-in group is answered in the manner of an API, whatever its version. All
// else is nobody's: neither unknown groups nor what custom groups lack have a Status.
bool below_a_built_in_group(std::string_view path) {
  if (path == "/api" || path.starts_with("/api/")) return true;
  constexpr std::string_view kGroups = "/apis/";
  if (!path.starts_with(kGroups)) return path == "/apis";
  path.remove_prefix(kGroups.size());
  return catalog::has_group(path.substr(0, path.find('/')));
}

void answer_that_nothing_is_there(request::RequestContext& context) {
  const ApiError error = ApiError::page_not_found();
  if (below_a_built_in_group(context.info.path)) throw error;
  context.fail(error, "404 page not found\n");
}

// Discovery, OpenAPI and version: documents, the same for everybody.
void serve_document(request::RequestContext& context) {
  const RequestInfo& info = context.info;
  const transport::RequestHead& head = context.head();
  const std::string_view accept = head.header("Accept");
  const std::string_view known = head.header("If-None-Match");
  if (head.method == "GET" || head.method == "HEAD") {
    if (const auto reply = discovery_reply(info.path, accept, known)) {
      send_reply(context, *reply);
      return;
    }
    const auto reply = openapi_reply(info.path, accept, known, info.query.get("hash"),
                                     std::chrono::system_clock::now());
    if (reply) {
      send_reply(context, *reply);
      return;
    }
  } else if (discovery_page(info.path, "")) {
    throw ApiError::method_not_supported();
  }
  answer_that_nothing_is_there(context);
}

}  // namespace

base::Task<void> Api::serve(request::RequestContext& context, const AccessChainsPtr& chains) const {
  const RequestInfo& info = context.info;
  // What another server answers for is none of the catalog's business.
  if (aggregation::RoutePtr route = aggregation::route_of(info.path)) {
    const aggregation::RemoteServers* remote = dependencies_.options.remote_servers;
    if (!remote) throw ApiError::service_unavailable("service unavailable");
    co_await remote->serve(context, std::move(route));
    co_return;
  }
  // A custom resource stays for this request as it is now.
  const catalog::ResourcePtr resource =
      info.is_resource ? catalog::lookup(info.group, info.version, info.resource) : nullptr;
  if (!resource) {
    if (co_await serve_issuer_document(context, *chains)) co_return;
    serve_document(context);
    co_return;
  }
  check_scope(info, *resource);
  const catalog::Subresource* sub = find_subresource(info, context.head().method, *resource);
  if (!sub) check_verb(info, *resource);
  if (resource->custom) meet_custom(context, *resource->custom);
  warn_of_deprecation(context, *resource);
  Call call{context,
            *chains,
            dependencies_.store,
            dependencies_.options,
            *resource,
            sub,
            sub && passes_on(*sub)
                ? Output{}
                : negotiate_output(context, answer_of(info), has_protobuf(*resource, sub)),
            resource};
  if (call.store.shared() && must_confirm(call)) co_await confirm(call);
  if (converts(*resource)) call.converted = std::make_shared<ConvertedObjects>();
  if (sub) {
    co_await serve_subresource(call);
  } else {
    co_await serve_verb(call);
  }
}

}  // namespace limen::api
