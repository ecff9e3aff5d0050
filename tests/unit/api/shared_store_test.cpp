// Requests on a server whose memory lags behind what another server has stored.

#include <algorithm>
#include <functional>

#include "support/api_client.h"
#include "support/memory_driver.h"
#include "unit/api/token_issuer_fake.h"
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

// One of several API servers on the same data.
struct Server {
  Server(const std::shared_ptr<MemoryData>& data, api::ApiOptions options, Sharing sharing)
      : driver(new MemoryDriver(data, sharing)),
        store(std::unique_ptr<storage::Driver>(driver)),
        api(api::ApiDependencies{store, std::move(options)}) {}

  MemoryDriver* driver;
  storage::CachedStore store;
  api::Api api;
};

// Refuses what is in a namespace that its server does not know, as namespace-lifecycle does.
class NamespaceSeeker final : public Refuser {
 public:
  explicit NamespaceSeeker(const storage::Store& store)
      : Refuser("there is no such namespace"), store_(store) {}
  base::Task<admission::Result> validate(const admission::Review& review,
                                         request::CallScope&) override {
    admission::Result result;
    const storage::Key key{{"", "namespaces"}, "", std::string(review.attributes->ns)};
    result.allowed = review.attributes->ns.empty() || store_.get(key) != nullptr;
    result.message = "there is no such namespace";
    co_return result;
  }

 private:
  const storage::Store& store_;
};

class SharedApiTest : public ::testing::Test {
 protected:
  SharedApiTest() {
    options.refuse_stale = [this] { return refuse_stale && !ours->store.trouble().empty(); };
    theirs = std::make_unique<Server>(data, api::ApiOptions{}, Sharing::shared);
    ours = std::make_unique<Server>(data, options, Sharing::shared);
    ours->driver->hold_changes();
  }

  Open start(Server& server, const std::string& method, const std::string& target,
             std::string body = {}, Headers headers = {}) {
    const bool patch = method == "PATCH" && headers.empty();
    if (patch) headers = {{"Content-Type", "application/merge-patch+json"}};
    return ApiClient{server.api, loop, chains}.start(method, target, std::move(body),
                                                     std::move(headers));
  }
  void finish(const Open& open) {
    run_until([&] { return *open.done; });
  }
  Answered call(Server& server, const std::string& method, const std::string& target,
                std::string body = {}, Headers headers = {}) {
    const Open open = start(server, method, target, std::move(body), std::move(headers));
    finish(open);
    return ApiClient::answer_of(*open.exchange);
  }
  // Our server's answer, once it has been told what it waits for.
  Answered call_late(const std::string& method, const std::string& target, std::string body = {},
                     Headers headers = {}) {
    const int before = ours->driver->confirmations();
    const Open open = start(*ours, method, target, std::move(body), std::move(headers));
    run_until([&] { return ours->driver->confirmations() > before; });
    EXPECT_FALSE(*open.done) << method << " " << target << " did not wait";
    ours->driver->release_changes();
    finish(open);
    ours->driver->hold_changes();
    return ApiClient::answer_of(*open.exchange);
  }
  void run_until(const std::function<bool()>& so) {
    const auto until = base::SteadyClock::now() + std::chrono::seconds(60);
    for (loop.run(); !so() && base::SteadyClock::now() < until; loop.run()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(so());
  }
  void be_away(const std::string& reason) {
    ours->driver->trouble(reason);
    run_until([&] { return ours->store.trouble() == reason; });
  }
  void store_there(const std::string& collection, const std::string& body) {
    const Answered made = call(*theirs, "POST", collection, body);
    ASSERT_EQ(made.status, 201) << made.text;
    revision = std::stoll(made.at("metadata.resourceVersion"));
  }
  static std::string named(const std::string& version, const std::string& kind,
                           const std::string& name, const std::string& more = "") {
    return R"({"apiVersion":")" + version + R"(","kind":")" + kind + R"(","metadata":{"name":")" +
           name + "\"}" + more + "}";
  }
  static std::string config_map(const std::string& name) {
    return named("v1", "ConfigMap", name, R"(,"data":{"k":"v"})");
  }
  static std::string pod(const std::string& name, const std::string& spec_more = "") {
    return named("v1", "Pod", name,
                 R"(,"spec":{"containers":[{"name":"c","image":"nginx:1"}])" + spec_more + "}");
  }
  static std::size_t items(const Answered& list) {
    const object::Json* const found = object::member(list.json, "items");
    return found && found->is_array() ? found->get_array().size() : 0;
  }
  static bool asks_to_retry(const Answered& answered) {
    return answered.headers.find("Retry-After: 1\r\n") != std::string::npos;
  }

