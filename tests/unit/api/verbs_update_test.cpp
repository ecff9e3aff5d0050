// update and patch.
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class UpdateTest : public ApiTest {
 protected:
  static constexpr const char* kMerge = "application/merge-patch+json";
  static constexpr const char* kJsonPatch = "application/json-patch+json";
  static constexpr const char* kStrategic = "application/strategic-merge-patch+json";

  Answered patch(const std::string& target, const std::string& body, const char* type = kMerge) {
    return call("PATCH", target, body, {{"Content-Type", type}});
  }
  std::string deployments = "/apis/apps/v1/namespaces/default/deployments";
  Answered deploy(int replicas = 1) {
    return call("POST", deployments,
                R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{
                    "replicas":)" +
                    std::to_string(replicas) + R"(,"selector":{"matchLabels":{"app":"web"}},
                    "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[
                      {"name":"c","image":"nginx:1"},{"name":"d","image":"redis:1"}]}}}})");
  }
};

TEST_F(UpdateTest, APutReplacesTheWholeObject) {
  const std::string uid = call("POST", config_maps, config_map("a")).at("metadata.uid");
  const Answered answered =
      call("PUT", config_maps + "/a",
           R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"y"}})");
  EXPECT_EQ(answered.status, 200) << answered.text;
  EXPECT_EQ(answered.at("data"), R"({"x":"y"})");
  EXPECT_EQ(answered.at("metadata.uid"), uid);
  EXPECT_EQ(answered.at("metadata.resourceVersion"), "3");
}

TEST_F(UpdateTest, AStaleRevisionIsAConflict) {
  call("POST", config_maps, config_map("a"));
  patch(config_maps + "/a", R"({"data":{"k":"2"}})");
  const Answered answered =
      call("PUT", config_maps + "/a", config_map("a", R"(,"resourceVersion":"2")"));
  EXPECT_EQ(answered.status, 409);
  EXPECT_EQ(answered.message(),
            "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; "
            "please apply your changes to the latest version and try again");
}

TEST_F(UpdateTest, TheNewestRevisionIsTaken) {
  call("POST", config_maps, config_map("a"));
  EXPECT_EQ(call("PUT", config_maps + "/a", config_map("a", R"(,"resourceVersion":"2")")).status,
            200);
}

TEST_F(UpdateTest, AnotherUidIsAConflict) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = call("PUT", config_maps + "/a", config_map("a", R"(,"uid":"another")"));
  EXPECT_EQ(answered.status, 409);
  EXPECT_EQ(
      answered.message(),
      "Operation cannot be fulfilled on configmaps \"a\": StorageError: invalid object, Code: 4, "
      "Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition "
      "failed: UID in precondition: another, UID in object meta: " +
          std::string(store.get({{"", "configmaps"}, "default", "a"})->uid));
  EXPECT_EQ(
      call("PUT", "/api/v1/namespaces/default/services/none",
           R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"none","uid":"u"}})")
          .message(),
      "Operation cannot be fulfilled on services \"none\": StorageError: invalid object, Code: 4, "
      "Key: /registry/services/specs/default/none, ResourceVersion: 0, AdditionalErrorMsg: "
      "Precondition failed: UID in precondition: u, UID in object meta: ");
}

TEST_F(UpdateTest, WhatChangesNothingMakesNoRevision) {
  const Answered created = call("POST", config_maps, config_map("a"));
  const Answered answered = call("PUT", config_maps + "/a", config_map("a"));
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.at("metadata.resourceVersion"), "2");
  EXPECT_EQ(store.writes, 1);
}

TEST_F(UpdateTest, TheNameInTheBodyIsTheNameInTheUrl) {
  EXPECT_EQ(call("PUT", config_maps + "/a", config_map("b")).message(),
            "the name of the object (b) does not match the name on the URL (a)");
  EXPECT_EQ(
      call("PUT", config_maps + "/a", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{}})")
          .message(),
      "the name of the object (a based on URL) was undeterminable: name must be provided");
  EXPECT_EQ(call("PUT", config_maps + "/a", config_map("a", R"(,"namespace":"x")")).message(),
            "the namespace of the object (x) does not match the namespace on the request "
            "(default)");
}

