#include "api/watch_events.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class WatchTest : public ApiTest {
 protected:
  static constexpr const char* kId = "configmaps";
  void put(const std::string& name, const std::string& team = "red") {
    store.put({"", kId}, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name +
                             R"(","namespace":"default","labels":{"team":")" + team + R"("}}})");
    loop.run();
  }
  void erase(const std::string& name) {
    const storage::Key key{{"", kId}, "default", name};
    store.remove(key, store.get(key)->revision, [](storage::WriteResult) {});
    loop.run();
  }
  Open watch(const std::string& query) { return start("GET", config_maps + "?watch=true" + query); }
  static std::string revision_of(const object::Json& event) {
    return std::string(object::resource_version(*object::member(event, "object")));
  }
  void pass(std::chrono::seconds time) { loop.advance_to(base::SteadyClock::now() + time); }
};

TEST_F(WatchTest, BeginsWithWhatIsThereAndGoesOnWithWhatHappens) {
  put("a");
  Open open = watch("");
  put("b");
  put("a", "blue");
  erase("b");
  EXPECT_EQ(open.story(), "ADDED a, ADDED b, MODIFIED a, DELETED b");
  end(open);
}

TEST_F(WatchTest, RevisionZeroBeginsWithWhatIsThere) {
  put("a");
  Open open = watch("&resourceVersion=0");
  EXPECT_EQ(open.story(), "ADDED a");
  end(open);
}

TEST_F(WatchTest, FromARevisionOnlyWhatCameAfterIsTold) {
  put("a");
  put("b");
  Open open = watch("&resourceVersion=2");
  EXPECT_EQ(open.story(), "ADDED b");
  end(open);
}

TEST_F(WatchTest, ARevisionToComeIsWaitedFor) {
  put("a");
  Open open = watch("&resourceVersion=4");
  put("b");
  put("c");
  put("d");
  EXPECT_EQ(open.story(), "ADDED d");
  end(open);
}

TEST_F(WatchTest, ADeletionCarriesItsOwnRevision) {
  put("a");
  Open open = watch("&resourceVersion=2");
  erase("a");
  EXPECT_EQ(revision_of(open.events().at(0)), "3");
  end(open);
}

TEST_F(WatchTest, ObjectsEnterAndLeaveASelection) {
  put("a", "red");
  Open open = watch("&labelSelector=team%3Dred&resourceVersion=2");
  put("a", "blue");
  put("a", "blue");
  put("a", "red");
  EXPECT_EQ(open.story(), "DELETED a, ADDED a");
  const object::Json left = open.events().at(0);
  EXPECT_EQ(revision_of(left), "3");
  EXPECT_EQ(object::labels(*object::member(left, "object")).at(0).second, "red");
  end(open);
}

TEST_F(WatchTest, OneObjectIsWatchedByItsName) {
  Open open = watch("&fieldSelector=metadata.name%3Db");
  put("a");
  put("b");
  EXPECT_EQ(open.story(), "ADDED b");
  end(open);
}

TEST_F(WatchTest, AForgottenRevisionIsToldAsAnErrorAndEndsTheWatch) {
  put("a");
  put("b");
  store.forgotten = 3;
  Open open = watch("&resourceVersion=2");
  ASSERT_EQ(open.exchange->status, 200);
  const object::Json event = open.events().at(0);
  EXPECT_EQ(object::text_at(event, "type"), "ERROR");
  EXPECT_EQ(event.at("object").at("code").as_int64(), 410);
  EXPECT_EQ(object::text_at(event.at("object"), "message"), "too old resource version: 2 (3)");
  EXPECT_TRUE(open.exchange->streamed->finished);
  EXPECT_TRUE(*open.done);
}

TEST_F(WatchTest, AWatcherThatFellTooFarBehindIsTold) {
  Open open = watch("");
  store.lose_watches = true;
  put("a");
  const auto events = open.events();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(object::text_at(events.back(), "type"), "ERROR");
  EXPECT_TRUE(*open.done);
}

TEST_F(WatchTest, EndsInTimeWhenAskedTo) {
  Open open = watch("&timeoutSeconds=5");
  pass(std::chrono::seconds(4));
  EXPECT_FALSE(*open.done);
  pass(std::chrono::seconds(6));
  EXPECT_TRUE(*open.done);
  EXPECT_TRUE(open.exchange->streamed->finished);
}

TEST_F(WatchTest, EndsBetweenHalfAnHourAndAnHourOtherwise) {
  Open open = watch("");
  pass(std::chrono::seconds(1799));
  EXPECT_FALSE(*open.done);
  pass(std::chrono::seconds(3601));
  EXPECT_TRUE(*open.done);
}

TEST_F(WatchTest, LeavesNoTimersBehind) {
  Open open = watch("&allowWatchBookmarks=true");
  EXPECT_EQ(loop.timers(), 2u);
  end(open);
  EXPECT_EQ(loop.timers(), 0u);
}

TEST_F(WatchTest, BookmarksTellHowFarItHasSeen) {
  Open open = watch("&allowWatchBookmarks=true");
  store.put({"", "secrets"},
            R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"default"}})");
  loop.run();
  pass(std::chrono::seconds(61));
  const auto events = open.events();
  ASSERT_EQ(events.size(), 2u);  // the first ended the initial state, which was empty
  EXPECT_EQ(object::text_at(events[1], "type"), "BOOKMARK");
  EXPECT_EQ(object::kind(events[1].at("object")), "ConfigMap");
  EXPECT_EQ(revision_of(events[1]), "2");
  EXPECT_EQ(object::annotations(events[1].at("object")), object::Labels{});
  end(open);
}

