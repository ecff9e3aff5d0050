#include <future>

#include "api/body.h"
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

using CreateTest = ApiTest;

TEST_F(CreateTest, TheServerSaysWhoAndWhenAnObjectIs) {
  const Answered answered = call("POST", config_maps, config_map("a"));
  EXPECT_EQ(answered.status, 201);
  EXPECT_EQ(answered.at("metadata.namespace"), "default");
  EXPECT_EQ(answered.at("metadata.uid").size(), 36u);
  EXPECT_EQ(answered.at("metadata.creationTimestamp").size(), 20u);
  EXPECT_EQ(answered.at("metadata.resourceVersion"), "2");
  EXPECT_EQ(answered.at("data.k"), "v");
  EXPECT_EQ(call("GET", config_maps + "/a").text, answered.text);
}

TEST_F(CreateTest, WhatAClientSaysOfTheSystemsFieldsIsIgnored) {
  const Answered answered = call(
      "POST", config_maps,
      config_map("a", R"(,"uid":"mine","creationTimestamp":"2001-01-01T00:00:00Z","generation":9,
                        "deletionTimestamp":"2001-01-01T00:00:00Z","selfLink":"/x",
                        "managedFields":[{"manager":"m"}])"));
  EXPECT_EQ(answered.status, 201);
  EXPECT_NE(answered.at("metadata.uid"), "mine");
  EXPECT_NE(answered.at("metadata.creationTimestamp"), "2001-01-01T00:00:00Z");
  EXPECT_EQ(answered.json.at("metadata").at("managedFields").as_array().size(), 1u);
  EXPECT_EQ(answered.at("metadata.managedFields").find(R"("manager":"m")"), std::string::npos);
  for (const char* gone : {"generation", "deletionTimestamp", "selfLink"})
    EXPECT_EQ(answered.at("metadata." + std::string(gone)), "") << gone;
}

TEST_F(CreateTest, ANameIsTakenOnce) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = call("POST", config_maps, config_map("a"));
  EXPECT_EQ(answered.status, 409);
  EXPECT_EQ(answered.reason(), "AlreadyExists");
  EXPECT_EQ(answered.message(), "configmaps \"a\" already exists");
}

TEST_F(CreateTest, ANameThatIsBeingDeletedSaysSo) {
  store.put({"", "configmaps"},
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default",
                "finalizers":["x/y"],"deletionTimestamp":"2026-01-01T00:00:00Z"}})");
  EXPECT_EQ(call("POST", config_maps, config_map("a")).message(),
            "object is being deleted: configmaps \"a\" already exists");
}

TEST_F(CreateTest, ANameIsGeneratedFromItsBeginning) {
  const std::string body =
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"job-"}})";
  const std::string one = call("POST", config_maps, body).at("metadata.name");
  const std::string two = call("POST", config_maps, body).at("metadata.name");
  EXPECT_EQ(one.substr(0, 4), "job-");
  EXPECT_EQ(one.size(), 9u);
  EXPECT_NE(one, two);
}

TEST_F(CreateTest, AGeneratedNameThatIsAlwaysTakenIsTriedEightTimes) {
  store.fail_with = storage::WriteStatus::already_exists;
  const Answered answered =
      call("POST", config_maps,
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"job-"}})");
  EXPECT_EQ(store.writes, 8);
  EXPECT_EQ(answered.status, 409);
  EXPECT_NE(answered.message().find(
                "already exists, the server was not able to generate a unique name for the object"),
            std::string::npos);
  EXPECT_EQ(answered.at("details.retryAfterSeconds"), "1");
}

TEST_F(CreateTest, ANameIsRequired) {
  const Answered answered =
      call("POST", config_maps, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{}})");
  EXPECT_EQ(answered.status, 422);
  EXPECT_NE(answered.message().find("name or generateName is required"), std::string::npos);
  EXPECT_EQ(answered.at("details.kind"), "ConfigMap");
}

TEST_F(CreateTest, AnotherNamespaceThanTheRequestsIsRefused) {
  const Answered answered =
      call("POST", config_maps, config_map("a", R"(,"namespace":"elsewhere")"));
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(
      answered.message(),
      "the namespace of the provided object does not match the namespace sent on the request");
}

TEST_F(CreateTest, ANewObjectHasNoRevision) {
  const Answered answered = call("POST", config_maps, config_map("a", R"(,"resourceVersion":"5")"));
  EXPECT_EQ(answered.status, 500);
  EXPECT_EQ(answered.message(), "resourceVersion should not be set on objects to be created");
  EXPECT_EQ(store.writes, 0);
}

