// delete and deletecollection.
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class DeleteTest : public ApiTest {
 protected:
  storage::ObjectPtr put_pod(const std::string& spec, const std::string& more_metadata = "") {
    return store.put(
        {"", "pods"},
        R"({"apiVersion":"v1","kind":"Pod","spec":{"terminationGracePeriodSeconds":30,)" + spec +
            R"("containers":[{"name":"c","image":"i"}]},"status":{"phase":"Running"},
                "metadata":{"name":"p","namespace":"default","uid":"u-p","generation":1)" +
            more_metadata + "}}");
  }
};

TEST_F(DeleteTest, WhatIsDeletedIsGoneAndNamed) {
  const std::string uid = call("POST", config_maps, config_map("a")).at("metadata.uid");
  const Answered answered = call("DELETE", config_maps + "/a");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.text,
            R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":)"
            R"({"name":"a","kind":"configmaps","uid":")" +
                uid + "\"}}\n");
  EXPECT_EQ(call("GET", config_maps + "/a").status, 404);
}

TEST_F(DeleteTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(call("DELETE", config_maps + "/a").status, 404);
}

TEST_F(DeleteTest, PreconditionsMustHold) {
  call("POST", config_maps, config_map("a"));
  const Answered wrong_uid =
      call("DELETE", config_maps + "/a",
           R"({"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"other"}})");
  EXPECT_EQ(wrong_uid.status, 409);
  EXPECT_NE(wrong_uid.message().find("the UID in the precondition (other) does not match"),
            std::string::npos);
  EXPECT_EQ(
      call("DELETE", config_maps + "/a", R"({"preconditions":{"resourceVersion":"9"}})").status,
      409);
  EXPECT_EQ(
      call("DELETE", config_maps + "/a", R"({"preconditions":{"resourceVersion":"2"}})").status,
      200);
}

TEST_F(DeleteTest, ADryRunDeletesNothing) {
  call("POST", config_maps, config_map("a"));
  EXPECT_EQ(call("DELETE", config_maps + "/a?dryRun=All").status, 200);
  EXPECT_EQ(call("DELETE", config_maps + "/a", R"({"dryRun":["All"]})").status, 200);
  EXPECT_EQ(call("GET", config_maps + "/a").status, 200);
}

TEST_F(DeleteTest, AFinalizerKeepsTheObjectMarked) {
  call("POST", config_maps, config_map("a", R"(,"finalizers":["example.com/wait"])"));
  const Answered answered = call("DELETE", config_maps + "/a");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.at("kind"), "ConfigMap");
  EXPECT_NE(answered.at("metadata.deletionTimestamp"), "");
  EXPECT_EQ(answered.at("metadata.deletionGracePeriodSeconds"), "0");
  // A second delete changes nothing.
  const Answered again = call("DELETE", config_maps + "/a");
  EXPECT_EQ(again.at("metadata.resourceVersion"), answered.at("metadata.resourceVersion"));
}

TEST_F(DeleteTest, ForegroundAndOrphanAreFinalizers) {
  call("POST", config_maps, config_map("a"));
  call("POST", config_maps, config_map("b"));
  EXPECT_EQ(
      call("DELETE", config_maps + "/a?propagationPolicy=Foreground").at("metadata.finalizers"),
      "[\"foregroundDeletion\"]");
  EXPECT_EQ(call("DELETE", config_maps + "/b", R"({"propagationPolicy":"Orphan"})")
                .at("metadata.finalizers"),
            "[\"orphan\"]");
}

TEST_F(DeleteTest, AnUnknownPropagationIsInvalid) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = call("DELETE", config_maps + "/a?propagationPolicy=Sideways");
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: "
            "\"Sideways\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
  EXPECT_EQ(call("GET", config_maps + "/a").status, 200);
}

TEST_F(DeleteTest, OrphansAreDecidedOnOnce) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = call("DELETE", config_maps + "/a",
                                 R"({"orphanDependents":true,"propagationPolicy":"Foreground"})");
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: "
            "\"Foreground\": orphanDependents and deletionPropagation cannot be both set");
}

TEST_F(DeleteTest, ALaterDeleteMayDecideOtherwise) {
  call("POST", config_maps, config_map("a"));
  call("DELETE", config_maps + "/a?propagationPolicy=Foreground");
  EXPECT_EQ(call("DELETE", config_maps + "/a").at("metadata.finalizers"),
            "[\"foregroundDeletion\"]");
  EXPECT_EQ(call("DELETE", config_maps + "/a?propagationPolicy=Orphan").at("metadata.finalizers"),
            "[\"orphan\"]");
  EXPECT_EQ(call("DELETE", config_maps + "/a?propagationPolicy=Background").status, 200);
  EXPECT_EQ(call("GET", config_maps + "/a").status, 404);
}

TEST_F(DeleteTest, JobsLetTheirPodsBeUnlessToldOtherwise) {
  const std::string jobs = "/apis/batch/v1/namespaces/default/jobs";
  const std::string job = R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"},"spec":{
      "template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}})";
  call("POST", jobs, job);
  const Answered answered = call("DELETE", jobs + "/j");
  EXPECT_EQ(answered.at("metadata.finalizers"), "[\"orphan\"]");
  EXPECT_NE(answered.headers.find("child pods are preserved by default when jobs are deleted"),
            std::string::npos);
  const Answered again = call("DELETE", jobs + "/j?propagationPolicy=Background");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.headers.find("child pods are preserved"), std::string::npos);
  EXPECT_EQ(call("GET", jobs + "/j").status, 404);
}

