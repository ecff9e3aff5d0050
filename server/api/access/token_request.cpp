#include "api/access/token_request.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/api_error.h"
#include "base/strings.h"
#include "base/time.h"
#include "object/metadata.h"
#include "observability/log.h"

namespace limen::api::access {

namespace {

using base::ApiError;
using object::Json;

constexpr std::string_view kGroup = "authentication.k8s.io";
constexpr std::string_view kKind = "TokenRequest";
constexpr std::int64_t kDefaultSeconds = 3600;
constexpr std::int64_t kMinSeconds = 600;
constexpr std::int64_t kMaxSeconds = std::int64_t{1} << 32;

const Json* spec_of(const Json& object, std::string_view key) {
  const Json* value = object::find(object, {"spec", key});
  return value == nullptr || value->is_null() ? nullptr : value;
}

// A name in the body is the account's, as the URL has it.
void check_name(const Json& object, const std::string& name) {
  const std::string_view own = object::name(object);
  if (own.empty() || own == name) return;
  throw ApiError::invalid(kGroup, kKind, name,
                          {{"FieldValueInvalid",
                            "Invalid value: " + base::go_quote(own) +
                                ": must match the service account name if specified",
                            "metadata.name"}});
}

void check_expiration(std::int64_t seconds) {
  const char* why = seconds < kMinSeconds   ? "may not specify a duration less than 10 minutes"
                    : seconds > kMaxSeconds ? "may not specify a duration larger than 2^32 seconds"
                                            : nullptr;
  if (why == nullptr) return;
  throw ApiError::invalid(
      kGroup, kKind, "",
      {{"FieldValueInvalid", "Invalid value: " + std::to_string(seconds) + ": " + why,
        "spec.expirationSeconds"}});
}

// Throws 404 when there is none.
storage::ObjectPtr find_object(const VirtualRequest& request, std::string_view resource,
                               const std::string& ns, const std::string& name) {
  storage::ObjectPtr found = request.store.get({{"", std::string(resource)}, ns, name});
  if (found == nullptr) throw ApiError::not_found("", resource, name);
  return found;
}

// Where a pod runs. A node that is not there is named all the same, without UID, so that whoever
// reads the token still learns of it.
void add_node(const VirtualRequest& request, std::string_view node_name, authn::TokenOrder& order) {
  if (node_name.empty()) return;
  order.node_name = node_name;
  const storage::ObjectPtr node = request.store.get({{"", "nodes"}, "", order.node_name});
  if (node != nullptr) order.node_uid = node->uid;
}

void bind_pod(const VirtualRequest& request, const storage::StoredObject& stored,
              authn::TokenOrder& order) {
  const object::Document pod = object::Document::parse(stored.json);
  const auto text = [&](std::string_view key) {
    const Json* spec = object::member(pod.root(), "spec");
    return spec == nullptr ? std::string_view() : object::text_at(*spec, key);
  };
  if (text("serviceAccountName") != order.service_account) {
    throw ApiError::bad_request("cannot bind token for serviceaccount " +
                                base::go_quote(order.service_account) +
                                " to pod running with different serviceaccount name.");
  }
  add_node(request, text("nodeName"), order);
}

// spec.boundObjectRef: the object with which the token dies.
void bind(const VirtualRequest& request, const Json& reference, authn::TokenOrder& order) {
  const std::string_view kind = object::text_at(reference, "kind");
  const object::GroupVersionParts version =
      object::split_api_version(object::text_at(reference, "apiVersion"));
  const bool bindable =
      version.group.empty() && (kind == "Pod" || kind == "Node" || kind == "Secret");
  if (!bindable) {
    throw ApiError::bad_request("cannot bind token to object of type " +
                                std::string(version.group) + "/" + std::string(version.version) +
                                ", Kind=" + std::string(kind));
  }
  const std::string name(object::text_at(reference, "name"));
  const bool node = kind == "Node";
  const std::string_view resource = kind == "Pod" ? "pods" : node ? "nodes" : "secrets";
  const storage::ObjectPtr bound = find_object(request, resource, node ? "" : order.ns, name);
  order.bound_kind = kind;
  order.bound_name = name;
  order.bound_uid = bound->uid;
  if (kind == "Pod") bind_pod(request, *bound, order);
  const std::string_view expected = object::text_at(reference, "uid");
  if (!expected.empty() && expected != order.bound_uid) {
    // The kind stands where a resource would: clients know the text like this.
    throw ApiError::conflict("", kind, name,
                             "the UID in the bound object reference (" + std::string(expected) +
                                 ") does not match the UID in record. The object might have been "
                                 "deleted and then recreated");
  }
}

boost::json::array to_array(const std::vector<std::string>& texts) {
  boost::json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

// The request with everything settled that it left open, and the token.
Json answer_of(const VirtualRequest& request, const authn::TokenOrder& order,
               const authn::IssuedToken& issued, base::SystemTime now) {
  boost::json::object metadata;
  metadata["name"] = order.service_account;
  metadata["namespace"] = order.ns;
  metadata["creationTimestamp"] = base::format_time(now);
  if (const Json* given = object::metadata_of(request.object); given && given->is_object()) {
    for (const auto& entry : given->get_object())
      if (!metadata.contains(entry.key())) metadata[entry.key()] = entry.value();
  }
  const Json* reference = spec_of(request.object, "boundObjectRef");
  boost::json::object spec;
  spec["audiences"] = to_array(issued.audiences);
  spec["expirationSeconds"] = issued.expiration_seconds;
  spec["boundObjectRef"] = reference == nullptr ? Json() : *reference;
  boost::json::object status;
  status["token"] = issued.token;
  status["expirationTimestamp"] =
      base::format_time(now + std::chrono::seconds(issued.expiration_seconds));
  boost::json::object answer;
  answer["kind"] = kKind;
  answer["apiVersion"] = object::group_version(kGroup, "v1");
  answer["metadata"] = std::move(metadata);
  answer["spec"] = std::move(spec);
  answer["status"] = std::move(status);
  return answer;
}

}  // namespace

base::Task<Json> token_request(const VirtualRequest& request) {
  const auto& issuer = request.chains.token_issuer;
  if (issuer == nullptr) throw ApiError::page_not_found();
  const request::RequestInfo& info = request.context.info;
  check_name(request.object, info.name);

  authn::TokenOrder order;
  order.ns = info.ns;
  order.service_account = info.name;
  order.audiences = object::texts_of(spec_of(request.object, "audiences"));
  order.api_audiences = request.chains.api_audiences;
  order.expiration_seconds =
      object::int_or(spec_of(request.object, "expirationSeconds"), kDefaultSeconds);
  order.service_account_uid = find_object(request, "serviceaccounts", order.ns, info.name)->uid;
  check_expiration(order.expiration_seconds);
  if (const Json* reference = spec_of(request.object, "boundObjectRef")) {
    bind(request, *reference, order);
  }

  // Read before the token is signed, so that the time told is never later than the token's end.
  const base::SystemTime now = std::chrono::system_clock::now();
  const authn::IssuedToken issued = co_await issuer->issue(order, request.context.scope);
  if (!issued.error.empty()) {
    log::error("a service account token could not be signed",
               {{"module", issuer->name()}, {"error", issued.error}});
    throw ApiError::internal("failed to generate token");
  }
  co_return answer_of(request, order, issued, now);
}

}  // namespace limen::api::access
