// What a module that hangs, answers late or twice, throws or lies costs: its own answer, nothing
// else. Broken modules are those of tests/fixtures/bad-modules.
#include <atomic>

#include "modules/module_instance.h"
#include "observability/metrics.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::ModuleFolder;
using test::PuppetHouse;
using test::text;
using namespace std::chrono_literals;

// A runtime with one broken module.
class House {
 public:
  House(Kind kind, const std::string& module, std::chrono::nanoseconds timeout = 10s)
      : folder_({module}), runtime_({.folder = folder_.path(), .drain_timeout = 500ms}) {
    ModuleSpec spec = test::spec_of(module);
    spec.timeout = timeout;
    GenerationSpec all;
    if (kind == Kind::authenticator) all.authenticators = {spec};
    if (kind == Kind::authorizer) all.authorizers = {spec};
    if (kind == Kind::admission) all.admission = {spec};
    runtime_.activate(runtime_.build(all));
  }
  ~House() { loop_.stop(base::SteadyClock::now() + 5s); }

  request::CallScope scope(std::chrono::nanoseconds deadline = 30s) {
    return {loop_, base::SteadyClock::now() + deadline};
  }
  authz::Result authorize(request::CallScope& scope) {
    return test::run_on<authz::Result>(
        loop_, [&] { return now()->authorizers()[0]->authorize(attributes_, scope); });
  }
  admission::Result admit(std::string_view object) {
    auto scope_of_call = scope();
    admission::Review review;
    review.object = test::json(object);
    return test::run_on<admission::Result>(
        loop_, [&] { return now()->admission()[0]->admit(review, scope_of_call); });
  }
  authn::Result authenticate() {
    auto scope_of_call = scope();
    return test::run_on<authn::Result>(loop_, [&] {
      return now()->authenticators()[0].instance->authenticate(credentials_, scope_of_call);
    });
  }
  GenerationPtr now() { return runtime_.current(); }

 private:
  ModuleFolder folder_;
  ExecutorThread loop_{"test-loop"};
  Runtime runtime_;
  authz::Attributes attributes_;
  authn::Credentials credentials_;
};

std::uint64_t late_completions(const std::string& kind, const std::string& name) {
  return metrics::counter("limen_module_late_completions_total",
                          "Calls a module completed after the host had answered without it.",
                          {"kind", "name"})
      .with({kind, name})
      .value();
}

std::uint64_t misuse(const std::string& name, const std::string& use) {
  return metrics::counter("limen_module_misuse_total",
                          "Uses of a call by a module after its completion, ignored.",
                          {"name", "use"})
      .with({name, use})
      .value();
}

TEST(Containment, AnExceptionInAnAuthorizerIsItsErrorAndDenies) {
  House house(Kind::authorizer, "throwing");
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::deny);
  EXPECT_EQ(result.error, "the oracle fell off its tripod");
}

TEST(Containment, AnExceptionThatIsNoStdExceptionIsAnErrorToo) {
  House house(Kind::admission, "throwing");
  const admission::Result result = house.admit("{}");
  EXPECT_FALSE(result.allowed);
  EXPECT_NE(result.error, "");
}

TEST(Containment, InvalidUtf8AuthenticatesNobody) {
  House house(Kind::authenticator, "invalid-utf8");
  const authn::Result result = house.authenticate();
  EXPECT_EQ(result.verdict, authn::Verdict::error);
  EXPECT_EQ(result.identity.name, "");
  EXPECT_TRUE(result.identity.groups.empty());
  EXPECT_EQ(result.error, "the module broke its contract: it gave invalid UTF-8 as user name");
}

TEST(Containment, ANewNameForTheObjectLeavesNoTraceOfThePatch) {
  House house(Kind::admission, "patches-name");
  const admission::Result result = house.admit(R"({"metadata":{"name":"a"}})");
  EXPECT_FALSE(result.allowed);
  EXPECT_FALSE(result.changed);
  EXPECT_EQ(result.error, "a module may not change metadata.name");
}

TEST(Containment, ACallThatIsNeverCompletedEndsAtTheTimeout) {
  House house(Kind::authorizer, "never-completes", 50ms);
  auto scope = house.scope();
  const auto began = base::SteadyClock::now();
  const authz::Result result = house.authorize(scope);
  EXPECT_GE(base::SteadyClock::now() - began, 50ms);
  EXPECT_EQ(result.verdict, authz::Verdict::deny);
  EXPECT_EQ(result.error, "no answer within the deadline (its timeout is 50ms)");
}

