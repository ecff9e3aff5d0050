#include "app/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <stdexcept>

#include "support/scratch_folder.h"

namespace limen::app {
namespace {

using test::ScratchFolder;

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(FilesTest, ReadsWhatItWrote) {
  const ScratchFolder folder;
  const std::string content("a\0b\n", 4);
  write_file(folder / "x", content, Privacy::open);
  EXPECT_EQ(read_file(folder / "x"), content);
}

TEST(FilesTest, KeepsSecretsForTheOwner) {
  const ScratchFolder folder;
  const mode_t old = umask(0);
  write_file(folder / "secret", "s", Privacy::secret);
  write_file(folder / "open", "o", Privacy::open);
  umask(old);
  EXPECT_EQ(mode_of(folder / "secret"), 0600U);
  EXPECT_EQ(mode_of(folder / "open"), 0644U);
}

TEST(FilesTest, ReplacesAFileAndItsModeInOneStep) {
  const ScratchFolder folder;
  write_file(folder / "x", "old", Privacy::open);
  write_file(folder / "x", "new", Privacy::secret);
  EXPECT_EQ(read_file(folder / "x"), "new");
  EXPECT_EQ(mode_of(folder / "x"), 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(FilesTest, LeavesNothingBehindWhenItCannotReplace) {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder / "x/inside");
  EXPECT_NE(error_of([&] { write_file(folder / "x", "new", Privacy::open); }), "no error");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(FilesTest, RefusesToReadMoreThanTheLimit) {
  const ScratchFolder folder;
  write_file(folder / "x", "12345", Privacy::open);
  EXPECT_EQ(read_file(folder / "x", 5), "12345");
  EXPECT_EQ(error_of([&] { read_file(folder / "x", 4); }),
            (folder / "x") + ": is larger than 4 bytes");
}

TEST(FilesTest, NamesTheFileThatCannotBeRead) {
  EXPECT_EQ(error_of([] { read_file("/nonexistent/x"); }),
            "/nonexistent/x: No such file or directory");
  const ScratchFolder folder;
  EXPECT_EQ(error_of([&] { read_file(folder.path()); }), folder.path() + ": is not a regular file");
}

TEST(FilesTest, MakesFoldersForTheOwnerAlone) {
  const ScratchFolder folder;
  make_folder(folder / "a/b");
  EXPECT_EQ(mode_of(folder / "a"), 0700U);
  EXPECT_EQ(mode_of(folder / "a/b"), 0700U);
  make_folder(folder / "a/b");
}

TEST(FilesTest, RefusesAFolderWhereAFileIs) {
  const ScratchFolder folder;
  write_file(folder / "x", "", Privacy::open);
  EXPECT_EQ(error_of([&] { make_folder(folder / "x"); }), (folder / "x") + ": Not a directory");
}

TEST(FilesTest, MakesPathsAbsolute) {
  EXPECT_EQ(absolute_path("/a/./b/../c"), "/a/c");
  EXPECT_EQ(absolute_path("x"), (std::filesystem::current_path() / "x").string());
}

}  // namespace
}  // namespace limen::app
