// resource-quota: no amount is given out twice, whoever else charges the quota meanwhile.
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "resource_quota_support.h"

namespace limen::testkit {
namespace {

using namespace std::chrono_literals;

TEST_F(ResourceQuota, SomebodyElsesChargeIsReckonedWith) {
  quota(R"("pods":"3")", R"("pods":"1")");
  int others = 0;
  controller().host().before_status_write([&] {
    if (others++ == 0) {
      put("q",
          R"("spec":{"hard":{"pods":"3"}},"status":{"hard":{"pods":"3"},"used":{"pods":"2"}})");
      bump("q");
    }
  });
  EXPECT_EQ(judge(pod()), "");
  EXPECT_EQ(used(), R"({"pods":"3"})");
  EXPECT_EQ(others, 2);
}

TEST_F(ResourceQuota, ARetryIsRefusedWhenTheOtherTookTheLast) {
  quota(R"("pods":"2")", R"("pods":"1")");
  int others = 0;
  controller().host().before_status_write([&] {
    if (others++ == 0) {
      quota(R"("pods":"2")", R"("pods":"2")");
      bump("q");
    }
  });
  EXPECT_EQ(judge(pod()), "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2");
}

TEST_F(ResourceQuota, WhoNeverComesFirstIsToldOfTheConflict) {
  quota(R"("pods":"100")", R"("pods":"1")");
  int others = 0;
  controller().host().before_status_write([&] {
    ++others;
    bump("q");
  });
  const Reply reply = controller().validate(pod());
  EXPECT_EQ(reply.code, 409);
  EXPECT_EQ(reply.message,
            "Operation cannot be fulfilled on resourcequotas \"q\": the object has been modified; "
            "please apply your changes to the latest version and try again");
  EXPECT_EQ(others, 40);
}

TEST_F(ResourceQuota, AQuotaThatGoesMeanwhileAllowsTheWrite) {
  quota(R"("pods":"2")", R"("pods":"1")");
  controller().host().before_status_write(
      [&] { controller().host().remove("", "resourcequotas", "x", "q"); });
  EXPECT_EQ(judge(pod()), "");
}

TEST_F(ResourceQuota, OnlyTheQuotaThatWasChangedIsChargedAgain) {
  quota(R"("pods":"9")", R"("pods":"0")", "a");
  quota(R"("count/pods":"9")", R"("count/pods":"0")", "b");
  int writes = 0;
  controller().host().before_status_write([&] {
    if (++writes == 2) bump("b");
  });
  EXPECT_EQ(judge(pod()), "");
  EXPECT_EQ(used("a"), R"({"pods":"1"})");
  EXPECT_EQ(used("b"), R"({"count/pods":"1"})");
  EXPECT_EQ(writes, 3);
}

TEST_F(ResourceQuota, FiftyAtOnceGetExactlyWhatThereIs) {
  quota(R"("pods":"20","requests.cpu":"100")", R"("pods":"3","requests.cpu":"0")");
  int writes = 0;
  controller().host().before_status_write([&] {
    // Others charge the same quota, from another server.
    if (++writes % 3 == 1) bump("q");
  });
  const std::vector<Review> all(50, pod(R"({"requests":{"cpu":"1"}})"));
  int allowed = 0;
  for (const Reply& reply : controller().validate_at_once(all)) {
    ASSERT_EQ(reply.status, LIMEN_OK) << reply.error;
    allowed += reply.admitted();
    if (reply.denied) {
      EXPECT_EQ(reply.message.find("exceeded quota: q, requested: pods=1, used: pods="), 0u)
          << reply.message;
    }
  }
  EXPECT_EQ(allowed, 17);
  EXPECT_EQ(used(), R"({"pods":"20","requests.cpu":"17"})");
  // One write for the first, one for all that came meanwhile, and those that were repeated.
  EXPECT_LE(writes, 6);
}

TEST_F(ResourceQuota, NamespacesDoNotWaitForEachOther) {
  quota(R"("pods":"9")", R"("pods":"0")");
  put("q", R"("spec":{"hard":{"pods":"1"}})", "y");
  Review elsewhere = pod();
  elsewhere.action.ns = "y";
  const auto replies = controller().validate_at_once({elsewhere, pod()});
  EXPECT_EQ(replies[0].message, "status unknown for quota: q, resources: pods");
  EXPECT_TRUE(replies[1].admitted());
}

TEST_F(ResourceQuota, AStoreThatTakesNothingIsAnError) {
  quota(R"("pods":"9")", R"("pods":"0")");
  Json changed = *controller().host().find("", "resourcequotas", "x", "q");
  changed.as_object().at("metadata").as_object().erase("resourceVersion");
  controller().host().put("", "resourcequotas", changed);
  EXPECT_EQ(judge(pod()), "error: the status of a quota could not be written");
}

}  // namespace
}  // namespace limen::testkit