TEST_F(UpdateTest, WhatIsNotThereIsNotCreatedByAPut) {
  EXPECT_EQ(call("PUT", config_maps + "/a", config_map("a")).status, 404);
}

TEST_F(UpdateTest, SomeKindsAreCreatedByAPutOfThoseWhoMayCreate) {
  const std::string role =
      R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"r"},
          "rules":[]})";
  const std::string target = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/r";
  const Answered refused = call("PUT", target, role);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.message().find("cannot create resource \"roles\""), std::string::npos);
  EXPECT_EQ(store.writes, 0);
}

TEST_F(UpdateTest, GenerationCountsChangesOfTheSpecOnly) {
  EXPECT_EQ(deploy().at("metadata.generation"), "1");
  const std::string web = deployments + "/web";
  EXPECT_EQ(patch(web, R"({"metadata":{"labels":{"x":"y"}}})").at("metadata.generation"), "1");
  EXPECT_EQ(patch(web, R"({"spec":{"replicas":3}})").at("metadata.generation"), "2");
  EXPECT_EQ(patch(web, R"({"metadata":{"generation":77}})").at("metadata.generation"), "2");
  EXPECT_EQ(patch(web + "/status", R"({"status":{"replicas":3}})").at("metadata.generation"), "2");
}

TEST_F(UpdateTest, StatusIsWrittenThroughItsSubresourceOnly) {
  deploy();
  const std::string web = deployments + "/web";
  EXPECT_EQ(patch(web, R"({"status":{"replicas":3}})").at("status.replicas"), "");
  const Answered answered =
      patch(web + "/status", R"({"status":{"replicas":3},"spec":{"replicas":9}})");
  EXPECT_EQ(answered.at("status.replicas"), "3");
  EXPECT_EQ(answered.at("spec.replicas"), "1");
}

TEST_F(UpdateTest, ADryRunShowsTheChangeAndKeepsTheOld) {
  call("POST", config_maps, config_map("a"));
  const Answered shown = patch(config_maps + "/a?dryRun=All", R"({"data":{"k":"2"}})");
  EXPECT_EQ(shown.at("data.k"), "2");
  EXPECT_EQ(call("GET", config_maps + "/a").at("data.k"), "v");
}

TEST_F(UpdateTest, ANullInAMergePatchRemoves) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = patch(config_maps + "/a", R"({"data":{"k":null,"n":"1"}})");
  EXPECT_EQ(answered.at("data"), R"({"n":"1"})");
}

TEST_F(UpdateTest, AJsonPatchEditsByPath) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = patch(
      config_maps + "/a",
      R"([{"op":"test","path":"/data/k","value":"v"},{"op":"add","path":"/data/n","value":"1"}])",
      kJsonPatch);
  EXPECT_EQ(answered.at("data.n"), "1") << answered.text;
}

TEST_F(UpdateTest, AFailedTestOfAJsonPatchIsUnprocessable) {
  call("POST", config_maps, config_map("a"));
  const Answered answered =
      patch(config_maps + "/a", R"([{"op":"test","path":"/data/k","value":"z"}])", kJsonPatch);
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(), "the server rejected our request due to an error in our request");
  EXPECT_EQ(boost::json::serialize(answered.json.at("details")), "{}");
}

TEST_F(UpdateTest, AnOperationOfAJsonPatchHasFourFields) {
  call("POST", config_maps, config_map("a"));
  const std::string body = R"([{"op":"add","path":"/data/x","value":"1","note":"n","op":"add"}])";
  const Answered warned = patch(config_maps + "/a", body, kJsonPatch);
  EXPECT_EQ(warned.status, 200);
  for (const char* text :
       {"json patch duplicate field \\\"[0].op\\\"", "json patch unknown field \\\"[0].note\\\""}) {
    EXPECT_NE(warned.headers.find(text), std::string::npos) << warned.headers;
  }
  EXPECT_EQ(patch(config_maps + "/a?fieldValidation=Strict", body, kJsonPatch).status, 422);
}

