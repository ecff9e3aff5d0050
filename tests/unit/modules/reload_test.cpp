// What a new generation does with the one before it: files that were replaced, instances that stay,
// change, move or go.
#include <sys/stat.h>

#include "modules/generation_change.h"
#include "modules/module_instance.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::ModuleFolder;
using test::PuppetHouse;
using test::spec_of;
using test::text;
using namespace std::chrono_literals;

std::filesystem::path marked(int version) {
  return std::filesystem::path(LIMEN_BINARY_DIR) / "tests" / ("marked-" + std::to_string(version)) /
         "marked.so";
}

// As a package does it: the new file appears under the name at once.
void install(const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::filesystem::path next = to.string() + ".new";
  std::filesystem::copy_file(from, next);
  ::chmod(next.c_str(), 0644);
  std::filesystem::rename(next, to);
}

std::string version_of(const LoadedModulePtr& module) {
  return module->choose(Kind::authorizer).version;
}

std::string refusal(Loader& loader, const std::string& name) {
  try {
    loader.load(name);
  } catch (const LoadError& error) {
    return error.what();
  }
  return {};
}

// "added b, kept a": what changes_between() says, in its order.
std::string story(const Generation* before, const Generation& after) {
  std::string out;
  for (const InstanceChange& change : changes_between(before, after)) {
    out += (out.empty() ? "" : ", ") + std::string(change_name(change.what)) + ' ' + change.name;
  }
  return out;
}

TEST(ReplacedFile, IsAnotherModuleBesideTheOldOne) {
  const ModuleFolder folder;
  const std::filesystem::path file = folder.path() / "marked.so";
  install(marked(1), file);
  Loader loader(folder.path());
  const LoadedModulePtr one = loader.load("marked");
  EXPECT_EQ(version_of(one), "1.0.0");
  EXPECT_EQ(loader.load("marked"), one);
  install(marked(2), file);
  const LoadedModulePtr two = loader.load("marked");
  EXPECT_EQ(version_of(two), "2.0.0");
  EXPECT_NE(two->serial(), one->serial());
  EXPECT_EQ(two->file(), file);
  EXPECT_EQ(loader.load("marked"), two);
  EXPECT_EQ(version_of(one), "1.0.0");
  install(marked(1), file);
  EXPECT_EQ(version_of(loader.load("marked")), "1.0.0");
}

TEST(ReplacedFile, IsLoadedWhereTheOneBeforeItWasRefused) {
  const ModuleFolder folder({"failing-init", "sound"});
  const std::filesystem::path file = folder.path() / "mine.so";
  install(folder.path() / "failing-init.so", file);
  Loader loader(folder.path());
  EXPECT_NE(refusal(loader, "mine").find("init() failed"), std::string::npos);
  install(folder.path() / "sound.so", file);
  EXPECT_EQ(refusal(loader, "mine"), "");
}

TEST(ReplacedFile, IsRefusedWhenItWasWrittenOverInPlace) {
  const ModuleFolder folder({"sound"});
  Loader loader(folder.path());
  loader.load("sound");
  const std::filesystem::path file = folder.path() / "sound.so";
  std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) + 1s);
  EXPECT_EQ(refusal(loader, "sound"),
            "sound.so was written over in place while its code is in use: put the new file there "
            "by a rename (install or mv, not cp), or restart the server");
  install(test::fixtures() / "sound.so", file);
  EXPECT_EQ(refusal(loader, "sound"), "");
}

TEST(ReplacedFile, BringsANewInstanceAndLeavesOthersAlone) {
  const ModuleFolder folder({"sound"});
  const std::filesystem::path file = folder.path() / "marked.so";
  install(marked(1), file);
  Runtime runtime({.folder = folder.path(), .drain_timeout = 5s});
  GenerationSpec spec;
  spec.authorizers = {spec_of("sound"), spec_of("marked")};
  runtime.activate(runtime.build(spec));
  const GenerationPtr before = runtime.current();
  install(marked(2), file);
  const GenerationPtr after = runtime.build(spec);
  EXPECT_EQ(story(before.get(), *after), "kept sound, upgraded marked");
  EXPECT_EQ(before->instances()[1].version, "1.0.0");
  EXPECT_EQ(after->instances()[1].version, "2.0.0");
  EXPECT_EQ(after->number(), before->number() + 1);
  EXPECT_EQ(after->instances()[0].generation, before->number());
  EXPECT_EQ(after->instances()[1].generation, after->number());
  runtime.activate(after);
}

