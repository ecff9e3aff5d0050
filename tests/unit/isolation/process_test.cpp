// A module in a process of its own: it is asked like any other, and nothing it does to itself
// reaches the server.
#include "isolation/process.h"

#include <gtest/gtest.h>

#include <future>

#include "authz/chain.h"
#include "base/strings.h"
#include "isolation/codec.h"
#include "isolation/remote_module.h"
#include "modules/load_error.h"
#include "modules/module_instance.h"
#include "observability/log.h"
#include "observability/metrics.h"
#include "unit/modules/fake_store.h"
#include "unit/modules/fake_versions.h"
#include "unit/modules/support.h"

namespace limen::isolation {
namespace {

using modules::test::eventually;
using modules::test::run_on;
using namespace std::chrono_literals;

class IsolationTest : public testing::Test {
 protected:
  IsolationTest() {
    options_.folder = folder_.path();
    options_.drain_timeout = 5s;
    options_.isolate = [this](modules::Kind kind, const modules::ModuleSpec& spec,
                              const modules::ObjectSource& objects, base::Deadline deadline) {
      ProcessOptions options;
      options.program = std::filesystem::path(LIMEN_BINARY_DIR) / "bin/limen-module-host";
      options.folder = folder_.path();
      options.server_version = "test";
      options.kind = kind;
      options.spec = spec;
      options.objects = &objects;
      return load_isolated(std::move(options), deadline);
    };
  }
  ~IsolationTest() override {
    runtime_.reset();
    loop_.stop(base::SteadyClock::now() + 5s);
  }

  void open(std::chrono::nanoseconds timeout = 10s, std::string_view config = "{}") {
    modules::ModuleSpec spec = modules::test::spec_of("moody");
    spec.isolation = modules::Isolation::process;
    spec.memory_limit = std::int64_t{128} << 20;
    spec.timeout = timeout;
    spec.failure_policy = policy_;
    modules::GenerationSpec all{{spec}, {spec}, {spec}};
    all.authorizers[0].config = object::Document::parse(config);
    runtime_ = std::make_unique<modules::Runtime>(options_);
    runtime_->offer_objects(store_);
    runtime_->activate(runtime_->build(all));
  }

  request::CallScope scope() { return {loop_, base::SteadyClock::now() + 20s}; }
  authz::Result ask(const std::string& mood, authz::Attributes attributes = {}) {
    request::Identity user;
    user.name = mood;
    user.groups = {"devs"};
    user.extra = {{"k", {"one", "two"}}};
    attributes.user = &user;
    auto call = scope();
    const auto now = runtime_->current();
    return run_on<authz::Result>(
        loop_, [&] { return now->authorizers()[0]->authorize(attributes, call); });
  }
  admission::Result admit(const std::string& mood, std::string_view object,
                          request::CallScope& call,
                          std::shared_ptr<const authz::Chain> authorizers = nullptr) {
    request::Identity user;
    user.name = mood;
    authz::Attributes attributes;
    attributes.user = &user;
    admission::Review review;
    review.attributes = &attributes;
    review.object = object::Document::parse(object);
    review.authorizers = std::move(authorizers);
    review.versions = std::make_shared<const modules::test::FakeVersions>();
    const auto now = runtime_->current();
    return run_on<admission::Result>(loop_,
                                     [&] { return now->admission()[0]->admit(review, call); });
  }
  // Whether the module answers again; it is started anew after a short pause.
  bool recovers() {
    return eventually([this] { return ask("allowed").verdict == authz::Verdict::allow; });
  }

