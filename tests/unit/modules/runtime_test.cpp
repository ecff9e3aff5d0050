#include "modules/runtime.h"

#include "modules/module_instance.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::ModuleFolder;
using test::PuppetHouse;
using test::spec_of;
using test::text;
using namespace std::chrono_literals;

// Builds a generation of one authorizer and returns the refusal, folder as FOLDER.
std::string refusal(const ModuleSpec& spec, const ModuleFolder& folder,
                    std::chrono::nanoseconds start_timeout = 30s) {
  Runtime runtime({.folder = folder.path(), .start_timeout = start_timeout, .drain_timeout = 1s});
  GenerationSpec all;
  all.authorizers = {spec};
  try {
    runtime.build(all);
  } catch (const LoadError& error) {
    return test::replaced(error.what(), folder.path().string(), "FOLDER") + "\n";
  }
  return "accepted\n";
}

class BrokenStart : public testing::TestWithParam<const char*> {};

TEST_P(BrokenStart, IsRefusedWithOneSentence) {
  const ModuleFolder folder({GetParam()});
  ModuleSpec spec = spec_of("mine", GetParam());
  spec.position = "limen.yaml:12:5";
  EXPECT_EQ(refusal(spec, folder, 200ms), test::golden(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Corpus, BrokenStart,
                         testing::Values("failing-start", "pending-start", "hanging-start",
                                         "null-create", "missing-table"),
                         [](const auto& broken) { return test::replaced(broken.param, "-", "_"); });

TEST(Runtime, AnErrorOfTheLoaderNamesTheEntry) {
  const ModuleFolder folder({"wrong-major"});
  ModuleSpec spec = spec_of("mine", "wrong-major");
  spec.position = "limen.yaml:12:5";
  EXPECT_EQ(
      refusal(spec, folder),
      "limen.yaml:12:5: authorizer \"mine\": wrong-major.so speaks module ABI 2.0, this server "
      "offers 1.0: the majors must be equal; rebuild the module with an SDK of version 1\n");
}

TEST(Runtime, EveryFindingOfAConfigIsTold) {
  const ModuleFolder folder({"strict-config"});
  ModuleSpec spec = spec_of("strict-config");
  spec.position = "limen.yaml:3:5";
  spec.config = test::json(R"({"level":12,"pth":"x"})");
  spec.locate = [](std::string_view pointer) {
    return pointer == "/level" ? std::string("limen.yaml:4:9") : std::string();
  };
  EXPECT_EQ(refusal(spec, folder),
            "limen.yaml:3:5: authorizer \"strict-config\": config: key \"path\" is required; "
            "(limen.yaml:4:9) config/level: must be at most 9; config/pth: unknown key; known are "
            "level, path\n");
}

TEST(Runtime, AModuleWithoutSchemaTakesNoConfig) {
  const ModuleFolder folder({"sound"});
  ModuleSpec spec = spec_of("sound");
  spec.config = test::json(R"({"a":1})");
  EXPECT_EQ(refusal(spec, folder), "authorizer \"sound\": config: module sound takes no config\n");
  spec.config = test::json("{}");
  EXPECT_EQ(refusal(spec, folder), "accepted\n");
}

TEST(Runtime, TwoInstancesOfOneNameAreRefused) {
  const ModuleFolder folder({"sound"});
  Runtime runtime({.folder = folder.path()});
  GenerationSpec all;
  all.authorizers = {spec_of("a", "sound"), spec_of("a", "sound")};
  all.authorizers[1].position = "limen.yaml:9:5";
  try {
    runtime.build(all);
    FAIL();
  } catch (const LoadError& error) {
    EXPECT_STREQ(
        error.what(),
        "limen.yaml:9:5: authorizer \"a\": this name stands in the list already: give every "
        "instance a name of its own");
  }
}

TEST(Runtime, ConfigReachesTheModuleWithDefaults) {
  PuppetHouse house;
  house.generation_spec().authenticators[0].config = test::json("{}");
  house.generation_spec().authorizers.clear();
  house.generation_spec().admission.clear();
  house.open();
  const limen_host* host = house.strings().host;
  const auto* config =
      static_cast<const limen_config_api*>(host->get_extension(host, LIMEN_CONFIG));
  const auto* nodes = static_cast<const limen_node_api*>(host->get_extension(host, LIMEN_NODE));
  limen_str color{};
  EXPECT_EQ(nodes->get_string(nodes->at(config->root(host), text("/color")), &color), LIMEN_OK);
  EXPECT_EQ(test::view(color), "red");
  EXPECT_STREQ(config->instance_name(host), "puppet");
  EXPECT_EQ(host->get_extension(host, "limen.unknown/1"), nullptr);
}

TEST(Runtime, InstancesAreListedInOrder) {
  PuppetHouse house;
  house.open();
  const std::vector<InstanceInfo> all = house.runtime().current()->instances();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].kind, Kind::authenticator);
  EXPECT_EQ(all[2].kind, Kind::admission);
  EXPECT_EQ(all[1].name, "puppet");
  EXPECT_EQ(all[1].version, "1.2.3");
  EXPECT_EQ(house.runtime().current()->authenticators()[0].module, "puppet");
}

