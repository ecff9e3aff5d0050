// legacy-token-tracking: the day since when the use of old tokens is noted.
#include "unit/controllers/with_manager.h"

namespace limen::controllers {
namespace {

const Key kTracking{kConfigMaps, "kube-system",
                    "kube-apiserver-legacy-service-account-token-tracking"};

class LegacyTokenTrackingTest : public WithManager {
 protected:
  std::string since() {
    const Json map = read(kTracking);
    const Json* text = object::find(map, {"data", "since"});
    return text && text->is_string() ? std::string(std::string_view(text->get_string())) : "";
  }
};

TEST_F(LegacyTokenTrackingTest, BeginsOnTheDayOfTheFirstStart) {
  run();
  EXPECT_EQ(since().size(), 10U);
  EXPECT_EQ(since().substr(0, 2), "20");
}

TEST_F(LegacyTokenTrackingTest, ADayThatIsThereStays) {
  run();
  change(kTracking, [](Json& map) { map.at("data").as_object()["since"] = "2024-02-29"; });
  const storage::Revision before = store_->revision();
  run();
  manager_->stop();
  EXPECT_EQ(since(), "2024-02-29");
  EXPECT_EQ(store_->revision(), before);
}

TEST_F(LegacyTokenTrackingTest, WhatIsNoDayIsPutRightAndWhatIsDeletedComesBack) {
  run();
  for (const char* text : {"2024-02-30", "yesterday", ""}) {
    change(kTracking, [&](Json& map) { map.at("data").as_object()["since"] = text; });
    EXPECT_TRUE(eventually([&] { return since().starts_with("20") && since() != "2024-02-30"; }))
        << text;
  }
  remove(kTracking);
  EXPECT_TRUE(eventually([&] { return since().size() == 10; }));
}

TEST_F(LegacyTokenTrackingTest, SwitchedOffItWritesNothing) {
  run({std::string(kLegacyTokenTracking)});
  manager_->stop();
  EXPECT_EQ(store_->get(kTracking), nullptr);
}

}  // namespace
}  // namespace limen::controllers
