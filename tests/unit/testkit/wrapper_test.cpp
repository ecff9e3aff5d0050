// The C++ wrapper as a host sees it: modules written with it, driven through their C tables.

#include <gtest/gtest.h>

#include <cstring>
#include <limen/cpp/plugin.hpp>
#include <limen/testkit/instance.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using limen::testkit::Instance;
using limen::testkit::Json;
using limen::testkit::Module;
using limen::testkit::Reply;
using limen::testkit::StartError;

// An authenticator that does what the request's path says.
class Scripted final : public limen::Authenticator {
 public:
  using Later = std::shared_ptr<limen::Deferred<limen::AuthnCall>>;

  Scripted(limen::Host& host, limen::Node config) : host_(host) {
    if (const auto text = config["refuse"].as_string())
      throw limen::ConfigError(std::string(*text));
    if (config["throw"].bool_or(false)) throw 42;
  }
  static void check_config(limen::Node config, limen::Findings& findings) {
    if (config["refuse"]) findings.error("/refuse", "refuses");
    if (config["odd"]) findings.warning("/odd", "is odd");
    if (config["explode"]) throw std::runtime_error("exploded");
  }

  limen::Result<void> start() override {
    if (host_.config()["fail_start"].bool_or(false))
      return limen::Error{"not today", LIMEN_E_UNAVAILABLE};
    return {};
  }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const std::string_view path = call.path();
    if (path == "/silent") return {};
    if (path == "/error") return limen::Error{"no good", LIMEN_E_INVALID};
    if (path == "/positive-error") return limen::Error{"odd status", LIMEN_NO_OPINION};
    if (path == "/throw") throw std::runtime_error("thrown");
    if (path == "/throw-int") throw 42;
    if (path == "/accept-then-throw") {
      call.accept("eve");
      throw std::runtime_error("thrown late");
    }
    if (path == "/later")
      return later(call, [](const Later& l) { (*l)->accept("late").group("g"); });
    if (path == "/later-error") {
      const Later l = std::make_shared<limen::Deferred<limen::AuthnCall>>(call.defer());
      return host_.executor().post([l] {
        l->complete(limen::Error{"late error", LIMEN_E_UNAVAILABLE});
      });
    }
    if (path == "/later-twice") {
      return later(call, [](const Later& l) {
        (*l)->accept("once");
        l->complete();
      });
    }
    if (path == "/abandon") {
      call.defer();
      return {};
    }
    if (path == "/defer-then-throw") {
      const auto posted = later(call, [](const Later& l) { (*l)->accept("kept"); });
      if (!posted.ok()) return posted;
      throw std::runtime_error("after deferring");
    }
    if (path == "/never") {
      kept_ = std::make_shared<limen::Deferred<limen::AuthnCall>>(call.defer());
      return {};
    }
    call.accept("ada", "7").group("a").group("b").extra("k", "v").audience("aud");
    call.cache_for(5s).challenge("Test");
    return {};
  }

 private:
  template <class Act>
  limen::Result<void> later(limen::AuthnCall& call, Act act) {
    const Later l = std::make_shared<limen::Deferred<limen::AuthnCall>>(call.defer());
    return host_.executor().post_after(1s, [l, act] {
      act(l);
      l->complete();
    });
  }
  limen::Host& host_;
  Later kept_;
};

// Echoes what it is given, so that a test sees that everything arrives.
class Echo final : public limen::Authenticator {
 public:
  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    call.accept(call.header("x-name"), call.source_ip());
    call.group(call.method()).group(call.path()).group(call.query()).group(call.sni());
    call.group(call.bearer_token()).group(std::to_string(call.header_count()));
    for (std::string_view der : call.peer_certificates()) call.extra("cert", der);
    for (std::string_view audience : call.audiences()) call.audience(audience);
    for (std::uint32_t i = 0; i < call.header_count(); ++i) {
      call.extra("header", std::string(call.header_at(i).first) + "=" +
                               std::string(call.header_at(i).second));
    }
    return {};
  }
};