  modules::FailurePolicy policy_ = modules::FailurePolicy::fail;
  modules::test::ModuleFolder folder_{{"moody"}};
  modules::test::FakeStore store_;
  modules::ExecutorThread loop_{"test-loop"};
  modules::RuntimeOptions options_;
  std::unique_ptr<modules::Runtime> runtime_;
};

TEST_F(IsolationTest, AnAuthorizerIsAskedAcross) {
  open();
  const authz::Result allowed = ask("allowed");
  EXPECT_EQ(allowed.verdict, authz::Verdict::allow);
  EXPECT_EQ(allowed.reason, "why not");
  EXPECT_EQ(allowed.basis, nullptr);
  EXPECT_EQ(ask("anybody").verdict, authz::Verdict::deny);
  EXPECT_EQ(ask("anybody").reason, "no");
  const authz::Result passed = ask("pass");
  EXPECT_EQ(passed.verdict, authz::Verdict::no_opinion);
  EXPECT_EQ(passed.reason, "ask another");
  EXPECT_EQ(passed.error, "half wrong");
  for (const char* mood : {"throw", "error"}) {
    const authz::Result failed = ask(mood);
    EXPECT_EQ(failed.verdict, authz::Verdict::deny) << mood;
    EXPECT_NE(failed.error, "") << mood;
  }
  authz::Attributes explaining;
  explaining.explain = true;
  const authz::Result explained = ask("allowed", explaining);
  ASSERT_NE(explained.basis, nullptr);
  EXPECT_EQ(explained.basis->rule, "the first");
  EXPECT_EQ(explained.basis->causes, (Pairs{{"mood", "good"}}));
}

TEST_F(IsolationTest, EveryAttributeArrives) {
  open();
  authz::Attributes about;
  about.verb = "list";
  about.is_resource = true;
  about.group = "apps";
  about.version = "v1";
  about.resource = "deployments";
  about.ns = "ns";
  about.name = "n\"\xC3\xA4";
  about.labels.text = "a in (b,c)";
  about.labels.requirements = {{"a", authz::Requirement::Op::in, {"b", "c"}}};
  EXPECT_EQ(ask("attributes", about).reason,
            "list apps/deployments ns/n\"\xC3\xA4 a in (b,c) 1 dev two");
}

TEST_F(IsolationTest, RulesAreListed) {
  open();
  request::Identity user;
  user.name = "bob";
  auto call = scope();
  const auto now = runtime_->current();
  const auto rules = run_on<authz::Rules>(
      loop_, [&] { return now->authorizers()[0]->rules_for(user, "ns", call); });
  ASSERT_EQ(rules.resource_rules.size(), 1U);
  EXPECT_EQ(rules.resource_rules[0].resource_names, Texts{"ns"});
  ASSERT_EQ(rules.non_resource_rules.size(), 1U);
  EXPECT_EQ(rules.non_resource_rules[0].urls, Texts{"/healthz"});
  EXPECT_FALSE(rules.incomplete);
}

TEST_F(IsolationTest, AnAuthenticatorIsAskedAcross) {
  open();
  const auto authenticate = [&](const char* mood) {
    transport::RequestHead head;
    if (mood != nullptr) head.headers.push_back({"X-Mood", mood});
    authn::Credentials credentials;
    credentials.path = "/api";
    credentials.head = &head;
    auto call = scope();
    const auto now = runtime_->current();
    return run_on<authn::Result>(
        loop_, [&] { return now->authenticators()[0].instance->authenticate(credentials, call); });
  };
  const authn::Result good = authenticate("good");
  EXPECT_EQ(good.verdict, authn::Verdict::authenticated);
  EXPECT_EQ(good.identity.name, "good");
  EXPECT_EQ(good.identity.uid, "uid-1");
  EXPECT_EQ(good.identity.groups, (Texts{"g1", "g2"}));
  ASSERT_EQ(good.identity.extra.size(), 1U);
  EXPECT_EQ(good.identity.extra[0].second, (Texts{"v1", "v2"}));
  EXPECT_EQ(good.warnings, Texts{"moody"});
  EXPECT_EQ(good.annotations, (Pairs{{"example.com/mood", "/api"}}));
  EXPECT_EQ(authenticate("bad").verdict, authn::Verdict::error);
  const authn::Result none = authenticate(nullptr);
  EXPECT_EQ(none.verdict, authn::Verdict::no_opinion);
  EXPECT_EQ(none.challenges, Texts{"Mood realm=\"test\""});
  EXPECT_EQ(authenticate("segv").verdict, authn::Verdict::error);
}

TEST_F(IsolationTest, AnAdmissionControllerChangesAndRefusesAcross) {
  open();
  auto call = scope();
  const auto changed = admit(
      "good", R"({"kind":"X","metadata":{"name":"n","labels":{"a":"b"}},"data":{"x":1}})", call);
  ASSERT_TRUE(changed.allowed) << changed.error;
  EXPECT_EQ(changed.changed.root(),
            object::Document::parse(
                R"({"kind":"X","metadata":{"name":"n","labels":{"a":"b","mood":"good"}},
                    "spec":{"a":[1,{"b":null}],"t/~":"x"}})")
                .root());
  EXPECT_EQ(call.annotations, (Pairs{{"moody/note", "changed"}}));
  const auto refused = admit("deny", R"({"metadata":{"name":"n"}})", call);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.code, 422);
  EXPECT_EQ(refused.reason, "Invalid");
  EXPECT_EQ(refused.message, "refused");
  ASSERT_EQ(refused.causes.size(), 1U);
  EXPECT_EQ(refused.causes[0].field, "spec.x");
  EXPECT_EQ(call.warnings, Texts{"a warning"});
}

