// Custom kinds whose versions a webhook converts: what clients of either version see.
#include "registry/webhook_conversion.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/worker_pool.h"
#include "support/allows.h"
#include "support/custom_definition.h"
#include "support/host_port_webhook.h"
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

// A webhook without a network.
class FakeWebhook final : public registry::WebhookClient {
 public:
  registry::WebhookAnswer ask(const registry::WebhookCall& call) override {
    const std::lock_guard lock(mutex);
    ++asked;
    converted += boost::json::parse(call.body).at("request").at("objects").as_array().size();
    if (mode == "dead") return {0, "", "connection refused"};
    if (mode == "redirect") return {302, "", ""};
    if (mode == "broken") return {500, "out of order\n", ""};
    if (mode == "words") return {200, "hello", ""};
    return {200, answer_review(call.body, mode), ""};
  }
  std::mutex mutex;
  std::string mode = "good";
  int asked = 0;
  std::size_t converted = 0;
};

constexpr const char* kFirst =
    R"({"type":"object","properties":{"spec":{"type":"object","properties":{
    "hostPort":{"type":"string"},"replicas":{"type":"integer","default":1}}},
    "status":{"type":"object","properties":{"ready":{"type":"string"}}}}})";
constexpr const char* kSecond =
    R"({"type":"object","properties":{"spec":{"type":"object","required":["host"],"properties":{
    "host":{"type":"string"},"port":{"type":"string"},"replicas":{"type":"integer"}}},
    "status":{"type":"object","properties":{"ready":{"type":"string"}}}}})";

std::string two_versions(const std::string& storage, const std::string& stored = R"("v1","v2")") {
  const std::string more =
      R"(,"subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas",
      "statusReplicasPath":".status.replicas"}})";
  const auto version = [&](const std::string& name, const std::string& schema,
                           const std::string& fields) {
    return R"({"name":")" + name + R"(","served":true,"storage":)" +
           (storage == name ? "true" : "false") + R"(,"schema":{"openAPIV3Schema":)" + schema +
           "}" + more + fields + "}";
  };
  return R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","spec":{
      "group":"example.com","scope":"Namespaced","names":{"plural":"gates","singular":"gate",
      "kind":"Gate","listKind":"GateList"},"conversion":{"strategy":"Webhook","webhook":{
      "clientConfig":{"url":"https://hook.test/convert"},"conversionReviewVersions":["v9","v1"]}},
      "versions":[)" +
         version("v1", kFirst, "") + "," +
         version("v2", kSecond, R"(,"selectableFields":[{"jsonPath":".spec.host"}])") +
         R"(]},"status":{"conditions":[{"type":"Established","status":"True"}],"storedVersions":[)" +
         stored + R"(]},"metadata":{"name":"gates.example.com","uid":"u-1","generation":1}})";
}

const std::string kV1 = "/apis/example.com/v1/namespaces/default/gates";
const std::string kV2 = "/apis/example.com/v2/namespaces/default/gates";

class WebhookConversion : public ApiTest {
 protected:
  WebhookConversion() {
    options.conversions = &conversions;
    chains = allowing_chains();
  }

  // As call(), for what a worker answers.
  Answered ask(const std::string& method, const std::string& target, std::string body = {},
               Headers headers = {}) {
    const Open open = start(method, target, std::move(body), std::move(headers));
    run_until_done(open);
    return answer_of(*open.exchange);
  }
  static std::string gate(const std::string& version, const std::string& name,
                          const std::string& spec, const std::string& more = "") {
    return R"({"apiVersion":"example.com/)" + version + R"(","kind":"Gate","metadata":{"name":")" +
           name + "\"" + more + R"(},"spec":)" + spec + "}";
  }
  void add_first(const std::string& name, const std::string& host) {
    ASSERT_EQ(ask("POST", kV1, gate("v1", name, R"({"hostPort":")" + host + R"(:80"})")).status,
              201);
  }
  // What the webhook is told to do wrong, and what a read of the other version is then answered.
  std::string refusal_of(const std::string& mode) {
    webhook.mode = mode;
    const Answered answer = ask("GET", kV2 + "/a");
    EXPECT_EQ(answer.status, 500) << mode << ": " << answer.text;
    return answer.message();
  }
  // How many events a watch has told; its answer may not have begun.
  static std::size_t told(const Open& watch) {
    return watch.exchange->streamed ? watch.events().size() : 0;
  }
  bool eventually(const std::function<bool()>& condition) {
    const auto until = base::SteadyClock::now() + std::chrono::seconds(60);
    while (!condition() && base::SteadyClock::now() < until) {
      loop.run();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return condition();
  }

  FakeWebhook webhook;
  base::WorkerPool workers{"convert", 4, 64};
  registry::Conversions conversions{webhook, workers};
  Served served{{definition(two_versions("v1"))}};
};

