#include "app/skeleton.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "app/commands.h"
#include "support/scratch_folder.h"

namespace limen::app {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(SkeletonTest, HasThreeFilesOfEveryKindUnderTheModulesName) {
  for (const std::string& kind : skeleton_kinds()) {
    const std::vector<SkeletonFile> files = skeleton("night-watch2", kind);
    ASSERT_EQ(files.size(), 3U) << kind;
    EXPECT_EQ(files[0].name, "CMakeLists.txt");
    EXPECT_EQ(files[1].name, "night_watch2.cpp");
    EXPECT_EQ(files[2].name, "night_watch2_test.cpp");
    EXPECT_NE(files[0].text.find("limen_add_module(night-watch2 SOURCES night_watch2.cpp)"),
              std::string::npos);
    EXPECT_NE(files[1].text.find("limen::" + kind + "<NightWatch2>("), std::string::npos) << kind;
    EXPECT_NE(files[2].text.find("TEST"), std::string::npos) << kind;
    for (const SkeletonFile& file : files) {
      for (const char* left : {"acme-module", "acme_module", "AcmeModule"}) {
        EXPECT_EQ(file.text.find(left), std::string::npos) << kind << ' ' << file.name;
      }
    }
  }
}

TEST(SkeletonTest, TakesNamesThatAreATargetAClassAndAFile) {
  for (const char* good : {"a", "acme-badge", "x509-2", "tests"}) {
    EXPECT_EQ(module_name_problem(good), "") << good;
  }
  EXPECT_EQ(module_name_problem(std::string(63, 'a')), "");
  EXPECT_EQ(module_name_problem(""), "a module's name begins with a lower-case letter");
  EXPECT_EQ(module_name_problem("3scale"), "a module's name begins with a lower-case letter");
  EXPECT_EQ(module_name_problem("-k"), "a module's name begins with a lower-case letter");
  EXPECT_EQ(module_name_problem("../etc"), "a module's name begins with a lower-case letter");
  EXPECT_EQ(module_name_problem(std::string(64, 'a')), "a module's name has at most 63 characters");
  for (const char* bad :
       {"acme_badge", "acmeBadge", "acme/badge", "acme.badge", "acme badge", "b\xC3\xA4r"}) {
    EXPECT_EQ(module_name_problem(bad), "a module's name has lower-case letters, digits and dashes")
        << bad;
  }
  for (const char* bad : {"acme-", "acme--badge"}) {
    EXPECT_EQ(module_name_problem(bad),
              "a dash in a module's name stands between two other characters");
  }
  EXPECT_EQ(module_name_problem("test"),
            "CMake has a target of that name: put your own before it, as in acme-test");
}

TEST(SkeletonTest, OverwritesNothingAndWritesNothingBesideWhatIsThere) {
  const test::ScratchFolder scratch;
  const std::string folder = scratch / "new/module";
  write_skeleton(folder, {{"one", "1"}, {"two", "2"}});
  EXPECT_EQ(content_of(folder + "/one"), "1");
  try {
    write_skeleton(folder, {{"three", "3"}, {"two", "changed"}});
    FAIL() << "it was written over";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), folder + "/two: is there already, and nothing is overwritten");
  }
  EXPECT_EQ(content_of(folder + "/two"), "2");
  EXPECT_NE(::access((folder + "/three").c_str(), F_OK), 0);
}

TEST(SkeletonTest, FollowsNoLinkAndTakesNoFileForAFolder) {
  const test::ScratchFolder scratch;
  const std::string folder = scratch / "module";
  ASSERT_EQ(::mkdir(folder.c_str(), 0755), 0);
  ASSERT_EQ(::symlink("/nowhere/at-all", (folder + "/one").c_str()), 0);
  EXPECT_THROW(write_skeleton(folder, {{"one", "1"}}), std::runtime_error);
  std::ofstream(scratch / "file") << "x";
  EXPECT_THROW(write_skeleton(scratch / "file", {{"one", "1"}}), std::runtime_error);
}

struct Outcome {
  int status;
  std::string out, err;
};

Outcome run(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = run_program(all_commands(), words, {out, err});
  return {status, out.str(), err.str()};
}

TEST(ModulesNewTest, WritesAndTellsWhatComesNext) {
  const test::ScratchFolder scratch;
  const std::string folder = scratch / "gate";
  const Outcome done =
      run({"modules", "new", "acme-gate", "--kind", "authorizer", "--directory", folder});
  EXPECT_EQ(done.status, kExitOk) << done.err;
  for (const std::string name : {"CMakeLists.txt", "acme_gate.cpp", "acme_gate_test.cpp"}) {
    EXPECT_NE(done.out.find(folder + "/" + name + "\n"), std::string::npos) << name;
    EXPECT_NE(content_of(folder + "/" + name), "") << name;
  }
  EXPECT_NE(done.out.find("ctest --test-dir " + folder + "/build"), std::string::npos);
  EXPECT_NE(done.out.find("authorizers: - {name: acme-gate"), std::string::npos);

  const Outcome again =
      run({"modules", "new", "acme-gate", "--kind", "authorizer", "--directory", folder});
  EXPECT_EQ(again.status, kExitFailure);
  EXPECT_EQ(again.err, "limen modules new: " + folder +
                           "/CMakeLists.txt: is there already, and nothing is overwritten\n");
}

TEST(ModulesNewTest, AnswersPrograms) {
  const test::ScratchFolder scratch;
  const std::string folder = scratch / "seal";
  const Outcome done =
      run({"modules", "new", "seal", "-k", "admission", "-d", folder, "-o", "json"});
  EXPECT_EQ(done.out, R"({"name":"seal","kind":"admission","directory":")" + folder +
                          R"(","files":["CMakeLists.txt","seal.cpp","seal_test.cpp"]})" + "\n");
}

TEST(ModulesNewTest, RefusesWhatItCannotMake) {
  EXPECT_EQ(run({"modules", "new"}).status, kExitUsage);
  EXPECT_NE(run({"modules", "new", "x"})
                .err.find("--kind is needed: authenticator, authorizer, admission"),
            std::string::npos);
  EXPECT_NE(run({"modules", "new", "x", "--kind", "authoriser"})
                .err.find("unknown kind \"authoriser\" (did you mean \"authorizer\"?): there are "),
            std::string::npos);
  const Outcome bad = run({"modules", "new", "../x", "--kind", "admission"});
  EXPECT_EQ(bad.status, kExitUsage);
  EXPECT_NE(bad.err.find("\"../x\": a module's name begins with"), std::string::npos);
}

}  // namespace
}  // namespace limen::app
