#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "audit/backups.h"
#include "audit/gzip_file.h"
#include "audit/log_backend.h"
#include "audit/log_file.h"
#include "observability/metrics.h"
#include "support/scratch_folder.h"

namespace limen::audit {
namespace {

namespace fs = std::filesystem;
using test::ScratchFolder;

std::string content(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

std::size_t files_in(const ScratchFolder& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) count += entry.exists() ? 1 : 0;
  return count;
}

Event line(std::string text) {
  Event event;
  event.head = "{\"n\":\"" + std::move(text) + '"';
  event.tail = "}";
  return event;
}

std::uint64_t lost() {
  return metrics::counter("apiserver_audit_error_total", "", {"plugin"}).with({"log"}).value();
}

TEST(AuditLogFile, LinesAreAddedToWhatIsThere) {
  const ScratchFolder folder;
  std::ofstream(folder / "a.log") << "old\n";
  LogFile file(folder / "a.log", {});
  EXPECT_TRUE(file.append("one\ntwo\n"));
  EXPECT_EQ(content(folder / "a.log"), "old\none\ntwo\n");
}

TEST(AuditLogFile, NobodyElseMayReadANewFile) {
  const ScratchFolder folder;
  const LogFile file(folder / "a.log", {});
  struct stat about {};
  ASSERT_EQ(::stat((folder / "a.log").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);
}

TEST(AuditLogFile, WhatIsNoRegularFileIsRefused) {
  const ScratchFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const std::string missing = folder / "no/a.log";
  for (const std::string& path : {folder / "pipe", folder.path(), missing}) {
    try {
      const LogFile file(path, {});
      ADD_FAILURE() << path;
    } catch (const std::runtime_error& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with(path + ": ")) << error.what();
    }
  }
}

TEST(AuditLogFile, ItIsFullAtTheByte) {
  const ScratchFolder folder;
  LogFile file(folder / "a.log", {10, 0, {}});
  EXPECT_FALSE(file.is_full(0, 11)) << "a long line alone";
  ASSERT_TRUE(file.append("12345\n"));
  EXPECT_FALSE(file.is_full(0, 4));
  EXPECT_TRUE(file.is_full(0, 5));
  EXPECT_FALSE(file.is_full(2, 2));
  EXPECT_TRUE(file.is_full(2, 3));
}

TEST(AuditLogFile, RotationKeepsTheOldLinesUnderTheTime) {
  const ScratchFolder folder;
  LogFile file(folder / "a.log", {10, 0, {}});
  ASSERT_TRUE(file.append("old\n"));
  ASSERT_TRUE(file.rotate());
  ASSERT_TRUE(file.append("new\n"));
  EXPECT_EQ(content(folder / "a.log"), "new\n");
  ASSERT_EQ(files_in(folder), 2U);
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    const std::string name = entry.path().filename().string();
    if (name == "a.log") continue;
    EXPECT_EQ(name.size(), std::string("a-2026-11-24T02-31-48.123.log").size()) << name;
    EXPECT_TRUE(name.starts_with("a-20") && name.ends_with(".log")) << name;
    EXPECT_EQ(content(entry.path().string()), "old\n");
  }
}

TEST(AuditLogFile, TheOldestBackupsGoAndWhatIsNoneStays) {
  const ScratchFolder folder;
  std::ofstream(folder / "a-2020-01-01T00-00-00.000.log") << "x";
  std::ofstream(folder / "a-2020-01-02T00-00-00.000.log") << "x";
  std::ofstream(folder / "a-not-a-time-at-all-here.log") << "x";
  std::ofstream(folder / "b-2020-01-01T00-00-00.000.log") << "x";
  LogFile file(folder / "a.log", {10, 2, {}});
  EXPECT_EQ(files_in(folder), 5U);
  ASSERT_TRUE(file.append("new\n"));
  ASSERT_TRUE(file.rotate());
  EXPECT_FALSE(fs::exists(folder / "a-2020-01-01T00-00-00.000.log"));
  EXPECT_TRUE(fs::exists(folder / "a-2020-01-02T00-00-00.000.log"));
  EXPECT_EQ(files_in(folder), 5U);
}

TEST(AuditLogFile, BackupsThatAreTooOldGo) {
  const ScratchFolder folder;
  std::ofstream(folder / "a-2020-01-01T00-00-00.000.log") << "x";
  const LogFile file(folder / "a.log", {10, 0, std::chrono::hours(24)});
  EXPECT_FALSE(fs::exists(folder / "a-2020-01-01T00-00-00.000.log"));
}

// The text of a .gz file.
std::string unpacked(const std::string& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return "cannot be opened";
  std::array<char, 4096> buffer;
  const int size = gzread(file, buffer.data(), buffer.size());
  gzclose(file);
  return size < 0 ? "cannot be read" : std::string(buffer.data(), static_cast<std::size_t>(size));
}

TEST(AuditBackups, AgeIsCountedFromTheNameToTheHour) {
  const ScratchFolder folder;
  for (const char* name : {"a-2026-11-24T00-00-00.000.log", "a-2026-11-24T00-00-00.001.log"}) {
    std::ofstream(folder / name) << "x";
  }
  Backups backups(folder / "a.log", {10, 0, std::chrono::hours(24), false});
  backups.tidy(*base::parse_time("2026-11-25T00:00:00Z"));
  EXPECT_EQ(files_in(folder), 2U) << "just that old is not too old";
  backups.tidy(*base::parse_time("2026-11-25T00:00:00.001Z"));
  EXPECT_FALSE(fs::exists(folder / "a-2026-11-24T00-00-00.000.log"));
  EXPECT_TRUE(fs::exists(folder / "a-2026-11-24T00-00-00.001.log"));
}

TEST(AuditBackups, TwoOfOneMillisecondHaveTwoNames) {
  const ScratchFolder folder;
  const Backups backups(folder / "a.log", {});
  const auto now = *base::parse_time("2026-11-24T02:31:48.123Z");
  EXPECT_EQ(backups.free_name(now), folder / "a-2026-11-24T02-31-48.123.log");
  std::ofstream(folder / "a-2026-11-24T02-31-48.123.log") << "x";
  std::ofstream(folder / "a-2026-11-24T02-31-48.124.log.gz") << "x";
  EXPECT_EQ(backups.free_name(now), folder / "a-2026-11-24T02-31-48.125.log");
}

TEST(AuditBackups, AreCompressedForTheirOwnerAlone) {
  const ScratchFolder folder;
  const std::string name = folder / "a-2026-11-24T02-31-48.123.log";
  std::ofstream(name) << "lines\n";
  const auto now = *base::parse_time("2026-11-24T03:00:00Z");
  Backups backups(folder / "a.log", {10, 5, {}, true});
  backups.tidy(now);
  backups.tidy(now);  // waits for the first
  EXPECT_FALSE(fs::exists(name));
  EXPECT_EQ(unpacked(name + ".gz"), "lines\n");
  struct stat about {};
  ASSERT_EQ(::stat((name + ".gz").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600U);
  EXPECT_EQ(files_in(folder), 1U) << "nothing unfinished is left";
}

TEST(AuditBackups, CompressedOnesAreCountedToo) {
  const ScratchFolder folder;
  std::ofstream(folder / "a-2026-11-24T02-00-00.000.log.gz") << "x";
  std::ofstream(folder / "a-2026-11-24T03-00-00.000.log") << "x";
  Backups backups(folder / "a.log", {10, 1, {}, false});
  backups.tidy(*base::parse_time("2026-11-24T04:00:00Z"));
  EXPECT_FALSE(fs::exists(folder / "a-2026-11-24T02-00-00.000.log.gz"));
  EXPECT_TRUE(fs::exists(folder / "a-2026-11-24T03-00-00.000.log"));
}

TEST(AuditBackups, WhatCannotBeCompressedStays) {
  const ScratchFolder folder;
  const std::string name = folder / "a-2026-11-24T02-31-48.123.log";
  std::ofstream(name) << "lines\n";
  fs::create_directory(name + ".gz.part");
  const std::atomic<bool> go_on{false};
  EXPECT_TRUE(gzip_file(name, go_on).starts_with(name + ".gz.part: "));
  EXPECT_EQ(content(name), "lines\n");
}

TEST(AuditBackups, ACompressionThatIsCutShortLeavesTheFile) {
  const ScratchFolder folder;
  const std::string name = folder / "a.log";
  std::ofstream(name) << "lines\n";
  const std::atomic<bool> stop{true};
  EXPECT_EQ(gzip_file(name, stop), "");
  EXPECT_EQ(content(name), "lines\n");
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(AuditLogFile, AFileThatWasMovedIsNotFollowedToItsNewName) {
  const ScratchFolder folder;
  LogFile file(folder / "a.log", {});
  ASSERT_TRUE(file.append("one\n"));
  fs::rename(folder / "a.log", folder / "moved");
  ASSERT_TRUE(file.follow());
  ASSERT_TRUE(file.append("two\n"));
  EXPECT_EQ(content(folder / "moved"), "one\n");
  EXPECT_EQ(content(folder / "a.log"), "two\n");
}

// A limit on file sizes stands for a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST(AuditLogFile, ALineThatWasCutIsTakenBack) {
  const ScratchFolder folder;
  LogFile file(folder / "a.log", {});
  ASSERT_TRUE(file.append("one\n"));
  {
    const FullDisk full(6);
    EXPECT_FALSE(file.append("second\n"));
    EXPECT_TRUE(file.trouble().starts_with((folder / "a.log") + ": cannot be written: "))
        << file.trouble();
  }
  ASSERT_TRUE(file.append("third\n"));
  EXPECT_EQ(content(folder / "a.log"), "one\nthird\n");
}

TEST(AuditLog, EventsAreLinesInTheirOrder) {
  const ScratchFolder folder;
  std::string expected;
  {
    LogBackend log({folder / "a.log", {}, 10'000, 1024 * 1024, false});
    for (int i = 0; i < 1000; ++i) {
      EXPECT_TRUE(log.take(line(std::to_string(i))));
      expected += "{\"n\":\"" + std::to_string(i) + "\"}\n";
    }
  }
  EXPECT_EQ(content(folder / "a.log"), expected);
}

TEST(AuditLog, AnEventThatIsTooLargeLosesItsBodiesOrGoes) {
  auto& too_large =
      metrics::counter("apiserver_audit_error_total", "", {"plugin"}).with({"truncate"});
  const std::uint64_t before = too_large.value();
  const ScratchFolder folder;
  {
    LogBackend log({folder / "a.log", {}, 100, 1024 * 1024, false, 70});
    Event body = line("body");
    body.request_object = '"' + std::string(100, 'x') + '"';
    EXPECT_TRUE(log.take(std::move(body)));
    EXPECT_TRUE(log.take(line(std::string(100, 'x'))));
    EXPECT_TRUE(log.take(line("small")));
  }
  EXPECT_EQ(content(folder / "a.log"),
            "{\"n\":\"body\",\"annotations\":{\"audit.k8s.io/truncated\":\"true\"}}\n"
            "{\"n\":\"small\"}\n");
  EXPECT_EQ(too_large.value(), before + 1);
}

TEST(AuditLog, AFileIsRotatedBetweenTwoLines) {
  const ScratchFolder folder;
  {
    LogBackend log({folder / "a.log", {30, 0, {}}, 100, 1024, false});
    for (int i = 0; i < 6; ++i) EXPECT_TRUE(log.take(line("0123456789")));  // 19 bytes a line
  }
  EXPECT_EQ(files_in(folder), 6U);
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    EXPECT_EQ(content(entry.path().string()), "{\"n\":\"0123456789\"}\n");
  }
}

// Fills the queue of a backend that keeps trying, while the disk is full. What the writer takes
// makes room once more, so it is full once several rounds found none. Returns how many events
// there was room for.
int fill(LogBackend& log, const std::string& text) {
  int taken = 0;
  for (int without_room = 0; without_room < 15; ++without_room) {
    while (log.take(line(text))) {
      ++taken;
      without_room = 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return taken;
}

// Whether the writer took everything from the queue within ten seconds.
bool taken_by_the_writer(const LogBackend& log) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!log.has_room() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return log.has_room();
}

TEST(AuditLog, WhatFindsTheQueueFullIsLostAndCounted) {
  const ScratchFolder folder;
  std::uint64_t at_the_end = 0;
  {
    LogBackend log({folder / "a.log", {}, 3, 1024 * 1024, true});
    const FullDisk full(0);
    EXPECT_GE(fill(log, "waits"), 3);
    const std::uint64_t before = lost();
    EXPECT_FALSE(log.take(line("lost")));
    at_the_end = lost();
    EXPECT_EQ(at_the_end, before + 1);
  }
  EXPECT_GT(lost(), at_the_end) << "nor can what waited be written at the end";
}

TEST(AuditLog, TheQueueIsBoundedInBytesToo) {
  const ScratchFolder folder;
  LogBackend log({folder / "a.log", {}, 1000, 4096, true});
  const FullDisk full(0);
  ASSERT_TRUE(log.take(line(std::string(8192, 'x')))) << "one alone may be larger";
  ASSERT_TRUE(taken_by_the_writer(log));
  // 508 bytes each: eight in the queue, and eight that the writer may hold.
  EXPECT_LE(fill(log, std::string(500, 'x')), 16);
  EXPECT_FALSE(log.take(line(std::string(500, 'x'))));
}

TEST(AuditLog, WhatMustBeKeptIsWrittenOnceTheDiskHasRoom) {
  const ScratchFolder folder;
  LogBackend log({folder / "a.log", {}, 3, 1024 * 1024, true});
  {
    const FullDisk full(0);
    ASSERT_TRUE(log.take(line("kept")));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (content(folder / "a.log").empty() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(content(folder / "a.log"), "{\"n\":\"kept\"}\n");
}

TEST(AuditLog, ReopeningMakesAFileThatIsGone) {
  const ScratchFolder folder;
  LogBackend log({folder / "a.log", {}, 100, 1024, false});
  fs::rename(folder / "a.log", folder / "moved");
  log.reopen();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!fs::exists(folder / "a.log") && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(fs::exists(folder / "a.log"));
}

}  // namespace
}  // namespace limen::audit