TEST_F(UpdateTest, AJsonPatchHasAtMostTenThousandOperations) {
  call("POST", config_maps, config_map("a"));
  std::string body = "[";
  for (int i = 0; i < 10'001; ++i) {
    body += std::string(i ? "," : "") + R"({"op":"test","path":"/data/k","value":"v"})";
  }
  const Answered answered = patch(config_maps + "/a", body + "]", kJsonPatch);
  EXPECT_EQ(answered.status, 413);
  EXPECT_EQ(answered.message(),
            "The allowed maximum operations in a JSON patch is 10000, got 10001");
}

TEST_F(UpdateTest, AStrategicPatchKeepsListItemsByTheirKey) {
  deploy();
  const Answered answered =
      patch(deployments + "/web",
            R"({"spec":{"template":{"spec":{"containers":[{"name":"c","image":"nginx:2"}]}}}})",
            kStrategic);
  EXPECT_EQ(answered.status, 200) << answered.text;
  const auto& containers =
      answered.json.at("spec").at("template").at("spec").at("containers").as_array();
  ASSERT_EQ(containers.size(), 2u);
  EXPECT_EQ(object::text_at(containers[0], "image"), "nginx:2");
  EXPECT_EQ(object::text_at(containers[1], "image"), "redis:1");
}

TEST_F(UpdateTest, AnUnknownPatchTypeIsToldWhatIsTaken) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = patch(config_maps + "/a", "{}", "application/apply-patch+cbor");
  EXPECT_EQ(answered.status, 415);
  EXPECT_EQ(answered.message(),
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json-patch+json, application/merge-patch+json, "
            "application/strategic-merge-patch+json, application/apply-patch+yaml");
}

TEST_F(UpdateTest, APatchOfWhatIsNotThereIsNotFound) {
  EXPECT_EQ(patch(config_maps + "/a", "{}").status, 404);
}

TEST_F(UpdateTest, APatchIsAppliedAgainWhenAnotherWriteCameBetween) {
  call("POST", config_maps, config_map("a"));
  store.before_write = [this] {
    store.put({"", "configmaps"},
              R"({"apiVersion":"v1","kind":"ConfigMap","data":{"other":"1"},
                  "metadata":{"name":"a","namespace":"default","uid":")" +
                  store.get({{"", "configmaps"}, "default", "a"})->uid + R"("}})");
  };
  const Answered answered = patch(config_maps + "/a", R"({"data":{"mine":"2"}})");
  EXPECT_EQ(answered.status, 200) << answered.text;
  EXPECT_EQ(answered.at("data.other"), "1");
  EXPECT_EQ(answered.at("data.mine"), "2");
}

TEST_F(UpdateTest, APatchThatNamesARevisionIsNotAppliedToAnother) {
  call("POST", config_maps, config_map("a"));
  patch(config_maps + "/a", R"({"data":{"x":"1"}})");
  EXPECT_EQ(
      patch(config_maps + "/a", R"({"metadata":{"resourceVersion":"2"},"data":{"y":"1"}})").status,
      409);
}

TEST_F(UpdateTest, APatchMakesNoOtherKindOfIt) {
  call("POST", config_maps, config_map("a"));
  const auto problem = [&](const std::string& body, const char* type) {
    const Answered answered = patch(config_maps + "/a", body, type);
    EXPECT_EQ(answered.status, 422);
    const std::size_t at = answered.message().rfind("}\": ");
    return at == std::string::npos ? answered.message() : answered.message().substr(at + 4);
  };
  EXPECT_EQ(problem(R"({"kind":"Pod"})", kMerge),
            "converting (v1.Pod) to (core.ConfigMap): unknown conversion");
  EXPECT_EQ(problem(R"([{"op":"replace","path":"/apiVersion","value":"v2"}])", kJsonPatch),
            "no kind \"ConfigMap\" is registered for version \"v2\" in scheme "
            "\"pkg/api/legacyscheme/scheme.go:30\"");
  const Answered merged = patch(config_maps + "/a", R"({"kind":"Pod","data":{"x":"y"}})",
                                "application/strategic-merge-patch+json");
  EXPECT_EQ(merged.at("kind") + merged.at("data.x"), "ConfigMapy");
  const Answered removed = patch(config_maps + "/a", R"({"kind":null})", kMerge);
  EXPECT_EQ(removed.status, 200);
  EXPECT_EQ(removed.at("kind"), "ConfigMap");
}