  const std::string core = "/api/v1/namespaces/default/";
  const std::string namespaces = "/api/v1/namespaces";
  const std::string config_maps = core + "configmaps";
  InlineExecutor loop;
  api::ApiOptions options;
  bool refuse_stale = false;
  storage::Revision revision = 0;  // of what was stored there last
  std::shared_ptr<MemoryData> data = std::make_shared<MemoryData>();
  api::AccessChainsPtr chains = std::make_shared<api::AccessChains>();
  std::unique_ptr<Server> theirs, ours;
};

struct Row {
  const char* what;
  const char* collection;  // of the namespace default
  std::string object;      // stored there, unknown here
  const char* method;
  const char* below;  // the collection
  std::string body;
  int status;
  const char* content_type = "";
};

TEST_F(SharedApiTest, EveryKindOfRequestGoesByTheNewestState) {
  const std::string deployment = named(
      "apps/v1", "Deployment", "o",
      R"(,"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},)"
      R"("spec":{"containers":[{"name":"c","image":"nginx:1"}]}}})");
  const std::string core_v1 = "/api/v1/namespaces/default/configmaps";
  const std::string labels = R"({"metadata":{"labels":{"a":"b"}}})";
  const char* const cms = "/api/v1/namespaces/default/configmaps";
  const char* const pods = "/api/v1/namespaces/default/pods";
  const char* const apps = "/apis/apps/v1/namespaces/default/deployments";
  const std::string cm = config_map("o");
  const Row rows[] = {
      {"get", cms, cm, "GET", "/o", "", 200},
      {"update", cms, cm, "PUT", "/o", cm, 200},
      {"patch", cms, cm, "PATCH", "/o", labels, 200},
      {"apply", cms, cm, "PATCH", "/o?fieldManager=m", cm, 200, "application/apply-patch+yaml"},
      {"delete", cms, cm, "DELETE", "/o", "", 200},
      {"deletecollection", cms, cm, "DELETE", "", "", 200},
      {"scale", apps, deployment, "GET", "/o/scale", "", 200},
      {"set scale", apps, deployment, "PATCH", "/o/scale", R"({"spec":{"replicas":3}})", 200},
      {"status", apps, deployment, "PATCH", "/o/status", R"({"status":{"replicas":1}})", 200},
      {"binding", pods, pod("o"), "POST", "/o/binding",
       named("v1", "Binding", "o", R"(,"target":{"kind":"Node","name":"n"})"), 201},
      {"eviction", pods, pod("o"), "POST", "/o/eviction", named("policy/v1", "Eviction", "o"), 201},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const std::string collection = row.collection;
    store_there(collection, row.object);
    Headers headers;
    if (*row.content_type != '\0') headers = {{"Content-Type", row.content_type}};
    const Answered answered =
        call_late(row.method, collection + row.below, row.body, std::move(headers));
    EXPECT_EQ(answered.status, row.status) << answered.text;
    call(*theirs, "DELETE", collection + "/o?gracePeriodSeconds=0");
  }
}

TEST_F(SharedApiTest, AListAndAWatchBeginWithTheNewestState) {
  store_there(config_maps, config_map("a"));
  EXPECT_EQ(items(call_late("GET", config_maps)), 1u);
  store_there(config_maps, config_map("b"));
  const Open watch = start(*ours, "GET", config_maps + "?watch=true");
  run_until([&] { return ours->driver->confirmations() > 1; });
  ours->driver->release_changes();
  run_until([&] { return watch.exchange->streamed && !watch.events().empty(); });
  EXPECT_EQ(watch.story(), "ADDED a, ADDED b");
  watch.exchange->cancel();
  finish(watch);
}

TEST_F(SharedApiTest, RevisionZeroIsAnsweredFromMemoryAtOnce) {
  store_there(config_maps, config_map("a"));
  EXPECT_EQ(call(*ours, "GET", config_maps + "/a?resourceVersion=0").status, 404);
  EXPECT_EQ(items(call(*ours, "GET", config_maps + "?resourceVersion=0")), 0u);
  const Open watch = start(*ours, "GET", config_maps + "?watch=true&resourceVersion=0");
  EXPECT_EQ(watch.story(), "");
  EXPECT_EQ(ours->driver->confirmations(), 0);
  ours->driver->release_changes();
  run_until([&] { return !watch.events().empty(); });
  EXPECT_EQ(watch.story(), "ADDED a");
  watch.exchange->cancel();
  finish(watch);
}