TEST(Containment, TheRequestsDeadlineCutsTheTimeoutShort) {
  House house(Kind::authorizer, "never-completes", 60s);
  auto scope = house.scope(50ms);
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.error, "no answer within the deadline (its timeout is 60s)");
}

TEST(Containment, TheFirstOfTwoCompletionsCountsAndTheSecondIsCounted) {
  House house(Kind::authorizer, "completes-twice");
  const std::uint64_t before = misuse("completes-twice", "complete");
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::no_opinion);
  EXPECT_EQ(result.reason, "first");
  EXPECT_EQ(misuse("completes-twice", "complete"), before + 1);
  EXPECT_GE(misuse("completes-twice", "decide"), 1u);
}

TEST(Containment, ALateAnswerIsCountedAndDropped) {
  House house(Kind::authorizer, "completes-late", 50ms);
  const std::uint64_t before = late_completions("authorizer", "completes-late");
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::deny);
  EXPECT_TRUE(test::eventually(
      [&] { return late_completions("authorizer", "completes-late") == before + 1; }));
}

TEST(Containment, ATimelyAnswerFromAnotherThreadCounts) {
  House house(Kind::authorizer, "completes-late", 10s);
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::allow);
  EXPECT_EQ(result.reason, "late");
}

TEST(Containment, AnInlineAnswerPastTheTimeoutDoesNotCount) {
  PuppetHouse house(false, 20ms);
  house.open();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    std::this_thread::sleep_for(40ms);
    reply->decide(call, LIMEN_ALLOW, text(""));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::deny);
  EXPECT_EQ(result.error, "no answer within the deadline (its timeout is 20ms)");
}

// Calls the puppet keeps instead of completing them.
struct Kept {
  std::mutex mutex;
  std::vector<limen_call*> calls;
  void add(limen_call* call) {
    const std::lock_guard lock(mutex);
    calls.push_back(call);
  }
  std::vector<limen_call*> take() {
    const std::lock_guard lock(mutex);
    return std::exchange(calls, {});
  }
};
Kept kept;

const limen_call_api* call_api(const limen_host* host) {
  return static_cast<const limen_call_api*>(host->get_extension(host, LIMEN_CALL));
}

TEST(Containment, TooManyHangingCallsOpenTheBreakerAndTheirEndClosesIt) {
  PuppetHouse house(false, 5ms);
  house.open();
  kept.take();
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status {
    kept.add(call);
    return LIMEN_PENDING;
  };
  auto scope = house.scope();
  for (std::size_t i = 0; i <= ModuleInstance::kMaxOrphans; ++i) {
    EXPECT_EQ(house.authorize(scope).error, "no answer within the deadline (its timeout is 5ms)")
        << i;
  }
  const authz::Result refused = house.authorize(scope);
  EXPECT_EQ(refused.verdict, authz::Verdict::deny);
  EXPECT_EQ(refused.error, "not called: too many of its earlier calls hang");
  EXPECT_EQ(house.runtime().current()->troubles(),
            std::vector<std::string>{
                "authorizer \"puppet\": not called: too many of its earlier calls hang"});

  const std::vector<limen_call*> hanging = kept.take();
  EXPECT_EQ(hanging.size(), ModuleInstance::kMaxOrphans + 1);
  const limen_call_api* api = call_api(house.strings().host);
  // The authorizer's host made the calls, but completion needs only the call.
  for (limen_call* call : hanging) api->complete(call, LIMEN_OK);
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_ALLOW, text("again"));
    return LIMEN_OK;
  };
  EXPECT_EQ(house.authorize(scope).reason, "again");
  EXPECT_TRUE(house.runtime().current()->troubles().empty());
}

TEST(Containment, AnOrphanMayStillReadItsInputsAndWriteItsReply) {
  PuppetHouse house(false, 20ms);
  house.open();
  static std::atomic<limen_call*> orphan{nullptr};
  static std::atomic<const limen_authn_input*> given{nullptr};
  static std::atomic<const limen_authn_reply*> sink{nullptr};
  house.strings().authenticate = [](limen_call* call, const limen_authn_input* input,
                                    const limen_authn_reply* reply) -> limen_status {
    given = input;
    sink = reply;
    orphan = call;
    return LIMEN_PENDING;
  };
  {
    transport::RequestHead head;
    head.headers = {{"x-a", "one"}};
    const std::string path = "/a/path/that/goes/away";
    authn::Credentials credentials;
    credentials.path = path;
    credentials.head = &head;
    auto scope = house.scope();
    EXPECT_EQ(house.authenticate(scope, credentials).verdict, authn::Verdict::error);
  }
  EXPECT_EQ(test::view(given.load()->path), "/a/path/that/goes/away");
  EXPECT_EQ(given.load()->header(orphan, text("x-a")).len, 0u);  // the request is gone
  sink.load()->set_user(orphan, text("ada"), text(""));
  const limen_call_api* api = call_api(house.strings().host);
  EXPECT_EQ(api->cancelled(orphan), 1);
  api->complete(orphan, LIMEN_OK);
}

