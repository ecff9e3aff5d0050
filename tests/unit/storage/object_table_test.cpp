#include "storage/object_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace limen::storage {
namespace {

ObjectPtr object(std::string ns, std::string name, Revision revision = 1) {
  auto made = std::make_shared<StoredObject>();
  made->ns = std::move(ns);
  made->name = std::move(name);
  made->revision = revision;
  return made;
}

std::vector<std::string> names(const ObjectTable& table, ObjectTable::Place from,
                               ObjectTable::Place to) {
  std::vector<std::string> list;
  for (; from != to; from = table.next(from))
    list.push_back(table.at(from)->ns + "/" + table.at(from)->name);
  return list;
}

using Names = std::vector<std::string>;

TEST(ObjectTable, OrdersByNamespaceThenName) {
  ObjectTable table;
  for (const auto& [ns, name] : std::vector<std::pair<std::string, std::string>>{
           {"b", "a"}, {"a", "z"}, {"a-1", "a"}, {"a", "a"}}) {
    table.put(object(ns, name));
  }
  EXPECT_EQ(names(table, table.begin(), table.end()), (Names{"a/a", "a/z", "a-1/a", "b/a"}));
}

TEST(ObjectTable, PutReplacesAndReturnsWhatWasThere) {
  ObjectTable table;
  EXPECT_EQ(table.put(object("a", "x", 1)), nullptr);
  EXPECT_EQ(table.put(object("a", "x", 2))->revision, 1);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.find("a", "x")->revision, 2);
}

TEST(ObjectTable, EraseOfWhatIsNotThereDoesNothing) {
  ObjectTable table;
  EXPECT_EQ(table.erase("a", "x"), nullptr);
  table.put(object("a", "x"));
  EXPECT_EQ(table.erase("a", "y"), nullptr);
  EXPECT_EQ(table.erase("a", "w"), nullptr);
  EXPECT_EQ(table.size(), 1u);
}

TEST(ObjectTable, BoundsEncloseANamespace) {
  ObjectTable table;
  for (const char* ns : {"a", "ab", "b"}) {
    table.put(object(ns, "1"));
    table.put(object(ns, "2"));
  }
  EXPECT_EQ(names(table, table.lower_bound("ab", ""), table.end_of("ab")), (Names{"ab/1", "ab/2"}));
  EXPECT_EQ(names(table, table.upper_bound("ab", "1"), table.end_of("ab")), (Names{"ab/2"}));
  EXPECT_EQ(table.lower_bound("zz", ""), table.end());
}

// Against std::map, with enough objects for many blocks, in random order and in rising order.
TEST(ObjectTable, AgreesWithAMapThroughThousandsOfChanges) {
  for (const bool rising : {false, true}) {
    std::mt19937 random(3);
    ObjectTable table;
    std::map<std::pair<std::string, std::string>, Revision> model;
    for (Revision step = 1; step <= 20'000; ++step) {
      const std::string ns = "n" + std::to_string(random() % 5);
      char name[16];
      std::snprintf(name, sizeof name, "o%07u",
                    rising ? static_cast<unsigned>(step) : static_cast<unsigned>(random() % 4000));
      if (random() % 3 == 0 && !model.empty()) {
        const auto at = std::next(
            model.begin(),
            static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(model.size(), 50)));
        const ObjectPtr gone = table.erase(at->first.first, at->first.second);
        ASSERT_TRUE(gone);
        ASSERT_EQ(gone->revision, at->second);
        model.erase(at);
      } else {
        const ObjectPtr before = table.put(object(ns, name, step));
        const auto [at, fresh] = model.try_emplace({ns, name}, step);
        ASSERT_EQ(before == nullptr, fresh);
        at->second = step;
      }
    }
    ASSERT_EQ(table.size(), model.size());
    auto place = table.begin();
    std::size_t rank = 0;
    for (const auto& [key, revision] : model) {
      ASSERT_EQ(table.at(place)->name, key.second);
      ASSERT_EQ(table.at(place)->revision, revision);
      ASSERT_EQ(table.rank(place), rank);
      ASSERT_EQ(table.lower_bound(key.first, key.second), place);
      ASSERT_EQ(table.find(key.first, key.second), table.at(place));
      place = table.next(place);
      ASSERT_EQ(table.upper_bound(key.first, key.second), place);
      ++rank;
    }
    EXPECT_EQ(place, table.end());
    EXPECT_EQ(table.rank(table.end()), model.size());
  }
}

}  // namespace
}  // namespace limen::storage
