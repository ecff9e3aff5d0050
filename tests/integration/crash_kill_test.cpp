// kill -9 at any moment: whatever was acknowledged is there, nothing is there that nobody wrote,
// and the history still tells how it came to be.
//
// A child process serves concurrent writers on one database and reports every attempt and every
// acknowledgement through a pipe; it is killed at a random moment, and this process opens what it
// left. Many times on the same database.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <future>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "object/canonical.h"
#include "support/inline_executor.h"
#include "support/sqlite_store.h"

namespace limen::storage {
namespace {

constexpr int kRounds = 50;
constexpr int kThreads = 6;
constexpr int kKeysEach = 8;
const ResourceId kPods{"", "pods"};

// One line of the child's report; small enough to be written at once.
struct Report {
  enum Kind : std::uint32_t { attempt, acknowledged };
  Kind kind;
  std::uint32_t thread, key;
  std::uint32_t removes;    // 1: the attempt removes the key
  std::uint64_t operation;  // unique; part of the value
  Revision revision;        // of the acknowledgement
};

std::string name_of(std::uint32_t thread, std::uint32_t key) {
  return "t" + std::to_string(thread) + "-k" + std::to_string(key);
}

std::string text_of(const std::string& name, std::uint64_t operation) {
  return R"({"kind":"Pod","spec":{"pad":")" + std::string(operation % 1500, 'p') +
         R"("},"metadata":{"name":")" + name + R"(","labels":{"operation":")" +
         std::to_string(operation) + R"("}}})";
}

std::uint64_t operation_of(const StoredObject& object) {
  return std::stoull(object.labels.at(0).second);
}

// ---- the child -----------------------------------------------------------------------------

void report(int pipe, const Report& one) {
  if (write(pipe, &one, sizeof one) != sizeof one) _exit(3);
}

void write_for_ever(CachedStore& store, int pipe, std::uint32_t thread, std::uint64_t operation) {
  std::mt19937 random(static_cast<unsigned>(operation + thread));
  while (true) {
    operation += kThreads;
    const std::uint32_t key = random() % kKeysEach;
    const Key place{kPods, "ns", name_of(thread, key)};
    const ObjectPtr there = store.get(place);
    const bool removes = there && random() % 3 == 0;
    report(pipe, {Report::attempt, thread, key, removes ? 1u : 0u, operation, 0});
    std::promise<WriteResult> answer;
    const auto done = [&](WriteResult result) { answer.set_value(std::move(result)); };
    if (removes) {
      store.remove(place, there->revision, done);
    } else if (there) {
      store.update(place, there->revision, text_of(place.name, operation), done);
    } else {
      store.create(place, text_of(place.name, operation), done);
    }
    const WriteResult result = answer.get_future().get();
    if (result.status != WriteStatus::ok) _exit(4);
    report(pipe, {Report::acknowledged, thread, key, removes ? 1u : 0u, operation,
                  result.object->revision});
  }
}

[[noreturn]] void run_child(const std::string& path, int pipe, std::uint64_t first_operation) {
  StoreOptions options;
  options.history_changes = 400;  // compaction is under way at most moments
  options.compact_every = std::chrono::milliseconds(3);
  test::SqliteStore store(path, options);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { write_for_ever(*store, pipe, i, first_operation + i); });
  }
  for (std::thread& thread : threads) thread.join();
  _exit(5);
}

// ---- this process --------------------------------------------------------------------------

// What a key may be after a crash: as last acknowledged, or as attempted since.
struct Expected {
  std::uint64_t operation = 0;  // 0: there is none
  Revision revision = 0;
  bool attempted = false;
  std::uint64_t attempt = 0;
  bool attempt_removes = false;
};

