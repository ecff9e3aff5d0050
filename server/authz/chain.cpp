#include "authz/chain.h"

#include <utility>

#include "base/strings.h"

namespace limen::authz {

namespace {

using std::chrono::microseconds;

// One error as it is, several as a list, as Kubernetes joins them.
std::string joined(const std::vector<std::string>& errors) {
  return errors.size() > 1 ? "[" + base::join(errors, ", ") + "]" : base::join(errors, "");
}

// What nobody has to be asked for. True: `outcome` is final.
bool is_settled(const Attributes& attributes, Outcome& outcome) {
  if (attributes.user == nullptr) {
    outcome.reason = "no user on request.";
    return true;
  }
  if (!attributes.user->in_group(request::kMastersGroup)) return false;
  outcome.allowed = true;
  outcome.by = request::kMastersGroup;
  return true;
}

// The results so far, and the rule that makes an outcome of them.
class Opinions {
 public:
  // Takes in what `name` said. True: that decides.
  bool add(const std::string& name, Verdict verdict, std::string error, std::string reason) {
    if (verdict == Verdict::no_opinion) {
      if (!error.empty()) errors_.push_back(std::move(error));
      if (!reason.empty()) reasons_.push_back(std::move(reason));
      return false;
    }
    // Who decides is heard alone: what others said or what failed in them counts no more.
    outcome_.by = name;
    outcome_.allowed = verdict == Verdict::allow;
    outcome_.denied = !outcome_.allowed;
    outcome_.reason = std::move(reason);
    if (outcome_.denied) outcome_.error = std::move(error);
    return true;
  }

  Outcome outcome() && {
    if (outcome_.allowed || outcome_.denied) return std::move(outcome_);
    outcome_.reason = base::join(reasons_, "\n");
    outcome_.error = joined(errors_);
    return std::move(outcome_);
  }

 private:
  Outcome outcome_;
  std::vector<std::string> reasons_, errors_;
};

Step masters_step(bool allows) {
  Step step{std::string(request::kMastersGroup), "", true};
  step.result.verdict = allows ? Verdict::allow : Verdict::no_opinion;
  if (allows) step.result.reason = "members of the group may do everything";
  return step;
}

}  // namespace

Chain::Chain(std::vector<std::shared_ptr<Authorizer>> authorizers)
    : authorizers_(std::move(authorizers)) {}

base::Task<Outcome> Chain::authorize(const Attributes& attributes,
                                     request::CallScope& scope) const {
  Outcome settled;
  if (is_settled(attributes, settled)) co_return settled;
  Opinions opinions;
  for (const auto& authorizer : authorizers_) {
    Result result = co_await authorizer->authorize(attributes, scope);
    if (opinions.add(authorizer->name(), result.verdict, std::move(result.error),
                     std::move(result.reason))) {
      break;
    }
  }
  co_return std::move(opinions).outcome();
}

base::Task<Explanation> Chain::explain(Attributes attributes, request::CallScope& scope) const {
  attributes.explain = true;
  Explanation all;
  bool decided = is_settled(attributes, all.outcome);
  all.steps.push_back(masters_step(all.outcome.allowed));
  const bool settled = decided;
  Opinions opinions;
  for (const auto& authorizer : authorizers_) {
    Step& step = all.steps.emplace_back(Step{authorizer->name(), authorizer->module()});
    if (decided) continue;
    const base::Deadline began = base::SteadyClock::now();
    step.result = co_await authorizer->authorize(attributes, scope);
    step.took = std::chrono::ceil<microseconds>(base::SteadyClock::now() - began);
    step.asked = true;
    const Result& result = step.result;
    decided = opinions.add(step.name, result.verdict, result.error, result.reason);
  }
  if (!settled) all.outcome = std::move(opinions).outcome();
  co_return all;
}

base::Task<Rules> Chain::rules_for(const request::Identity& user, const std::string& ns,
                                   request::CallScope& scope) const {
  Rules all;
  std::vector<std::string> errors;
  for (const auto& authorizer : authorizers_) {
    Rules part = co_await authorizer->rules_for(user, ns, scope);
    for (ResourceRule& rule : part.resource_rules) all.resource_rules.push_back(std::move(rule));
    for (NonResourceRule& rule : part.non_resource_rules)
      all.non_resource_rules.push_back(std::move(rule));
    all.incomplete = all.incomplete || part.incomplete;
    if (!part.error.empty()) errors.push_back(std::move(part.error));
  }
  all.error = joined(errors);
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
