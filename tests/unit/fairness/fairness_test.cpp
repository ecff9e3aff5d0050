#include "fairness/fairness.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fairness/dump.h"
#include "object/metadata.h"
#include "observability/metrics.h"
#include "support/inline_executor.h"
#include "validation/flow_control.h"

namespace limen::fairness {
namespace {

using object::Json;

struct Asked {
  request::RequestInfo info;
  request::Identity user;
  Place place;
  Decision decision = Decision::waiting;
};

std::size_t count_objects(std::string_view, std::string_view resource) {
  return resource == "pods" ? 2500 : 30;
}

Json with_uid(Json object) {
  object::set_metadata(object, "uid", "uid-of-" + std::string(object::name(object)));
  return object;
}

class FairnessTest : public testing::Test {
 protected:
  FairnessTest() {
    for (const Json& one : validation::flow_control_objects().priority_levels) {
      levels_.push_back(with_uid(one));
    }
    for (const Json& one : validation::flow_control_objects().flow_schemas) {
      schemas_.push_back(with_uid(one));
    }
  }
  Fairness& fairness() {
    if (!fairness_) {
      fairness_ = std::make_unique<Fairness>(
          Options{.server_seats = seats_, .count_objects = &count_objects});
      fairness_->configure(schemas_, levels_);
    }
    return *fairness_;
  }
  std::unique_ptr<Asked> ask(const std::string& user, const std::string& method = "GET",
                             const std::string& target = "/api/v1/nodes/n") {
    auto asked = std::make_unique<Asked>();
    EXPECT_EQ(request::parse_request(method, target, asked->info), request::TargetStatus::ok);
    asked->user = {user, "", {user == "root" ? "system:masters" : "system:authenticated"}, {}};
    asked->decision = fairness().enter(asked->place, {asked->info, asked->user}, loop_);
    return asked;
  }
  LevelDump level(const std::string& name) {
    for (const auto& state : fairness().dump(true))
      if (state.dump.name == name) return state.dump;
    return {};
  }
  // Seats that one request takes.
  Work work_of(const std::string& method, const std::string& target) {
    const auto asked = ask("root", method, target);
    const auto dump = level("exempt");
    EXPECT_EQ(dump.queueless.size(), 1U);
    return dump.queueless.empty() ? Work() : dump.queueless[0].work;
  }