TEST(ReplacedFile, ThatIsNoModuleLeavesTheRunningOne) {
  const ModuleFolder folder;
  const std::filesystem::path file = folder.path() / "marked.so";
  install(marked(1), file);
  Runtime runtime({.folder = folder.path(), .drain_timeout = 5s});
  GenerationSpec spec;
  spec.authorizers = {spec_of("marked")};
  runtime.activate(runtime.build(spec));
  const GenerationPtr before = runtime.current();
  install(test::fixtures() / "not-an-elf.so", file);
  EXPECT_THROW(runtime.build(spec), LoadError);
  EXPECT_EQ(runtime.current(), before);
  EXPECT_EQ(before->instances()[0].refusal, "");
  install(marked(1), file);
  EXPECT_EQ(story(before.get(), *runtime.build(spec)), "upgraded marked");
}

TEST(NewGeneration, TellsWhatItChanges) {
  const ModuleFolder folder({"sound", "strict-config"});
  Runtime runtime({.folder = folder.path(), .drain_timeout = 5s});
  const auto strict = [](const char* config) {
    ModuleSpec spec = spec_of("strict", "strict-config");
    spec.config = test::json(config);
    return spec;
  };
  GenerationSpec spec;
  spec.authorizers = {spec_of("a", "sound"), spec_of("b", "sound"), strict(R"({"path":"x"})")};
  const GenerationPtr first = runtime.build(spec);
  EXPECT_EQ(story(nullptr, *first), "added a, added b, added strict");
  runtime.activate(first);

  spec.authorizers = {spec_of("b", "sound"), spec_of("a", "sound"), strict(R"({"path":"y"})")};
  const GenerationPtr second = runtime.build(spec);
  EXPECT_EQ(story(first.get(), *second), "moved b, moved a, reconfigured strict");
  runtime.activate(second);

  // Who stands behind one that has gone was not moved.
  spec.authorizers = {spec_of("a", "sound"), spec_of("c", "sound")};
  EXPECT_EQ(story(second.get(), *runtime.build(spec)),
            "kept a, added c, removed b, removed strict");
}

// The instance of an old generation whose call has not ended; the next build does not wait for it.
TEST(NewGeneration, DoesNotWaitForAnOldInstanceThatDrains) {
  PuppetHouse house;
  house.open();
  static std::atomic<limen_call*> open{nullptr};
  open = nullptr;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status {
    open = call;
    return LIMEN_PENDING;
  };
  GenerationPtr old = house.runtime().current();
  auto scope = house.scope();
  const authz::Attributes attributes;
  std::thread asking([&house, &scope, &attributes, authorizer = old->authorizers()[0]] {
    test::run_on<authz::Result>(house.loop(),
                                [&] { return authorizer->authorize(attributes, scope); });
  });
  ASSERT_TRUE(test::eventually([] { return open.load() != nullptr; }));
  GenerationSpec next = house.generation_spec();
  next.authorizers[0].config = test::json(R"({"color":"blue"})");
  house.runtime().activate(house.runtime().build(next));
  old.reset();
  ASSERT_TRUE(test::eventually([&] { return house.strings().stopped == 1; }));
  next.admission.clear();
  house.runtime().activate(house.runtime().build(next));
  const std::vector<InstanceInfo> ending = house.runtime().retiring();
  ASSERT_FALSE(ending.empty());
  EXPECT_EQ(ending[0].kind, Kind::authorizer);
  EXPECT_EQ(ending[0].calls, 1u);
  const limen_host* host = house.strings().host;
  static_cast<const limen_call_api*>(host->get_extension(host, LIMEN_CALL))
      ->complete(open, LIMEN_OK);
  asking.join();
  EXPECT_TRUE(test::eventually([&] { return house.runtime().retiring().empty(); }));
}

TEST(NewGeneration, ThatIsDiscardedIsTakenDownAtOnce) {
  PuppetHouse house;
  house.open();
  GenerationSpec next = house.generation_spec();
  next.authorizers[0].timeout = 1s;
  house.runtime().build(next);
  house.runtime().discard();
  EXPECT_EQ(house.strings().created, 4);
  EXPECT_EQ(house.strings().destroyed, 1);
}

}  // namespace
}  // namespace limen::modules