TEST_F(CreateTest, AnotherVersionThanTheRequestsIsRefused) {
  const Answered answered = call(
      "POST", config_maps, R"({"apiVersion":"v2","kind":"ConfigMap","metadata":{"name":"a"}})");
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(store.writes, 0);
}

TEST_F(CreateTest, AnotherKindThanTheRequestsIsRefused) {
  const Answered answered = call("POST", config_maps, pod("a"));
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(store.writes, 0);
}

TEST_F(CreateTest, MalformedJsonIsABadRequest) {
  EXPECT_EQ(call("POST", config_maps, R"({"apiVersion":"v1",)").status, 400);
}

TEST_F(CreateTest, YamlIsTakenToo) {
  const Answered answered =
      call("POST", config_maps,
           "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  k: \"1\"\n",
           {{"Content-Type", "application/yaml"}});
  EXPECT_EQ(answered.status, 201);
  EXPECT_EQ(answered.at("data.k"), "1");
}

TEST_F(CreateTest, OtherBodiesAreToldWhatIsTaken) {
  EXPECT_EQ(
      call("POST", config_maps, "a=b", {{"Content-Type", "application/x-www-form-urlencoded"}})
          .status,
      415);
}

TEST_F(CreateTest, TheBodyLimitIsExact) {
  options.max_body_bytes = 200;
  std::string body = config_map("a");
  body.append(200 - body.size(), ' ');
  EXPECT_EQ(call("POST", config_maps, body).status, 201);
  const Answered answered = call("POST", config_maps, body + " ");
  EXPECT_EQ(answered.status, 413);
  EXPECT_EQ(answered.message(), "Request entity too large: limit is 200");
}

TEST_F(CreateTest, UnknownFieldsAreWarnedOf) {
  const Answered answered = call("POST", config_maps,
                                 R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},
                                     "foo":1})");
  EXPECT_EQ(answered.status, 201);
  EXPECT_NE(answered.headers.find("299 - \"unknown field \\\"foo\\\"\""), std::string::npos)
      << answered.headers;
  EXPECT_EQ(answered.at("foo"), "");
}

TEST_F(CreateTest, UnknownFieldsAreRefusedWhenStrict) {
  const Answered answered =
      call("POST", config_maps + "?fieldValidation=Strict",
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"foo":1})");
  EXPECT_EQ(answered.status, 400);
  EXPECT_NE(answered.message().find("strict decoding error: unknown field \"foo\""),
            std::string::npos);
}

TEST_F(CreateTest, UnknownFieldsAreDroppedSilentlyWhenIgnored) {
  const Answered answered =
      call("POST", config_maps + "?fieldValidation=Ignore",
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"foo":1})");
  EXPECT_EQ(answered.status, 201);
  EXPECT_EQ(answered.headers.find("Warning"), std::string::npos);
}

TEST_F(CreateTest, AFieldValidationThatDoesNotExistIsInvalid) {
  const Answered answered = call("POST", config_maps + "?fieldValidation=Hard", config_map("a"));
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: "
            "\"Hard\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"");
}

TEST_F(CreateTest, ADryRunStoresNothingAndShowsWhatWould) {
  const Answered answered = call("POST", config_maps + "?dryRun=All", config_map("a"));
  EXPECT_EQ(answered.status, 201);
  EXPECT_EQ(answered.at("metadata.uid").size(), 36u);
  EXPECT_EQ(answered.at("metadata.resourceVersion"), "");
  EXPECT_EQ(store.writes, 0);
}

TEST_F(CreateTest, ADryRunSeesThatANameIsTaken) {
  call("POST", config_maps, config_map("a"));
  EXPECT_EQ(call("POST", config_maps + "?dryRun=All", config_map("a")).status, 409);
}

TEST_F(CreateTest, DryRunIsAllOrNothing) {
  const Answered answered = call("POST", config_maps + "?dryRun=Some&dryRun=All", config_map("a"));
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(
      answered.message(),
      "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\",\"All\"]: "
      "supported values: \"All\"");
  EXPECT_EQ(store.writes, 0);
}

