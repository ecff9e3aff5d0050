// Objects as they are written and read.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "object/canonical.h"
#include "unit/storage/cached_store_fixture.h"

namespace limen::storage {
namespace {

TEST_F(CachedStoreTest, AnEmptyStoreIsAtRevisionOne) {
  EXPECT_EQ(store_->revision(), 1);
  EXPECT_EQ(store_->compacted(), 0);
  const ListResult list = store_->list(kPods, {});
  EXPECT_EQ(list.status, ReadStatus::ok);
  EXPECT_EQ(list.revision, 1);
  EXPECT_TRUE(list.objects.empty());
}

TEST_F(CachedStoreTest, ACreatedObjectIsReadableAtItsRevision) {
  const WriteResult written = create(pod("a"), text("1", "a"));
  ASSERT_EQ(written.status, WriteStatus::ok);
  EXPECT_EQ(written.object->revision, 2);
  EXPECT_EQ(written.object->create_revision, 2);
  EXPECT_EQ(written.object->json, object::with_revision(text("1", "a"), 2));
  EXPECT_EQ(store_->get(pod("a")), written.object);
  EXPECT_EQ(store_->revision(), 2);
  EXPECT_EQ(store_->count(kPods), 1u);
}

TEST_F(CachedStoreTest, CreatingWhatExistsIsRefusedWithWhatIsThere) {
  const ObjectPtr first = create(pod("a"), text("1")).object;
  const WriteResult second = create(pod("a"), text("2"));
  EXPECT_EQ(second.status, WriteStatus::already_exists);
  EXPECT_EQ(second.current, first);
  EXPECT_EQ(store_->revision(), 2);
}

TEST_F(CachedStoreTest, AnUpdateNeedsTheRevisionTheObjectIsAt) {
  const ObjectPtr first = create(pod("a"), text("1")).object;
  const WriteResult second = update(pod("a"), 2, text("2"));
  ASSERT_EQ(second.status, WriteStatus::ok);
  EXPECT_EQ(second.object->revision, 3);
  EXPECT_EQ(second.object->create_revision, 2);
  const WriteResult stale = update(pod("a"), 2, text("3"));
  EXPECT_EQ(stale.status, WriteStatus::conflict);
  EXPECT_EQ(stale.current, second.object);
  EXPECT_EQ(update(pod("b"), 2, text("3")).status, WriteStatus::not_found);
}

TEST_F(CachedStoreTest, RemovingGivesTheLastStateAtTheRemovalsRevision) {
  create(pod("a"), text("1"));
  EXPECT_EQ(remove(pod("a"), 1).status, WriteStatus::conflict);
  const WriteResult gone = remove(pod("a"), 2);
  ASSERT_EQ(gone.status, WriteStatus::ok);
  EXPECT_EQ(gone.object->json, object::with_revision(text("1"), 3));
  EXPECT_EQ(store_->get(pod("a")), nullptr);
  EXPECT_EQ(remove(pod("a"), 3).status, WriteStatus::not_found);
  EXPECT_EQ(create(pod("a"), text("2")).object->revision, 4);
}

TEST_F(CachedStoreTest, TasksResumeOnTheirLoop) {
  const auto write = [](CachedStore& store, base::Executor& loop) -> base::Task<WriteResult> {
    Key key = pod("a");
    std::string json = text("1");
    co_return co_await store.create(loop, std::move(key), std::move(json));
  };
  std::optional<WriteResult> result;
  const auto keep = [](base::Task<WriteResult> task,
                       std::optional<WriteResult>* out) -> base::Task<void> {
    out->emplace(co_await task);
  };
  base::spawn(keep(write(*store_, loop_), &result), [](std::exception_ptr) {});
  while (!result) {
    loop_.run();
    std::this_thread::yield();
  }
  EXPECT_EQ(result->status, WriteStatus::ok);
}

TEST_F(CachedStoreTest, TextThatIsNoCanonicalObjectIsNotStored) {
  EXPECT_EQ(create(pod("a"), "{}").status, WriteStatus::unavailable);
  EXPECT_EQ(create(pod("../b"), text("1")).status, WriteStatus::unavailable);
  EXPECT_EQ(store_->revision(), 1);
}

// ---- lists ---------------------------------------------------------------------------------

TEST_F(CachedStoreTest, ListsInKeyOrderOfOneNamespaceOrAll) {
  for (const auto& [ns, name] : std::vector<std::pair<std::string, std::string>>{
           {"b", "x"}, {"a", "z"}, {"a", "y"}, {"ab", "w"}}) {
    create(pod(name, ns), text("1"));
  }
  EXPECT_EQ(names({}), (Names{"a/y", "a/z", "ab/w", "b/x"}));
  ListOptions in_a;
  in_a.ns = "a";
  EXPECT_EQ(names(in_a), (Names{"a/y", "a/z"}));
  in_a.ns = "c";
  EXPECT_TRUE(names(in_a).empty());
  EXPECT_TRUE(names({}, kNodes).empty());
}

TEST_F(CachedStoreTest, PagesContinueAfterTheLastKeyAndCountWhatRemains) {
  for (int i = 0; i < 5; ++i) create(pod("p" + std::to_string(i)), text("1"));
  ListOptions page;
  page.ns = "default";
  page.limit = 2;
  const ListResult first = store_->list(kPods, page);
  EXPECT_EQ(first.objects.size(), 2u);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.remaining, 3);
  EXPECT_EQ(first.last_name, "p1");
  page.start_ns = first.last_ns;
  page.start_name = first.last_name;
  page.limit = 3;
  const ListResult second = store_->list(kPods, page);
  EXPECT_EQ(second.objects.size(), 3u);
  EXPECT_FALSE(second.more) << "exactly the limit, and nothing after it";
}

TEST_F(CachedStoreTest, AFilterSelectsAndTheLimitCountsWhatItLetsThrough) {
  for (int i = 0; i < 6; ++i) create(pod("p" + std::to_string(i)), text(i % 2 ? "odd" : "even"));
  ListOptions odd;
  odd.filter = [](const StoredObject& object) { return object.labels[0].second == "odd"; };
  EXPECT_EQ(names(odd), (Names{"default/p1", "default/p3", "default/p5"}));
  odd.limit = 2;
  const ListResult page = store_->list(kPods, odd);
  EXPECT_EQ(page.last_name, "p3");
  EXPECT_TRUE(page.more);
  odd.limit = 3;
  EXPECT_FALSE(store_->list(kPods, odd).more);
}

TEST_F(CachedStoreTest, AnExactRevisionShowsThePast) {
  create(pod("a"), text("1"));     // 2
  create(pod("b"), text("1"));     // 3
  update(pod("a"), 2, text("2"));  // 4
  remove(pod("b"), 3);             // 5
  ListOptions past;
  past.revision = 3;
  const ListResult list = store_->list(kPods, past);
  EXPECT_EQ(list.revision, 3);
  ASSERT_EQ(list.objects.size(), 2u);
  EXPECT_EQ(list.objects[0]->revision, 2);
  EXPECT_EQ(list.objects[1]->name, "b");
  past.revision = 1;
  EXPECT_TRUE(store_->list(kPods, past).objects.empty());
  past.revision = 5;
  EXPECT_EQ(names(past), (Names{"default/a"}));
  past.revision = 6;
  EXPECT_EQ(store_->list(kPods, past).status, ReadStatus::too_new);
}

// Random changes; then every revision, read in pages of random size by namespace and overall, must
// show exactly what was there then.
TEST_F(CachedStoreTest, EveryKeptRevisionListsExactlyTheStateItHad) {
  std::mt19937 random(11);
  using State = std::map<std::pair<std::string, std::string>, Revision>;
  std::map<Revision, State> states;
  State state;
  states[1] = state;
  for (int step = 0; step < 400; ++step) {
    const std::string ns = "n" + std::to_string(random() % 3);
    const std::string name = "p" + std::to_string(random() % 15);
    const auto there = state.find({ns, name});
    if (there == state.end()) {
      state[{ns, name}] = create(pod(name, ns), text("1")).object->revision;
    } else if (random() % 2) {
      there->second = update(pod(name, ns), there->second, text("2")).object->revision;
    } else {
      ASSERT_EQ(remove(pod(name, ns), there->second).status, WriteStatus::ok);
      state.erase(there);
    }
    states[store_->revision()] = state;
  }
  for (const auto& [revision, then] : states) {
    for (const std::string ns : {"", "n1"}) {
      std::vector<std::pair<std::pair<std::string, std::string>, Revision>> expected, seen;
      for (const auto& one : then) {
        if (ns.empty() || one.first.first == ns) expected.push_back(one);
      }
      ListOptions page;
      page.ns = ns;
      page.revision = revision;
      page.limit = 1 + random() % 7;
      while (true) {
        const ListResult list = store_->list(kPods, page);
        ASSERT_EQ(list.status, ReadStatus::ok);
        for (const auto& one : list.objects) seen.push_back({{one->ns, one->name}, one->revision});
        if (!list.more) break;
        ASSERT_EQ(static_cast<std::size_t>(list.remaining), expected.size() - seen.size());
        page.start_ns = list.last_ns;
        page.start_name = list.last_name;
      }
      ASSERT_EQ(seen, expected) << "at " << revision << " in '" << ns << "'";
    }
  }
}

// ---- watches -------------------------------------------------------------------------------

}  // namespace
}  // namespace limen::storage