TEST(Containment, TheDeadlineTellsTheModuleOnce) {
  PuppetHouse house(false, 20ms);
  house.open();
  static std::atomic<int> told{0};
  static const limen_host* host = nullptr;
  told = 0;
  host = house.strings().host;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status {
    EXPECT_EQ(call_api(host)->cancelled(call), 0);
    const auto tell = [](void* arg) {
      ++told;
      call_api(host)->complete(static_cast<limen_call*>(arg), LIMEN_E_CANCELLED);
    };
    EXPECT_EQ(call_api(host)->on_cancel(call, tell, call), LIMEN_OK);
    EXPECT_EQ(call_api(host)->on_cancel(call, tell, call), LIMEN_E_INVALID);
    return LIMEN_PENDING;
  };
  auto scope = house.scope();
  EXPECT_EQ(house.authorize(scope).verdict, authz::Verdict::deny);
  EXPECT_TRUE(test::eventually([] { return told == 1; }));
}

TEST(Containment, ACompletionWhileOnCancelRunsWaitsForIt) {
  PuppetHouse house(false, 20ms);
  house.open();
  static std::atomic<bool> inside{false};
  static std::atomic<int> completed{0};
  static const limen_host* host = nullptr;
  inside = false;
  completed = 0;
  host = house.strings().host;
  const std::uint64_t before = misuse("puppet", "complete");
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status {
    call_api(host)->on_cancel(
        call,
        [](void* arg) {
          inside = true;
          std::this_thread::sleep_for(30ms);
          call_api(host)->complete(static_cast<limen_call*>(arg), LIMEN_E_CANCELLED);
          ++completed;
        },
        call);
    const auto* executor =
        static_cast<const limen_executor_api*>(host->get_extension(host, LIMEN_EXECUTOR));
    executor->post(
        host,
        [](void* arg, limen_status) {
          while (!inside) std::this_thread::sleep_for(1ms);
          call_api(host)->complete(static_cast<limen_call*>(arg), LIMEN_OK);
          ++completed;
        },
        call);
    return LIMEN_PENDING;
  };
  auto scope = house.scope();
  EXPECT_EQ(house.authorize(scope).verdict, authz::Verdict::deny);
  EXPECT_TRUE(test::eventually([] { return completed == 2; }));
  EXPECT_EQ(misuse("puppet", "complete"), before + 1);  // the one that came second
}

TEST(Containment, AClientThatHasGoneCancelsTheCall) {
  PuppetHouse house;
  house.open();
  static const limen_host* host = nullptr;
  host = house.strings().host;
  static std::atomic<bool> waiting{false};
  waiting = false;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply*) -> limen_status {
    call_api(host)->on_cancel(
        call,
        [](void* arg) {
          call_api(host)->complete(static_cast<limen_call*>(arg), LIMEN_E_CANCELLED);
        },
        call);
    waiting = true;
    return LIMEN_PENDING;
  };
  auto scope = house.scope();
  std::thread client([gone = scope.cancelled] {
    test::eventually([] { return waiting.load(); });
    *gone = true;
  });
  EXPECT_EQ(house.authorize(scope).error, "the module failed with LIMEN_E_CANCELLED");
  client.join();
}

TEST(Containment, OnCancelIsNotCalledAfterCompletion) {
  PuppetHouse house;
  house.open();
  static const limen_host* host = nullptr;
  static std::atomic<int> told{0};
  told = 0;
  host = house.strings().host;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    call_api(host)->on_cancel(
        call, [](void*) { ++told; }, nullptr);
    reply->decide(call, LIMEN_ALLOW, text(""));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  EXPECT_EQ(house.authorize(scope).verdict, authz::Verdict::allow);
  *scope.cancelled = true;
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(told, 0);
}