TEST_F(CreateTest, EachRepeatedKeyOfYamlIsAWarningOfItsOwn) {
  const Answered answered =
      call("POST", config_maps, "metadata: {name: a}\ndata:\n  k: v\n  k: w\n  x: y\n  x: z\n",
           {{"Content-Type", "application/yaml"}});
  EXPECT_EQ(answered.status, 201);
  for (const char* text : {"Warning: 299 - \"line 4: key \\\"k\\\" already set in map\"\r\n",
                           "Warning: 299 - \"line 6: key \\\"x\\\" already set in map\"\r\n"}) {
    EXPECT_NE(answered.headers.find(text), std::string::npos) << answered.headers;
  }
}

TEST_F(CreateTest, AManagerHasAPrintableName) {
  const Answered answered =
      call("POST", config_maps + "?fieldManager=a%09b%01%E4%B8%AD", config_map("a"));
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "CreateOptions.meta.k8s.io \"\" is invalid: [fieldManager: Invalid value: "
            "\"a\\tb\\x01\u4e2d\": invalid character U+0009 (at position 1), fieldManager: "
            "Invalid value: "
            "\"a\\tb\\x01\u4e2d\": invalid character U+0001 (at position 3)]");
}

TEST_F(CreateTest, PodsBeginPendingWithTheirQuality) {
  const Answered answered =
      call("POST", pods,
           R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"status":{"phase":"Running"},
          "spec":{"containers":[{"name":"c","image":"i","resources":{
            "limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1","memory":"1Gi"}}}]}})");
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("status.phase"), "Pending");
  EXPECT_EQ(answered.at("status.qosClass"), "Guaranteed");
  EXPECT_EQ(answered.at("metadata.generation"), "1");
}

TEST_F(CreateTest, NamespacesAreActiveLabelledAndFinalized) {
  const Answered answered =
      call("POST", "/api/v1/namespaces",
           R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team-a"}})");
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("status.phase"), "Active");
  EXPECT_EQ(answered.at("spec.finalizers"), "[\"kubernetes\"]");
  EXPECT_EQ(object::labels(answered.json),
            (object::Labels{{"kubernetes.io/metadata.name", "team-a"}}));
}

TEST_F(CreateTest, SecretsKeepClearTextEncoded) {
  const Answered answered = call("POST", "/api/v1/namespaces/default/secrets",
                                 R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},
               "stringData":{"a":"hello"},"data":{"b":"Yg=="}})");
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("data.a"), "aGVsbG8=");
  EXPECT_EQ(answered.at("data.b"), "Yg==");
  EXPECT_EQ(answered.at("stringData"), "");
}

TEST_F(CreateTest, AStoreThatFailsIsUnavailableWithoutItsSecrets) {
  store.fail_with = storage::WriteStatus::unavailable;
  const Answered answered = call("POST", config_maps, config_map("a"));
  EXPECT_EQ(answered.status, 503);
  EXPECT_EQ(answered.message().find("fire"), std::string::npos);
}

TEST_F(CreateTest, AStoreWithTooMuchToDoAsksToComeBack) {
  store.fail_with = storage::WriteStatus::too_busy;
  const Answered answered = call("POST", config_maps, config_map("a"));
  EXPECT_EQ(answered.status, 429);
  EXPECT_NE(answered.headers.find("Retry-After: 1"), std::string::npos);
}

TEST_F(CreateTest, AdmissionMayChangeWhatIsStored) {
  admit_with({std::make_shared<Labeller>("touched", "yes")});
  const Answered answered = call("POST", config_maps, config_map("a"));
  EXPECT_EQ(object::labels(answered.json), (object::Labels{{"touched", "yes"}}));
}

TEST_F(CreateTest, AdmissionMayRefuseAndNothingIsStored) {
  auto refuser = std::make_shared<Refuser>("not today");
  admit_with({refuser});
  const Answered answered = call("POST", config_maps, config_map("a"));
  EXPECT_EQ(answered.status, 403);
  EXPECT_EQ(answered.message(), "configmaps \"a\" is forbidden: not today");
  EXPECT_EQ(store.writes, 0);
  EXPECT_EQ(refuser->seen.at(0), "create configmaps/ a old:no");
}

TEST_F(CreateTest, ReadsNeverMeetAdmission) {
  auto refuser = std::make_shared<Refuser>("no");
  call("POST", config_maps, config_map("a"));
  admit_with({refuser});
  EXPECT_EQ(call("GET", config_maps + "/a").status, 200);
  EXPECT_EQ(call("GET", config_maps).status, 200);
  EXPECT_TRUE(refuser->seen.empty());
}

