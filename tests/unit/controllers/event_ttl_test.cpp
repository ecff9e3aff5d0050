// event-ttl: events go a while after they were last written.
#include "controllers/event_ttl.h"

#include "base/time.h"
#include "with_manager.h"

namespace limen::controllers {
namespace {

class EventTtlTest : public WithManager {
 protected:
  static Key key(const std::string& name) { return {{"", "events"}, "default", name}; }
  void run_with(std::chrono::nanoseconds ttl) {
    Options options;
    options.event_ttl = ttl;
    manager_.reset();
    manager_ = std::make_unique<Manager>(*store_, std::move(options));
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
  }
  void put(const std::string& name, std::chrono::seconds age, const std::string& more = {}) {
    const std::string written = base::format_time(std::chrono::system_clock::now() - age);
    const std::string text = R"({"apiVersion":"v1","kind":"Event","metadata":{"name":")" + name +
                             R"(","namespace":"default","creationTimestamp":")" + written +
                             R"("},"involvedObject":{})" + more + "}";
    ASSERT_EQ(create(key(name), text.c_str()).status, WriteStatus::ok);
  }
};

TEST_F(EventTtlTest, WhatIsWrittenGoesInTime) {
  run_with(std::chrono::milliseconds(1));
  put("young", std::chrono::seconds(0));
  EXPECT_TRUE(eventually([&] { return !store_->get(key("young")); }));
}

TEST_F(EventTtlTest, WhatWasThereGoesByTheTimesItBears) {
  const std::string now = base::format_time(std::chrono::system_clock::now());
  put("old", std::chrono::hours(2));
  put("seen-again", std::chrono::hours(2), R"(,"lastTimestamp":")" + now + "\"");
  put("of-a-series", std::chrono::hours(2), R"(,"series":{"lastObservedTime":")" + now + "\"}");
  put("new", std::chrono::minutes(1));
  run_with(std::chrono::hours(1));
  EXPECT_TRUE(eventually([&] { return !store_->get(key("old")); }));
  for (const char* name : {"seen-again", "of-a-series", "new"}) {
    EXPECT_TRUE(store_->get(key(name))) << name;
  }
}

TEST_F(EventTtlTest, SwitchedOffTheyStay) {
  Options options;
  options.event_ttl = std::chrono::hours(1);
  options.disabled = {std::string(kEventTtl)};
  put("old", std::chrono::hours(2));
  manager_ = std::make_unique<Manager>(*store_, std::move(options));
  manager_->start();
  ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
  EXPECT_TRUE(store_->get(key("old")));
}

}  // namespace
}  // namespace limen::controllers
