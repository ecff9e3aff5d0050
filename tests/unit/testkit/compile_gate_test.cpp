// The headers compile alone, in every language and with every compiler they promise to.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace {

const std::string kInclude = std::string(LIMEN_SOURCE_DIR) + "/sdk/include";

bool has(const std::string& compiler) {
  return std::system(("command -v " + compiler + " >/dev/null 2>&1").c_str()) == 0;
}

// One compiler run for all headers of a folder: each is included alone in a file of its own.
void compile_each(const std::string& compiler, const std::string& folder, const std::string& suffix,
                  const std::string& language) {
  if (!has(compiler)) GTEST_SKIP() << compiler << " is not installed";
  for (const auto& file : std::filesystem::directory_iterator(kInclude + folder)) {
    if (file.path().extension() != suffix) continue;
    const std::string command =
        "echo '#include \"" + file.path().string() + "\"' | " + compiler + " " + language +
        " -Wall -Wextra -pedantic -Werror -fsyntax-only -I" + kInclude + " -";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
}

TEST(Headers, OfTheAbiAreC11ForGcc) { compile_each("gcc", "/limen", ".h", "-std=c11 -xc"); }
TEST(Headers, OfTheAbiAreC11ForClang) { compile_each("clang", "/limen", ".h", "-std=c11 -xc"); }
TEST(Headers, OfTheAbiAreCpp11ForGcc) { compile_each("g++", "/limen", ".h", "-std=c++11 -xc++"); }
TEST(Headers, OfTheAbiAreCpp20ForClang) {
  compile_each("clang++", "/limen", ".h", "-std=c++20 -xc++");
}
// A module that uses nothing younger than C++17, and with it the test kit.
void compile_wrapper(const std::string& compiler, const std::string& standard) {
  if (!has(compiler)) GTEST_SKIP() << compiler << " is not installed";
  const std::string command =
      compiler + " -std=" + standard + " -include limen/testkit/reinvocation.hpp" +
      " -Wall -Wextra -Wconversion -Wshadow -pedantic -Werror -fsyntax-only -I" + kInclude + " -I" +
      LIMEN_SOURCE_DIR + "/sdk/testkit " + LIMEN_SOURCE_DIR + "/tests/fixtures/wrapper_cpp17.cpp";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}
TEST(Wrapper, IsCpp17ForGcc) { compile_wrapper("g++", "c++17"); }
TEST(Wrapper, IsCpp20ForGcc) { compile_wrapper("g++", "c++20"); }
TEST(Wrapper, IsCpp17ForClang) { compile_wrapper("clang++", "c++17"); }
TEST(Wrapper, IsCpp20ForClang) { compile_wrapper("clang++", "c++20"); }

// A module sees the SDK and the standard library: headers of the server's libraries are not found.
TEST(Headers, NeedNothingButTheStandardLibrary) {
  if (!has("g++")) GTEST_SKIP() << "g++ is not installed";
  const std::string command = "g++ -std=c++17 -M -I" + kInclude + " " + LIMEN_SOURCE_DIR +
                              "/tests/fixtures/wrapper_cpp17.cpp | grep -iqE "
                              "'/(boost|Poco|yaml-cpp|openssl|re2|sqlite3)'";
  EXPECT_NE(std::system(command.c_str()), 0) << command;
}

TEST(TargetMinor, NewerThanTheSdkIsACompileError) {
  if (!has("gcc")) GTEST_SKIP() << "gcc is not installed";
  const std::string command =
      "echo '#include \"limen/abi.h\"' | gcc -std=c11 -xc -fsyntax-only "
      "-DLIMEN_TARGET_MINOR=99 -I" +
      kInclude + " - 2>/dev/null";
  EXPECT_NE(std::system(command.c_str()), 0);
}

}  // namespace