TEST_F(SharedApiTest, ARevisionThatMemoryHasIsAnsweredAtOnce) {
  store_there(config_maps, config_map("a"));
  call_late("GET", config_maps + "/a");
  const std::string at = "?resourceVersion=" + std::to_string(revision);
  store_there(config_maps, config_map("b"));
  const int before = ours->driver->confirmations();
  EXPECT_EQ(items(call(*ours, "GET", config_maps + at)), 1u);
  EXPECT_EQ(items(call(*ours, "GET", config_maps + at + "&resourceVersionMatch=Exact")), 1u);
  EXPECT_EQ(call(*ours, "GET", config_maps + "/a" + at).status, 200);
  EXPECT_EQ(ours->driver->confirmations(), before);
}

TEST_F(SharedApiTest, ARevisionThatMemoryDoesNotHaveIsConfirmedBeforeItIsJudged) {
  store_there(config_maps, config_map("a"));
  const std::string at = "?resourceVersion=" + std::to_string(revision);
  EXPECT_EQ(items(call_late("GET", config_maps + at)), 1u);
  store_there(config_maps, config_map("b"));
  const std::string exact = "&resourceVersionMatch=Exact";
  const std::string next = "?resourceVersion=" + std::to_string(revision);
  EXPECT_EQ(items(call_late("GET", config_maps + next + exact)), 2u);
  const Answered early = call_late("GET", config_maps + "/a?resourceVersion=1000");
  EXPECT_EQ(early.status, 504);
  EXPECT_EQ(early.message(),
            "Timeout: Too large resource version: 1000, current: " + std::to_string(revision));
}

TEST_F(SharedApiTest, AWatchFromARevisionToComeWaitsForItWithoutAsking) {
  store_there(config_maps, config_map("a"));
  const std::string from = "&resourceVersion=" + std::to_string(revision);
  const Open watch = start(*ours, "GET", config_maps + "?watch=true" + from);
  store_there(config_maps, config_map("b"));
  ours->driver->release_changes();
  run_until([&] { return !watch.events().empty(); });
  EXPECT_EQ(watch.story(), "ADDED b");
  EXPECT_EQ(ours->driver->confirmations(), 0);
  watch.exchange->cancel();
  finish(watch);
}

TEST_F(SharedApiTest, AListGoesOnWhereAnotherServerLeftOff) {
  for (const char* const name : {"a", "b", "c"}) store_there(config_maps, config_map(name));
  const Answered first = call(*theirs, "GET", config_maps + "?limit=1");
  const std::string token = first.at("metadata.continue");
  EXPECT_EQ(items(call_late("GET", config_maps + "?continue=" + token)), 2u);
  EXPECT_EQ(items(call(*ours, "GET", config_maps + "?continue=" + token)), 2u) << "known now";
}

TEST_F(SharedApiTest, ManyWhoWaitAreConfirmedTogether) {
  store_there(config_maps, config_map("a"));
  std::vector<Open> open;
  for (int i = 0; i < 50; ++i) open.push_back(start(*ours, "GET", config_maps + "/a"));
  run_until([&] { return ours->driver->confirmations() > 0; });
  ours->driver->release_changes();
  for (const Open& one : open) {
    finish(one);
    EXPECT_EQ(one.exchange->status, 200);
  }
  EXPECT_LE(ours->driver->confirmations(), 3);
}

TEST_F(SharedApiTest, WhatOneServerAcknowledgedIsInItsOwnMemory) {
  ours->driver->release_changes();
  EXPECT_EQ(call(*ours, "POST", namespaces, named("v1", "Namespace", "a")).status, 201);
  EXPECT_EQ(call(*ours, "GET", namespaces + "/a?resourceVersion=0").status, 200);
  EXPECT_EQ(ours->driver->confirmations(), 0);
}

