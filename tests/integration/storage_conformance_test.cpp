// What every storage driver has to do. Run for each: a new driver is one more Backend below.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

#include "support/etcd_server.h"
#include "support/etcd_store.h"
#include "support/memory_driver.h"
#include "support/sqlite_store.h"

namespace limen::storage {
namespace {

// Where a driver's data are; each open() is a server's start.
class Backend {
 public:
  virtual ~Backend() = default;
  // The driver opened before is gone by then.
  virtual std::unique_ptr<Driver> open() = 0;
};

class MemoryBackend final : public Backend {
 public:
  std::unique_ptr<Driver> open() override { return std::make_unique<test::MemoryDriver>(data_); }

 private:
  std::shared_ptr<test::MemoryData> data_ = std::make_shared<test::MemoryData>();
};

class SqliteBackend final : public Backend {
 public:
  std::unique_ptr<Driver> open() override {
    module_.reset();
    module_ = std::make_unique<test::SqliteModule>((folder_.path() / "limen.db").string());
    return module_->driver();
  }

 private:
  test::TemporaryFolder folder_;
  std::unique_ptr<test::SqliteModule> module_;
};

// Waits for commits, and knows of a compaction to revision 1. Nothing was changed at that one, so
// that etcd cannot tell it from none.
class EtcdDriver final : public test::WaitingDriver {
 public:
  EtcdDriver(std::unique_ptr<Driver> driver, bool& first_compacted)
      : WaitingDriver(std::move(driver)), first_compacted_(first_compacted) {}
  DriverState open() override {
    DriverState state = WaitingDriver::open();
    if (first_compacted_ && state.compacted == 0) state.compacted = 1;
    return state;
  }
  Revision compact(Revision revision, std::size_t limit) override {
    first_compacted_ = first_compacted_ || revision >= 1;
    return WaitingDriver::compact(revision, limit);
  }

 private:
  bool& first_compacted_;
};

// A fresh etcd, one transaction after another so that revisions follow the ops.
class EtcdBackend final : public Backend {
 public:
  std::unique_ptr<Driver> open() override {
    module_.reset();
    boost::json::object config = test::EtcdModule::config(etcd_.endpoints());
    config["prefix"] = "";
    config["parallelTransactions"] = 1;
    module_ = std::make_unique<test::EtcdModule>(std::move(config));
    return std::make_unique<EtcdDriver>(module_->driver(), first_compacted_);
  }

 private:
  test::Etcd etcd_;
  bool first_compacted_ = false;
  std::unique_ptr<test::EtcdModule> module_;
};

struct Kind {
  const char* name;
  std::unique_ptr<Backend> (*make)();
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

struct Change {
  std::string key, value;
  Revision revision = 0, created = 0;
  bool removed = false;
  bool operator==(const Change&) const = default;
};
void PrintTo(const Change& one, std::ostream* out) {
  *out << one.revision << (one.removed ? " removed " : " ") << one.key << "=" << one.value << " ("
       << one.created << ")";
}

class DriverConformance : public testing::TestWithParam<Kind> {
 protected:
  DriverConformance() : backend_(GetParam().make()) { open(); }
  ~DriverConformance() override {
    if (driver_) driver_->close();
  }