// Says yes to one user.
class OnlyAnn final : public authz::Authorizer {
 public:
  const std::string& name() const override { return name_; }
  base::Task<authz::Result> authorize(const authz::Attributes& about,
                                      request::CallScope&) override {
    authz::Result result;
    result.verdict = about.verb == "delete" && about.name == allowed_ ? authz::Verdict::allow
                                                                      : authz::Verdict::no_opinion;
    co_return result;
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }
  explicit OnlyAnn(std::string allowed) : allowed_(std::move(allowed)) {}

 private:
  const std::string name_ = "only-ann";
  const std::string allowed_;
};

TEST_F(IsolationTest, ItMayAskTheServersAuthorizers) {
  open();
  const auto chain = [](const char* name) {
    std::vector<std::shared_ptr<authz::Authorizer>> all = {std::make_shared<OnlyAnn>(name)};
    return std::make_shared<const authz::Chain>(std::move(all));
  };
  auto call = scope();
  EXPECT_TRUE(admit("ask", R"({"metadata":{}})", call, chain("p")).allowed);
  const auto refused = admit("ask", R"({"metadata":{}})", call, chain("other"));
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.message, "you may not");
}

TEST_F(IsolationTest, ItMayAskForTheObjectInAnotherVersion) {
  open();
  auto call = scope();
  const std::string object = R"({"apiVersion":"things.test/v1","kind":"Thing","a":{"b":[null]}})";
  EXPECT_EQ(admit("turn", object, call).message,
            R"({"apiVersion":"things.test/v2","kind":"Thing","a":{"b":[null]}})");
  EXPECT_EQ(admit("turn back", object, call).message, "v8 is out of order");
}

// The server hears of a refusal when it is stated.
TEST_F(IsolationTest, ARefusalStandsWhateverBecomesOfTheProcess) {
  policy_ = modules::FailurePolicy::ignore;
  open(1s);
  auto call = scope();
  const auto message = [&](const char* mood) {
    const auto result = admit(mood, R"({"metadata":{}})", call);
    EXPECT_FALSE(result.allowed) << mood;
    return result.message;
  };
  EXPECT_EQ(message("refuse and fail"), "no, and more");
  EXPECT_EQ(message("refuse and die"), "no, with the last breath");
  ASSERT_TRUE(eventually([&] {
    auto other = scope();
    return static_cast<bool>(admit("good", R"({"metadata":{}})", other).changed);
  }));
  EXPECT_EQ(message("refuse and hang"), "no, and that is that");
  EXPECT_TRUE(call.annotations.empty()) << "nothing failed open";
}

