// always-allow: allows every request (row Z5). For tests and closed machines.
#include <string>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace {

class AlwaysAllow final : public limen::Authorizer, public limen::RuleLister {
 public:
  limen::Result<void> authorize(limen::AuthzCall& call) override { return call.allow(); }

  limen::Result<void> rules_for(limen::RulesCall& call) override {
    const std::vector<std::string> all{"*"};
    call.resource_rule(all, all, all, std::vector<std::string>{});
    call.non_resource_rule(all, all);
    return {};
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authorizer<AlwaysAllow>({.id = "always-allow",
                                                    .version = "1.0.0",
                                                    .vendor = "Limen",
                                                    .summary = "Allows every request."}))