TEST_F(DeleteTest, TheOldControllersOrphanTheirPodsToo) {
  const std::string path = "/api/v1/namespaces/default/replicationcontrollers";
  call("POST", path,
       R"({"apiVersion":"v1","kind":"ReplicationController","metadata":{"name":"r"},"spec":{
           "selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{
           "containers":[{"name":"c","image":"i"}]}}}})");
  EXPECT_EQ(call("DELETE", path + "/r").at("metadata.finalizers"), "[\"orphan\"]");
}

TEST_F(DeleteTest, OptionsOfAnotherKindAreRefused) {
  call("POST", config_maps, config_map("a"));
  EXPECT_EQ(call("DELETE", config_maps + "/a", config_map("a")).status, 400);
}

TEST_F(DeleteTest, APodWithoutANodeGoesAtOnceAndItsWatchersLearnOfTheMark) {
  put_pod("");
  Open open = start("GET", pods + "?watch=true&resourceVersion=2");
  EXPECT_EQ(call("DELETE", pods + "/p").at("kind"), "Pod");
  EXPECT_EQ(open.story(), "MODIFIED p, DELETED p");
  EXPECT_EQ(call("GET", pods + "/p").status, 404);
  open.exchange->cancel();
  loop.run();
}

TEST_F(DeleteTest, APodOnANodeWaitsForItsKubelet) {
  put_pod(R"("nodeName":"n",)");
  const Answered answered = call("DELETE", pods + "/p");
  EXPECT_EQ(answered.at("metadata.deletionGracePeriodSeconds"), "30");
  EXPECT_EQ(answered.at("metadata.generation"), "2");
  EXPECT_EQ(call("GET", pods + "/p").status, 200);
  // Its kubelet ends it.
  EXPECT_EQ(call("DELETE", pods + "/p?gracePeriodSeconds=0").status, 200);
  EXPECT_EQ(call("GET", pods + "/p").status, 404);
}

TEST_F(DeleteTest, TimeToGoCanOnlyBeShortened) {
  put_pod(R"("nodeName":"n",)");
  call("DELETE", pods + "/p?gracePeriodSeconds=10");
  EXPECT_EQ(
      call("DELETE", pods + "/p?gracePeriodSeconds=20").at("metadata.deletionGracePeriodSeconds"),
      "10");
  EXPECT_EQ(
      call("DELETE", pods + "/p?gracePeriodSeconds=5").at("metadata.deletionGracePeriodSeconds"),
      "5");
}

TEST_F(DeleteTest, ANamespaceTerminatesAndIsLeftToBeEmptied) {
  call("POST", "/api/v1/namespaces",
       R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"}})");
  const Answered answered = call("DELETE", "/api/v1/namespaces/team");
  EXPECT_EQ(answered.at("status.phase"), "Terminating");
  EXPECT_NE(answered.at("metadata.deletionTimestamp"), "");
  EXPECT_EQ(call("GET", "/api/v1/namespaces/team").status, 200);
  // Whoever empties it takes the finalizer, and it is gone.
  const Answered finalized =
      call("PUT", "/api/v1/namespaces/team/finalize",
           R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"},"spec":{}})");
  EXPECT_EQ(finalized.status, 200) << finalized.text;
  EXPECT_EQ(call("GET", "/api/v1/namespaces/team").status, 404);
}

TEST_F(DeleteTest, NamespaceFinalizersChangeThroughFinalizeOnly) {
  call("POST", "/api/v1/namespaces",
       R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"}})");
  const Answered answered =
      call("PATCH", "/api/v1/namespaces/team", R"({"spec":{"finalizers":[]}})",
           {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(answered.at("spec.finalizers"), "[\"kubernetes\"]");
}

TEST_F(DeleteTest, AdmissionIsAskedWithTheObjectThatGoes) {
  call("POST", config_maps, config_map("a"));
  auto witness = std::make_shared<Refuser>("keep it");
  admit_with({witness});
  EXPECT_EQ(call("DELETE", config_maps + "/a").status, 403);
  EXPECT_EQ(witness->seen.at(0), "delete configmaps/ a old:yes");
  EXPECT_EQ(call("GET", config_maps + "/a").status, 200);
}

TEST_F(DeleteTest, ADeleteIsRepeatedWhenAnotherWriteCameBetween) {
  call("POST", config_maps, config_map("a"));
  store.before_write = [this] {
    store.put({"", "configmaps"},
              R"({"apiVersion":"v1","kind":"ConfigMap","data":{"other":"1"},
                  "metadata":{"name":"a","namespace":"default","uid":"u"}})");
  };
  EXPECT_EQ(call("DELETE", config_maps + "/a").status, 200);
  EXPECT_EQ(call("GET", config_maps + "/a").status, 404);
}

TEST_F(DeleteTest, ACollectionIsDeletedAsItIsSelected) {
  for (const char* name : {"a", "b"}) {
    call("POST", config_maps, config_map(name, R"(,"labels":{"team":"red"})"));
  }
  call("POST", config_maps, config_map("c"));
  const Answered answered = call("DELETE", config_maps + "?labelSelector=team%3Dred");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.at("kind"), "ConfigMapList");
  EXPECT_EQ(answered.json.at("items").as_array().size(), 2u);
  EXPECT_EQ(call("GET", config_maps).json.at("items").as_array().size(), 1u);
}

TEST_F(DeleteTest, ACollectionOfAllNamespacesIsNotDeletedAtOnce) {
  EXPECT_EQ(call("DELETE", "/api/v1/configmaps").status, 405);
}

}  // namespace
}  // namespace limen::test
