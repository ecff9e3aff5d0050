// The self-lock guard of the configuration.
#include "modules/self_lock.h"

#include <gtest/gtest.h>

#include "limen/limen.h"

namespace limen::modules {
namespace {

class SelfLock : public testing::Test {
 protected:
  SelfLock() {
    spec.name = "policy";
    spec.module = "acme-policy";
    spec.position = "limen.yaml:12:5";
    descriptor.id = "com.acme.policy";
    descriptor.required = {LIMEN_OBJECTS, LIMEN_HTTP};
  }
  void configure(const std::string& config) {
    spec.config = object::Document(boost::json::parse(config));
  }
  bool warns() const { return !self_lock(spec, descriptor).empty(); }

  ModuleSpec spec;
  DescriptorInfo descriptor;
};

TEST_F(SelfLock, AModuleThatAsksElsewhereAndFailsClosedIsWarnedOf) {
  EXPECT_EQ(self_lock(spec, descriptor),
            "limen.yaml:12:5: admission \"policy\" asks another service and has the failure policy "
            "Fail: while the service does not answer, nothing the module is asked about can be "
            "written, in kube-system and in the service's own namespace neither; leave those out "
            "in the module's config (exemptNamespaces, where it has that key), or set "
            "failurePolicy: Ignore");
}

TEST_F(SelfLock, WhoAsksNobodyFailsOpenOrDecidesNothingIsNot) {
  descriptor.required = {LIMEN_OBJECTS};
  EXPECT_FALSE(warns());
  descriptor.required = {LIMEN_HTTP};
  EXPECT_TRUE(warns());
  spec.failure_policy = FailurePolicy::ignore;
  EXPECT_FALSE(warns());
  spec.failure_policy = FailurePolicy::fail;
  spec.shadow = true;
  EXPECT_FALSE(warns());
}

TEST_F(SelfLock, AnExemptionInTheConfigIsAWayOut) {
  configure(R"({"exemptNamespaces":["kube-system"]})");
  EXPECT_FALSE(warns());
  configure(R"({"exemptions":{"namespaces":["kube-system"]}})");
  EXPECT_FALSE(warns());
  configure(R"({"defaultAllow":true})");
  EXPECT_FALSE(warns());
  configure(R"({"imagePolicy":{"defaultAllow":true}})");
  EXPECT_FALSE(warns());
  configure(R"({"exemptNamespaces":[],"exemptions":{},"defaultAllow":false})");
  EXPECT_TRUE(warns());
}

TEST_F(SelfLock, TheWebhookModulesLookAtEachConfigurationThemselves) {
  for (const char* id : {"mutating-webhook", "validating-webhook"}) {
    descriptor.id = id;
    EXPECT_FALSE(warns()) << id;
  }
}

TEST_F(SelfLock, AModuleThatCannotBeLoadedIsPassedOver) {
  Loader loader("/nowhere");
  GenerationSpec all;
  all.admission = {spec};
  EXPECT_TRUE(self_locks(all, loader).empty());
}

}  // namespace
}  // namespace limen::modules
