// always-deny: an authorizer that allows nothing and an admission controller that admits nothing.
// One file, two plugins: the list it stands in says which is meant.
#include "limen/cpp/plugin.hpp"

namespace {

// Kubernetes' AlwaysDeny has no opinion, so that one placed after it may still allow (row Z5).
class DenyRequests final : public limen::Authorizer, public limen::RuleLister {
 public:
  limen::Result<void> authorize(limen::AuthzCall& call) override {
    return call.no_opinion("Everything is forbidden.");
  }
  limen::Result<void> rules_for(limen::RulesCall&) override { return {}; }
};

class DenyObjects final : public limen::Admission {
 public:
  limen::Result<void> admit(limen::AdmissionCall& call) override { return refuse(call); }
  limen::Result<void> validate(limen::AdmissionCall& call) override { return refuse(call); }

 private:
  static limen::Result<void> refuse(limen::AdmissionCall& call) {
    return call.deny("admission control is denying all modifications");
  }
};

}  // namespace

LIMEN_EXPORT_MODULE(
    limen::authorizer<DenyRequests>({.id = "always-deny",
                                     .version = "1.0.0",
                                     .vendor = "Limen",
                                     .summary = "Has no opinion on any request: allows nothing."}),
    limen::admission<DenyObjects>({.id = "always-deny",
                                   .version = "1.0.0",
                                   .vendor = "Limen",
                                   .summary = "Refuses every change.",
                                   .operations = limen::kCreate | limen::kUpdate | limen::kDelete |
                                                 limen::kConnect}))
