// The generator refuses tables that do not fit together, naming file and line.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace limen::catalog {
namespace {

namespace fs = std::filesystem;

// A folder of small tables, gone with the test.
class Generator : public testing::Test {
 protected:
  Generator() {
    std::string name = (fs::temp_directory_path() / "limen_tables_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test");
    folder_ = name;
    fs::create_directories(folder_ / "types");
    write("groups.txt", "- v1=core.v1\n");
    write("resources.txt", "group-version v1\nresource pods Pod namespaced verbs=* singular=pod\n");
    write("types/core.txt",
          "package core.v1\ntype Pod\n  @gvk /v1/Pod\n  spec Spec #2 required\n"
          "type Spec\n  names [string] #1 list=set\n");
  }
  ~Generator() override { fs::remove_all(folder_); }

  void write(const std::string& file, const std::string& text) {
    std::ofstream(folder_ / file) << text;
  }

  // What the generator says; `status` gets its exit status.
  std::string run(int& status) {
    const std::string command = std::string(LIMEN_BINARY_DIR) + "/tools/limen_catalog_generate " +
                                folder_.string() + " " + (folder_ / "out").string() + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("the generator does not start");
    std::string out;
    char buffer[256];
    while (fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
    status = WEXITSTATUS(pclose(pipe));
    return out;
  }

  // The refusal, which must come with exit status 1.
  std::string refusal() {
    int status = 0;
    const std::string text = run(status);
    EXPECT_EQ(status, 1);
    return text;
  }

  fs::path folder_;
};

TEST_F(Generator, WritesTablesThatFit) {
  int status = -1;
  EXPECT_EQ(run(status), "");
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::exists(folder_ / "out" / "types.cpp"));
  EXPECT_TRUE(fs::exists(folder_ / "out" / "generated.h"));
}

TEST_F(Generator, LeavesAFileAloneThatDoesNotChange) {
  int status = -1;
  run(status);
  const auto before = fs::last_write_time(folder_ / "out" / "types.cpp");
  fs::last_write_time(folder_ / "out" / "types.cpp", before - std::chrono::hours(1));
  run(status);
  EXPECT_EQ(fs::last_write_time(folder_ / "out" / "types.cpp"), before - std::chrono::hours(1));
}

TEST_F(Generator, RefusesAFieldWhoseTypeIsNotThere) {
  write("types/core.txt", "package core.v1\ntype Pod\n  @gvk /v1/Pod\n  spec Spek #2\n");
  EXPECT_NE(refusal().find("core.txt:4: no such type: io.k8s.api.core.v1.Spek"), std::string::npos);
}

TEST_F(Generator, RefusesAResourceWhoseKindIsNotThere) {
  write("resources.txt", "group-version v1\nresource pods Pot namespaced verbs=* singular=pod\n");
  EXPECT_NE(refusal().find("resources.txt:2: no type for the kind Pot"), std::string::npos);
}

TEST_F(Generator, RefusesAGroupVersionThatIsNotServed) {
  write("resources.txt", "group-version apps/v1\n");
  EXPECT_NE(refusal().find("resources.txt:1: the group-version is not in groups.txt"),
            std::string::npos);
}

TEST_F(Generator, RefusesUnknownFlagsVerbsAndAttributes) {
  write("types/core.txt", "package core.v1\ntype Pod\n  x string #1 requird\n");
  EXPECT_NE(refusal().find("core.txt:3: no such flag: requird"), std::string::npos);
  write("types/core.txt", "package core.v1\ntype Pod\n  @gkv /v1/Pod\n");
  EXPECT_NE(refusal().find("core.txt:3: no such attribute: @gkv"), std::string::npos);
  write("types/core.txt", "package core.v1\ntype Pod\n  x string #many\n");
  EXPECT_NE(refusal().find("core.txt:3: no protobuf number: #many"), std::string::npos);
  write("types/core.txt", "package core.v1\ntype Pod\n");
  write("resources.txt",
        "group-version v1\nresource pods Pod namespaced verbs=gett singular=pod\n");
  EXPECT_NE(refusal().find("resources.txt:2: no such verb: gett"), std::string::npos);
}

TEST_F(Generator, RefusesAKeyedListWithoutKeysAndAFieldTwice) {
  write("types/core.txt", "package core.v1\ntype Pod\n  x [string] #1 list=map\n");
  EXPECT_NE(refusal().find("core.txt:3: list=map and keys= go together"), std::string::npos);
  write("types/core.txt", "package core.v1\ntype Pod\n  x string #1\n  x string #2\n");
  EXPECT_NE(refusal().find("Pod has two fields x"), std::string::npos);
}

TEST_F(Generator, TakesNumbersOfEmbeddedMessagesAndZerosThatAreKept) {
  write("types/core.txt", "package core.v1\ntype Pod\n  @gvk /v1/Pod\n  x int32 #2.7.5 keepzero\n");
  int status = -1;
  EXPECT_EQ(run(status), "");
  EXPECT_EQ(status, 0);
  std::string fields;
  for (const auto& entry : fs::directory_iterator(folder_ / "out")) {
    std::ifstream in(entry.path());
    fields.append(std::istreambuf_iterator<char>(in), {});
  }
  EXPECT_NE(fields.find("{2, 7}, true}"), std::string::npos);
}

TEST_F(Generator, RefusesNumbersEmbeddedTooDeepOrBroken) {
  for (const char* number : {"#1.2.3.4", "#1.", "#.1", "#0", "#1.x", "#70000", "#"}) {
    write("types/core.txt", std::string("package core.v1\ntype Pod\n  x string ") + number + "\n");
    EXPECT_NE(refusal().find(std::string("core.txt:3: no protobuf number: ") + number),
              std::string::npos);
  }
}

TEST_F(Generator, RefusesAMissingTable) {
  fs::remove(folder_ / "groups.txt");
  EXPECT_NE(refusal().find("groups.txt:0: cannot be read"), std::string::npos);
}

}  // namespace
}  // namespace limen::catalog