TEST_F(CreateTest, AnotherVersionOfAKindIsStoredInItsOwn) {
  const Answered answered = call(
      "POST", "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers",
      R"({"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},
          "spec":{"maxReplicas":3,"targetCPUUtilizationPercentage":50,
                  "scaleTargetRef":{"kind":"Deployment","name":"d","apiVersion":"apps/v1"}}})");
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("apiVersion"), "autoscaling/v1");
  EXPECT_EQ(answered.at("spec.targetCPUUtilizationPercentage"), "50");
  const Answered newer =
      call("GET", "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/h");
  EXPECT_EQ(newer.at("apiVersion"), "autoscaling/v2");
  const object::Json metric = newer.json.at("spec").at("metrics").at(0);
  EXPECT_EQ(metric.at("resource").at("target").at("averageUtilization").as_int64(), 50);
}

// Says when told that everybody has seen a write.
class LateFollowers final : public storage::Followers {
 public:
  bool seen(const storage::ResourceId& id, storage::Revision revision,
            std::function<void()> told) const override {
    asked.push_back(id.resource + " " + std::to_string(revision));
    waiting.push_back(std::move(told));
    return false;
  }
  void catch_up(std::function<void()> told) const override { waiting.push_back(std::move(told)); }
  mutable std::vector<std::string> asked;
  mutable std::vector<std::function<void()>> waiting;
};

TEST_F(CreateTest, AWriteIsAcknowledgedOnceThoseWhoGoByItHaveSeenIt) {
  LateFollowers followers;
  auto made = std::make_shared<api::AccessChains>();
  made->followers = &followers;
  chains = made;
  const Open waiting = start("POST", config_maps, config_map("a"));
  EXPECT_FALSE(*waiting.done);
  ASSERT_EQ(followers.asked.size(), 1U);
  EXPECT_EQ(followers.asked[0], "configmaps " + std::to_string(store.revision()));
  followers.waiting[0]();
  loop.run();
  EXPECT_TRUE(*waiting.done);
  EXPECT_EQ(answer_of(*waiting.exchange).status, 201);

  // One that hangs is not waited for.
  const Open removal = start("DELETE", config_maps + "/a");
  EXPECT_FALSE(*removal.done);
  loop.advance_to(base::SteadyClock::now() + std::chrono::seconds(2));
  EXPECT_TRUE(*removal.done);
  EXPECT_EQ(answer_of(*removal.exchange).status, 200);
}

TEST_F(CreateTest, ALargeYamlBodyIsReadWhileTheLoopAnswersOthers) {
  base::WorkerPool decoders("test", 1, 4);
  options.decoders = &decoders;
  std::promise<void> leave;
  decoders.submit([gate = leave.get_future().share()](bool) { gate.wait(); });  // takes the thread

  const Headers yaml = {{"Content-Type", "application/yaml"}};
  const std::string small = "metadata: {name: small}\ndata: {k: v}\n";
  const std::string large =
      "metadata: {name: large}\ndata:\n  k: " + std::string(api::kMaxInlineYaml, 'x') + "\n";
  const Open waiting = start("POST", config_maps, large, yaml);
  EXPECT_FALSE(*waiting.done);
  EXPECT_EQ(call("POST", config_maps, small, yaml).status, 201);
  EXPECT_FALSE(*waiting.done);
  leave.set_value();
  run_until_done(waiting);
  EXPECT_EQ(answer_of(*waiting.exchange).status, 201);
  EXPECT_EQ(answer_of(*waiting.exchange).at("metadata.name"), "large");
}

TEST_F(CreateTest, ALargeBodyThatIsBadIsRefusedAsASmallOne) {
  base::WorkerPool decoders("test", 1, 4);
  options.decoders = &decoders;
  const Open waiting = start("POST", config_maps, "a: [" + std::string(api::kMaxInlineYaml, ' '),
                             {{"Content-Type", "application/yaml"}});
  run_until_done(waiting);
  EXPECT_EQ(answer_of(*waiting.exchange).status, 400);
}

TEST_F(CreateTest, WhenNoDecoderIsFreeTheClientIsAskedToComeAgain) {
  base::WorkerPool decoders("test", 1, 4);
  decoders.stop(base::SteadyClock::now());
  options.decoders = &decoders;
  const Answered answer = call("POST", config_maps, std::string(api::kMaxInlineYaml + 1, ' '),
                               {{"Content-Type", "application/yaml"}});
  EXPECT_EQ(answer.status, 429);
}

}  // namespace
}  // namespace limen::test