TEST_F(WebhookConversion, EitherVersionShowsItsOwnFields) {
  add_first("a", "db");
  EXPECT_EQ(webhook.asked, 0) << "it is stored as it was sent";
  EXPECT_EQ(ask("GET", kV1 + "/a").at("spec"), R"({"hostPort":"db:80","replicas":1})");
  EXPECT_EQ(webhook.asked, 0);
  const Answered second = ask("GET", kV2 + "/a");
  EXPECT_EQ(second.at("apiVersion"), "example.com/v2");
  EXPECT_EQ(second.at("spec"), R"({"host":"db","port":"80","replicas":1})");
  EXPECT_EQ(webhook.asked, 1);
}

TEST_F(WebhookConversion, WhatIsCreatedInTheOtherVersionIsStoredInTheOne) {
  const Answered made = ask("POST", kV2, gate("v2", "a", R"({"host":"db","port":"5"})"));
  EXPECT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("spec.host"), "db");
  EXPECT_NE(
      store.get({{"example.com", "gates"}, "default", "a"})->json.find(R"("hostPort":"db:5")"),
      std::string::npos);
}

TEST_F(WebhookConversion, ObjectsAreJudgedInTheVersionTheyAreSentIn) {
  const Answered refused = ask("POST", kV2, gate("v2", "a", R"({"port":"5"})"));
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.message().find("spec.host: Required value"), std::string::npos);
  EXPECT_EQ(webhook.asked, 0);
}

// A controller that knows one version only, with a request and a store that speak the other.
TEST_F(WebhookConversion, AdmissionMayWorkInEitherVersion) {
  const auto translator = std::make_shared<Translator>("example.com/v1");
  translator->edit = [](object::Json& object) {
    object.at("spec").as_object()["hostPort"] = "changed:6";
  };
  admit_with({translator});
  const Answered made = ask("POST", kV2, gate("v2", "a", R"({"host":"db","port":"5"})"));
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(translator->versions,
            (std::vector<std::string>{"example.com/v2 Gate", "example.com/v1 Gate"}));
  EXPECT_EQ(translator->objects.at(0).at("spec").at("hostPort"), "db:5");
  EXPECT_EQ(made.at("spec.host"), "changed");
  translator->edit = nullptr;
  const Answered patched = ask("PATCH", kV2 + "/a", R"({"spec":{"host":"x","port":"7"}})",
                               {{"Content-Type", "application/merge-patch+json"}});
  ASSERT_EQ(patched.status, 200) << patched.text;
  EXPECT_EQ(translator->objects.at(1).at("spec").at("hostPort"), "x:7");
  EXPECT_EQ(translator->old_ones.at(0).at("spec").at("hostPort"), "changed:6");
  webhook.mode = "failed";
  const Answered refused = ask("POST", kV2, gate("v2", "b", R"({"host":"db","port":"5"})"));
  EXPECT_NE(translator->error.find("conversion webhook for example.com/v2, Kind=Gate failed: "
                                   "no such luck"),
            std::string::npos)
      << translator->error;
}