TEST(Runtime, ShadowsStandInListsOfTheirOwnAndAreCalledOnWorkers) {
  PuppetHouse house;
  GenerationSpec& spec = house.generation_spec();
  for (auto* list : {&spec.authenticators, &spec.authorizers, &spec.admission}) {
    ModuleSpec shadow = list->front();
    shadow.name = "shadow";
    shadow.shadow = true;
    list->push_back(shadow);
  }
  house.open();
  const GenerationPtr now = house.runtime().current();
  EXPECT_EQ(now->authenticators().size(), 1u);
  EXPECT_EQ(now->authorizers().size(), 1u);
  EXPECT_EQ(now->admission().size(), 1u);
  ASSERT_EQ(now->shadows().authorizers.size(), 1u);
  EXPECT_EQ(now->shadows().authorizers[0]->name(), "shadow");
  EXPECT_EQ(now->shadows().authenticators.size(), 1u);
  EXPECT_EQ(now->shadows().admission.size(), 1u);
  const std::vector<InstanceInfo> all = now->instances();
  ASSERT_EQ(all.size(), 6u);
  EXPECT_FALSE(all[0].shadow || all[0].may_block);
  EXPECT_TRUE(all[1].shadow && all[1].may_block);
}

TEST(Runtime, AnInstanceThatBecomesAShadowIsMadeAnew) {
  PuppetHouse house;
  house.open();
  GenerationSpec next = house.generation_spec();
  next.authorizers[0].shadow = true;
  house.runtime().activate(house.runtime().build(next));
  EXPECT_EQ(house.strings().created, 4);
}

// How often the host was told when one instance said that its answers have changed.
int told_by(Kind kind, bool shadow) {
  PuppetHouse house;
  int told = 0;
  house.runtime().on_rights_changed([&told] { ++told; });
  GenerationSpec only;
  ModuleSpec spec = house.generation_spec().authorizers[0];
  spec.shadow = shadow;
  (kind == Kind::authorizer ? only.authorizers : only.admission) = {spec};
  house.runtime().activate(house.runtime().build(only));
  const limen_host* host = house.strings().host;
  static_cast<const limen_rights_api*>(host->get_extension(host, LIMEN_RIGHTS))->changed(host);
  return told;
}

TEST(Runtime, OnlyAnAuthorizerThatDecidesCanChangeRights) {
  EXPECT_EQ(told_by(Kind::authorizer, false), 1);
  EXPECT_EQ(told_by(Kind::authorizer, true), 0);
  EXPECT_EQ(told_by(Kind::admission, false), 0);
}

TEST(Runtime, AFailedBuildLeavesTheCurrentGenerationAndNothingOfItself) {
  PuppetHouse house;
  house.open();
  const GenerationPtr before = house.runtime().current();
  GenerationSpec next = house.generation_spec();
  next.authenticators[0].timeout = 1s;  // a new instance, which then has to go again
  next.admission.push_back(spec_of("absent"));
  EXPECT_THROW(house.runtime().build(next), LoadError);
  EXPECT_EQ(house.runtime().current(), before);
  EXPECT_EQ(house.strings().created, 4);
  EXPECT_EQ(house.strings().destroyed, 1);
}

TEST(Runtime, AGenerationNobodyActivatesIsTakenDown) {
  PuppetHouse house;
  house.runtime().build(house.generation_spec());
  EXPECT_EQ(house.strings().destroyed, 0);
  house.runtime().build({});
  EXPECT_EQ(house.strings().created, 3);
  EXPECT_EQ(house.strings().destroyed, 3);
}

