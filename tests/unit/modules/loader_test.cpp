#include "modules/loader.h"

#include <sys/stat.h>
#include <unistd.h>

#include "modules/inspect.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::ModuleFolder;

struct Refusal {
  Gate gate;
  std::string text;  // with the folder as FOLDER and a new line at the end
};

Refusal refusal(const ModuleFolder& folder, const std::string& name, std::string_view sha256 = {}) {
  Loader loader(folder.path());
  try {
    loader.load(name, {std::string(sha256), {}, {}});
  } catch (const LoadError& error) {
    return {error.gate(), test::replaced(error.what(), folder.path().string(), "FOLDER") + "\n"};
  }
  return {Gate::start, "accepted\n"};
}

struct Broken {
  const char* name;
  Gate gate;
};

class BrokenModule : public testing::TestWithParam<Broken> {};

TEST_P(BrokenModule, IsRefusedAtItsGateWithOneSentence) {
  const ModuleFolder folder({GetParam().name});
  const Refusal refused = refusal(folder, GetParam().name);
  EXPECT_EQ(gate_name(refused.gate), gate_name(GetParam().gate));
  EXPECT_EQ(refused.text, test::golden(GetParam().name));
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, BrokenModule,
    testing::Values(
        Broken{"not-an-elf", Gate::probe}, Broken{"missing-symbol", Gate::probe},
        Broken{"wrong-magic", Gate::entry}, Broken{"wrong-major", Gate::entry},
        Broken{"newer-minor", Gate::entry}, Broken{"short-entry", Gate::entry},
        Broken{"entry-flag", Gate::entry}, Broken{"failing-init", Gate::descriptor},
        Broken{"descriptor-flag", Gate::descriptor}, Broken{"no-version", Gate::descriptor},
        Broken{"no-plugins", Gate::descriptor}, Broken{"invalid-text", Gate::descriptor},
        Broken{"duplicate-id", Gate::descriptor}, Broken{"unknown-kind", Gate::descriptor},
        Broken{"schema-error", Gate::descriptor}, Broken{"default-error", Gate::descriptor},
        Broken{"missing-extension", Gate::descriptor}),
    [](const auto& broken) { return test::replaced(broken.param.name, "-", "_"); });

TEST(Loader, LoadsASoundModuleOnce) {
  const ModuleFolder folder({"sound"});
  Loader loader(folder.path());
  const LoadedModulePtr module = loader.load("sound");
  EXPECT_EQ(module->descriptors().size(), 1u);
  EXPECT_EQ(module->descriptors()[0].id, "sound");
  EXPECT_EQ(module->descriptors()[0].kind, "limen.authorizer/1");
  EXPECT_EQ(module->build(), "fixture");
  EXPECT_EQ(loader.load("sound"), module);
}

TEST(Loader, NoCodeOfAFileThatIsNoModuleRuns) {
  ::unsetenv("LIMEN_TEST_CONSTRUCTOR");
  const ModuleFolder folder({"missing-symbol"});
  EXPECT_EQ(refusal(folder, "missing-symbol").gate, Gate::probe);
  EXPECT_EQ(::getenv("LIMEN_TEST_CONSTRUCTOR"), nullptr);
}

TEST(Loader, AnUnresolvedSymbolIsFoundAtOpening) {
  const ModuleFolder folder({"unresolved"});
  const Refusal refused = refusal(folder, "unresolved");
  EXPECT_EQ(refused.gate, Gate::open);
  EXPECT_NE(refused.text.find("nobody_has_this_function"), std::string::npos) << refused.text;
}

TEST(Loader, OnlyABareNameIsLoaded) {
  const ModuleFolder folder({"sound"});
  for (const char* name :
       {"../sound", "/etc/passwd", "a/b", "", ".hidden", "so und", "s\xc3\xb6"}) {
    const Refusal refused = refusal(folder, name);
    EXPECT_EQ(refused.gate, Gate::path);
    EXPECT_EQ(refused.text, "module name \"" + std::string(name) +
                                "\" is not a bare file name: modules are loaded from \"FOLDER\" "
                                "only; give the name without folder and .so\n");
  }
}

TEST(Loader, AMissingFileOrFolderIsNamed) {
  const ModuleFolder folder;
  EXPECT_EQ(refusal(folder, "nothing").text,
            "there is no module \"nothing\": \"FOLDER/nothing.so\": No such file or directory: "
            "install its package or correct the name\n");
  Loader loader(folder.path() / "absent");
  try {
    loader.load("x");
    FAIL();
  } catch (const LoadError& error) {
    EXPECT_NE(std::string(error.what()).find("set modulePath to the right one"), std::string::npos);
  }
}

