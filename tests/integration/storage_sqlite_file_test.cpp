// The file of the sqlite module: who may read it, which files it refuses and how it says so, and
// what happens when the disk does not take a write.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <limits>

#include "support/sqlite_store.h"

namespace limen::storage {
namespace {

namespace fs = std::filesystem;

const ResourceId kConfigMaps{"", "configmaps"};

std::string text(const std::string& value) {
  return R"({"kind":"ConfigMap","data":{"v":")" + value + R"("},"metadata":{"name":"x"}})";
}

WriteResult create(CachedStore& store, const std::string& name, const std::string& value) {
  std::promise<WriteResult> result;
  store.create({kConfigMaps, "ns", name}, text(value),
               [&](WriteResult one) { result.set_value(std::move(one)); });
  return result.get_future().get();
}

class SqliteFile : public testing::Test {
 protected:
  std::string path() const { return (folder_.path() / "state" / "limen.db").string(); }

  void fill() {
    test::SqliteStore store(path());
    for (int i = 0; i < 50; ++i) {
      ASSERT_EQ(create(*store, "c" + std::to_string(i), "marker-" + std::to_string(i)).status,
                WriteStatus::ok);
    }
  }
  // What opening says; empty when it opens.
  std::string refusal() const {
    try {
      test::SqliteStore store(path());
      return "";
    } catch (const DriverError& error) {
      return error.what();
    }
  }
  std::string read() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& bytes) const {
    fs::create_directories(fs::path(path()).parent_path());
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << bytes;
  }
  // The four bytes of a header field, see https://www.sqlite.org/fileformat2.html section 1.3.
  void patch_header(std::size_t offset, std::uint32_t value) const {
    std::string bytes = read();
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[offset + i] = static_cast<char>(value >> (24 - 8 * i));
    }
    write(bytes);
  }
  static unsigned mode_of(const fs::path& file) {
    struct stat status {};
    EXPECT_EQ(stat(file.c_str(), &status), 0) << file;
    return status.st_mode & 0777;
  }

  test::TemporaryFolder folder_;
};

constexpr std::size_t kUserVersion = 60;
constexpr std::size_t kApplicationId = 68;

TEST_F(SqliteFile, FolderAndFilesAreForTheirOwnerOnly) {
  test::SqliteStore store(path());
  create(*store, "a", "1");
  EXPECT_EQ(mode_of(fs::path(path()).parent_path()), 0700u);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    EXPECT_EQ(mode_of(path() + suffix), 0600u) << suffix;
  }
}

TEST_F(SqliteFile, AnEmptyFileBecomesADatabase) {
  write("");
  EXPECT_EQ(refusal(), "");
}

TEST_F(SqliteFile, WhatAnInterruptedFirstStartLeftIsNoObstacle) {
  write("");
  std::ofstream(path() + ".new") << "half a database";
  std::ofstream(path() + ".new-journal") << "half a journal";
  EXPECT_EQ(refusal(), "");
  EXPECT_FALSE(fs::exists(path() + ".new"));
}

TEST_F(SqliteFile, ALogWithoutItsDatabaseIsNotTakenForThatOfANewOne) {
  write("");
  std::ofstream(path() + "-wal") << "frames";
  EXPECT_EQ(refusal(), "the database " + path() + " is missing or empty, but its log " + path() +
                           "-wal is there: put the database back, or move the log away");
}

TEST_F(SqliteFile, AFileThatIsNoDatabaseIsRefusedAndLeftAsItIs) {
  const std::string letter(5000, 'x');
  write(letter);
  EXPECT_EQ(refusal(), "the database " + path() +
                           " is not a database: move the file away, or give another path");
  EXPECT_EQ(read(), letter);
}

TEST_F(SqliteFile, ADatabaseOfAnotherProgramIsRefused) {
  fill();
  patch_header(kApplicationId, 0x0F055112);  // Fossil's
  EXPECT_EQ(refusal(),
            "the database " + path() +
                " belongs to another program (application id 0x0f055112): give another path");
}

TEST_F(SqliteFile, ADatabaseWithoutAnOwnerIsRefused) {
  fill();
  patch_header(kApplicationId, 0);
  EXPECT_EQ(refusal(),
            "the database " + path() +
                " belongs to another program (application id 0x00000000): give another path");
}

TEST_F(SqliteFile, ANewerFormatIsRefused) {
  fill();
  patch_header(kUserVersion, 2);
  EXPECT_EQ(refusal(),
            "the database " + path() +
                " has format 2, this server reads format 1: use the limen that wrote it, "
                "or a newer one");
}

TEST_F(SqliteFile, AChangedByteInAValueIsFound) {
  fill();
  std::string bytes = read();
  const std::size_t at = bytes.find("marker-33");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'M';
  write(bytes);
  EXPECT_EQ(refusal(),
            "the database " + path() +
                " is damaged: the change at revision 35 is not what was written; restore "
                "it from a backup");
}

TEST_F(SqliteFile, DamagedPagesAreRefusedWhereverTheyAre) {
  fill();
  const std::string whole = read();
  ASSERT_GT(whole.size(), 4 * 4096u);
  for (std::size_t page = 0; page < whole.size() / 4096; ++page) {
    std::string bytes = whole;
    for (std::size_t i = 0; i < 4096; ++i) bytes[page * 4096 + i] = static_cast<char>(0xA5);
    write(bytes);
    const std::string why = refusal();
    EXPECT_NE(why.find(path()), std::string::npos) << "page " << page << ": " << why;
  }
}