TEST(Containment, AModuleThatMayBlockRunsOffTheLoopAndLeavesItFree) {
  PuppetHouse house(true);
  house.open();
  static std::atomic<bool> inside{false}, leave{false};
  static std::thread::id where;
  inside = leave = false;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    where = std::this_thread::get_id();
    inside = true;
    while (!leave) std::this_thread::sleep_for(1ms);
    reply->decide(call, LIMEN_ALLOW, text("from a worker"));
    return LIMEN_OK;
  };
  std::thread::id loop_id;
  std::thread observer([&] {
    test::eventually([] { return inside.load(); });
    std::promise<std::thread::id> ran;
    house.loop().post([&] { ran.set_value(std::this_thread::get_id()); });
    loop_id = ran.get_future().get();  // the loop still turns
    leave = true;
  });
  auto scope = house.scope();
  EXPECT_EQ(house.authorize(scope).reason, "from a worker");
  observer.join();
  EXPECT_NE(where, loop_id);
}

TEST(Containment, ABlockedModuleIsLeftBehindAtItsDeadline) {
  PuppetHouse house(true, 30ms);
  house.open();
  static std::atomic<bool> leave{false};
  leave = false;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    while (!leave) std::this_thread::sleep_for(1ms);
    reply->decide(call, LIMEN_ALLOW, text(""));
    return LIMEN_OK;
  };
  const std::uint64_t before = late_completions("authorizer", "puppet");
  auto scope = house.scope();
  EXPECT_EQ(house.authorize(scope).error, "no answer within the deadline (its timeout is 30ms)");
  leave = true;
  EXPECT_TRUE(
      test::eventually([&] { return late_completions("authorizer", "puppet") == before + 1; }));
}

TEST(Containment, AReplyWithoutEndIsCutOff) {
  PuppetHouse house;
  house.open();
  house.strings().authenticate = [](limen_call* call, const limen_authn_input*,
                                    const limen_authn_reply* reply) -> limen_status {
    const std::string group(1024 * 1024, 'g');
    reply->set_user(call, text("ada"), text(""));
    for (int i = 0; i < 5; ++i) reply->add_group(call, text(group));
    return LIMEN_OK;
  };
  auto scope = house.scope();
  EXPECT_EQ(house.authenticate(scope).error,
            "the module broke its contract: it gave a reply of more than 4194304 bytes");
}

TEST(Containment, AHandleOfAnotherTimeReachesNobodyElsesCall) {
  PuppetHouse house;
  house.open();
  static limen_call* stale = nullptr;
  static const limen_host* host = nullptr;
  host = house.strings().host;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    if (stale == nullptr) {
      stale = call;
      reply->decide(call, LIMEN_DENY, text("first"));
      return LIMEN_OK;
    }
    // The slot is the same, the call is not.
    reply->decide(stale, LIMEN_ALLOW, text("smuggled"));
    call_api(host)->complete(stale, LIMEN_OK);
    return LIMEN_OK;
  };
  stale = nullptr;
  auto scope = house.scope();
  EXPECT_EQ(house.authorize(scope).reason, "first");
  const authz::Result result = house.authorize(scope);
  EXPECT_EQ(result.verdict, authz::Verdict::deny);
  EXPECT_EQ(result.reason, "");
}

TEST(Containment, ManyThreadsCallAndCompleteAtOnce) {
  PuppetHouse house;
  house.open();
  static const limen_host* host = nullptr;
  host = house.strings().host;
  house.strings().authorize = [](limen_call* call, const limen_attributes*,
                                 const limen_authz_reply* reply) -> limen_status {
    reply->decide(call, LIMEN_ALLOW, text("ok"));
    const auto* executor =
        static_cast<const limen_executor_api*>(host->get_extension(host, LIMEN_EXECUTOR));
    const auto answer = [](void* arg, limen_status) {
      call_api(host)->complete(static_cast<limen_call*>(arg), LIMEN_OK);
    };
    return executor->post(host, answer, call) == LIMEN_OK ? LIMEN_PENDING : LIMEN_E_INTERNAL;
  };
  const GenerationPtr generation = house.runtime().current();
  std::atomic<int> allowed{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      ExecutorThread loop("client");
      request::CallScope scope{loop, base::SteadyClock::now() + 30s};
      const authz::Attributes attributes;
      for (int n = 0; n < 200; ++n) {
        const authz::Result result = test::run_on<authz::Result>(
            loop, [&] { return generation->authorizers()[0]->authorize(attributes, scope); });
        if (result.verdict == authz::Verdict::allow) ++allowed;
      }
      loop.stop(base::SteadyClock::now() + 5s);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(allowed, 800);
}

}  // namespace
}  // namespace limen::modules
