// limen.objects/1: the two ways in which a module writes.
#include <atomic>
#include <stdexcept>
#include <utility>

#include "support.h"
#include "unit/api/verbs_memory_store.h"

namespace limen::modules {
namespace {

using test::PuppetHouse;
using test::text;

// How a write ended; one at a time.
struct End {
  std::atomic<int> status{1};  // 1: not yet
  static void told(void* arg, limen_status status) { static_cast<End*>(arg)->status = status; }
  limen_status wait() {
    EXPECT_TRUE(test::eventually([this] { return status != 1; }));
    return status.exchange(1);
  }
};

class ObjectWrites : public testing::Test {
 protected:
  void SetUp() override {
    store.put({"", "resourcequotas"},
              R"({"apiVersion":"v1","kind":"ResourceQuota","spec":{"hard":{"pods":"1"}},)"
              R"("metadata":{"name":"q","namespace":"team","uid":"u"},"status":{"used":{}}})");
    house.runtime().offer_objects(
        store, [](std::string_view, std::string_view resource) { return resource != "unicorns"; });
  }
  void open() {
    house.open();
    host = house.strings().host;
  }
  const limen_objects_api& objects() const {
    return *static_cast<const limen_objects_api*>(host->get_extension(host, LIMEN_OBJECTS));
  }
  std::string version() const {
    return std::to_string(store.get({{"", "resourcequotas"}, "team", "q"})->revision);
  }
  limen_status update(const std::string& resource_version, const std::string& status,
                      const char* name = "q", const char* resource = "resourcequotas") {
    return objects().update_status(host, text(""), text(resource), text("team"), text(name),
                                   text(resource_version), text(status), &End::told, &end);
  }
  limen_status create(const std::string& json) {
    return objects().create(host, text(""), text("namespaces"), text(""), text("made"), text(json),
                            &End::told, &end);
  }

  limen::test::MemoryStore store;
  End end;
  PuppetHouse house;
  const limen_host* host = nullptr;
};

TEST_F(ObjectWrites, AStatusIsReplacedAndTheRestStays) {
  open();
  ASSERT_EQ(update(version(), R"({"used":{"pods":"1"}})"), LIMEN_OK);
  EXPECT_EQ(end.wait(), LIMEN_OK);
  const std::string now = store.get({{"", "resourcequotas"}, "team", "q"})->json;
  EXPECT_NE(now.find(R"("status":{"used":{"pods":"1"}})"), std::string::npos) << now;
  EXPECT_NE(now.find(R"("hard":{"pods":"1"})"), std::string::npos) << now;
}

TEST_F(ObjectWrites, WhoeverWasFirstWins) {
  open();
  const std::string before = version();
  ASSERT_EQ(update(before, R"({"used":{"pods":"1"}})"), LIMEN_OK);
  EXPECT_EQ(end.wait(), LIMEN_OK);
  ASSERT_EQ(update(before, R"({"used":{"pods":"2"}})"), LIMEN_OK);
  EXPECT_EQ(end.wait(), LIMEN_E_CONFLICT);
  EXPECT_NE(store.get({{"", "resourcequotas"}, "team", "q"})->json.find(R"("pods":"1"}})"),
            std::string::npos);
}

TEST_F(ObjectWrites, WhatCannotBeWrittenIsRefusedAtOnce) {
  open();
  EXPECT_EQ(update("", "{}"), LIMEN_E_INVALID);
  EXPECT_EQ(update("0", "{}"), LIMEN_E_INVALID);
  EXPECT_EQ(update("7x", "{}"), LIMEN_E_INVALID);
  EXPECT_EQ(update(version(), "[]"), LIMEN_E_INVALID);
  EXPECT_EQ(update(version(), "{"), LIMEN_E_INVALID);
  EXPECT_EQ(update(version(), "{}", "nobody"), LIMEN_E_NOT_FOUND);
  EXPECT_EQ(update(version(), "{}", "q", "unicorns"), LIMEN_E_NOT_FOUND);
  EXPECT_EQ(end.status, 1);
}

TEST_F(ObjectWrites, AServerThatOffersNoCreationSaysSo) {
  open();
  EXPECT_EQ(create(R"({"metadata":{"name":"made"}})"), LIMEN_E_UNSUPPORTED);
}

TEST_F(ObjectWrites, ACreationIsTheServersAndItsEndIsTold) {
  std::string made;
  house.runtime().offer_creation([&](const storage::Key& key, const object::Json&,
                                     const std::function<void(storage::WriteStatus)>& done) {
    made = key.name;
    done(storage::WriteStatus::already_exists);
  });
  open();
  EXPECT_EQ(create(R"({"metadata":{"name":"another"}})"), LIMEN_E_INVALID);
  EXPECT_EQ(create("{}"), LIMEN_E_INVALID);
  ASSERT_EQ(create(R"({"metadata":{"name":"made"}})"), LIMEN_OK);
  EXPECT_EQ(end.wait(), LIMEN_E_CONFLICT);
  EXPECT_EQ(made, "made");
}

TEST_F(ObjectWrites, AModuleThatStopsIsToldThatNothingMoreIsKnown) {
  std::function<void(storage::WriteStatus)> late;
  {
    PuppetHouse other;
    other.runtime().offer_objects(store);
    other.runtime().offer_creation(
        [&](const storage::Key&, const object::Json&,
            std::function<void(storage::WriteStatus)> done) { late = std::move(done); });
    other.open();
    host = other.strings().host;
    ASSERT_EQ(create(R"({"metadata":{"name":"made"}})"), LIMEN_OK);
  }
  EXPECT_EQ(end.wait(), LIMEN_E_CANCELLED);
  late(storage::WriteStatus::ok);  // nobody is there to be told
  EXPECT_EQ(end.status, 1);
}

// What a refusal promises: done is not called, not even when the module stops.
TEST_F(ObjectWrites, WhatCouldNotBePutIsNeverAnswered) {
  {
    PuppetHouse other;
    other.runtime().offer_objects(store);
    other.runtime().offer_creation(
        [](const storage::Key&, const object::Json&,
           const std::function<void(storage::WriteStatus)>&) { throw std::runtime_error("no"); });
    other.open();
    host = other.strings().host;
    EXPECT_EQ(create(R"({"metadata":{"name":"made"}})"), LIMEN_E_INTERNAL);
  }
  EXPECT_EQ(end.status, 1);
}

}  // namespace
}  // namespace limen::modules
