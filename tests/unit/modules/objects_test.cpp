// limen.objects/1: what a module sees of the store.
#include <array>
#include <atomic>
#include <future>
#include <mutex>
#include <utility>

#include "fake_store.h"
#include "modules/nodes.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::FakeStore;
using test::PuppetHouse;
using test::text;

// What a subscription was told, as "ADDED a", "SYNCED" and so on.
class Told {
 public:
  void add(std::int32_t event, const limen_node* object) {
    if (const std::function<void()> hold = take_hold()) hold();
    static const std::array<const char*, 5> kNames = {"?", "ADDED", "MODIFIED", "DELETED",
                                                      "SYNCED"};
    std::string line = kNames.at(static_cast<std::size_t>(event));
    limen_str name{};
    if (node_table().get_string(node_table().at(object, text("/metadata/name")), &name) == 0) {
      line += " " + test::view(name);
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(line);
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    lines_.clear();
  }
  // Runs once, before the next is added.
  void before(std::function<void()> hold) {
    const std::lock_guard lock(mutex_);
    hold_ = std::move(hold);
  }

 private:
  std::function<void()> take_hold() {
    const std::lock_guard lock(mutex_);
    return std::exchange(hold_, nullptr);
  }
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::function<void()> hold_;
};
Told told;
const limen_host* host = nullptr;

const limen_objects_api& objects() {
  return *static_cast<const limen_objects_api*>(host->get_extension(host, LIMEN_OBJECTS));
}
void tell(void* arg, std::int32_t event, const limen_node* object) {
  static_cast<Told*>(arg)->add(event, object);
}

std::string named(const std::string& name) { return "{\"metadata\":{\"name\":\"" + name + "\"}}"; }

// A house whose puppet authenticator subscribes to roles in start().
class Objects : public testing::Test {
 protected:
  void SetUp() override {
    told.clear();
    store.put("rbac", "roles", "ns", "a", named("a"), {{"team", "x"}});
    store.put("rbac", "roles", "ns2", "b", named("b"), {{"team", "y"}});
    store.put("", "pods", "ns", "p", named("p"));
    house.runtime().offer_objects(
        store, [](std::string_view, std::string_view resource) { return resource != "unicorns"; });
    static Puppet* strings = nullptr;
    strings = &house.strings();
    house.strings().start = [](limen_call*) -> limen_status {
      host = strings->host;
      return objects().subscribe(host, text("rbac"), text("v1"), text("roles"), tell, &told);
    };
    house.generation_spec().authorizers.clear();
    house.generation_spec().admission.clear();
  }
  FakeStore store;
  PuppetHouse house;
};

TEST_F(Objects, ALabelIsSetOnWhatIsThere) {
  house.open();
  const auto set = [](const char* resource, const char* name, const char* value) {
    return objects().set_label(host, text(""), text(resource), text("ns"), text(name), text("used"),
                               text(value));
  };
  EXPECT_EQ(set("pods", "nobody", "now"), LIMEN_E_NOT_FOUND);
  EXPECT_EQ(set("unicorns", "p", "now"), LIMEN_E_NOT_FOUND);
  EXPECT_EQ(set("pods", "p", "not a value"), LIMEN_E_INVALID);
  EXPECT_EQ(set("pods", "p", "now"), LIMEN_OK);
}

TEST_F(Objects, ASubscriptionTellsWhatExistsThenThatItIsInSync) {
  house.open();
  EXPECT_EQ(told.lines(), (std::vector<std::string>{"ADDED a", "ADDED b", "SYNCED"}));
  EXPECT_EQ(objects().synced(host), 1);
}

TEST_F(Objects, ChangesFollowInOrderAndOnlyOfThatResource) {
  house.open();
  told.clear();
  store.put("rbac", "roles", "ns", "c", named("c"));
  store.put("", "pods", "ns", "q", named("q"));
  store.put("rbac", "roles", "ns", "c", named("c"));
  store.erase("rbac", "roles", "ns", "a");
  EXPECT_TRUE(test::eventually([] { return told.lines().size() == 3; }));
  EXPECT_EQ(told.lines(), (std::vector<std::string>{"ADDED c", "MODIFIED c", "DELETED a"}));
}

TEST_F(Objects, AWriteIsSeenOnceItsEventWasTold) {
  house.open();
  const storage::ResourceId roles{"rbac", "roles"};
  store.put("rbac", "roles", "ns", "c", named("c"));
  std::atomic<bool> seen{false};
  // Told already, or told later: never neither.
  const bool now =
      house.runtime().current()->seen(roles, store.revision(), [&] { seen.store(true); });
  EXPECT_TRUE(test::eventually([&] { return now || seen; }));
  EXPECT_EQ(told.lines().back(), "ADDED c");
  EXPECT_TRUE(house.runtime().current()->seen(roles, store.revision(), [] {}));
}

TEST_F(Objects, AWriteThatIsStillToComeIsWaitedFor) {
  house.open();
  std::atomic<bool> seen{false};
  const storage::Revision next = store.revision() + 1;
  EXPECT_FALSE(house.runtime().current()->seen({"rbac", "roles"}, next, [&] { seen = true; }));
  EXPECT_FALSE(seen);
  store.put("rbac", "roles", "ns", "c", named("c"));
  EXPECT_TRUE(test::eventually([&] { return seen.load(); }));
}

TEST_F(Objects, WhatNobodyFollowsIsSeenAtOnce) {
  house.open();
  EXPECT_TRUE(house.runtime().current()->seen({"", "pods"}, store.revision() + 100, [] {}));
}

TEST_F(Objects, AStoppedModuleKeepsNobodyWaiting) {
  house.open();
  std::atomic<bool> seen{false};
  EXPECT_FALSE(house.runtime().current()->seen({"rbac", "roles"}, store.revision() + 100,
                                               [&] { seen = true; }));
  house.runtime().activate(nullptr);
  EXPECT_TRUE(test::eventually([&] { return seen.load(); }));
}

TEST_F(Objects, CatchingUpWaitsForAModuleThatIsStillBeingTold) {
  house.open();
  std::atomic<bool> caught_up{false};
  std::promise<void> go_on;
  told.before([gate = go_on.get_future().share()] { gate.wait(); });
  store.put("rbac", "roles", "ns", "c", named("c"));
  house.runtime().current()->catch_up([&] { caught_up = told.lines().back() == "ADDED c"; });
  EXPECT_FALSE(caught_up);
  go_on.set_value();
  EXPECT_TRUE(test::eventually([&] { return caught_up.load(); }));
}

TEST_F(Objects, WhoFollowsNothingHasCaughtUp) {
  house.strings().start = [](limen_call*) -> limen_status { return LIMEN_OK; };
  house.open();
  bool caught_up = false;
  house.runtime().current()->catch_up([&] { caught_up = true; });
  EXPECT_TRUE(caught_up);
}

TEST_F(Objects, AModuleThatIsStoppedKeepsNobodyWaitingForItToCatchUp) {
  house.open();
  std::atomic<bool> caught_up{false};
  std::promise<void> go_on;
  told.before([gate = go_on.get_future().share()] { gate.wait(); });
  store.put("rbac", "roles", "ns", "c", named("c"));
  house.runtime().current()->catch_up([&] { caught_up = true; });
  house.runtime().activate(nullptr);
  EXPECT_TRUE(test::eventually([&] { return caught_up.load(); }));
  go_on.set_value();
}

TEST_F(Objects, AfterALossTheDifferenceIsTold) {
  house.open();
  told.clear();
  ASSERT_TRUE(test::eventually([&] { return store.watches() == 1; }));
  store.lose_watches(true);
  store.erase("rbac", "roles", "ns", "a");
  store.put("rbac", "roles", "ns2", "b", named("b"));
  store.put("rbac", "roles", "ns", "c", named("c"));
  store.lose_watches(false);
  EXPECT_TRUE(test::eventually([] { return told.lines().size() == 3; }));
  EXPECT_EQ(told.lines(), (std::vector<std::string>{"ADDED c", "MODIFIED b", "DELETED a"}));
  told.clear();
  store.put("rbac", "roles", "ns", "d", named("d"));
  EXPECT_TRUE(test::eventually([] { return told.lines().size() == 1; }));
}

TEST_F(Objects, SubscribingIsForStartOnly) {
  house.open();
  EXPECT_EQ(objects().subscribe(host, text("rbac"), text(""), text("roles"), tell, &told),
            LIMEN_E_INVALID);
}

TEST_F(Objects, AResourceThatDoesNotExistIsNotFound) {
  static Puppet* strings = nullptr;
  strings = &house.strings();
  house.strings().start = [](limen_call*) -> limen_status {
    host = strings->host;
    EXPECT_EQ(objects().subscribe(host, text(""), text("v1"), text("unicorns"), tell, &told),
              LIMEN_E_NOT_FOUND);
    return LIMEN_OK;
  };
  house.open();
  const limen_node* out = nullptr;
  EXPECT_EQ(objects().get(host, text(""), text("unicorns"), text("ns"), text("x"), &out),
            LIMEN_E_NOT_FOUND);
}

TEST_F(Objects, GetGivesAnObjectThatStaysUntilReleased) {
  house.open();
  const limen_node* out = nullptr;
  ASSERT_EQ(objects().get(host, text("rbac"), text("roles"), text("ns"), text("a"), &out),
            LIMEN_OK);
  store.erase("rbac", "roles", "ns", "a");
  limen_str name{};
  EXPECT_EQ(node_table().get_string(node_table().at(out, text("/metadata/name")), &name), LIMEN_OK);
  EXPECT_EQ(test::view(name), "a");
  const std::size_t before = retained_documents();
  node_table().release(out);
  EXPECT_EQ(retained_documents(), before - 1);
  EXPECT_EQ(objects().get(host, text("rbac"), text("roles"), text("ns"), text("a"), &out),
            LIMEN_E_NOT_FOUND);
}

TEST_F(Objects, ListSelectsByNamespaceAndLabels) {
  house.open();
  const auto listed = [](std::string_view ns, std::string_view selector) {
    Told seen;
    const limen_status status = objects().list(
        host, text("rbac"), text("roles"), text(ns), text(selector),
        [](void* arg, const limen_node* object) -> std::int32_t {
          static_cast<Told*>(arg)->add(LIMEN_OBJECT_ADDED, object);
          return 1;
        },
        &seen);
    std::string out = std::to_string(status);
    for (const std::string& line : seen.lines()) out += "," + line;
    return out;
  };
  EXPECT_EQ(listed("", ""), "0,ADDED a,ADDED b");
  EXPECT_EQ(listed("ns2", ""), "0,ADDED b");
  EXPECT_EQ(listed("", "team=x"), "0,ADDED a");
  EXPECT_EQ(listed("", "team in ("), "-1");
}

TEST_F(Objects, NothingIsToldAfterTheEnd) {
  house.open();
  house.runtime().activate(house.runtime().build({}));
  EXPECT_TRUE(test::eventually([&] { return house.strings().destroyed == 1; }));
  told.clear();
  store.put("rbac", "roles", "ns", "z", named("z"));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(told.lines().empty());
}

TEST(ObjectsWithoutStore, AreEmptyAndInSync) {
  PuppetHouse house;
  static Puppet* strings = nullptr;
  strings = &house.strings();
  told.clear();
  house.strings().start = [](limen_call*) -> limen_status {
    host = strings->host;
    return objects().subscribe(host, text("rbac"), text("v1"), text("roles"), tell, &told);
  };
  house.generation_spec().authorizers.clear();
  house.generation_spec().admission.clear();
  house.open();
  EXPECT_EQ(told.lines(), std::vector<std::string>{"SYNCED"});
}

}  // namespace
}  // namespace limen::modules