TEST_F(WatchTest, ABookmarkEndsTheInitialEventsUnasked) {
  put("a");
  for (const char* from : {"", "&resourceVersion=", "&resourceVersion=0"}) {
    Open open = watch(std::string("&allowWatchBookmarks=true") + from);
    EXPECT_EQ(open.story(), "ADDED a, BOOKMARK") << from;
    EXPECT_EQ(object::annotations(open.events().at(1).at("object")),
              (object::Labels{{"k8s.io/initial-events-end", "true"}}));
    end(open);
  }
  Open later = watch("&allowWatchBookmarks=true&resourceVersion=2");
  EXPECT_EQ(later.story(), "");
  end(later);
}

TEST_F(WatchTest, ABookmarkOfATableIsARowThatTellsTheRevision) {
  put("a");
  Open open = start("GET", config_maps + "?watch=true&allowWatchBookmarks=true", {},
                    {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  const object::Json table = open.events().at(1).at("object");
  EXPECT_EQ(object::kind(table), "Table");
  EXPECT_TRUE(table.at("columnDefinitions").is_null());
  const object::Json shown = table.at("rows").at(0).at("object");
  EXPECT_EQ(object::kind(shown), "PartialObjectMetadata");
  EXPECT_EQ(object::resource_version(shown), "2");
  EXPECT_EQ(object::annotations(shown), (object::Labels{{"k8s.io/initial-events-end", "true"}}));
  end(open);
}

TEST_F(WatchTest, ARevisionThatIsNoNumberIsAnErrorWithoutAReason) {
  Open open = watch("&resourceVersion=new");
  const Answered answered = answer_of(*open.exchange);
  EXPECT_EQ(answered.status, 500);
  EXPECT_EQ(answered.reason(), "");
  EXPECT_EQ(answered.message(),
            "resourceVersion: Invalid value: \"new\": strconv.ParseUint: parsing \"new\": invalid "
            "syntax");
}

TEST_F(WatchTest, ATableOfAnUnknownIncludeObjectIsRefused) {
  Open open = start("GET", config_maps + "?watch=true&includeObject=Some", {},
                    {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  const Answered answered = answer_of(*open.exchange);
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(
      answered.message(),
      "Unable to convert to Table as requested: includeObject: Invalid value: \"Some\": must be "
      "'Metadata', 'Object', 'None', or empty");
}

TEST_F(WatchTest, NobodyGetsBookmarksUnasked) {
  Open open = watch("");
  pass(std::chrono::seconds(61));
  EXPECT_TRUE(open.events().empty());
  end(open);
}

TEST_F(WatchTest, ABookmarkEndsTheInitialEventsOfAWatchList) {
  put("a");
  Open open =
      watch("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  put("b");
  EXPECT_EQ(open.story(), "ADDED a, BOOKMARK, ADDED b");
  const object::Json mark = open.events().at(1);
  EXPECT_EQ(revision_of(mark), "2");
  EXPECT_EQ(object::annotations(mark.at("object")),
            (object::Labels{{"k8s.io/initial-events-end", "true"}}));
  end(open);
}

TEST_F(WatchTest, WithoutInitialEventsItBeginsNow) {
  put("a");
  Open open = watch("&sendInitialEvents=false&resourceVersionMatch=NotOlderThan");
  put("b");
  EXPECT_EQ(open.story(), "ADDED b");
  end(open);
}

TEST_F(WatchTest, InitialEventsNeedAMatch) {
  Open open = watch("&sendInitialEvents=true");
  EXPECT_EQ(open.exchange->status, 422);
  EXPECT_EQ(answer_of(*open.exchange).message(),
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: "
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
}

TEST_F(WatchTest, ASlowClientIsNotSentMoreThanItTakes) {
  options.watch_high_water_bytes = 300;
  slow_reader = true;
  Open open = watch("");
  for (int i = 0; i < 20; ++i) put("n" + std::to_string(i));
  const std::size_t before = open.events().size();
  EXPECT_LT(before, 6u);
  while (open.exchange->streamed->pending > 0) open.exchange->streamed->drain();
  EXPECT_EQ(open.events().size(), 20u);
  end(open);
}

TEST_F(WatchTest, OnlyTheFirstTableHasColumns) {
  put("a");
  Open open = start("GET", config_maps + "?watch=true", {},
                    {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});
  put("b");
  const auto events = open.events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_FALSE(events[0].at("object").at("columnDefinitions").as_array().empty());
  EXPECT_TRUE(events[1].at("object").at("columnDefinitions").is_null());
  end(open);
}

TEST_F(WatchTest, PartialObjectsAreWatchedWithoutTheirContent) {
  put("a");
  Open open = start("GET", config_maps + "?watch=true", {},
                    {{"Accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}});
  const object::Json object = open.events().at(0).at("object");
  EXPECT_EQ(object::kind(object), "PartialObjectMetadata");
  EXPECT_EQ(object.as_object().size(), 3u);
  end(open);
}

TEST_F(WatchTest, TheOldWatchPathsStillWork) {
  put("a");
  Open open = start("GET", "/api/v1/watch/namespaces/default/configmaps");
  EXPECT_EQ(open.story(), "ADDED a");
  end(open);
}

TEST(AtRevision, ReplacesTheRevisionAtTheEnd) {
  auto object = std::make_shared<storage::StoredObject>();
  object->json = R"({"metadata":{"name":"a","resourceVersion":"7"}})";
  const auto moved = api::at_revision(object, 12);
  EXPECT_EQ(moved->json, R"({"metadata":{"name":"a","resourceVersion":"12"}})");
  EXPECT_EQ(moved->revision, 12);
}

}  // namespace
}  // namespace limen::test