class Gate final : public limen::Authorizer, public limen::RuleLister {
 public:
  limen::Result<void> authorize(limen::AuthzCall& call) override {
    const limen::Attributes about = call.attributes();
    if (about.verb() == "silent") return {};
    if (about.verb() == "fail") return limen::Error{"cannot tell", LIMEN_E_UNAVAILABLE};
    if (about.verb() == "skip") return call.no_opinion("not mine");
    if (!call.user().in_group("staff")) return call.deny("not staff");
    call.rule("gate:1").cause("group", "staff");
    return call.allow(std::string(about.resource()) + "/" + std::string(about.name()));
  }
  limen::Result<void> rules_for(limen::RulesCall& call) override {
    const std::vector<std::string> all{"*"}, none;
    call.resource_rule(all, all, std::vector<std::string>{std::string(call.ns())}, none);
    call.non_resource_rule(std::vector<std::string>{"get"}, std::vector<std::string>{"/x"});
    call.incomplete("half");
    return {};
  }
};

class Label final : public limen::Admission {
 public:
  Label(limen::Host& host, limen::Node config)
      : value_(config["value"].string_or("unowned")),
        done_(host.metrics().family<limen::Counter>("labelled_total", "", {"kind"}).with({"pod"})) {
  }

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (call.object().at("/metadata/labels/team").is_string()) return {};
    done_.add();
    call.warn("team was missing");
    call.annotate("team", value_);
    return call.patch().set("/metadata/labels/team", value_);
  }
  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!call.patch().set("/x", 1).ok()) call.annotate("patch", "closed");
    if (call.object().at("/metadata/labels/team").is_string()) return {};
    call.cause("FieldValueRequired", "required", "metadata.labels.team");
    return call.deny({.message = "label \"team\" is required", .code = 422, .reason = "Invalid"});
  }

 private:
  std::string value_;
  limen::Counter done_;
};

class OnlyValidates final : public limen::Admission {
 public:
  limen::Result<void> validate(limen::AdmissionCall& call) override {
    return call.is_delete() ? call.deny("kept") : limen::Result<void>();
  }
};

// Counts what it hears about config maps.
class Watcher final : public limen::Authorizer {
 public:
  explicit Watcher(limen::Host& host) : host_(host) {
    host.objects().subscribe("", "v1", "configmaps",
                             [this](limen::ObjectEvent event, limen::Node object) {
                               const std::lock_guard<std::mutex> lock(mutex_);
                               heard_ += std::to_string(static_cast<int>(event)) +
                                         object.at("/metadata/name").string_or("-") + " ";
                               if (object.at("/data/throw"))
                                 throw std::runtime_error("event not liked");
                             });
  }
  limen::Result<void> authorize(limen::AuthzCall& call) override {
    if (call.attributes().verb() == "get") {
      const auto found = host_.objects().get("", "configmaps", "ns", call.attributes().name());
      if (!found.ok()) return found.error();
      return call.allow(*found ? (*found)->at("/data/v").string_or("?") : "none");
    }
    std::string names;
    const auto listed =
        host_.objects().list("", "configmaps", call.attributes().ns(),
                             call.attributes().label_selector(), [&](limen::Node object) {
                               names += object.at("/metadata/name").string_or("?");
                               return names.size() < 3;
                             });
    if (!listed.ok()) return listed.error();
    const std::lock_guard<std::mutex> lock(mutex_);
    return call.allow(call.attributes().verb() == "heard" ? heard_ : names);
  }

 private:
  limen::Host& host_;
  std::mutex mutex_;
  std::string heard_;
};