TEST_F(IsolationTest, ACrashFailsItsOwnCallAndTheModuleComesBack) {
  open();
  const std::string first = ask("pid").reason;
  EXPECT_NE(first, std::to_string(::getpid()));
  for (const char* mood : {"crash", "segv", "exit"}) {
    const authz::Result crashed = ask(mood);
    EXPECT_EQ(crashed.verdict, authz::Verdict::deny) << mood;
    EXPECT_EQ(crashed.error, "the module's process has ended") << mood;
    EXPECT_TRUE(recovers()) << mood;
  }
  EXPECT_NE(ask("pid").reason, first);
}

TEST_F(IsolationTest, WhileItIsAwayCallsFailAtOnceAndSayHowItEnded) {
  open();
  ask("segv");
  // Until it is back every answer is an error; one of them comes after the process was waited for.
  EXPECT_TRUE(eventually([&] {
    const authz::Result result = ask("allowed");
    return result.error.find("signal 11") != std::string::npos ||
           result.verdict == authz::Verdict::allow;
  }));
  EXPECT_TRUE(recovers());
}

// Whoever gives up waiting does not say by it that the module hangs.
TEST_F(IsolationTest, AClientThatGoesEndsNoProcessWhoseDeadlineIsAhead) {
  open();
  const std::string pid = ask("pid").reason;
  request::Identity user;
  user.name = "slow";
  authz::Attributes attributes;
  attributes.user = &user;
  auto call = scope();
  call.cancelled->store(true);
  const auto now = runtime_->current();
  const authz::Result slow = run_on<authz::Result>(
      loop_, [&] { return now->authorizers()[0]->authorize(attributes, call); });
  EXPECT_EQ(slow.reason, "no");
  EXPECT_EQ(ask("pid").reason, pid);
}

