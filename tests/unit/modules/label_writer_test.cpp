// Labels that modules put on stored objects.
#include "modules/label_writer.h"

#include <gtest/gtest.h>

#include "unit/api/verbs_memory_store.h"

namespace limen::modules {
namespace {

class LabelWriter : public testing::Test {
 protected:
  const storage::Key key{{"", "secrets"}, "team", "s"};
  void put(const std::string& uid, const std::string& labels = "{}", const std::string& data = "") {
    store.put(key.id, R"({"apiVersion":"v1","kind":"Secret","data":{"a":")" + data +
                          R"("},"metadata":{"name":"s","namespace":"team","uid":")" + uid +
                          R"(","labels":)" + labels + "}}");
  }
  limen_status set(const std::string& label, const std::string& value) {
    store.writes = 0;
    return set_label(store, key, label, value);
  }
  std::string stored() const { return store.get(key)->json; }
  test::MemoryStore store;
};

TEST_F(LabelWriter, SetsOneAndLeavesTheRestAlone) {
  put("u", R"({"kept":"yes"})", "data");
  EXPECT_EQ(set("example.com/used", "2026-01-01"), LIMEN_OK);
  EXPECT_NE(stored().find(R"("labels":{"kept":"yes","example.com/used":"2026-01-01"})"),
            std::string::npos)
      << stored();
  EXPECT_NE(stored().find(R"("data":{"a":"data"})"), std::string::npos);
  EXPECT_EQ(set("example.com/used", "2026-01-02"), LIMEN_OK);
  EXPECT_NE(stored().find("2026-01-02"), std::string::npos);
}

TEST_F(LabelWriter, WritesNothingWhenTheLabelIsThereAlready) {
  put("u", R"({"used":"2026-01-01"})");
  EXPECT_EQ(set("used", "2026-01-01"), LIMEN_OK);
  EXPECT_EQ(store.writes, 0);
}

TEST_F(LabelWriter, SetsItOnWhatSomebodyElseMadeOfTheObjectMeanwhile) {
  put("u");
  store.before_write = [this] { put("u", "{}", "changed"); };
  EXPECT_EQ(set("used", "now"), LIMEN_OK);
  EXPECT_NE(stored().find(R"("a":"changed")"), std::string::npos) << stored();
  EXPECT_NE(stored().find(R"("used":"now")"), std::string::npos) << stored();
}

TEST_F(LabelWriter, LeavesAnObjectMadeAnewAlone) {
  put("u");
  store.before_write = [this] { put("another"); };
  EXPECT_EQ(set("used", "now"), LIMEN_OK);
  EXPECT_EQ(stored().find("used"), std::string::npos) << stored();
}

TEST_F(LabelWriter, RefusesWhatIsNoLabelAndNoObject) {
  EXPECT_EQ(set("used", "now"), LIMEN_E_NOT_FOUND);
  put("u");
  EXPECT_EQ(set("not a label", "now"), LIMEN_E_INVALID);
  EXPECT_EQ(set("used", "not a value"), LIMEN_E_INVALID);
  EXPECT_EQ(store.writes, 0);
}

TEST_F(LabelWriter, AFailingStoreFailsNobody) {
  put("u");
  store.fail_with = storage::WriteStatus::unavailable;
  EXPECT_EQ(set("used", "now"), LIMEN_OK);
  EXPECT_EQ(stored().find("used"), std::string::npos);
}

}  // namespace
}  // namespace limen::modules