TEST(Runtime, AnUnchangedInstanceIsTakenOver) {
  PuppetHouse house;
  house.open();
  GenerationSpec next = house.generation_spec();
  next.authorizers[0].config = test::json(R"({"color":"blue"})");
  house.runtime().activate(house.runtime().build(next));
  EXPECT_EQ(house.strings().created, 4);  // only the authorizer is new
  EXPECT_TRUE(test::eventually([&] { return house.strings().destroyed == 1; }));
  EXPECT_EQ(house.strings().stopped, 1);
}

TEST(Runtime, AnOldGenerationLivesWhileARequestPinsIt) {
  PuppetHouse house;
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_ALLOW, text("old"));
    return LIMEN_OK;
  };
  GenerationPtr pinned = house.runtime().current();
  house.runtime().activate(house.runtime().build({}));
  std::this_thread::sleep_for(60ms);
  EXPECT_EQ(house.strings().stopped, 0);
  auto scope = house.scope();
  const authz::Attributes attributes;
  EXPECT_EQ(
      test::run_on<authz::Result>(
          house.loop(), [&] { return pinned->authorizers()[0]->authorize(attributes, scope); })
          .reason,
      "old");
  pinned.reset();
  EXPECT_TRUE(test::eventually([&] { return house.strings().destroyed == 3; }));
}

TEST(Runtime, StopCancelsOpenCallsAndDestroyWaitsForThem) {
  PuppetHouse house;
  house.open();
  static const limen_host* host = nullptr;
  static std::atomic<bool> waiting{false};
  static std::atomic<limen_call*> open{nullptr};
  waiting = false;
  host = house.strings().host;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status {
    const auto* api = static_cast<const limen_call_api*>(host->get_extension(host, LIMEN_CALL));
    api->on_cancel(
        call,
        [](void* arg) {
          const auto* calls =
              static_cast<const limen_call_api*>(host->get_extension(host, LIMEN_CALL));
          EXPECT_EQ(calls->cancelled(static_cast<limen_call*>(arg)), 1);
          calls->complete(static_cast<limen_call*>(arg), LIMEN_E_CANCELLED);
        },
        call);
    waiting = true;
    return LIMEN_PENDING;
  };
  GenerationPtr generation = house.runtime().current();
  std::thread reload([&] {
    test::eventually([] { return waiting.load(); });
    house.runtime().activate(nullptr);
    generation.reset();
  });
  auto scope = house.scope();
  const authz::Attributes attributes;
  const auto authorizer = generation->authorizers()[0];
  const authz::Result result = test::run_on<authz::Result>(
      house.loop(), [&] { return authorizer->authorize(attributes, scope); });
  reload.join();
  EXPECT_EQ(result.error, "the module failed with LIMEN_E_CANCELLED");
  EXPECT_TRUE(test::eventually([&] { return house.strings().destroyed == 3; }));
  EXPECT_EQ(test::run_on<authz::Result>(house.loop(),
                                        [&] { return authorizer->authorize(attributes, scope); })
                .error,
            "the instance is not running");
}

TEST(Runtime, ServicesAreNotThereBeforeStart) {
  PuppetHouse house;
  static Puppet* strings = nullptr;
  strings = &house.strings();
  house.strings().start = [](limen_call*) -> limen_status {
    return strings->host->get_extension(strings->host, LIMEN_LOG) == nullptr ? LIMEN_E_INTERNAL
                                                                             : LIMEN_OK;
  };
  house.open();
  EXPECT_EQ(house.strings().started, 3);
}

TEST(Runtime, AStartMayEndLater) {
  PuppetHouse house;
  static Puppet* strings = nullptr;
  strings = &house.strings();
  house.strings().start = [](limen_call* call) -> limen_status {
    const limen_host* host = strings->host;
    const auto* executor =
        static_cast<const limen_executor_api*>(host->get_extension(host, LIMEN_EXECUTOR));
    executor->post_after(
        host, 20'000'000,
        [](void* arg, limen_status) {
          const auto* calls = static_cast<const limen_call_api*>(
              strings->host->get_extension(strings->host, LIMEN_CALL));
          calls->complete(static_cast<limen_call*>(arg), LIMEN_OK);
        },
        call);
    return LIMEN_PENDING;
  };
  house.open();
  EXPECT_EQ(house.runtime().current()->instances().size(), 3u);
}

}  // namespace
}  // namespace limen::modules