TEST_F(WebhookConversion, ListsAreConvertedInOneQuestion) {
  for (int i = 0; i < 20; ++i) add_first("g" + std::to_string(10 + i), "h" + std::to_string(i));
  const Answered list = ask("GET", kV2);
  ASSERT_EQ(list.json.at("items").as_array().size(), 20U);
  EXPECT_EQ(list.json.at("items").at(3).at("spec").at("host"), "h3");
  EXPECT_EQ(webhook.asked, 1);
  EXPECT_EQ(webhook.converted, 20U);
  ask("GET", kV1);
  EXPECT_EQ(webhook.asked, 1);
}

TEST_F(WebhookConversion, LongListsTakeSeveralQuestions) {
  const int many = static_cast<int>(registry::Conversions::kBatchObjects) + 1;
  for (int i = 0; i < many; ++i) add_first("g" + std::to_string(1000 + i), "h");
  EXPECT_EQ(ask("GET", kV2).json.at("items").as_array().size(), static_cast<std::size_t>(many));
  EXPECT_EQ(webhook.asked, 2);
}

TEST_F(WebhookConversion, LargeObjectsTakeSeveralQuestions) {
  const std::string large(registry::Conversions::kBatchBytes * 2 / 3, 'x');
  for (const char* name : {"a", "b", "c"}) add_first(name, large);
  EXPECT_EQ(ask("GET", kV2).json.at("items").as_array().size(), 3U);
  EXPECT_EQ(webhook.asked, 2);
}

TEST_F(WebhookConversion, WithoutWorkersThereIsNoAnswer) {
  add_first("a", "db");
  ASSERT_TRUE(workers.stop(base::SteadyClock::now() + std::chrono::seconds(60)));
  EXPECT_EQ(ask("GET", kV2 + "/a").status, 429);
  EXPECT_EQ(ask("GET", kV1 + "/a").status, 200);
}

TEST_F(WebhookConversion, SelectionsGoByWhatTheClientSees) {
  for (int i = 0; i < 6; ++i) add_first("g" + std::to_string(i), i % 2 ? "odd" : "even");
  const Answered first = ask("GET", kV2 + "?fieldSelector=spec.host%3Dodd&limit=2");
  ASSERT_EQ(first.json.at("items").as_array().size(), 2U);
  EXPECT_EQ(first.json.at("items").at(1).at("metadata").at("name"), "g3");
  const Answered rest =
      ask("GET",
          kV2 + "?fieldSelector=spec.host%3Dodd&limit=2&continue=" + first.at("metadata.continue"));
  ASSERT_EQ(rest.json.at("items").as_array().size(), 1U);
  EXPECT_EQ(rest.json.at("items").at(0).at("metadata").at("name"), "g5");
  webhook.mode = "label";
  EXPECT_EQ(ask("GET", kV2 + "?labelSelector=seen%3Dv2").json.at("items").as_array().size(), 6U);
}

