#include "validation/flow_control.h"

#include <gtest/gtest.h>

#include "controllers/flow_control_follower.h"
#include "controllers/flow_control_objects.h"
#include "fairness/fairness.h"
#include "unit/controllers/with_manager.h"

namespace limen::controllers {
namespace {

const ResourceId kLevels{"flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"};
const ResourceId kSchemas{"flowcontrol.apiserver.k8s.io", "flowschemas"};

Key level(const std::string& name) { return {kLevels, "", name}; }
Key schema(const std::string& name) { return {kSchemas, "", name}; }

class FlowControlTest : public WithManager {
 protected:
  // The manager tells the fairness of this fixture until it ends.
  ~FlowControlTest() override { manager_.reset(); }

  void run_with(fairness::Fairness* fairness, std::vector<std::string> disabled = {}) {
    Options options;
    options.disabled = std::move(disabled);
    options.fairness = fairness;
    manager_.reset();
    manager_ = std::make_unique<Manager>(*store_, std::move(options));
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
  }
  std::string dangling(const std::string& name) {
    const Json object = read(schema(name));
    const Json* const conditions =
        object.is_object() ? object::find(object, {"status", "conditions"}) : nullptr;
    if (!conditions || conditions->as_array().empty()) return {};
    const Json& one = conditions->as_array()[0];
    return std::string(object::text_at(one, "type")) + " " +
           std::string(object::text_at(one, "status")) + " " +
           std::string(object::text_at(one, "reason")) + ": " +
           std::string(object::text_at(one, "message"));
  }
  std::int64_t shares(const std::string& name) {
    const Json object = read(level(name));
    return object.is_object()
               ? object::int_or(
                     object::find(object, {"spec", "limited", "nominalConcurrencyShares"}), -1)
               : -1;
  }
  void set_shares(const std::string& name, int value, const char* annotation) {
    change(level(name), [&](Json& object) {
      object.at("spec").at("limited").at("nominalConcurrencyShares") = value;
      auto& annotations = object::object_at(object.at("metadata"), "annotations");
      if (annotation == nullptr) {
        annotations.erase("apf.kubernetes.io/autoupdate-spec");
      } else {
        annotations["apf.kubernetes.io/autoupdate-spec"] = annotation;
      }
    });
  }