TEST_F(UpdateTest, APatchMayNotRename) {
  call("POST", config_maps, config_map("a"));
  EXPECT_EQ(patch(config_maps + "/a", R"({"metadata":{"name":"b"}})").status, 400);
  EXPECT_EQ(patch(config_maps + "/a", R"({"metadata":{"namespace":"b"}})").status, 400);
}

TEST_F(UpdateTest, AnUnknownFieldInAPatchIsRefusedWhenStrict) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = patch(config_maps + "/a?fieldValidation=Strict", R"({"foo":1})");
  EXPECT_EQ(answered.status, 422);
  EXPECT_NE(answered.message().find("unknown field \"foo\""), std::string::npos);
}

TEST_F(UpdateTest, AdmissionSeesTheStoredObjectAndThePatchedOne) {
  call("POST", config_maps, config_map("a"));
  const auto stored = store.get({{"", "configmaps"}, "default", "a"});
  auto witness = std::make_shared<Refuser>("no");
  admit_with({witness});
  const Answered answered = patch(config_maps + "/a", R"({"data":{"k":"2"}})");
  EXPECT_EQ(answered.status, 403);
  EXPECT_EQ(witness->seen.at(0), "update configmaps/ a old:yes");
  EXPECT_EQ(witness->old_objects.at(0), stored->json);
  EXPECT_EQ(call("GET", config_maps + "/a").at("data.k"), "v");
}

TEST_F(UpdateTest, AdmissionIsAskedAboutSubresourcesAsSuch) {
  deploy();
  auto witness = std::make_shared<Refuser>("no");
  admit_with({witness});
  EXPECT_EQ(patch(deployments + "/web/status", R"({"status":{"replicas":3}})").status, 403);
  EXPECT_EQ(patch(deployments + "/web/scale", R"({"spec":{"replicas":3}})").status, 403);
  EXPECT_EQ(witness->seen, (std::vector<std::string>{"update deployments/status web old:yes",
                                                     "update deployments/scale web old:yes"}));
}

TEST_F(UpdateTest, KindsWithoutUnconditionalUpdatesNeedARevision) {
  const std::string leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  const std::string lease =
      R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},
          "spec":{"holderIdentity":"me"}})";
  ASSERT_EQ(call("POST", leases, lease).status, 201);
  const Answered answered = call("PUT", leases + "/l", lease);
  EXPECT_EQ(answered.status, 422);
  EXPECT_NE(answered.message().find("must be specified for an update"), std::string::npos);
}

TEST_F(UpdateTest, TheLastFinalizerToGoTakesTheObjectWithIt) {
  store.put({"", "configmaps"},
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default",
                "uid":"u","finalizers":["x/y"],"deletionTimestamp":"2026-01-01T00:00:00Z",
                "deletionGracePeriodSeconds":0}})");
  EXPECT_EQ(patch(config_maps + "/a", R"({"metadata":{"finalizers":null}})").status, 200);
  EXPECT_EQ(call("GET", config_maps + "/a").status, 404);
}

TEST_F(UpdateTest, ADeletionMarkIsNotAClientsToSetOrTake) {
  call("POST", config_maps, config_map("a"));
  EXPECT_EQ(
      patch(config_maps + "/a", R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}})")
          .at("metadata.deletionTimestamp"),
      "");
}

}  // namespace
}  // namespace limen::test
