// FileWatch and Reloaded: what counts as a change, and what a bad one leaves in force.
#include "limen/cpp/file_watch.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limen/testkit/fake_host.hpp>
#include <optional>
#include <stdexcept>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class ReloadedFile : public testing::Test {
 protected:
  ReloadedFile() : folder_(make_folder()), path_(folder_ / "file"), host_(fake_.raw()) {
    host_.bind();
    write(path_, "one");
  }
  ~ReloadedFile() override { fs::remove_all(folder_); }

  static fs::path make_folder() {
    std::string pattern = (fs::temp_directory_path() / "limen-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    return pattern;
  }
  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  // A reader that takes every text but an empty one and one that begins with "bad".
  std::string read() {
    ++reads_;
    std::ifstream in(path_, std::ios::binary);
    if (!in) throw std::runtime_error("cannot be read");
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.empty() || text.starts_with("bad")) throw std::runtime_error("line 1 is bad");
    return text;
  }
  void start() {
    text_.emplace(
        host_, "words", std::vector<std::string>{path_.string()}, [this] { return read(); },
        [this] { ++told_; });
    ASSERT_TRUE(text_->start().ok());
  }
  std::string after_a_second() {
    fake_.advance(1s);
    return *text_->get();
  }
  std::size_t logged(const std::string& what) const {
    const std::string log = fake_.log_text();
    std::size_t count = 0;
    for (auto at = log.find(what); at != std::string::npos; at = log.find(what, at + 1)) ++count;
    return count;
  }

  const fs::path folder_, path_;
  limen::testkit::FakeHost fake_;
  limen::Host host_;
  std::optional<limen::Reloaded<std::string>> text_;
  int reads_ = 0, told_ = 0;
};

TEST_F(ReloadedFile, AWriteInPlaceIsInForceWithinASecondAndToldOnce) {
  start();
  EXPECT_EQ(*text_->get(), "one");
  write(path_, "two");
  EXPECT_EQ(after_a_second(), "two");
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(fake_.rights_changes(), 1U) << "what an authorizer reads is what it answers by";
  EXPECT_EQ(fake_.metric("reloads_total{words,success}"), 1);
}

TEST_F(ReloadedFile, AnUnchangedFileIsReadOnce) {
  start();
  fake_.advance(60s);
  EXPECT_EQ(reads_, 1);
  EXPECT_EQ(told_, 0);
}

TEST_F(ReloadedFile, AFileRenamedOverItCounts) {
  start();
  write(folder_ / "next", "two");
  fs::rename(folder_ / "next", path_);
  EXPECT_EQ(after_a_second(), "two");
}

TEST_F(ReloadedFile, AWriteWithTheOldSizeAndTimeCounts) {
  start();
  const auto time = fs::last_write_time(path_);
  write(path_, "two");
  fs::last_write_time(path_, time);
  EXPECT_EQ(after_a_second(), "two");
}

TEST_F(ReloadedFile, ALinkOnTheWayThatIsSwappedCounts) {
  for (const char* version : {"v1", "v2"}) {
    fs::create_directory(folder_ / version);
    write(folder_ / version / "file", version);
  }
  fs::create_directory_symlink("v1", folder_ / "..data");
  fs::remove(path_);
  fs::create_symlink("..data/file", path_);
  start();
  EXPECT_EQ(*text_->get(), "v1");
  fs::create_directory_symlink("v2", folder_ / "..tmp");
  fs::rename(folder_ / "..tmp", folder_ / "..data");
  EXPECT_EQ(after_a_second(), "v2");
}

TEST_F(ReloadedFile, AFileThatGoesLeavesTheLastGoodReadingAndIsToldOnce) {
  start();
  fs::remove(path_);
  EXPECT_EQ(after_a_second(), "one");
  fake_.advance(60s);
  EXPECT_EQ(logged("the last good state stays in force"), 1u);
  EXPECT_EQ(fake_.metric("reloads_total{words,failure}"), 1);
  EXPECT_EQ(told_, 0);
  write(path_, "back");
  EXPECT_EQ(after_a_second(), "back");
}

TEST_F(ReloadedFile, AHalfWrittenFileIsPassedOverAndTheWholeOneCounts) {
  start();
  write(path_, "bad half");
  EXPECT_EQ(after_a_second(), "one");
  EXPECT_EQ(logged("error=line 1 is bad"), 1u);
  write(path_, "whole");
  EXPECT_EQ(after_a_second(), "whole");
  write(path_, "");
  EXPECT_EQ(after_a_second(), "whole");
}

TEST_F(ReloadedFile, AChangeBetweenTheFirstReadingAndTheStartCounts) {
  text_.emplace(host_, "words", std::vector<std::string>{path_.string()},
                [this] { return read(); });
  write(path_, "two");
  ASSERT_TRUE(text_->start().ok());
  EXPECT_EQ(after_a_second(), "two");
}

TEST_F(ReloadedFile, AFileThatIsBadAtFirstIsAnErrorOfTheConfig) {
  write(path_, "bad");
  try {
    text_.emplace(host_, "words", std::vector<std::string>{path_.string()},
                  [this] { return read(); });
    FAIL() << "it was taken";
  } catch (const limen::ConfigError& error) {
    EXPECT_STREQ(error.what(), "line 1 is bad");
  }
}

TEST_F(ReloadedFile, WhoHoldsAReadingKeepsIt) {
  start();
  const auto held = text_->get();
  write(path_, "two");
  EXPECT_EQ(after_a_second(), "two");
  EXPECT_EQ(*held, "one");
}

TEST_F(ReloadedFile, AnExceptionOfTheOneWhoIsToldEndsNothing) {
  int called = 0;
  limen::FileWatch watch(host_, {path_.string()}, [&called] {
    ++called;
    throw std::runtime_error("not now");
  });
  ASSERT_TRUE(watch.start().ok());
  write(path_, "two");
  fake_.advance(1s);
  write(path_, "three");
  fake_.advance(1s);
  EXPECT_EQ(called, 2);
  EXPECT_EQ(logged("error=not now"), 2u);
}

}  // namespace