TEST_F(SqliteFile, AShortenedFileIsRefused) {
  fill();
  write(read().substr(0, 3 * 4096));
  EXPECT_NE(refusal().find("is damaged"), std::string::npos) << refusal();
}

TEST_F(SqliteFile, ASecondServerOnTheSameFileIsRefusedByTheNameOfTheFirst) {
  test::SqliteStore store(path());
  EXPECT_EQ(refusal(), "the database " + path() + " is in use by another process (pid " +
                           std::to_string(getpid()) +
                           "): stop it, or give this server a database of its own");
  EXPECT_EQ(create(*store, "a", "1").status, WriteStatus::ok) << "the first goes on";
}

TEST_F(SqliteFile, TheFileIsFreeOnceItsServerHasEnded) {
  { test::SqliteStore store(path()); }
  EXPECT_EQ(refusal(), "");
}

TEST_F(SqliteFile, APathThatIsAFolderIsRefused) {
  fs::create_directories(path());
  EXPECT_NE(refusal().find("the database " + path() + " is not a regular file"), std::string::npos)
      << refusal();
}

TEST_F(SqliteFile, AFolderThatCannotBeMadeIsNamed) {
  std::ofstream(folder_.path() / "state") << "a file where a folder should be";
  EXPECT_NE(refusal().find((folder_.path() / "state").string()), std::string::npos) << refusal();
}

// A limit on the size of files stands for a full disk: writes beyond it fail.
TEST_F(SqliteFile, AFullDiskStoresNothingSaysSoAndIsOverWhenThereIsRoom) {
  test::SqliteStore store(path());
  ASSERT_EQ(create(*store, "before", "1").status, WriteStatus::ok);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  rlimit full = before;
  full.rlim_cur = 256 * 1024;
  setrlimit(RLIMIT_FSIZE, &full);
  WriteResult failed;
  for (int i = 0; i < 20 && (i == 0 || failed.status == WriteStatus::ok); ++i) {
    failed = create(*store, "big" + std::to_string(i), std::string(100'000, 'x'));
  }
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, old_handler);
  EXPECT_EQ(failed.status, WriteStatus::unavailable);
  EXPECT_NE(failed.error.find(path()), std::string::npos) << failed.error;
  const Revision newest = store->revision();
  const WriteResult after = create(*store, "after", "1");
  ASSERT_EQ(after.status, WriteStatus::ok) << after.error;
  EXPECT_EQ(after.object->revision, newest + 1);
  EXPECT_EQ(store->trouble(), "");
}

TEST_F(SqliteFile, TheLogBesideTheDatabaseStaysSmallUnderALoadThatNeverPauses) {
  test::SqliteStore store(path());
  std::atomic<int> done{0};
  constexpr int kWrites = 3000;
  for (int i = 0; i < kWrites; ++i) {
    store->create({kConfigMaps, "ns", "c" + std::to_string(i)}, text(std::string(20'000, 'x')),
                  [&](WriteResult one) {
                    EXPECT_EQ(one.status, WriteStatus::ok) << one.error;
                    ++done;
                  });
    while (i - done > 1000) std::this_thread::yield();
  }
  while (done < kWrites) std::this_thread::yield();
  EXPECT_LT(fs::file_size(path() + "-wal"), 96u * 1024 * 1024);
}

TEST_F(SqliteFile, TheFileDoesNotGrowWhileObjectsComeAndGo) {
  StoreOptions options;
  options.history_changes = 20;
  options.compact_every = std::chrono::milliseconds(5);
  test::SqliteStore store(path(), options);
  const auto churn = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const WriteResult made = create(*store, "c", std::string(20'000, 'x'));
      ASSERT_EQ(made.status, WriteStatus::ok);
      std::promise<void> gone;
      store->remove({kConfigMaps, "ns", "c"}, made.object->revision,
                    [&](WriteResult) { gone.set_value(); });
      gone.get_future().wait();
    }
  };
  churn(100);
  const auto size = fs::file_size(path());
  churn(300);
  EXPECT_LT(fs::file_size(path()), size + 2 * 1024 * 1024);
}

// Through the module, as a migration does it.
void advance(const std::string& database, Revision revision) {
  test::SqliteModule module(database);
  const auto driver = module.driver();
  driver->open();
  driver->load([](const DriverChange&) {});
  driver->advance(revision);
}

TEST_F(SqliteFile, GoesOnFromALaterRevisionWithoutAHistory) {
  fill();
  advance(path(), 1000);
  test::SqliteStore store(path());
  EXPECT_EQ(store->revision(), 1000);
  EXPECT_EQ(store->compacted(), 999);
  EXPECT_EQ(store->count(kConfigMaps), 50U);
  EXPECT_EQ(store->get({kConfigMaps, "ns", "c0"})->revision, 2);
  EXPECT_EQ(create(*store, "next", "1").object->revision, 1001);
}

TEST_F(SqliteFile, NeverGoesBack) {
  fill();
  advance(path(), 7);
  test::SqliteStore store(path());
  EXPECT_EQ(store->revision(), 51);
  EXPECT_EQ(create(*store, "next", "1").object->revision, 52);
}

TEST_F(SqliteFile, AnEmptyOneGoesOnFromALaterRevision) {
  advance(path(), 1000);
  test::SqliteStore store(path());
  EXPECT_EQ(create(*store, "first", "1").object->revision, 1001);
}

TEST_F(SqliteFile, RefusesToLeaveAllRevisionsOut) {
  EXPECT_THROW(advance(path(), std::numeric_limits<Revision>::max()), DriverError);
  EXPECT_EQ(refusal(), "");
}

}  // namespace
}  // namespace limen::storage
