#include "api/access/authentication_reviews.h"

#include <utility>

#include "object/metadata.h"

namespace limen::api::access {

namespace {

boost::json::array strings(const std::vector<std::string>& values) {
  boost::json::array out;
  for (const std::string& value : values) out.emplace_back(value);
  return out;
}

}  // namespace

boost::json::object user_info(const request::Identity& identity) {
  boost::json::object info;
  info["username"] = identity.name;
  if (!identity.uid.empty()) info["uid"] = identity.uid;
  if (!identity.groups.empty()) info["groups"] = strings(identity.groups);
  if (!identity.extra.empty()) {
    boost::json::object extra;
    for (const auto& [key, values] : identity.extra) extra[key] = strings(values);
    info["extra"] = std::move(extra);
  }
  return info;
}

base::Task<object::Json> self_subject_review(const VirtualRequest& request) {
  object::Json object = request.object;
  object::object_at(object, "status")["userInfo"] = user_info(request.context.user);
  co_return std::move(object);
}

base::Task<object::Json> token_review(const VirtualRequest& request) {
  object::Json object = request.object;
  const object::Json* token = object::find(object, {"spec", "token"});
  if (token == nullptr || !token->is_string() || token->get_string().empty()) {
    throw base::ApiError::bad_request("token is required for TokenReview in authentication");
  }
  if (!object::ns(object).empty()) {
    throw base::ApiError::bad_request("namespace is not allowed on this type: " +
                                      std::string(object::ns(object)));
  }
  // The token alone is on trial: neither the caller's own headers nor its certificate.
  static const transport::RequestHead kNoHeaders;
  static const transport::PeerInfo kNobody;
  authn::Credentials credentials;
  const std::string presented(token->get_string());
  credentials.bearer_token = presented;
  credentials.head = &kNoHeaders;
  credentials.peer = &kNobody;
  const std::vector<std::string> audiences =
      object::texts_of(object::find(object, {"spec", "audiences"}));
  credentials.audiences = audiences;
  const authn::Outcome outcome =
      co_await request.chains.authn.authenticate(credentials, request.context.scope);

  boost::json::object status;
  if (outcome.authenticated) {
    status["authenticated"] = true;
    status["user"] = user_info(outcome.identity);
    if (!outcome.audiences.empty()) status["audiences"] = strings(outcome.audiences);
  } else {
    status["user"] = boost::json::object();
    // What went wrong inside a module is for the log, not for whoever guesses tokens.
    if (!outcome.errors.empty()) status["error"] = "the token could not be verified";
  }
  object.get_object()["status"] = std::move(status);
  co_return std::move(object);
}

}  // namespace limen::api::access