TEST_F(SharedApiTest, OfTwoCreatesOfTheSameNameOneIsRefused) {
  const std::string object = named("v1", "Namespace", "a");
  store_there(namespaces, object);
  const Open open = start(*ours, "POST", namespaces, object);
  run_until([&] { return data->commits > 1; });
  ours->driver->release_changes();
  finish(open);
  EXPECT_EQ(ApiClient::answer_of(*open.exchange).reason(), "AlreadyExists");
}

TEST_F(SharedApiTest, ADryRunKnowsWhatIsThere) {
  store_there(config_maps, config_map("a"));
  const Answered dry = call_late("POST", config_maps + "?dryRun=All", config_map("a"));
  EXPECT_EQ(dry.reason(), "AlreadyExists");
}

TEST_F(SharedApiTest, ANamespaceMadeElsewhereTakesObjectsAtOnce) {
  auto made = std::make_shared<api::AccessChains>();
  made->admission = admission::Chain({std::make_shared<NamespaceSeeker>(ours->store)});
  store_there(namespaces, named("v1", "Namespace", "new"));
  chains = made;
  const std::string there = "/api/v1/namespaces/new/pods";
  const Answered first = call_late("POST", there, pod("a"));
  EXPECT_EQ(first.status, 201) << first.text;
  ours->driver->release_changes();
  const int before = ours->driver->confirmations();
  EXPECT_EQ(call(*ours, "POST", there, pod("b")).status, 201);
  EXPECT_EQ(ours->driver->confirmations(), before) << "a namespace that is known costs nothing";
  EXPECT_EQ(call(*ours, "POST", "/api/v1/namespaces/none/pods", pod("a")).status, 403);
}

TEST_F(SharedApiTest, WhatAPodNamesIsLookedUpWhereItIsNew) {
  store_there(namespaces, named("v1", "Namespace", "default"));
  call_late("GET", namespaces);
  ours->driver->release_changes();
  const std::string account = R"(,"serviceAccountName":"builder")";
  int before = ours->driver->confirmations();
  EXPECT_EQ(call(*ours, "POST", core + "pods", pod("a", account)).status, 201);
  EXPECT_EQ(ours->driver->confirmations(), before + 1);
  store_there(core + "serviceaccounts", named("v1", "ServiceAccount", "builder"));
  call(*ours, "GET", core + "serviceaccounts/builder");
  before = ours->driver->confirmations();
  EXPECT_EQ(call(*ours, "POST", core + "pods", pod("b", account)).status, 201);
  EXPECT_EQ(ours->driver->confirmations(), before);
}

TEST_F(SharedApiTest, ATokenIsForTheAccountOfTheMoment) {
  auto made = std::make_shared<api::AccessChains>();
  made->token_issuer = std::make_shared<FakeIssuer>();
  chains = made;
  store_there(core + "serviceaccounts", named("v1", "ServiceAccount", "builder"));
  const Answered token =
      call_late("POST", core + "serviceaccounts/builder/token",
                R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}})");
  EXPECT_EQ(token.status, 201) << token.text;
}

// ---- when the store is away --------------------------------------------------------------------

TEST_F(SharedApiTest, ReadsThatCannotBeConfirmedAreUnavailable) {
  ours->driver->release_changes();
  ours->driver->fail_with("10.1.2.3:2379: no leader");
  const Answered refused = call(*ours, "GET", config_maps);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.reason(), "ServiceUnavailable");
  EXPECT_EQ(refused.message(), "the object store is unavailable");
  EXPECT_TRUE(asks_to_retry(refused)) << refused.headers;
  ours->driver->fail_with("");
  EXPECT_EQ(call(*ours, "GET", config_maps).status, 200);
}

TEST_F(SharedApiTest, AStoreThatIsAwayTakesNoWritesAndConfirmsNothing) {
  ours->driver->release_changes();
  be_away("10.1.2.3:2379: connection refused");
  for (const char* const method : {"POST", "PUT", "DELETE", "GET"}) {
    const bool post = std::string_view(method) == "POST";
    const Answered refused = call(*ours, method, post ? config_maps : config_maps + "/a",
                                  std::string_view(method) == "GET" ? "" : config_map("a"));
    EXPECT_EQ(refused.status, 503) << method;
    EXPECT_EQ(refused.message(), "the object store is unavailable");
    EXPECT_TRUE(asks_to_retry(refused)) << method;
  }
  be_away("");
  EXPECT_EQ(call(*ours, "POST", config_maps, config_map("a")).status, 201);
}