TEST_F(WebhookConversion, UpdatesAndPatchesSpeakTheirVersion) {
  add_first("a", "db");
  const Answered patched = ask("PATCH", kV2 + "/a", R"({"spec":{"port":"81"}})",
                               {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(patched.status, 200) << patched.text;
  EXPECT_EQ(patched.at("spec.port"), "81");
  EXPECT_EQ(ask("GET", kV1 + "/a").at("spec.hostPort"), "db:81");
  const std::string version =
      R"(,"resourceVersion":")" + patched.at("metadata.resourceVersion") + "\"";
  const Answered put =
      ask("PUT", kV2 + "/a", gate("v2", "a", R"({"host":"x","port":"1"})", version));
  EXPECT_EQ(put.status, 200) << put.text;
  EXPECT_EQ(put.at("metadata.generation"), "3");
  EXPECT_EQ(ask("GET", kV1 + "/a").at("spec.hostPort"), "x:1");
}

TEST_F(WebhookConversion, SubresourcesSpeakTheirVersion) {
  add_first("a", "db");
  const Answered told = ask("PATCH", kV2 + "/a/status", R"({"status":{"ready":"yes"}})",
                            {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(told.at("status.ready"), "yes");
  EXPECT_EQ(told.at("spec.host"), "db");
  EXPECT_EQ(ask("GET", kV2 + "/a/scale").at("spec.replicas"), "1");
  EXPECT_EQ(ask("PATCH", kV2 + "/a/scale", R"({"spec":{"replicas":4}})",
                {{"Content-Type", "application/merge-patch+json"}})
                .at("spec.replicas"),
            "4");
  EXPECT_EQ(ask("GET", kV1 + "/a").at("spec"), R"({"hostPort":"db:80","replicas":4})");
}

TEST_F(WebhookConversion, ManagersOfDifferentVersionsKeepTheirFields) {
  const Headers apply = {{"Content-Type", "application/apply-patch+yaml"}};
  ASSERT_EQ(
      ask("PATCH", kV1 + "/a?fieldManager=one", gate("v1", "a", R"({"hostPort":"db:80"})"), apply)
          .status,
      201);
  const Answered conflict = ask("PATCH", kV2 + "/a?fieldManager=two",
                                gate("v2", "a", R"({"host":"other","port":"80"})"), apply);
  EXPECT_EQ(conflict.status, 409) << conflict.text;
  EXPECT_EQ(conflict.message(),
            "Apply failed with 1 conflict: conflict with \"one\": .spec.hostPort");
  const Answered scaled = ask("PATCH", kV2 + "/a?fieldManager=two",
                              gate("v2", "a", R"({"host":"db","port":"80","replicas":3})"), apply);
  EXPECT_EQ(scaled.status, 200) << scaled.text;
  EXPECT_EQ(ask("GET", kV1 + "/a").at("spec"), R"({"hostPort":"db:80","replicas":3})");
}

TEST_F(WebhookConversion, AWriteThatChangesNothingBringsAnObjectToItsStorageVersion) {
  add_first("a", "db");
  const Served moved({definition(two_versions("v2"))});
  const Answered touched =
      ask("PATCH", kV2 + "/a", "{}", {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(touched.status, 200) << touched.text;
  const storage::ObjectPtr stored = store.get({{"example.com", "gates"}, "default", "a"});
  EXPECT_EQ(registry::stored_api_version(*stored), "example.com/v2");
  const int writes = store.writes;
  ask("PATCH", kV2 + "/a", "{}", {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(store.writes, writes);
}

TEST_F(WebhookConversion, OneVersionNeedsNoWebhook) {
  webhook.mode = "dead";
  object::Json only = boost::json::parse(two_versions("v1", R"("v1")"));
  only.at("spec").at("versions").as_array().pop_back();
  const Served alone({definition(boost::json::serialize(only))});
  add_first("a", "db");
  EXPECT_EQ(ask("GET", kV1 + "/a").status, 200);
  EXPECT_EQ(webhook.asked, 0);
}

TEST_F(WebhookConversion, WatchesTellEitherVersionInOrder) {
  add_first("a", "db");
  const Open watch = start("GET", kV2 + "?watch=1");
  ASSERT_TRUE(eventually([&] { return told(watch) == 1; }));
  for (int i = 0; i < 5; ++i) add_first("n" + std::to_string(i), "h" + std::to_string(i));
  ask("DELETE", kV1 + "/a");
  ASSERT_TRUE(eventually([&] { return told(watch) == 7; })) << watch.story();
  EXPECT_EQ(watch.story(), "ADDED a, ADDED n0, ADDED n1, ADDED n2, ADDED n3, ADDED n4, DELETED a");
  for (const object::Json& event : watch.events()) {
    EXPECT_EQ(event.at("object").at("apiVersion"), "example.com/v2");
    EXPECT_TRUE(event.at("object").at("spec").as_object().contains("host"));
  }
  EXPECT_FALSE(*watch.done);
  end(watch);
}

TEST_F(WebhookConversion, AWatchThatCannotBeConvertedEndsAndSaysWhy) {
  const Open watch = start("GET", kV2 + "?watch=1");
  ASSERT_FALSE(*watch.done);
  webhook.mode = "dead";
  ASSERT_EQ(ask("POST", kV1, gate("v1", "a", R"({"hostPort":"db:80"})")).status, 201);
  ASSERT_TRUE(eventually([&] { return *watch.done; }));
  const object::Json last = watch.events().back();
  EXPECT_EQ(last.at("type"), "ERROR");
  EXPECT_NE(std::string(last.at("object").at("message").as_string()).find("connection refused"),
            std::string::npos);
}

TEST_F(WebhookConversion, AWatchOfASelectionSeesObjectsComeAndGo) {
  const Open watch = start("GET", kV2 + "?watch=1&fieldSelector=spec.host%3Ddb");
  add_first("a", "db");
  add_first("b", "other");
  ask("PATCH", kV1 + "/a", R"({"spec":{"hostPort":"moved:1"}})",
      {{"Content-Type", "application/merge-patch+json"}});
  ASSERT_TRUE(eventually([&] { return told(watch) == 2; })) << watch.story();
  EXPECT_EQ(watch.story(), "ADDED a, DELETED a");
  EXPECT_EQ(watch.events()[1].at("object").at("spec").at("host"), "db");
  end(watch);
}

TEST_F(WebhookConversion, MetadataStaysButForLabelsAndAnnotations) {
  add_first("a", "db");
  const Answered before = ask("GET", kV1 + "/a");
  webhook.mode = "metadata";
  const Answered other = ask("GET", kV2 + "/a");
  EXPECT_EQ(other.status, 200);
  EXPECT_EQ(other.at("metadata"), before.at("metadata"));
  webhook.mode = "label";
  EXPECT_EQ(ask("GET", kV2 + "/a").at("metadata.labels.seen"), "v2");
}

TEST_F(WebhookConversion, WhatAWebhookDoesWrongIsSaidAsKubernetesSaysIt) {
  add_first("a", "db");
  const std::string who = "conversion webhook for example.com/v1, Kind=Gate ";
  EXPECT_EQ(refusal_of("dead"),
            who + R"(failed: Post "https://hook.test/convert": connection refused)");
  EXPECT_EQ(
      refusal_of("broken"),
      who +
          R"(failed: an error on the server ("out of order") has prevented the request from succeeding)");
  EXPECT_EQ(refusal_of("redirect"), who + "failed: redirects are not followed (status 302)");
  EXPECT_TRUE(refusal_of("words").starts_with(who + "failed: "));
  EXPECT_EQ(refusal_of("other"),
            who +
                "failed: expected webhook response of apiextensions.k8s.io/v1, "
                "Kind=ConversionReview, got apiextensions.k8s.io/v1, Kind=Pod");
  EXPECT_EQ(refusal_of("empty"), who + "failed: no response provided");
  EXPECT_EQ(refusal_of("failed"), who + "failed: no such luck");
  EXPECT_EQ(refusal_of("fewer"), who + "returned 0 objects, expected 1");
  EXPECT_EQ(refusal_of("name"),
            who + "returned invalid object: must have the same name: a != another");
  EXPECT_EQ(refusal_of("kind"), who +
                                    "returned invalid object at index 0: invalid kind (expected "
                                    "Gate, received Another)");
  const std::string uid = refusal_of("uid");
  EXPECT_TRUE(uid.starts_with(who + "failed: expected response.uid=\"")) << uid;
  EXPECT_TRUE(uid.ends_with("\", got \"another\"")) << uid;
  EXPECT_TRUE(
      refusal_of("badlabel")
          .starts_with(
              who +
              "returned invalid metadata: metadata.labels: Invalid value: \"not a label\": "));
}

TEST_F(WebhookConversion, OneBadObjectOfAListIsNamed) {
  add_first("a", "db");
  add_first("b", "db");
  webhook.mode = "name";
  EXPECT_EQ(ask("GET", kV2).message(),
            "conversion webhook for example.com/v1, Kind=Gate returned invalid converted object at "
            "index 1: must have the same name: a != another");
}

TEST_F(WebhookConversion, NothingIsStoredThatCouldNotBeConverted) {
  webhook.mode = "dead";
  EXPECT_EQ(ask("POST", kV2, gate("v2", "a", R"({"host":"db"})")).status, 500);
  EXPECT_EQ(store.get({{"example.com", "gates"}, "default", "a"}), nullptr);
}

}  // namespace
}  // namespace limen::test