  fairness::Fairness fairness_{fairness::Options{}};
};

TEST_F(FlowControlTest, MandatoryAndSuggestedObjectsAreThereWhenTheServerIsReady) {
  run_with(&fairness_);
  EXPECT_EQ(store_->count(kLevels), 8U);
  EXPECT_EQ(store_->count(kSchemas), 13U);
  const Json stored = read(level("system"));
  EXPECT_TRUE(validation::same_flow_control_spec(
      &stored.at("spec"),
      object::member(
          *validation::find_named(validation::flow_control_objects().priority_levels, "system"),
          "spec")));
  EXPECT_EQ(read(schema("probes")).at("metadata").at("generation").as_int64(), 1);
  EXPECT_EQ(dangling("probes"),
            "Dangling False Found: This FlowSchema references the PriorityLevelConfiguration "
            "object named \"exempt\" and it exists");
  EXPECT_EQ(fairness_.dump(false).size(), 8U);
}

TEST_F(FlowControlTest, ARestartChangesNothing) {
  run_with(&fairness_);
  manager_.reset();
  const storage::Revision revision = store_->revision();
  run_with(&fairness_);
  EXPECT_EQ(store_->revision(), revision);
}

TEST_F(FlowControlTest, WhatIsDeletedComesBack) {
  run_with(&fairness_);
  remove(schema("catch-all"));
  remove(level("exempt"));
  remove(schema("global-default"));
  EXPECT_TRUE(eventually([&] {
    return store_->get(schema("catch-all")) && store_->get(level("exempt")) &&
           store_->get(schema("global-default"));
  }));
}

TEST_F(FlowControlTest, ASuggestedSpecFollowsItsAnnotation) {
  run_with(&fairness_);
  set_shares("system", 77, "false");
  set_shares("workload-low", 77, "true");
  EXPECT_TRUE(eventually([&] { return shares("workload-low") == 100; }));
  EXPECT_EQ(shares("system"), 77);
  EXPECT_EQ(read(level("workload-low")).at("metadata").at("generation").as_int64(), 2);
}

TEST_F(FlowControlTest, AMandatorySpecIsPutRightWhateverItsAnnotationSays) {
  run_with(&fairness_);
  set_shares("catch-all", 77, "false");
  EXPECT_TRUE(eventually([&] {
    return shares("catch-all") == 5 && read(level("catch-all"))
                                               .at("metadata")
                                               .at("annotations")
                                               .at("apf.kubernetes.io/autoupdate-spec") == "true";
  }));
}

TEST_F(FlowControlTest, WithoutTheAnnotationWhatSomebodyChangedStays) {
  Json stored =
      *validation::find_named(validation::flow_control_objects().priority_levels, "system");
  const Json wanted = stored;
  stored.at("metadata").as_object().erase("annotations");
  stored.at("spec").at("limited").at("nominalConcurrencyShares") = 77;
  object::set_generation(stored, 2);
  Json changed = stored;
  EXPECT_TRUE(reconcile_flow_control(changed, wanted));
  EXPECT_EQ(changed.at("spec"), stored.at("spec"));
  EXPECT_EQ(changed.at("metadata").at("annotations").at("apf.kubernetes.io/autoupdate-spec"),
            "false");
  object::set_generation(stored, 1);
  EXPECT_TRUE(reconcile_flow_control(stored, wanted));
  EXPECT_EQ(stored.at("spec"), wanted.at("spec"));
  EXPECT_FALSE(reconcile_flow_control(stored, wanted));
}

TEST_F(FlowControlTest, TheSharesOfTheExemptLevelMayBeTheOperators) {
  run_with(&fairness_);
  change(level("exempt"), [](Json& object) {
    object.at("spec").at("exempt").at("nominalConcurrencyShares") = 9;
    object.at("metadata").at("annotations").at("apf.kubernetes.io/autoupdate-spec") = "false";
  });
  remove(level("catch-all"));
  EXPECT_TRUE(eventually([&] { return static_cast<bool>(store_->get(level("catch-all"))); }));
  EXPECT_EQ(read(level("exempt")).at("spec").at("exempt").at("nominalConcurrencyShares"), 9);
}

TEST_F(FlowControlTest, WhatAnotherVersionSuggestedIsRemovedAndWhatOthersMadeStays) {
  const auto made = [](const std::string& name, const std::string& annotations) {
    return R"({"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"FlowSchema","spec":{)"
           R"("priorityLevelConfiguration":{"name":"nowhere"}},"metadata":{"name":")" +
           name + "\"" + annotations + "}}";
  };
  create(schema("old"),
         made("old", R"(,"annotations":{"apf.kubernetes.io/autoupdate-spec":"true"})").c_str());
  create(schema("kept"),
         made("kept", R"(,"annotations":{"apf.kubernetes.io/autoupdate-spec":"false"})").c_str());
  create(schema("own"), made("own", "").c_str());
  run_with(&fairness_);
  EXPECT_TRUE(eventually([&] { return !store_->get(schema("old")); }));
  EXPECT_TRUE(store_->get(schema("kept")));
  EXPECT_EQ(dangling("own"),
            "Dangling True NotFound: This FlowSchema references the PriorityLevelConfiguration "
            "object named \"nowhere\" but there is no such object");
  create(level("nowhere"),
         R"({"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"PriorityLevelConfiguration",
             "spec":{"type":"Limited","limited":{"limitResponse":{"type":"Reject"}}},
             "metadata":{"name":"nowhere"}})");
  EXPECT_TRUE(eventually([&] { return dangling("own").starts_with("Dangling False Found"); }));
}

TEST_F(FlowControlTest, CanBeSwitchedOffAndTheServerIsFairAllTheSame) {
  run_with(&fairness_, {std::string(kFlowControl)});
  EXPECT_EQ(store_->count(kSchemas), 0U);
  EXPECT_EQ(fairness_.dump(false).size(), 2U);
}

}  // namespace
}  // namespace limen::controllers