// Asks an outside service.
class Outside final : public limen::Authorizer {
 public:
  explicit Outside(limen::Host& host) : host_(host) {}
  limen::Result<void> authorize(limen::AuthzCall& call) override {
    auto later = std::make_shared<limen::Deferred<limen::AuthzCall>>(call.defer());
    limen::HttpRequest request{
        .method = "POST", .url = "https://authz.example/ask", .body = "may?"};
    return host_.http().send(request, call.raw(), [later](const limen::HttpResponse& response) {
      if (response.status != LIMEN_OK) return later->complete(limen::Error{"unreachable"});
      if (response.code == 200) (void)(*later)->allow(response.body);
      later->complete();
    });
  }

 private:
  limen::Host& host_;
};

}  // namespace

LIMEN_EXPORT_MODULE(
    limen::authenticator<Scripted>({.id = "same", .version = "1.0.0", .config_schema = "{}"}),
    limen::authenticator<Echo>({.id = "echo", .version = "1.0.0", .may_block = true}),
    limen::authorizer<Gate>({.id = "same", .version = "2.0.0"}),
    limen::admission<Label>({.id = "label", .version = "1.0.0"}),
    limen::admission<OnlyValidates>(
        {.id = "keep", .version = "1.0.0", .operations = limen::kDelete}),
    limen::authorizer<Watcher>({.id = "watcher", .version = "1.0.0", .required = {LIMEN_OBJECTS}}),
    limen::authorizer<Outside>({.id = "outside", .version = "1.0.0", .required = {LIMEN_HTTP}}))

namespace {

const Module& module() {
  static const Module linked(limen_module_entry);
  return linked;
}

Instance scripted(const Json& config = boost::json::object()) {
  return Instance(module(), {.config = config});
}

std::string start_error(const Json& config) {
  try {
    scripted(config);
    return "";
  } catch (const StartError& error) {
    return std::to_string(error.status()) + " " + error.what();
  }
}

Json object(const char* text) { return boost::json::parse(text); }

TEST(Entry, IsConstantAndSaysWhatItNeeds) {
  EXPECT_EQ(limen_module_entry.magic, LIMEN_ABI_MAGIC);
  EXPECT_EQ(std::memcmp(&limen_module_entry.magic, "LMN1", 4), 0);
  EXPECT_EQ(limen_module_entry.struct_size, sizeof(limen_module_entry_t));
  EXPECT_EQ(limen_module_entry.abi_major, LIMEN_ABI_MAJOR);
  EXPECT_EQ(limen_module_entry.abi_minor, LIMEN_TARGET_MINOR);
  EXPECT_EQ(limen_module_entry.flags, 0u);
}

TEST(Entry, UnknownIdsGiveNothing) {
  EXPECT_EQ(limen_module_entry.get_factory("limen.factory/2"), nullptr);
  EXPECT_EQ(limen_module_entry.get_factory(nullptr), nullptr);
  EXPECT_EQ(module().factory().descriptor(99), nullptr);
  EXPECT_EQ(module().factory().create(nullptr, 99, "x"), nullptr);
}

TEST(Descriptor, OneIdMayNameAnAuthenticatorAndAnAuthorizer) {
  EXPECT_STREQ(module().descriptor(LIMEN_KIND_AUTHENTICATOR, "same").version, "1.0.0");
  EXPECT_STREQ(module().descriptor(LIMEN_KIND_AUTHORIZER, "same").version, "2.0.0");
}

TEST(Descriptor, MayBlockIsAFlag) {
  EXPECT_EQ(module().descriptor(LIMEN_KIND_AUTHENTICATOR, "same").flags, 0u);
  EXPECT_EQ(module().descriptor("", "echo").flags, static_cast<std::uint32_t>(LIMEN_MAY_BLOCK));
}

TEST(Descriptor, RequiredTablesAreListedAndEnded) {
  const char* const* required = module().descriptor("", "watcher").required;
  std::vector<std::string> ids;
  for (; *required != nullptr; ++required) ids.emplace_back(*required);
  EXPECT_EQ(ids, (std::vector<std::string>{LIMEN_CALL, LIMEN_NODE, LIMEN_CONFIG, LIMEN_OBJECTS}));
}

TEST(Start, AConfigErrorIsItsText) {
  EXPECT_EQ(start_error({{"refuse", "key x is wrong"}}), "-7 key x is wrong");
}

TEST(Start, AnythingThrownIsAFailure) {
  EXPECT_EQ(start_error({{"throw", true}}), "-7 unknown exception");
}

TEST(Start, AnErrorOfStartKeepsItsStatus) {
  EXPECT_EQ(start_error({{"fail_start", true}}), "-6 not today");
}

TEST(Start, AHostWithoutNodesIsRefused) {
  EXPECT_THROW(Instance(module(), {.without = {LIMEN_NODE}}), StartError);
}

TEST(Start, WorksWithoutLogMetricsAndClock) {
  Instance label(module(), {.id = "label", .without = {LIMEN_LOG, LIMEN_METRICS, LIMEN_CLOCK}});
  EXPECT_EQ(label.admit({.object = object("{}")}).status, LIMEN_OK);
}

TEST(CheckConfig, GivesFindingsAndTurnsExceptionsIntoOne) {
  EXPECT_TRUE(module().check(boost::json::object()).empty());
  const auto findings = module().check({{"refuse", "x"}, {"odd", 1}});
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].severity, LIMEN_FINDING_ERROR);
  EXPECT_EQ(findings[0].pointer, "/refuse");
  EXPECT_EQ(findings[1].severity, LIMEN_FINDING_WARNING);
  ASSERT_EQ(module().check({{"explode", 1}}).size(), 1u);
  EXPECT_EQ(module().check({{"explode", 1}})[0].message, "exploded");
}

