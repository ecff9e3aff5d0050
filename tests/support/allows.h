// An authorizer that allows everything, for what asks on its own (creating by an apply).
#pragma once

#include <memory>
#include <string>

#include "api/access_chains.h"
#include "authz/authorizer.h"
#include "authz/chain.h"

namespace limen::test {

class AllowsEverything final : public authz::Authorizer {
 public:
  const std::string& name() const override { return name_; }
  base::Task<authz::Result> authorize(const authz::Attributes&, request::CallScope&) override {
    authz::Result result;
    result.verdict = authz::Verdict::allow;
    co_return result;
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }

 private:
  std::string name_ = "allows";
};

inline api::AccessChainsPtr allowing_chains() {
  auto made = std::make_shared<api::AccessChains>();
  made->authz = authz::Chain({std::make_shared<AllowsEverything>()});
  return made;
}

}  // namespace limen::test
