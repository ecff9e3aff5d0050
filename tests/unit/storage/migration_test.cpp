#include "storage/migration.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cached_store_fixture.h"
#include "storage/migration_mark.h"

namespace limen::storage {
namespace {

// Dies at a commit: what it was asked is done or not, and nobody is told.
struct Death {
  int after = -1;  // commits; -1: never
  bool done = false;
};

class MortalDriver final : public Driver {
 public:
  MortalDriver(std::shared_ptr<test::MemoryData> data, Death& death, test::Sharing sharing)
      : driver_(std::move(data), sharing), death_(death) {}

  DriverState open() override { return driver_.open(); }
  void load(const std::function<void(const DriverChange&)>& each) override { driver_.load(each); }
  bool shared() const override { return driver_.shared(); }
  void commit(std::span<const DriverOp> ops,
              std::function<void(CommitResult)> done) noexcept override {
    if (death_.after < 0 || death_.after-- > 0) return driver_.commit(ops, std::move(done));
    death_.after = 0;
    if (death_.done) driver_.commit(ops, [](const CommitResult&) {});
    CommitResult nothing;
    nothing.error = "the power is gone";
    done(nothing);
  }
  Revision compact(Revision revision, std::size_t limit) override {
    return driver_.compact(revision, limit);
  }
  void watch(DriverListener& listener) override { driver_.watch(listener); }
  void advance(Revision revision) override { driver_.advance(revision); }
  void close() noexcept override { driver_.close(); }

 private:
  test::MemoryDriver driver_;
  Death& death_;
};

class MigrationTest : public testing::Test {
 protected:
  using DataPtr = std::shared_ptr<test::MemoryData>;