TEST_F(IsolationTest, AHangIsEndedAndHarmsNobodyElse) {
  open(200ms);
  const authz::Result hung = ask("hang");
  EXPECT_EQ(hung.verdict, authz::Verdict::deny);
  EXPECT_NE(hung.error.find("no answer within the deadline"), std::string::npos) << hung.error;
  EXPECT_TRUE(recovers());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(IsolationTest, MemoryIsLimited) {
  open();
  const authz::Result full = ask("eat");
  EXPECT_EQ(full.verdict, authz::Verdict::deny);
  EXPECT_NE(full.error, "");
  EXPECT_TRUE(recovers());
}
#endif

TEST_F(IsolationTest, TheSandboxHolds) {
  open();
  EXPECT_EQ(ask("attempts").reason,
            "fork failed, spawn failed, signal failed, trace failed, root failed, thread worked, ");
}

TEST_F(IsolationTest, ItFollowsObjectsAndIsKnownToHave) {
  store_.put("", "configmaps", "ns", "one", R"({"metadata":{"name":"one","namespace":"ns"}})");
  open();
  EXPECT_EQ(ask("maps").reason, "1");
  const auto told_of = [&] {
    const auto told = std::make_shared<std::promise<void>>();
    std::future<void> future = told->get_future();
    if (!runtime_->current()->seen({"", "configmaps"}, store_.revision(),
                                   [told] { told->set_value(); })) {
      EXPECT_EQ(future.wait_for(10s), std::future_status::ready);
    }
  };
  store_.put("", "configmaps", "ns", "two", R"({"metadata":{"name":"two","namespace":"ns"}})");
  told_of();
  EXPECT_EQ(ask("maps").reason, "2");
  store_.erase("", "configmaps", "ns", "one");
  told_of();
  EXPECT_EQ(ask("maps").reason, "1");
  EXPECT_EQ(ask("list").reason, "1");
  // The next process begins with what is there.
  ask("crash");
  EXPECT_TRUE(recovers());
  EXPECT_EQ(ask("maps").reason, "1");
  std::promise<void> caught_up;
  runtime_->current()->catch_up([&] { caught_up.set_value(); });
  EXPECT_EQ(caught_up.get_future().wait_for(10s), std::future_status::ready);
}

TEST_F(IsolationTest, ItsMetricsAreTheServers) {
  open();
  const auto value = [] {
    return metrics::counter("limen_module_moody_questions_total", "Questions.", {"instance"})
        .with({"moody"})
        .value();
  };
  const auto before = value();
  for (int i = 0; i < 3; ++i) ask("allowed");
  EXPECT_TRUE(eventually([&] { return value() == before + 3; }));
  ask("crash");
  EXPECT_TRUE(recovers());
  EXPECT_TRUE(eventually([&] { return value() > before + 3; }));
}

TEST_F(IsolationTest, AStartThatFailsSaysWhy) {
  try {
    open(10s, R"({"refuse":true})");
    FAIL();
  } catch (const modules::LoadError& error) {
    EXPECT_EQ(error.gate(), modules::Gate::start);
    EXPECT_NE(std::string(error.what()).find("it is in no mood to start"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(open(10s, R"({"unknown":1})"), modules::LoadError);
}

TEST_F(IsolationTest, WhatItSaysOfItsConfigIsKnownByItsPlace) {
  try {
    open(10s, R"({"unwelcome":"guest"})");
    FAIL();
  } catch (const modules::LoadError& error) {
    EXPECT_EQ(error.gate(), modules::Gate::config);
    ASSERT_EQ(error.findings().size(), 1U) << error.what();
    EXPECT_EQ(error.findings()[0].pointer, "/unwelcome");
    EXPECT_EQ(error.findings()[0].message, "is not welcome");
  }
}

// Each of them ends only when all four are in the module.
TEST_F(IsolationTest, SlowCallsRunBesideEachOther) {
  open();
  std::vector<std::future<authz::Result>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::async(std::launch::async, [&] { return ask("together"); }));
  }
  for (auto& one : all) EXPECT_EQ(one.get().reason, "met");
}

TEST_F(IsolationTest, ChangedLogLevelsReachTheProcessThatRuns) {
  testing::internal::CaptureStderr();  // the process writes its lines itself
  open();
  ask("murmur");
  log::set_levels({log::Level::info, {{"module/moody", log::Level::debug}}});
  ask("murmur");
  log::set_format(log::Format::json);
  ask("murmur");
  log::set_format(log::Format::text);
  log::set_levels({});
  ask("murmur");
  runtime_.reset();
  const std::string lines = testing::internal::GetCapturedStderr();
  std::size_t text = 0, json = 0;
  for (const std::string_view line : base::split(lines, '\n')) {
    if (line.find("a murmur") == std::string_view::npos) continue;
    ++(line.starts_with('{') ? json : text);
  }
  EXPECT_EQ(text, 1U) << lines;
  EXPECT_EQ(json, 1U) << lines;
}

TEST_F(IsolationTest, AStoreCannotBeIsolated) {
  modules::ModuleSpec spec = modules::test::spec_of("moody");
  spec.isolation = modules::Isolation::process;
  runtime_ = std::make_unique<modules::Runtime>(options_);
  EXPECT_THROW(runtime_->start_store(spec), modules::LoadError);
}

TEST_F(IsolationTest, WithoutTheHostProgramTheRefusalNamesIt) {
  modules::ObjectSource none;
  ProcessOptions options;
  options.program = "/nonexistent/limen-module-host";
  options.folder = folder_.path();
  options.spec = modules::test::spec_of("moody");
  options.objects = &none;
  try {
    load_isolated(std::move(options), base::SteadyClock::now() + 5s);
    FAIL();
  } catch (const modules::LoadError& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/limen-module-host"), std::string::npos);
  }
}

}  // namespace
}  // namespace limen::isolation