TEST(CheckConfig, APluginWithoutAnOpinionHasNone) {
  EXPECT_TRUE(module().check({{"refuse", "x"}}, "", "echo").empty());
}

TEST(Authenticator, WhatIsSaidArrives) {
  Instance instance = scripted();
  const Reply reply = instance.authenticate({.path = "/"});
  EXPECT_TRUE(reply.authenticated());
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.uid, "7");
  EXPECT_EQ(reply.groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reply.extra, (limen::testkit::Pairs{{"k", "v"}}));
  EXPECT_EQ(reply.audiences, std::vector<std::string>{"aud"});
  EXPECT_EQ(reply.challenges, std::vector<std::string>{"Test"});
  EXPECT_EQ(reply.cache_ns, 5'000'000'000);
}

TEST(Authenticator, WhatIsAskedArrives) {
  Instance echo(module(), {.id = "echo"});
  const Reply reply =
      echo.authenticate({.method = "POST",
                         .path = "/p",
                         .query = "q=1",
                         .headers = {{"X-Name", "ada"}, {"Authorization", "bearer t"}},
                         .certificates = {"leaf", "ca"},
                         .audiences = {"one", "two"},
                         .source_ip = "10.0.0.1",
                         .sni = "host"});
  EXPECT_EQ(reply.user, "ada");
  EXPECT_EQ(reply.uid, "10.0.0.1");
  EXPECT_EQ(reply.groups, (std::vector<std::string>{"POST", "/p", "q=1", "host", "t", "2"}));
  EXPECT_EQ(reply.audiences, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(reply.extra, (limen::testkit::Pairs{{"cert", "leaf"},
                                                {"cert", "ca"},
                                                {"header", "X-Name=ada"},
                                                {"header", "Authorization=bearer t"}}));
}

TEST(Authenticator, SayingNothingIsNoOpinion) {
  EXPECT_EQ(scripted().authenticate({.path = "/silent"}).status, LIMEN_NO_OPINION);
}

TEST(Authenticator, AnErrorIsItsStatusAndText) {
  const Reply reply = scripted().authenticate({.path = "/error"});
  EXPECT_EQ(reply.status, LIMEN_E_INVALID);
  EXPECT_EQ(reply.error, "no good");
}

TEST(Authenticator, AnErrorWithoutAnErrorStatusIsStillAnError) {
  EXPECT_EQ(scripted().authenticate({.path = "/positive-error"}).status, LIMEN_E_INTERNAL);
}

TEST(Authenticator, ExceptionsStopAtTheBorder) {
  Instance instance = scripted();
  EXPECT_EQ(instance.authenticate({.path = "/throw"}).error, "thrown");
  EXPECT_EQ(instance.authenticate({.path = "/throw"}).status, LIMEN_E_INTERNAL);
  EXPECT_EQ(instance.authenticate({.path = "/throw-int"}).error, "unknown exception");
  EXPECT_FALSE(instance.authenticate({.path = "/accept-then-throw"}).authenticated());
}

TEST(Deferred, ACallCanBeFinishedLater) {
  const Reply reply = scripted().authenticate({.path = "/later"});
  EXPECT_TRUE(reply.authenticated());
  EXPECT_EQ(reply.user, "late");
}

TEST(Deferred, ALateErrorArrives) {
  const Reply reply = scripted().authenticate({.path = "/later-error"});
  EXPECT_EQ(reply.status, LIMEN_E_UNAVAILABLE);
  EXPECT_EQ(reply.error, "late error");
}

TEST(Deferred, CompletingTwiceCountsOnce) {
  EXPECT_EQ(scripted().authenticate({.path = "/later-twice"}).user, "once");
}

TEST(Deferred, AnAbandonedCallFails) {
  const Reply reply = scripted().authenticate({.path = "/abandon"});
  EXPECT_EQ(reply.status, LIMEN_E_INTERNAL);
  EXPECT_EQ(reply.error, "the module gave the call up");
}

TEST(Deferred, AnExceptionAfterDeferringLeavesTheCallToItsHolder) {
  const Reply reply = scripted().authenticate({.path = "/defer-then-throw"});
  EXPECT_TRUE(reply.authenticated());
  EXPECT_EQ(reply.user, "kept");
}

TEST(Deferred, ACallThatNeverEndsMeetsItsDeadline) {
  Instance instance = scripted();
  instance.set_timeout(3s);
  const auto before = instance.host().now();
  EXPECT_EQ(instance.authenticate({.path = "/never"}).status, LIMEN_E_DEADLINE);
  EXPECT_EQ(instance.host().now() - before, 3s);
}

TEST(Authorizer, TheVerdictItsRuleAndCausesArrive) {
  Instance gate(module(), {.kind = LIMEN_KIND_AUTHORIZER, .id = "same"});
  const Reply reply =
      gate.authorize({.user = {.groups = {"staff"}}, .resource = "pods", .name = "p"});
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW);
  EXPECT_EQ(reply.reason, "pods/p");
  EXPECT_EQ(reply.rule, "gate:1");
  EXPECT_EQ(reply.causes, (limen::testkit::Pairs{{"group", "staff"}}));
  EXPECT_EQ(gate.authorize({.verb = "skip"}).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(gate.authorize({}).reason, "not staff");
}

TEST(Authorizer, SayingNothingDenies) {
  Instance gate(module(), {.kind = LIMEN_KIND_AUTHORIZER, .id = "same"});
  const Reply reply = gate.authorize({.verb = "silent"});
  EXPECT_EQ(reply.status, LIMEN_OK);
  EXPECT_EQ(reply.verdict, LIMEN_DENY);
  EXPECT_LT(gate.authorize({.verb = "fail"}).status, 0);
}

TEST(Authorizer, RulesAreListedByThoseWhoCan) {
  Instance gate(module(), {.kind = LIMEN_KIND_AUTHORIZER, .id = "same"});
  const Reply reply = gate.rules_for({}, "prod");
  ASSERT_EQ(reply.rules.size(), 2u);
  EXPECT_EQ(reply.rules[0].resources, std::vector<std::string>{"prod"});
  EXPECT_TRUE(reply.rules[0].resource_names.empty());
  EXPECT_TRUE(reply.rules[1].non_resource);
  EXPECT_EQ(reply.rules[1].urls, std::vector<std::string>{"/x"});
  EXPECT_TRUE(reply.incomplete);
  EXPECT_EQ(reply.incomplete_reason, "half");
  Instance outside(module(), {.id = "outside"});
  EXPECT_EQ(outside.table<void>(LIMEN_AUTHORIZER_RULES), nullptr);
}

TEST(Plugin, AskedForATableOfAnotherKindGivesNothing) {
  Instance gate(module(), {.kind = LIMEN_KIND_AUTHORIZER, .id = "same"});
  EXPECT_EQ(gate.table<void>(LIMEN_KIND_AUTHENTICATOR), nullptr);
  EXPECT_EQ(gate.table<void>("limen.authorizer/2"), nullptr);
}

TEST(Admission, AnEditIsAppliedAndMissingParentsAreMade) {
  Instance label(module(), {.config = {{"value", "red"}}, .id = "label"});
  const Reply reply = label.admit({.object = object(R"({"metadata":{"name":"p"}})")});
  EXPECT_EQ(reply.object, object(R"({"metadata":{"name":"p","labels":{"team":"red"}}})"));
  EXPECT_EQ(reply.warnings, std::vector<std::string>{"team was missing"});
  EXPECT_EQ(reply.annotations, (limen::testkit::Pairs{{"team", "red"}}));
  EXPECT_EQ(label.host().metric("labelled_total{pod}"), 1);
  EXPECT_TRUE(label.admits_idempotently({.object = object("{}")}));
}

TEST(Admission, ARefusalCarriesCodeReasonAndCauses) {
  Instance label(module(), {.id = "label"});
  const Reply reply = label.validate({.object = object("{}")});
  EXPECT_FALSE(reply.admitted());
  EXPECT_EQ(reply.code, 422);
  EXPECT_EQ(reply.reason, "Invalid");
  EXPECT_EQ(reply.message, "label \"team\" is required");
  EXPECT_EQ(reply.causes, (limen::testkit::Pairs{{"FieldValueRequired", "required"}}));
  EXPECT_EQ(reply.cause_fields, std::vector<std::string>{"metadata.labels.team"});
}

TEST(Admission, NothingCanBeChangedWhileValidating) {
  Instance label(module(), {.id = "label"});
  EXPECT_EQ(label.validate({.object = object("{}")}).annotations,
            (limen::testkit::Pairs{{"patch", "closed"}}));
}

TEST(Admission, WhatIsNotOverriddenIsNotOffered) {
  Instance keep(module(), {.id = "keep"});
  const auto* table = keep.table<limen_admission>(LIMEN_KIND_ADMISSION);
  EXPECT_EQ(table->admit, nullptr);
  EXPECT_NE(table->validate, nullptr);
  EXPECT_EQ(table->operations, static_cast<std::uint32_t>(LIMEN_OP_DELETE));
  EXPECT_EQ(keep.validate({.operation = LIMEN_OP_DELETE}).message, "kept");
  EXPECT_EQ(keep.validate({.operation = LIMEN_OP_DELETE}).code, 403);
}

TEST(Admission, CreateAndUpdateAreWantedUnlessSaidOtherwise) {
  Instance label(module(), {.id = "label"});
  EXPECT_EQ(label.table<limen_admission>(LIMEN_KIND_ADMISSION)->operations,
            static_cast<std::uint32_t>(LIMEN_OP_CREATE | LIMEN_OP_UPDATE));
}

class WatcherTest : public testing::Test {
 protected:
  static Json config_map(const char* name, const char* value, const char* team = "red") {
    return {{"metadata", {{"namespace", "ns"}, {"name", name}, {"labels", {{"team", team}}}}},
            {"data", {{"v", value}}}};
  }
  WatcherTest()
      : watcher_(module(), {.id = "watcher", .prepare = [](limen::testkit::FakeHost& host) {
                              host.put("", "configmaps", config_map("a", "1"));
                            }}) {}
  std::string ask(const char* verb, const char* name = "", const char* selector = "") {
    return watcher_.authorize({.verb = verb, .ns = "ns", .name = name, .label_selector = selector})
        .reason;
  }
  Instance watcher_;
};

TEST_F(WatcherTest, HearsWhatExistsThenThatItIsCompleteThenEveryChange) {
  watcher_.host().put("", "configmaps", config_map("b", "2"));
  watcher_.host().put("", "configmaps", config_map("b", "3"));
  watcher_.host().put("", "secrets", config_map("c", "2"));
  watcher_.host().remove("", "configmaps", "ns", "a");
  EXPECT_EQ(ask("heard"), "1a 4- 1b 2b 3a ");
}

TEST_F(WatcherTest, AnExceptionInACallbackIsLoggedAndEventsGoOn) {
  Json bad = config_map("x", "1");
  bad.as_object()["data"].as_object()["throw"] = true;
  watcher_.host().put("", "configmaps", bad);
  watcher_.host().put("", "configmaps", config_map("y", "1"));
  EXPECT_EQ(ask("heard"), "1a 4- 1x 1y ");
  EXPECT_NE(watcher_.host().log_text().find("error=event not liked"), std::string::npos);
}

TEST_F(WatcherTest, GetsOneObjectAndGivesItBack) {
  const auto before = limen::testkit::retained_nodes().load();
  EXPECT_EQ(ask("get", "a"), "1");
  EXPECT_EQ(ask("get", "missing"), "none");
  EXPECT_EQ(limen::testkit::retained_nodes().load(), before);
}

TEST_F(WatcherTest, ListsBySelectorAndStopsWhenTold) {
  watcher_.host().put("", "configmaps", config_map("b", "2", "blue"));
  watcher_.host().put("", "configmaps", config_map("c", "2"));
  watcher_.host().put("", "configmaps", config_map("d", "2"));
  EXPECT_EQ(ask("list", "", "team=red"), "acd");
  EXPECT_EQ(ask("list"), "abc");
  EXPECT_EQ(ask("list", "", "team!=red"), "b");
}

TEST(Watcher, AHostWithoutObjectsIsRefusedWithAText) {
  try {
    Instance watcher(module(), {.id = "watcher", .without = {LIMEN_OBJECTS}});
    FAIL() << "started";
  } catch (const StartError& error) {
    EXPECT_STREQ(error.what(), "this server does not offer limen.objects/1");
  }
}

TEST(Http, ARequestIsSentAndItsAnswerDecides) {
  Instance outside(module(), {.id = "outside"});
  outside.host().answer_http([](const limen::testkit::HttpCall& call) {
    return limen::testkit::HttpReply{.body = call.method + " " + call.url + " " + call.body};
  });
  const Reply reply = outside.authorize({});
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW);
  EXPECT_EQ(reply.reason, "POST https://authz.example/ask may?");
}

TEST(Http, AnUnreachableServiceIsAnErrorAndAnotherCodeDenies) {
  Instance outside(module(), {.id = "outside"});
  EXPECT_EQ(outside.authorize({}).error, "unreachable");
  outside.host().answer_http(
      [](const limen::testkit::HttpCall&) { return limen::testkit::HttpReply{.code = 500}; });
  EXPECT_EQ(outside.authorize({}).status, LIMEN_OK);
  EXPECT_EQ(outside.authorize({}).verdict, LIMEN_DENY);
}

TEST(Has, ComparesTheSizeBeforeALaterMember) {
  limen_log_api api{};
  api.struct_size = offsetof(limen_log_api, write);
  EXPECT_TRUE(LIMEN_HAS(limen_log_api, &api, enabled));
  EXPECT_FALSE(LIMEN_HAS(limen_log_api, &api, write));
}

}  // namespace
