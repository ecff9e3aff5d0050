#include "base/file_watcher.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

namespace limen::base {
namespace {

using namespace std::chrono_literals;

class FileWatcherTest : public testing::Test {
 protected:
  FileWatcherTest()
      : path_(std::filesystem::temp_directory_path() /
              ("limen-watched-" + std::to_string(::getpid()))) {
    write("one");
    watcher_.watch({path_.string()}, [this] { ++changes_; });
  }
  ~FileWatcherTest() override {
    watcher_.stop();
    std::filesystem::remove(path_);
  }
  void write(const std::string& text) { std::ofstream(path_) << text; }
  bool seen(int changes) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (changes_ < changes && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(1ms);
    }
    return changes_ >= changes;
  }

  std::filesystem::path path_;
  std::atomic<int> changes_{0};
  FileWatcher watcher_{5ms};
};

TEST_F(FileWatcherTest, TellsOfWritingReplacingAndRemoving) {
  write("two");
  EXPECT_TRUE(seen(1));
  std::ofstream(path_.string() + ".next") << "new";
  std::filesystem::rename(path_.string() + ".next", path_);
  EXPECT_TRUE(seen(2));
  std::filesystem::remove(path_);
  EXPECT_TRUE(seen(3));
  write("again");
  EXPECT_TRUE(seen(4));
}

TEST_F(FileWatcherTest, NothingIsToldAfterStop) {
  watcher_.stop();
  write("later");
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(changes_, 0);
}

}  // namespace
}  // namespace limen::base
