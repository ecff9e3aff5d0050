#include "tokens.h"

#include "audiences.h"
#include "common/right_check.h"

namespace limen::node_restriction {

namespace {

// The pod a token is to be bound to, or why it is not this node's.
struct BoundPod {
  Verdict verdict;
  SharedNode pod{};
};

BoundPod bound_pod(const NodeRequest& request) {
  const Node bound = request.call.object().at("/spec/boundObjectRef");
  const std::string name = bound["name"].string_or("");
  const std::string uid = bound["uid"].string_or("");
  if (bound["apiVersion"].view_or("") != "v1" || bound["kind"].view_or("") != "Pod" ||
      name.empty()) {
    return {forbidden("node requested token not bound to a pod")};
  }
  if (uid.empty()) return {forbidden("node requested token with a pod binding without a uid")};
  const auto pod = find(request.host, kPod, request.call.attributes().ns(), name);
  if (!pod.ok()) return {pod.error()};
  if (!*pod) return {missing(kPod, name)};
  if (uid_of(**pod) != uid) {
    return {forbidden("the UID in the bound object reference (" + uid +
                      ") does not match the UID in record. The object might have been deleted and "
                      "then recreated")};
  }
  if ((*pod)->at("/spec/nodeName").view_or("") != request.name) {
    return {forbidden("node requested token bound to a pod scheduled on a different node")};
  }
  return {admitted(), *pod};
}

std::string no_volume(const std::string& audience) {
  return "audience " + plugins::go_quote(audience) + " not found in pod spec volume, ";
}

}  // namespace

TokenVerdict judge_token(const NodeRequest& request) {
  const BoundPod bound = bound_pod(request);
  if (!bound.pod) return {bound.verdict};
  const Node audiences = request.call.object().at("/spec/audiences");
  if (audiences.size() > 1) return {forbidden("node may only request 0 or 1 audiences")};
  const std::string audience = audiences.item(0).string_or("");
  const auto search = find_audience(request.host, *bound.pod, audience);
  if (!search.ok()) return {search.error()};
  if (search->found) return {admitted()};
  if (!search->error.empty()) {
    return {forbidden("error validating audience " + plugins::go_quote(audience) + ": " +
                      search->error)};
  }
  return {admitted(), audience};
}

Result<void> ask_for_audience(const NodeRequest& request, const std::string& audience) {
  const Attributes about = request.call.attributes();
  const std::string user(about.user().name());
  // The audience stands where a resource would, the service account where its name would.
  plugins::NeededRight right;
  right.verb = "request-serviceaccounts-token-audience";
  right.resource = audience;
  right.ns = about.ns();
  right.name = about.name();
  right.api_version = "v1";
  return plugins::RightCheck::run(
      request.host, request.call, {right}, false,
      [user](const plugins::NeededRight& missing, const AccessAnswer& answer) {
        if (!answer.error.empty()) {
          return no_volume(missing.resource) + "error authorizing " + user +
                 " to request tokens for this audience: " + answer.error;
        }
        return no_volume(missing.resource) + user +
               " is not authorized to request tokens for this audience";
      });
}

}  // namespace limen::node_restriction