  std::int64_t seats_ = 600;
  std::vector<Json> schemas_, levels_;
  test::InlineExecutor loop_;
  std::unique_ptr<Fairness> fairness_;
};

TEST_F(FairnessTest, TellsTheSchemaAndTheLevelOfARequest) {
  const auto bob = ask("bob");
  EXPECT_EQ(bob->decision, Decision::execute);
  EXPECT_EQ(bob->place.schema_uid(), "uid-of-global-default");
  EXPECT_EQ(bob->place.level_uid(), "uid-of-global-default");
  EXPECT_EQ(ask("root")->place.schema_uid(), "uid-of-exempt");
}

TEST_F(FairnessTest, DividesTheSeatsByShares) {
  EXPECT_EQ(level("system").limit, 74);         // 600 * 30 / 245 = 73.5
  EXPECT_EQ(level("workload-low").limit, 245);  // 244.9
  EXPECT_EQ(level("catch-all").limit, 13);
}

TEST_F(FairnessTest, WithoutObjectsTheMandatoryOnesServe) {
  schemas_.clear();
  levels_.clear();
  EXPECT_EQ(ask("root")->decision, Decision::execute);
  const auto bob = ask("bob");
  EXPECT_EQ(bob->decision, Decision::execute);
  EXPECT_EQ(bob->place.schema_uid(), "");
  EXPECT_EQ(level("catch-all").executing, 1U);
  EXPECT_EQ(level("catch-all").limit, 600);
}

// Somebody of no group at all.
TEST_F(FairnessTest, WhatMatchesNothingIsOfTheCatchAll) {
  Asked asked;
  EXPECT_EQ(request::parse_request("GET", "/x", asked.info), request::TargetStatus::ok);
  fairness().enter(asked.place, {asked.info, asked.user}, loop_);
  EXPECT_EQ(asked.place.schema_uid(), "uid-of-catch-all");
}

TEST_F(FairnessTest, ASchemaWithoutItsLevelIsPassedOver) {
  std::erase_if(levels_, [](const Json& one) { return object::name(one) == "global-default"; });
  EXPECT_EQ(ask("bob")->place.schema_uid(), "uid-of-catch-all");
}

TEST_F(FairnessTest, TheMastersGetInWhenEverythingIsTaken) {
  seats_ = 8;
  std::vector<std::unique_ptr<Asked>> all;
  while (all.empty() || all.back()->decision == Decision::execute) all.push_back(ask("bob"));
  EXPECT_EQ(ask("root")->decision, Decision::execute);
  EXPECT_EQ(ask("system:kube-scheduler")->decision, Decision::execute);
}

TEST_F(FairnessTest, ARequestKeepsTheLevelItIsInWhenThatIsNotWantedAnyMore) {
  auto bob = ask("bob");
  std::erase_if(levels_, [](const Json& one) { return object::name(one) == "global-default"; });
  fairness().configure(schemas_, levels_);
  const auto quiescing = [&] {
    int count = 0;
    for (const auto& state : fairness().dump(false)) count += state.quiescing ? 1 : 0;
    return count;
  };
  EXPECT_EQ(quiescing(), 1);
  EXPECT_EQ(level("global-default").executing, 1U);
  bob.reset();
  fairness().adjust();
  EXPECT_EQ(quiescing(), 0);
  EXPECT_EQ(level("global-default").name, "");
}

TEST_F(FairnessTest, WhatIsCountedOfALevelIsShownAsLongAsThereIsOne) {
  Json level = levels_.back();
  object::set_metadata(level, "name", "fleeting");
  levels_.push_back(level);
  Json schema = schemas_.back();
  object::set_metadata(schema, "name", "of-fleeting");
  schema.at("spec").at("priorityLevelConfiguration").at("name") = "fleeting";
  schemas_.push_back(schema);
  const auto is_shown = [] {
    return metrics::render().find("{priority_level=\"fleeting\"") != std::string::npos;
  };
  fairness();
  EXPECT_TRUE(is_shown());
  levels_.pop_back();
  fairness().configure(schemas_, levels_);
  EXPECT_FALSE(is_shown());
  levels_.push_back(level);
  fairness().configure(schemas_, levels_);
  EXPECT_TRUE(is_shown());
}

TEST_F(FairnessTest, AChangedLevelKeepsThoseWhoAreInIt) {
  const auto bob = ask("bob");
  for (Json& one : levels_) {
    if (object::name(one) != "global-default") continue;
    one.at("spec").at("limited").at("nominalConcurrencyShares") = 200;
  }
  fairness().configure(schemas_, levels_);
  EXPECT_EQ(level("global-default").executing, 1U);
  EXPECT_EQ(level("global-default").limit, 283);  // 600 * 200 / 425 = 282.4
}

TEST_F(FairnessTest, EveryLevelWithSharesKeepsASeatWhileOthersBorrow) {
  seats_ = 10;
  const auto bob = ask("bob");
  for (int i = 0; i < 5; ++i) fairness().adjust();
  for (const auto& state : fairness().dump(false)) {
    if (state.dump.name == "exempt") continue;
    EXPECT_GE(state.dump.limit, 1) << state.dump.name;
  }
}

TEST_F(FairnessTest, OfTwoSchemasTheOneWithTheLowerPrecedenceCountsThenTheName) {
  const auto add = [&](const std::string& name, int precedence) {
    Json made = *validation::find_named(schemas_, "global-default");
    object::set_metadata(made, "name", name);
    object::set_metadata(made, "uid", name);
    made.at("spec").at("matchingPrecedence") = precedence;
    schemas_.push_back(made);
  };
  add("zebra", 700);
  add("aardvark", 701);
  add("bear", 700);
  EXPECT_EQ(ask("bob")->place.schema_uid(), "bear");
}

TEST_F(FairnessTest, AnOrdinaryRequestTakesOneSeat) {
  EXPECT_EQ(work_of("GET", "/api/v1/namespaces/a/pods/p").width(), 1);
  EXPECT_EQ(work_of("GET", "/metrics").width(), 1);
  EXPECT_EQ(work_of("POST", "/api/v1/namespaces/a/pods").width(), 1);
  EXPECT_EQ(work_of("GET", "/api/v1/pods?watch=1").width(), 1);
}

TEST_F(FairnessTest, AListTakesASeatForEveryHundredObjectsItReads) {
  EXPECT_EQ(work_of("GET", "/api/v1/nodes").width(), 1);
  EXPECT_EQ(work_of("GET", "/api/v1/pods").width(), 10);  // 25, but ten at most
  EXPECT_EQ(work_of("GET", "/api/v1/pods?limit=250").width(), 3);
  EXPECT_EQ(work_of("GET", "/api/v1/pods?limit=100").width(), 1);
  EXPECT_EQ(work_of("GET", "/api/v1/pods?limit=250&labelSelector=a%3Db").width(), 10);
  EXPECT_EQ(work_of("GET", "/api/v1/pods?fieldSelector=metadata.name%3Dp").width(), 1);
  EXPECT_EQ(work_of("GET", "/api/v1/pods?watch=1&sendInitialEvents=true").width(), 10);
  EXPECT_EQ(work_of("GET", "/api/v1/pods?limit=99999999999999999999").width(), 10);
}

TEST_F(FairnessTest, AListTakesNoMoreThanAPartOfItsLevel) {
  const auto bob = ask("bob", "GET", "/api/v1/pods");
  EXPECT_EQ(level("global-default").seats, 8);  // of 49
}

TEST_F(FairnessTest, AWriteThatManyWatchLingers) {
  std::vector<std::unique_ptr<Asked>> watches;
  for (int i = 0; i < 20; ++i) {
    const bool one = i % 2 == 0;
    watches.push_back(
        ask("bob", "GET", one ? "/api/v1/pods?watch=1" : "/api/v1/namespaces/a/pods?watch=1"));
  }
  watches.push_back(ask("bob", "GET", "/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn"));
  watches.push_back(
      ask("bob", "GET", "/api/v1/namespaces/a/pods?watch=1&fieldSelector=metadata.name%3Dp"));
  const Work here = work_of("POST", "/api/v1/namespaces/a/pods");
  EXPECT_EQ(here.final_seats, 2);
  EXPECT_EQ(here.linger, std::chrono::milliseconds(5));
  EXPECT_EQ(work_of("PUT", "/api/v1/namespaces/a/pods/p").final_seats, 3);
  EXPECT_EQ(work_of("PUT", "/api/v1/namespaces/b/pods/p").final_seats, 1);
  EXPECT_EQ(work_of("PUT", "/api/v1/nodes/n").final_seats, 0);
  watches.clear();
  EXPECT_EQ(work_of("POST", "/api/v1/namespaces/a/pods").final_seats, 0);
}

TEST_F(FairnessTest, IsDumpedInColumns) {
  seats_ = 8;
  std::vector<std::unique_ptr<Asked>> all;
  while (all.empty() || all.back()->decision == Decision::execute) all.push_back(ask("bob"));
  const auto page = [&](const std::string& name, bool details = false) {
    return dump_page(fairness(), "/debug/api_priority_and_fairness/" + name, details)
        .value_or("none");
  };
  EXPECT_EQ(page("dump_else"), "none");
  EXPECT_FALSE(dump_page(fairness(), "/debug/dump_queues", false));
  const std::string levels = page("dump_priority_levels");
  EXPECT_EQ(levels.find("PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, "
                        "ExecutingRequests, DispatchedRequests, RejectedRequests, "
                        "TimedoutRequests, CancelledRequests\n"),
            0U);
  EXPECT_NE(levels.find("global-default,    1,            false,  false,       1,"
                        "               1,"),
            std::string::npos)
      << levels;
  EXPECT_NE(levels.find("system,            0,            true,   false,"), std::string::npos);
  const std::string queues = page("dump_queues");
  EXPECT_EQ(
      queues.find("PriorityLevelName, Index,  PendingRequests, ExecutingRequests, SeatsInUse, "
                  "NextDispatchR, "),
      0U)
      << queues.substr(0, 200);
  EXPECT_NE(queues.find("leader-election,   15,     0,               0,"), std::string::npos);
  const std::string requests = page("dump_requests", true);
  EXPECT_NE(requests.find(" global-default,"), std::string::npos) << requests;
  EXPECT_NE(requests.find("bob,"), std::string::npos);
  EXPECT_NE(requests.find("/api/v1/nodes/n,"), std::string::npos);
  EXPECT_NE(requests.find("0001-01-01T00:00:00Z"), std::string::npos);
  EXPECT_EQ(page("dump_requests").find("/api/v1/nodes/n"), std::string::npos);
}

TEST_F(FairnessTest, ANameCannotLookLikeACell) {
  const auto evil = ask("a,b\nc");
  const auto page = dump_page(fairness(), "/debug/api_priority_and_fairness/dump_requests", false);
  EXPECT_NE(page->find(" a_b_c,"), std::string::npos) << *page;
}

}  // namespace
}  // namespace limen::fairness
