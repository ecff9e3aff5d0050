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
TEST(Wrapper, CompilesWithoutAWarningForClang) {
  if (!has("clang++")) GTEST_SKIP() << "clang++ is not installed";
  const std::string command =
      "echo '#include \"limen/cpp/plugin.hpp\"' | clang++ -std=c++20 -xc++ -Wall -Wextra "
      "-Wconversion "
      "-Wshadow -pedantic -Werror -fsyntax-only -I" +
      kInclude + " -";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
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