  void open() {
    if (driver_) driver_->close();
    driver_.reset();
    driver_ = backend_->open();
    state_ = driver_->open();
    loaded_.clear();
    driver_->load([&](const DriverChange& one) {
      loaded_.push_back(
          {std::string(one.key), std::string(one.value), one.revision, one.created, one.removed});
    });
  }
  std::vector<Revision> commit(std::vector<DriverOp> ops) {
    CommitResult result;
    driver_->commit(ops, [&](CommitResult one) { result = std::move(one); });
    EXPECT_TRUE(result.stored) << result.error;
    return result.revisions;
  }
  // The keys as loaded, replayed; those up to `compacted` and the changes after it apart.
  std::vector<Change> base() const {
    std::vector<Change> list;
    for (const Change& one : loaded_) {
      if (one.revision <= state_.compacted) list.push_back(one);
    }
    return list;
  }
  std::vector<Change> history() const {
    std::vector<Change> list;
    for (const Change& one : loaded_) {
      if (one.revision > state_.compacted) list.push_back(one);
    }
    return list;
  }
  // Compacts in slices until there.
  void compact(Revision revision) {
    Revision reached = driver_->compact(revision, 3);
    while (true) {
      const Revision next = driver_->compact(revision, 3);
      if (next == reached) return;
      reached = next;
    }
  }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Driver> driver_;
  DriverState state_;
  std::vector<Change> loaded_;
};

using Revisions = std::vector<Revision>;

TEST_P(DriverConformance, FreshDataAreAtRevisionOne) {
  EXPECT_EQ(state_.revision, 1);
  EXPECT_EQ(state_.compacted, 0);
  EXPECT_TRUE(loaded_.empty());
}

TEST_P(DriverConformance, EachChangeGetsTheNextRevision) {
  EXPECT_EQ(commit({{"/a", "1", 0}, {"/b", "2", 0}}), (Revisions{2, 3}));
  EXPECT_EQ(commit({{"/a", "3", 2}}), (Revisions{4}));
  EXPECT_EQ(commit({{"/b", "", 3, true}}), (Revisions{5}));
}

TEST_P(DriverConformance, WhatWasCommittedIsThereAfterARestart) {
  commit({{"/a", "1", 0}, {"/b", "2", 0}});
  commit({{"/a", "3", 2}, {"/b", "", 3, true}});
  open();
  EXPECT_EQ(state_.revision, 5);
  EXPECT_EQ(loaded_, (std::vector<Change>{{"/a", "1", 2, 2, false},
                                          {"/b", "2", 3, 3, false},
                                          {"/a", "3", 4, 2, false},
                                          {"/b", "", 5, 3, true}}));
}

TEST_P(DriverConformance, AnOpWhoseKeyIsNotAsExpectedDoesNothing) {
  commit({{"/a", "1", 0}});
  EXPECT_EQ(commit({{"/a", "2", 0}}), (Revisions{0})) << "there is one";
  EXPECT_EQ(commit({{"/a", "2", 9}}), (Revisions{0})) << "another revision";
  EXPECT_EQ(commit({{"/a", "", 9, true}}), (Revisions{0}));
  EXPECT_EQ(commit({{"/b", "2", 2}}), (Revisions{0})) << "there is none";
  EXPECT_EQ(commit({{"/b", "", 0, true}}), (Revisions{0})) << "nothing to remove";
  open();
  EXPECT_EQ(loaded_, (std::vector<Change>{{"/a", "1", 2, 2, false}}));
}

TEST_P(DriverConformance, OtherOpsOfABatchAreDoneThoughOneIsRefused) {
  commit({{"/a", "1", 0}});
  EXPECT_EQ(commit({{"/b", "1", 0}, {"/a", "x", 7}, {"/c", "1", 0}}), (Revisions{3, 0, 4}));
}

TEST_P(DriverConformance, AnOpSeesWhatThoseBeforeItDid) {
  EXPECT_EQ(
      commit({{"/a", "1", 0}, {"/a", "2", 2}, {"/a", "x", 2}, {"/a", "", 3, true}, {"/a", "3", 0}}),
      (Revisions{2, 3, 0, 4, 5}));
}

TEST_P(DriverConformance, AKeyThatIsMadeAnewIsCreatedAnew) {
  commit({{"/a", "1", 0}});
  commit({{"/a", "", 2, true}});
  commit({{"/a", "2", 0}});
  commit({{"/a", "3", 4}});
  open();
  EXPECT_EQ(loaded_.back(), (Change{"/a", "3", 5, 4, false}));
}

TEST_P(DriverConformance, AnEmptyBatchChangesNothing) {
  EXPECT_TRUE(commit({}).empty());
  EXPECT_EQ(commit({{"/a", "1", 0}}), (Revisions{2}));
}

TEST_P(DriverConformance, KeysAndValuesComeBackByteForByte) {
  const std::string large(3 * 1024 * 1024, 'x');
  const std::map<std::string, std::string> pairs = {
      {"/registry/core/pods/a", "{\"x\":\"'\\\"; DROP TABLE change; --\"}"},
      {"/registry/core/pods/A", "upper case is another key"},
      {"/k\xc3\xa9y/with 'quotes' and \"more\"", "\xf0\x9f\x98\x80"},
      {"/zeros", std::string("a\0b\0", 4)},
      {"/large", large},
      {"/" + std::string(4000, 'k'), "long key"}};
  for (const auto& [key, value] : pairs) commit({{key, value, 0}});
  open();
  std::map<std::string, std::string> back;
  for (const Change& one : loaded_) back[one.key] = one.value;
  EXPECT_EQ(back, pairs);
}

TEST_P(DriverConformance, CompactionKeepsTheStateAndForgetsTheWay) {
  commit({{"/a", "1", 0}});       // 2
  commit({{"/b", "1", 0}});       // 3
  commit({{"/a", "2", 2}});       // 4
  commit({{"/b", "", 3, true}});  // 5
  commit({{"/a", "3", 4}});       // 6
  compact(5);
  open();
  EXPECT_EQ(state_.compacted, 5);
  EXPECT_EQ(base(), (std::vector<Change>{{"/a", "2", 4, 2, false}}));
  EXPECT_EQ(history(), (std::vector<Change>{{"/a", "3", 6, 2, false}}));
}

TEST_P(DriverConformance, CompactionGoesInSlicesAndSaysHowFarItCame) {
  for (Revision i = 0; i < 10; ++i) commit({{"/a", "x", i == 0 ? 0 : i + 1}});  // 2 to 11
  const Revision first = driver_->compact(8, 3);
  EXPECT_GT(first, 0);
  EXPECT_LT(first, 8);
  const Revision second = driver_->compact(8, 3);
  EXPECT_GT(second, first);
  compact(8);
  open();
  EXPECT_EQ(state_.compacted, 8);
  EXPECT_EQ(history().size(), 3u);
}

TEST_P(DriverConformance, CompactingBackwardsChangesNothing) {
  commit({{"/a", "1", 0}});
  commit({{"/a", "2", 2}});
  commit({{"/a", "3", 3}});
  compact(3);
  EXPECT_EQ(driver_->compact(2, 10), 3);
  open();
  EXPECT_EQ(state_.compacted, 3);
  EXPECT_EQ(loaded_.size(), 2u);
}

TEST_P(DriverConformance, CommitsGoOnBetweenSlicesOfCompaction) {
  for (Revision i = 0; i < 10; ++i) commit({{"/a", "x", i == 0 ? 0 : i + 1}});
  driver_->compact(10, 2);
  EXPECT_EQ(commit({{"/a", "y", 11}}), (Revisions{12}));
  driver_->compact(10, 2);
  open();
  EXPECT_EQ(state_.revision, 12);
  EXPECT_EQ(loaded_.back(), (Change{"/a", "y", 12, 2, false}));
}

TEST_P(DriverConformance, ARevisionIsNotUsedTwiceThoughNothingIsLeftOfIt) {
  commit({{"/a", "1", 0}});
  commit({{"/a", "", 2, true}});
  commit({{"/b", "1", 0}});
  commit({{"/b", "", 4, true}});
  compact(5);
  open();
  EXPECT_TRUE(loaded_.empty());
  EXPECT_EQ(state_.revision, 5);
  EXPECT_EQ(commit({{"/c", "1", 0}}), (Revisions{6}));
}

// Random ops, compactions and restarts against a model that simply remembers everything.
TEST_P(DriverConformance, AgreesWithAModelThroughRandomUse) {
  std::mt19937 random(5);
  std::vector<Change> all;  // every change there ever was
  std::map<std::string, Change> live;
  Revision compacted = 0;
  Revision newest = 1;
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> keys, values;
    std::vector<DriverOp> ops;
    std::vector<Revision> expected;
    keys.reserve(20);
    values.reserve(20);
    for (std::size_t i = random() % 20; i > 0; --i) {
      const std::string& key = keys.emplace_back("/k" + std::to_string(random() % 12));
      const std::string& value = values.emplace_back("v" + std::to_string(random()));
      const auto there = live.find(key);
      const Revision at = there == live.end() ? 0 : there->second.revision;
      DriverOp op{key, value, random() % 8 ? at : at + 1, random() % 3 == 0};
      ops.push_back(op);
      if (op.expected != at || (op.remove && at == 0)) {
        expected.push_back(0);
        continue;
      }
      ++newest;
      expected.push_back(newest);
      Change change{key, op.remove ? "" : value, newest, at == 0 ? newest : there->second.created,
                    op.remove};
      all.push_back(change);
      if (op.remove) {
        live.erase(key);
      } else {
        live[key] = change;
      }
    }
    ASSERT_EQ(commit(ops), expected);
    if (random() % 4 == 0 && newest > 2) {
      compacted = std::max<Revision>(
          compacted, 1 + static_cast<Revision>(random() % static_cast<unsigned>(newest - 1)));
      compact(compacted);
    }
    if (random() % 3 != 0) continue;
    open();
    ASSERT_EQ(state_.revision, newest);
    ASSERT_EQ(state_.compacted, compacted);
    std::map<std::string, Change> then;
    std::vector<Change> since;
    for (const Change& change : all) {
      if (change.revision > compacted) {
        since.push_back(change);
      } else if (change.removed) {
        then.erase(change.key);
      } else {
        then[change.key] = change;
      }
    }
    std::map<std::string, Change> loaded_then;
    for (const Change& one : base()) loaded_then[one.key] = one;
    ASSERT_EQ(loaded_then, then);
    ASSERT_EQ(base().size(), then.size());
    ASSERT_EQ(history(), since);
  }
}

TEST_P(DriverConformance, AnEndOfLoadingByAnExceptionLeavesTheDriverUsable) {
  commit({{"/a", "1", 0}});
  driver_->close();
  driver_.reset();
  driver_ = backend_->open();
  driver_->open();
  EXPECT_THROW(driver_->load([](const DriverChange&) { throw std::runtime_error("stop"); }),
               std::runtime_error);
  EXPECT_EQ(commit({{"/b", "1", 0}}), (Revisions{3}));
}

// The whole store on each driver: what a restart must keep.
TEST_P(DriverConformance, AStoreComesBackWithItsHistory) {
  const ResourceId pods{"", "pods"};
  const std::string text = R"({"kind":"Pod","metadata":{"name":"x"}})";
  const auto write = [&](CachedStore& store, const std::string& name, Revision expected) {
    std::atomic<bool> done{false};
    const auto check = [&](WriteResult result) {
      EXPECT_EQ(result.status, WriteStatus::ok) << result.error;
      done = true;
    };
    if (expected == 0) {
      store.create({pods, "ns", name}, text, check);
    } else {
      store.update({pods, "ns", name}, expected, text, check);
    }
    while (!done) std::this_thread::yield();
  };
  driver_->close();
  driver_.reset();
  {
    CachedStore store(backend_->open());
    write(store, "a", 0);
    write(store, "b", 0);
    write(store, "a", 2);
    store.compact(2);
    store.close();
  }
  CachedStore store(backend_->open());
  EXPECT_EQ(store.revision(), 4);
  EXPECT_EQ(store.compacted(), 2);
  ListOptions past;
  past.revision = 3;
  const ListResult list = store.list(pods, past);
  ASSERT_EQ(list.objects.size(), 2u);
  EXPECT_EQ(list.objects[0]->revision, 2);
  EXPECT_EQ(store.get({pods, "ns", "a"})->create_revision, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Drivers, DriverConformance,
    testing::Values(
        Kind{"memory", [] { return std::unique_ptr<Backend>(std::make_unique<MemoryBackend>()); }},
        Kind{"sqlite", [] { return std::unique_ptr<Backend>(std::make_unique<SqliteBackend>()); }}),
    [](const testing::TestParamInfo<Kind>& one) { return std::string(one.param.name); });

std::vector<Kind> etcd_if_installed() {
  if (test::Etcd::installed()) {
    return {{"etcd", [] { return std::unique_ptr<Backend>(std::make_unique<EtcdBackend>()); }}};
  }
  std::cerr << "etcd-server is not installed: the module etcd is not tested here\n";
  return {};
}
INSTANTIATE_TEST_SUITE_P(Shared, DriverConformance, testing::ValuesIn(etcd_if_installed()),
                         [](const testing::TestParamInfo<Kind>& one) {
                           return std::string(one.param.name);
                         });

}  // namespace
}  // namespace limen::storage