class CrashTest : public testing::Test {
 protected:
  // Reads reports until `until`, or to the end when it is none.
  void read_reports(int pipe, std::chrono::steady_clock::time_point until) {
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          until - std::chrono::steady_clock::now());
      if (left.count() <= 0) return;
      pollfd wait{pipe, POLLIN, 0};
      if (poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1000))) <= 0)
        continue;
      Report one;
      const ssize_t size = read(pipe, &one, sizeof one);
      if (size == 0) return;
      ASSERT_EQ(size, static_cast<ssize_t>(sizeof one));
      note(one);
    }
  }

  void note(const Report& one) {
    Expected& expected = keys_[name_of(one.thread, one.key)];
    last_operation_ = std::max(last_operation_, one.operation);
    if (one.kind == Report::attempt) {
      expected.attempted = true;
      expected.attempt = one.operation;
      expected.attempt_removes = one.removes != 0;
      return;
    }
    expected.operation = one.removes ? 0 : one.operation;
    expected.revision = one.revision;
    expected.attempted = false;
    newest_acknowledged_ = std::max(newest_acknowledged_, one.revision);
    ++acknowledged_;
  }

  void crash_once(std::mt19937& random) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      run_child(path(), ends[1], last_operation_ + 1000);
    }
    close(ends[1]);
    // Also while it is still opening what the last one left.
    const auto now = std::chrono::steady_clock::now();
    read_reports(ends[0], now + std::chrono::milliseconds(random() % 250));
    kill(child, SIGKILL);
    read_reports(ends[0], now + std::chrono::seconds(60));
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  }

  void check_objects(CachedStore& store) {
    ASSERT_GE(store.revision(), newest_acknowledged_);
    for (auto& [name, expected] : keys_) {
      const ObjectPtr found = store.get({kPods, "ns", name});
      const std::uint64_t operation = found ? operation_of(*found) : 0;
      const bool as_acknowledged =
          operation == expected.operation &&
          (!found || found->revision == expected.revision || expected.revision == 0);
      const bool as_attempted =
          expected.attempted && operation == (expected.attempt_removes ? 0 : expected.attempt);
      ASSERT_TRUE(as_acknowledged || as_attempted) << name << " is at operation " << operation
                                                   << ", acknowledged was " << expected.operation;
      if (found) {
        ASSERT_EQ(found->json, object::with_revision(text_of(name, operation), found->revision));
      }
      // From here on this is what is known to be durable.
      expected = {operation, found ? found->revision : 0, false, 0, false};
    }
    for (const ObjectPtr& object : store.list(kPods, {}).objects) {
      ASSERT_TRUE(keys_.contains(object->name)) << "nobody wrote " << object->name;
    }
  }

  // From several kept revisions: the state then, with the changes since, is the state now.
  void check_history(CachedStore& store, std::mt19937& random) {
    const auto state_at = [&](Revision revision) {
      ListOptions options;
      options.revision = revision;
      std::map<std::string, Revision> state;
      const ListResult list = store.list(kPods, options);
      EXPECT_EQ(list.status, ReadStatus::ok) << revision;
      for (const ObjectPtr& one : list.objects) state[one->name] = one->revision;
      return state;
    };
    const Revision oldest = store.compacted() + 1;
    const auto now = state_at(0);
    for (int i = 0; i < 5 && oldest <= store.revision(); ++i) {
      const Revision from =
          oldest +
          static_cast<Revision>(random() % static_cast<unsigned>(store.revision() - oldest + 1));
      auto state = state_at(from);
      test::InlineExecutor loop;
      ReadStatus status{};
      const auto watch = store.watch(
          kPods, "", from, loop, [] {}, status);
      ASSERT_TRUE(watch) << from;
      loop.run();
      Revision last = from;
      for (const EventPtr& event : watch->take(0)) {
        ASSERT_EQ(event->revision, ++last) << "a revision is missing";
        const std::string& name = event->object->name;
        ASSERT_EQ(event->type == EventType::added, !state.contains(name));
        if (event->type == EventType::deleted) {
          state.erase(name);
        } else {
          state[name] = event->revision;
        }
      }
      ASSERT_EQ(last, store.revision());
      ASSERT_EQ(state, now) << "from " << from;
    }
  }

  std::string path() const { return (folder_.path() / "limen.db").string(); }

  test::TemporaryFolder folder_;
  std::map<std::string, Expected> keys_;
  std::uint64_t last_operation_ = 0;
  Revision newest_acknowledged_ = 0;
  std::size_t acknowledged_ = 0;
};

TEST_F(CrashTest, NothingAcknowledgedIsLostAndNothingUnwrittenAppears) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", static_cast<int>(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < kRounds && !HasFatalFailure(); ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    crash_once(random);
    if (HasFatalFailure()) return;
    test::SqliteStore store(path());
    check_objects(*store);
    if (HasFatalFailure()) return;
    check_history(*store, random);
  }
  // The test is about writes under way: even a slow machine gets one done before each kill.
  EXPECT_GT(acknowledged_, static_cast<std::size_t>(kRounds));
}

}  // namespace
}  // namespace limen::storage
