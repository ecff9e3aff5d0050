// abac: attribute-based access control from a policy file (row Z6).
#include <limen/cpp/file_watch.hpp>
#include <string>
#include <vector>

#include "policy.h"

namespace limen::abac {
namespace {

class Abac final : public Authorizer, public RuleLister {
 public:
  Abac(Host& host, Node config)
      : file_(config["path"].string_or("")),
        policies_(host, "policies", {file_}, [this, log = host.log()] { return read(log); }) {}

  static void check_config(Node config, Findings& findings) {
    const std::string path(config["path"].string_or(""));
    for (const std::string& problem : policy_problems(path)) findings.error("/path", problem);
  }

  Result<void> start() override { return policies_.start(); }

  Result<void> authorize(AuthzCall& call) override {
    const Attributes attributes = call.attributes();
    const auto policies = policies_.get();
    for (const Policy& policy : *policies) {
      if (!matches(policy, attributes)) continue;
      return call.rule(place_of(policy)).allow();
    }
    if (attributes.explains()) tell_near_misses(call, *policies);
    return call.no_opinion("No policy matched.");
  }

  Result<void> rules_for(RulesCall& call) override {
    const auto policies = policies_.get();
    for (const Policy& policy : *policies) {
      if (!matches_subject(policy, call.user())) continue;
      // Without a namespace the question is what holds in all of them.
      if (policy.ns != "*" && (call.ns().empty() || policy.ns != call.ns())) continue;
      const List verbs = policy.readonly ? List{"get", "list", "watch"} : List{"*"};
      if (!policy.resource.empty()) {
        call.resource_rule(verbs, List{policy.api_group}, List{policy.resource}, List{});
      }
      if (!policy.non_resource_path.empty()) {
        call.non_resource_rule(verbs, List{policy.non_resource_path});
      }
    }
    return {};
  }

 private:
  using List = std::vector<std::string>;

  std::string place_of(const Policy& policy) const {
    return file_ + ":" + std::to_string(policy.line);
  }

  void tell_near_misses(AuthzCall& call, const std::vector<Policy>& policies) const {
    constexpr std::size_t kMost = 10;
    const Attributes attributes = call.attributes();
    std::size_t told = 0;
    for (const Policy& policy : policies) {
      const std::string lack = shortfall(policy, attributes);
      if (lack.empty()) continue;
      if (++told > kMost) {
        call.cause("near-miss", "more of the kind, which are not shown");
        return;
      }
      call.cause("near-miss", place_of(policy) + " " + lack);
    }
  }

  std::vector<Policy> read(Log log) const {
    std::vector<Policy> policies = read_policies(file_);
    const std::string count = std::to_string(policies.size());
    log.info("policies read", {{"file", file_}, {"policies", count}});
    return policies;
  }

  const std::string file_;
  Reloaded<std::vector<Policy>> policies_;
};

constexpr const char* kSchema = R"({
  "type": "object",
  "required": ["path"],
  "additionalProperties": false,
  "properties": {
    "path": {"type": "string", "minLength": 1,
             "description": "The policy file: one JSON object a line, # begins a comment line. A change is in force within a second."}
  }
})";

}  // namespace
}  // namespace limen::abac

LIMEN_EXPORT_MODULE(limen::authorizer<limen::abac::Abac>(
    {.id = "abac",
     .version = "1.1.0",
     .vendor = "Limen",
     .summary = "Attribute-based access control from a policy file, as Kubernetes' ABAC mode.",
     .config_schema = limen::abac::kSchema}))