TEST_F(SharedApiTest, AWriteOfUnknownOutcomeIsNotToBeRepeatedBlindly) {
  ours->driver->release_changes();
  ours->driver->forget_outcomes(true);
  const Answered unknown = call(*ours, "POST", config_maps, config_map("a"));
  EXPECT_EQ(unknown.status, 504);
  EXPECT_EQ(unknown.reason(), "Timeout");
  EXPECT_NE(unknown.message().find("may or may not"), std::string::npos);
  EXPECT_EQ(unknown.message().find("nobody knows"), std::string::npos);
  EXPECT_EQ(unknown.headers.find("Retry-After"), std::string::npos);
  EXPECT_EQ(call(*ours, "GET", config_maps + "/a").status, 200) << "it had been stored";
}

TEST_F(SharedApiTest, AConfirmationThatTakesTooLongIsATimeout) {
  const Open open = start(*ours, "GET", config_maps);
  run_until([&] { return ours->driver->confirmations() > 0; });
  loop.advance_to(base::SteadyClock::now() + options.confirm_limit - std::chrono::seconds(1));
  EXPECT_FALSE(*open.done);
  loop.advance_to(base::SteadyClock::now() + options.confirm_limit);
  EXPECT_TRUE(*open.done);
  const Answered late = ApiClient::answer_of(*open.exchange);
  EXPECT_EQ(late.status, 504);
  EXPECT_TRUE(asks_to_retry(late));
  ours->driver->release_changes();
}

TEST_F(SharedApiTest, MemoryAnswersWhileTheStoreIsAwayUnlessThatIsForbidden) {
  ours->driver->release_changes();
  be_away("no leader");
  const std::string old = config_maps + "?resourceVersion=0";
  EXPECT_EQ(call(*ours, "GET", old).status, 200);
  refuse_stale = true;
  EXPECT_EQ(call(*ours, "GET", old).status, 503);
  EXPECT_EQ(call(*ours, "GET", config_maps + "/a?resourceVersion=0").status, 503);
  EXPECT_EQ(call(*ours, "GET", old + "&watch=true").status, 503);
  be_away("");
  EXPECT_EQ(call(*ours, "GET", old).status, 200);
}

TEST_F(SharedApiTest, WatchesGoOnWhileTheStoreIsAway) {
  ours->driver->release_changes();
  const Open watch = start(*ours, "GET", config_maps + "?watch=true&resourceVersion=0");
  be_away("no leader");
  store_there(config_maps, config_map("a"));
  be_away("");
  run_until([&] { return !watch.events().empty(); });
  EXPECT_EQ(watch.story(), "ADDED a");
  watch.exchange->cancel();
  finish(watch);
}

TEST_F(SharedApiTest, WatchersThatMissedChangesAreToldSo) {
  ours->driver->release_changes();
  call(*ours, "POST", config_maps, config_map("a"));
  const Open watch = start(*ours, "GET", config_maps + "?watch=true&resourceVersion=2");
  ours->driver->hold_changes();
  store_there(config_maps, config_map("b"));
  call(*theirs, "DELETE", config_maps + "/a");
  ours->driver->miss_changes();
  finish(watch);
  ASSERT_EQ(watch.story(), "ERROR");
  const object::Json error = watch.events().front();
  const object::Json& status = *object::member(error, "object");
  EXPECT_EQ(object::text_at(status, "reason"), "Expired");
  EXPECT_EQ(object::int_or(object::member(status, "code"), 0), 410);
  const Answered now = call(*ours, "GET", config_maps);
  ASSERT_EQ(items(now), 1u);
  const Open next =
      start(*ours, "GET",
            config_maps + "?watch=true&resourceVersion=" + now.at("metadata.resourceVersion"));
  call(*theirs, "DELETE", config_maps + "/b");
  run_until([&] { return !next.events().empty(); });
  EXPECT_EQ(next.story(), "DELETED b");
  next.exchange->cancel();
  finish(next);
}

TEST_F(SharedApiTest, AStoreOfOneServerIsNeverAsked) {
  Server alone(std::make_shared<MemoryData>(), {}, Sharing::alone);
  EXPECT_EQ(call(alone, "POST", config_maps, config_map("a")).status, 201);
  const Open get = start(alone, "GET", config_maps + "/a");
  EXPECT_TRUE(*get.done) << "at once";
  EXPECT_EQ(alone.driver->confirmations(), 0);
}

}  // namespace
}  // namespace limen::test
