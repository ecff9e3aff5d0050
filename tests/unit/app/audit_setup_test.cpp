// The auditor of a configuration, and its part in a reload.
#include "app/audit_setup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "support/fake_exchange.h"
#include "support/scratch_folder.h"

namespace limen::app {
namespace {

class AuditSetupTest : public testing::Test {
 protected:
  AuditSetupTest() {
    configuration_.audit.policy_file = folder_ / "policy.yaml";
    configuration_.audit.log_path = folder_ / "audit.log";
  }
  void policy(const std::string& rules) const {
    std::ofstream(folder_ / "policy.yaml") << "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
                                           << rules;
  }
  // What a request that nobody may make leaves, as it is in the log once the auditor has gone.
  static void refused(audit::Auditor& auditor) {
    test::InlineExecutor loop;
    const auto exchange = std::make_shared<test::FakeExchange>(loop);
    exchange->request("GET", "/version");
    request::RequestContext context(exchange, base::Deadline::max());
    request::parse_request("GET", "/version", context.info);
    auditor.refused(context, base::SystemTime(), base::ApiError::unauthorized());
  }
  std::string logged() const {
    std::ostringstream out;
    out << std::ifstream(folder_ / "audit.log").rdbuf();
    return out.str();
  }

  test::ScratchFolder folder_;
  config::ServerConfiguration configuration_;
};

TEST_F(AuditSetupTest, IsOffWithoutAPolicy) {
  EXPECT_EQ(make_auditor(config::ServerConfiguration()), nullptr);
}

TEST_F(AuditSetupTest, APolicyThatCannotBeUsedIsRefused) {
  policy("- {level: All}\n");
  EXPECT_THROW(make_auditor(configuration_), std::runtime_error);
}

TEST_F(AuditSetupTest, AWebhookThatCannotBeUsedIsRefused) {
  policy("- {level: Metadata}\n");
  configuration_.audit_webhook.kubeconfig = folder_ / "none";
  EXPECT_THROW(make_auditor(configuration_), std::runtime_error);
}

TEST_F(AuditSetupTest, AReloadIsInForceWhenItIsCommittedAndNotBefore) {
  policy("- {level: None}\n");
  {
    const auto auditor = make_auditor(configuration_);
    policy("- {level: Metadata}\n");
    const auto commit = prepare_audit_reload(*auditor, configuration_.audit.policy_file);
    refused(*auditor);
    commit();
    refused(*auditor);
  }
  const std::string log = logged();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1);
}

TEST_F(AuditSetupTest, ABrokenPolicyStopsAReloadAndTheOldOneStays) {
  policy("- {level: Metadata}\n");
  {
    const auto auditor = make_auditor(configuration_);
    policy("- {level: All}\n");
    try {
      prepare_audit_reload(*auditor, configuration_.audit.policy_file);
      ADD_FAILURE() << "it was taken";
    } catch (const std::runtime_error& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with((folder_ / "policy.yaml") + ":4:11: "))
          << error.what();
    }
    refused(*auditor);
  }
  EXPECT_NE(logged().find(R"("level":"Metadata")"), std::string::npos);
}

}  // namespace
}  // namespace limen::app