TEST(Loader, AFileThatOthersMayWriteIsRefused) {
  const ModuleFolder folder({"sound"});
  for (const ::mode_t mode : {0664, 0646}) {
    ::chmod((folder.path() / "sound.so").c_str(), mode);
    EXPECT_EQ(refusal(folder, "sound").text,
              "module file \"FOLDER/sound.so\" may be written by others than its owner: chmod go-w "
              "it\n");
  }
}

TEST(Loader, AFolderThatOthersMayWriteIsRefused) {
  const ModuleFolder folder({"sound"});
  ::chmod(folder.path().c_str(), 0777);
  EXPECT_EQ(refusal(folder, "sound").text,
            "module folder \"FOLDER\" may be written by others than its owner: chmod go-w it\n");
}

TEST(Loader, AFileOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const ModuleFolder folder({"sound"});
  ASSERT_EQ(::chown((folder.path() / "sound.so").c_str(), 12345, 12345), 0);
  EXPECT_EQ(
      refusal(folder, "sound").text,
      "module file \"FOLDER/sound.so\" belongs to user id 12345, it must belong to root or the "
      "server's user (0): chown it\n");
}

TEST(Loader, ALinkStaysInsideTheFolder) {
  const ModuleFolder elsewhere({"sound"});
  const ModuleFolder folder;
  std::filesystem::create_symlink(elsewhere.path() / "sound.so", folder.path() / "sound.so");
  EXPECT_EQ(
      refusal(folder, "sound").text,
      "module file \"FOLDER/sound.so\" is a link out of the module folder: put the file itself "
      "there\n");
  std::filesystem::create_symlink("sound.so", elsewhere.path() / "alias.so");
  EXPECT_EQ(refusal(elsewhere, "alias").text, "accepted\n");
}

TEST(Loader, ADigestPinsTheFile) {
  const ModuleFolder folder({"sound"});
  const std::string wrong(64, '0');
  const Refusal refused = refusal(folder, "sound", wrong);
  EXPECT_EQ(refused.gate, Gate::path);
  const std::string start = "module file \"FOLDER/sound.so\" has SHA-256 ";
  ASSERT_EQ(refused.text.substr(0, start.size()), start);
  const std::string digest = refused.text.substr(start.size(), 64);
  EXPECT_EQ(refusal(folder, "sound", digest).text, "accepted\n");
}

TEST(Loader, ATruncatedModuleIsRefusedBeforeItIsOpened) {
  const ModuleFolder folder({"sound"});
  const std::filesystem::path file = folder.path() / "sound.so";
  const auto size = std::filesystem::file_size(file);
  for (const auto part : {std::uintmax_t{0}, std::uintmax_t{10}, std::uintmax_t{64}, size / 2}) {
    std::filesystem::resize_file(file, part);
    EXPECT_EQ(refusal(folder, "sound").gate, Gate::probe) << part;
  }
}

TEST(Loader, TheDescriptorOfTheWantedKindIsChosen) {
  const ModuleFolder folder({"puppet", "sound"});
  Loader loader(folder.path());
  EXPECT_EQ(loader.load("puppet")->choose(Kind::admission).kind, "limen.admission/1");
  try {
    loader.load("sound")->choose(Kind::authenticator);
    FAIL();
  } catch (const LoadError& error) {
    EXPECT_STREQ(error.what(),
                 "sound.so holds no plugin of kind limen.authenticator/1, only sound "
                 "(limen.authorizer/1): list it where it belongs or name another module");
  }
}

TEST(Inspect, TellsWhatAModuleSaysOfItself) {
  const ModuleFolder folder({"puppet", "puppet-blocking", "sound"});
  const ModuleReport report = inspect_file(folder.path() / "puppet-blocking.so");
  EXPECT_EQ(report.name, "puppet-blocking");
  EXPECT_EQ(report.abi, "1.0");
  ASSERT_EQ(report.descriptors.size(), 3u);
  EXPECT_EQ(report.descriptors[1].version, "1.2.3");
  EXPECT_EQ(report.descriptors[1].vendor, "Limen");
  EXPECT_TRUE(report.descriptors[1].may_block());
  EXPECT_NE(report.descriptors[1].config_schema.find("color"), std::string::npos);
  EXPECT_EQ(list_modules(folder.path()),
            (std::vector<std::string>{"puppet", "puppet-blocking", "sound"}));
  EXPECT_THROW(inspect_file(folder.path() / "sound"), LoadError);
}

}  // namespace
}  // namespace limen::modules