  static std::string key(const std::string& name) { return "/registry/core/pods/web/" + name; }
  static std::string pod_text(const std::string& name, const std::string& value) {
    return R"({"apiVersion":"v1","kind":"Pod","spec":")" + value + R"(","metadata":{"name":")" +
           name + R"(","uid":"uid-)" + name + R"("}})";
  }
  // Puts, replaces or, without a value, removes.
  static void put(test::MemoryData& data, const std::string& name, const std::string& value) {
    const auto found = data.live.find(key(name));
    const Revision at = found == data.live.end() ? 0 : found->second.revision;
    data.apply({key(name), pod_text(name, value), at, value.empty()});
  }
  MigrationTest() {
    for (int i = 0; i < 7; ++i) put(*from_, "p" + std::to_string(i), "first");
    put(*from_, "p3", "");
    put(*from_, "p5", "second");
    from_->apply({"/registry/apps/deployments/web/d", pod_text("d", "1"), 0});
  }

  MigrationReport move(MigrationOptions options = {}) {
    options.batch_writes = 2;
    return migrate(
        {"sqlite:/from",
         [this] { return std::make_unique<MortalDriver>(from_, immortal_, from_sharing_); }},
        {"etcd:to", [this] { return std::make_unique<MortalDriver>(to_, death_, to_sharing_); }},
        options);
  }
  std::string refusal(const MigrationOptions& options = {}) {
    try {
      move(options);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  // That the target is all of the source, newer than it, and served.
  void expect_moved() {
    EXPECT_EQ(to_->live.count(std::string(kMigrationMark)), 0U);
    EXPECT_EQ(to_->live.size(), from_->live.size());
    for (const auto& [name, item] : from_->live) {
      ASSERT_TRUE(to_->live.count(name)) << name;
      EXPECT_EQ(to_->live.at(name).value, item.value);
      EXPECT_GT(to_->live.at(name).revision, item.revision) << name;
    }
    CachedStore store(std::make_unique<test::MemoryDriver>(to_, to_sharing_));
    EXPECT_GT(store.revision(), from_->state.revision);
    // Whoever followed the source lists again.
    EXPECT_GT(store.compacted(), from_->state.revision);
    EXPECT_EQ(store.count(kPods), 6U);
  }

  DataPtr from_ = std::make_shared<test::MemoryData>();
  DataPtr to_ = std::make_shared<test::MemoryData>();
  test::Sharing from_sharing_ = test::Sharing::alone, to_sharing_ = test::Sharing::shared;
  Death death_, immortal_;
};

TEST_F(MigrationTest, MovesEverythingAndCountsIt) {
  const MigrationReport report = move();
  EXPECT_EQ(report.keys, 7U);
  EXPECT_EQ(report.written, 7U);
  EXPECT_EQ(report.kept, 0U);
  EXPECT_EQ(report.objects.at("pods"), 6U);
  EXPECT_EQ(report.objects.at("deployments.apps"), 1U);
  EXPECT_EQ(report.sha256.size(), 64U);
  EXPECT_EQ(report.target, to_->state.revision);
  EXPECT_FALSE(report.resumed);
  expect_moved();
}

TEST_F(MigrationTest, TheDigestIsOfKeysAndValuesAlone) {
  from_ = std::make_shared<test::MemoryData>();
  from_->apply({key("a"), R"({"metadata":{"name":"a"}})", 0});
  // (printf '/registry/core/pods/web/a\0'
  //  printf '{"metadata":{"name":"a"}}' | openssl sha256 -binary) | sha256sum
  EXPECT_EQ(move().sha256, "4f002388a94994beb3870e56eaaeb144f5ce96936f84684b23b77c14075eb5db");
}

TEST_F(MigrationTest, WhatIsEncryptedIsNotMovedAsItIs) {
  from_->apply({key("hidden"), "k8s:enc:aesgcm:v1:key1:xyz", 0});
  EXPECT_EQ(refusal(),
            "sqlite:/from holds /registry/core/pods/web/hidden, whose value is no object: what is "
            "encrypted is read with the configuration that says how");
  EXPECT_TRUE(to_->live.empty());
}

TEST_F(MigrationTest, ComesBackTheSame) {
  const std::string digest = move().sha256;
  std::swap(from_, to_);
  std::swap(from_sharing_, to_sharing_);
  to_ = std::make_shared<test::MemoryData>();
  EXPECT_EQ(move().sha256, digest);
  expect_moved();
}

TEST_F(MigrationTest, GoesOnFromAnyMomentItDiedAt) {
  for (const bool done : {false, true}) {
    // The mark, four batches, the mark again.
    for (int after = 0; after <= 5; ++after) {
      SCOPED_TRACE((done ? "done, " : "not done, ") + std::to_string(after));
      to_ = std::make_shared<test::MemoryData>();
      death_ = {after, done};
      EXPECT_NE(refusal().find("the power is gone"), std::string::npos);
      death_ = {};
      const bool marked = to_->live.count(std::string(kMigrationMark)) != 0;
      if (marked) {
        EXPECT_THROW(CachedStore(std::make_unique<test::MemoryDriver>(to_, to_sharing_)),
                     DriverError);
      }
      const MigrationReport report = move();
      EXPECT_EQ(report.resumed, marked);
      EXPECT_EQ(report.was_there, done && after == 5);
      EXPECT_EQ(report.written + report.kept, 7U);
      expect_moved();
    }
  }
}

TEST_F(MigrationTest, TakesInWhatTheSourceDidMeanwhile) {
  death_ = {4, true};
  EXPECT_NE(refusal(), "");
  death_ = {};
  put(*from_, "p0", "other");
  put(*from_, "p1", "");
  put(*from_, "p9", "new");
  put(*from_, "p5", "third");
  put(*from_, "p5", "second");  // as it was, and yet later
  const MigrationReport report = move();
  EXPECT_TRUE(report.resumed);
  EXPECT_EQ(report.removed, 1U);
  expect_moved();
}

TEST_F(MigrationTest, RefusesATargetThatHoldsObjects) {
  put(*to_, "mine", "1");
  EXPECT_EQ(refusal(), "etcd:to holds 1 objects already: a store is moved into an empty one only");
  EXPECT_EQ(to_->live.size(), 1U);
}

TEST_F(MigrationTest, RefusesAHalfMigrationFromElsewhere) {
  to_->apply({kMigrationMark, R"({"migratingFrom":"sqlite:/other"})", 0});
  EXPECT_EQ(refusal(),
            "etcd:to holds a part of sqlite:/other, not of sqlite:/from: name that source, or "
            "empty the target");
  to_->apply({kMigrationMark, "?", 2});
  EXPECT_NE(refusal().find("a store unknown"), std::string::npos);
}

TEST_F(MigrationTest, RefusesASourceThatIsNotWhole) {
  from_->apply({kMigrationMark, R"({"migratingFrom":"etcd:x"})", 0});
  EXPECT_EQ(refusal(),
            "sqlite:/from is itself not whole: etcd:x was being moved into it; finish that");
  EXPECT_TRUE(to_->live.empty());
}

TEST_F(MigrationTest, RefusesAnEmptySource) {
  from_ = std::make_shared<test::MemoryData>();
  EXPECT_EQ(refusal(), "sqlite:/from holds no objects");
}

TEST_F(MigrationTest, DoneTwiceIsDone) {
  move();
  const Revision before = to_->state.revision;
  const MigrationReport report = move();
  EXPECT_TRUE(report.was_there);
  EXPECT_EQ(report.kept, 7U);
  EXPECT_EQ(to_->state.revision, before);
}

TEST_F(MigrationTest, ASourceThatOthersWriteToIsNotMoved) {
  from_sharing_ = test::Sharing::shared;
  MigrationOptions options;
  bool once = false;
  options.progress = [&](MigrationStep step, std::size_t, std::size_t) {
    if (step == MigrationStep::writing && !std::exchange(once, true)) put(*from_, "p1", "late");
  };
  EXPECT_EQ(refusal(options),
            "sqlite:/from was changed while it was moved: stop its servers and run the migration "
            "again, it goes on where it stopped");
  EXPECT_TRUE(to_->live.count(std::string(kMigrationMark)));
  EXPECT_TRUE(move().resumed);
  expect_moved();
}

TEST_F(MigrationTest, WhatGoesByItselfMayGoMeanwhile) {
  from_sharing_ = test::Sharing::shared;
  MigrationOptions options;
  bool once = false;
  options.progress = [&](MigrationStep step, std::size_t, std::size_t) {
    if (step == MigrationStep::writing && !std::exchange(once, true)) put(*from_, "p1", "");
  };
  options.ttl = [](const ResourceId& id) { return std::chrono::seconds(id == kPods ? 60 : 0); };
  EXPECT_EQ(refusal(options), "");
}

TEST_F(MigrationTest, ATargetThatOthersWriteToIsNotTrusted) {
  MigrationOptions options;
  bool once = false;
  options.progress = [&](MigrationStep step, std::size_t, std::size_t) {
    if (step == MigrationStep::verifying && !std::exchange(once, true)) return;
    if (step == MigrationStep::writing && !to_->live.count(key("mine"))) put(*to_, "mine", "1");
  };
  EXPECT_NE(refusal(options).find("etcd:to does not hold what was written to it"),
            std::string::npos);
  EXPECT_TRUE(to_->live.count(std::string(kMigrationMark)));
}

}  // namespace
}  // namespace limen::storage
