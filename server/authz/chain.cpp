#include "authz/chain.h"

#include <utility>

#include "base/strings.h"

namespace limen::authz {

Chain::Chain(std::vector<std::shared_ptr<Authorizer>> authorizers)
    : authorizers_(std::move(authorizers)) {}

base::Task<Outcome> Chain::authorize(const Attributes& attributes,
                                     request::CallScope& scope) const {
  Outcome outcome;
  if (attributes.user == nullptr) {
    outcome.reason = "no user on request.";
    co_return outcome;
  }
  if (attributes.user->in_group(request::kMastersGroup)) {
    outcome.allowed = true;
    outcome.by = request::kMastersGroup;
    co_return outcome;
  }
  std::vector<std::string> reasons;
  std::vector<std::string> errors;
  for (const auto& authorizer : authorizers_) {
    Result result = co_await authorizer->authorize(attributes, scope);
    if (result.verdict == Verdict::no_opinion) {
      if (!result.error.empty()) errors.push_back(std::move(result.error));
      if (!result.reason.empty()) reasons.push_back(std::move(result.reason));
      continue;
    }
    outcome.by = authorizer->name();
    // Who decides is heard alone: what others said or what failed in them counts no more.
    outcome.allowed = result.verdict == Verdict::allow;
    outcome.denied = !outcome.allowed;
    outcome.reason = std::move(result.reason);
    if (outcome.denied) outcome.error = std::move(result.error);
    co_return outcome;
  }
  outcome.reason = base::join(reasons, "\n");
  outcome.error = errors.size() > 1 ? "[" + base::join(errors, ", ") + "]" : base::join(errors, "");
  co_return outcome;
}

base::Task<Rules> Chain::rules_for(const request::Identity& user, const std::string& ns,
                                   request::CallScope& scope) const {
  Rules all;
  std::vector<std::string> errors;
  if (user.in_group(request::kMastersGroup)) {
    all.resource_rules.push_back({{"*"}, {"*"}, {"*"}, {}});
    all.non_resource_rules.push_back({{"*"}, {"*"}});
  }
  for (const auto& authorizer : authorizers_) {
    Rules part = co_await authorizer->rules_for(user, ns, scope);
    for (ResourceRule& rule : part.resource_rules) all.resource_rules.push_back(std::move(rule));
    for (NonResourceRule& rule : part.non_resource_rules)
      all.non_resource_rules.push_back(std::move(rule));
    all.incomplete = all.incomplete || part.incomplete;
    if (!part.error.empty()) errors.push_back(std::move(part.error));
  }
  all.error = errors.size() > 1 ? "[" + base::join(errors, ", ") + "]" : base::join(errors, "");
  co_return all;
}

std::string forbidden_message(const Attributes& attributes) {
  std::string text = "User " + base::go_quote(attributes.user ? attributes.user->name : "") +
                     " cannot " + attributes.verb;
  if (!attributes.is_resource) return text + " path " + base::go_quote(attributes.path);
  std::string resource = attributes.resource;
  if (!attributes.subresource.empty()) resource += "/" + attributes.subresource;
  text +=
      " resource " + base::go_quote(resource) + " in API group " + base::go_quote(attributes.group);
  if (attributes.ns.empty()) return text + " at the cluster scope";
  return text + " in the namespace " + base::go_quote(attributes.ns);
}

}  // namespace limen::authz
