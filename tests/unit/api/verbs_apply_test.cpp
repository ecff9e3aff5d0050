// Server-side apply and the owners of fields as clients meet them.
#include "authz/chain.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {

namespace {

// Allows what it is told to.
class Allows final : public authz::Authorizer {
 public:
  const std::string& name() const override { return name_; }
  base::Task<authz::Result> authorize(const authz::Attributes& attributes,
                                      request::CallScope&) override {
    authz::Result result;
    result.verdict = attributes.verb == denied ? authz::Verdict::deny : authz::Verdict::allow;
    co_return result;
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }

  std::string denied;

 private:
  std::string name_ = "allows";
};

class ApplyTest : public ApiTest {
 protected:
  ApplyTest() {
    auto made = std::make_shared<api::AccessChains>();
    made->authz = authz::Chain({authorizer});
    chains = made;
  }
  static inline const std::string maps = "/api/v1/namespaces/default/configmaps";
  static inline const std::string deployments = "/apis/apps/v1/namespaces/default/deployments";

  Answered apply(const std::string& target, const std::string& body,
                 const std::string& query = "fieldManager=a") {
    return call("PATCH", target + "?" + query, body,
                {{"Content-Type", "application/apply-patch+yaml"}});
  }
  static std::string map(const std::string& data, const std::string& more = "") {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m")" + more +
           R"(},"data":)" + data + "}";
  }
  // "manager operation subresource fields; ..." of the answer.
  static std::string owners(const Answered& answered) {
    std::string text;
    const object::Json* list = object::find(answered.json, {"metadata", "managedFields"});
    if (list == nullptr) return "nobody";
    for (const object::Json& entry : list->as_array()) {
      if (!text.empty()) text += "; ";
      text += std::string(object::text_at(entry, "manager")) + " " +
              std::string(object::text_at(entry, "operation")) + " " +
              boost::json::serialize(*object::member(entry, "fieldsV1"));
      const std::string_view subresource = object::text_at(entry, "subresource");
      if (!subresource.empty()) text += " " + std::string(subresource);
    }
    return text;
  }
  const std::shared_ptr<Allows> authorizer = std::make_shared<Allows>();
  static constexpr const char* kDeployment =
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":1,
         "selector":{"matchLabels":{"x":"1"}},"template":{"metadata":{"labels":{"x":"1"}},
         "spec":{"containers":[{"name":"c","image":"i"}]}}}})";
};

}  // namespace

TEST_F(ApplyTest, WhatIsNotThereIsCreated) {
  const Answered answered = apply(maps + "/m", map(R"({"x":"1"})"));
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("data.x"), "1");
  EXPECT_EQ(owners(answered), R"(a Apply {"f:data":{"f:x":{}}})");
}

TEST_F(ApplyTest, CreatingNeedsTheRightToCreate) {
  authorizer->denied = "create";
  const Answered answered = apply(maps + "/m", map("{}"));
  EXPECT_EQ(answered.status, 403);
  EXPECT_EQ(call("GET", maps + "/m").status, 404);
}

TEST_F(ApplyTest, TheBodyMayBeYaml) {
  const Answered answered = apply(
      maps + "/m", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n  x: one\n");
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("data.x"), "one");
}

TEST_F(ApplyTest, TheSameAgainIsNoWrite) {
  const Answered first = apply(maps + "/m", map(R"({"x":"1"})"));
  const Answered second = apply(maps + "/m", map(R"({"x":"1"})"));
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.text, first.text);
}

TEST_F(ApplyTest, AManagerIsRequired) {
  const Answered answered = apply(maps + "/m", map("{}"), "");
  EXPECT_EQ(answered.status, 422);
  EXPECT_EQ(answered.message(),
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required "
            "for apply patch");
}

TEST_F(ApplyTest, AConflictNamesItsCauses) {
  apply(maps + "/m", map(R"({"x":"1"})"));
  const Answered answered = apply(maps + "/m", map(R"({"x":"2"})"), "fieldManager=b");
  EXPECT_EQ(answered.status, 409);
  EXPECT_EQ(answered.reason(), "Conflict");
  EXPECT_EQ(answered.message(), "Apply failed with 1 conflict: conflict with \"a\": .data.x");
  EXPECT_EQ(
      answered.at("details.causes"),
      R"([{"reason":"FieldManagerConflict","message":"conflict with \"a\"","field":".data.x"}])");
}

TEST_F(ApplyTest, ForceTakesTheField) {
  apply(maps + "/m", map(R"({"x":"1"})"));
  const Answered answered = apply(maps + "/m", map(R"({"x":"2"})"), "fieldManager=b&force=true");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.at("data.x"), "2");
  EXPECT_EQ(owners(answered), R"(b Apply {"f:data":{"f:x":{}}})");
}

TEST_F(ApplyTest, ADryRunStoresNothing) {
  const Answered made = apply(maps + "/m", map("{}"), "fieldManager=a&dryRun=All");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(call("GET", maps + "/m").status, 404);
  apply(maps + "/m", map(R"({"x":"1"})"));
  EXPECT_EQ(apply(maps + "/m", map(R"({"x":"2"})"), "fieldManager=a&dryRun=All").at("data.x"), "2");
  EXPECT_EQ(call("GET", maps + "/m").at("data.x"), "1");
}

TEST_F(ApplyTest, AnotherKindIsRefused) {
  const Answered answered =
      apply(maps + "/m", R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"m"}})");
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.message(), "invalid object type: /v1, Kind=Secret");
  EXPECT_EQ(apply(maps + "/m", "{}").message(), "invalid object type: /, Kind=");
}

TEST_F(ApplyTest, WhatIsNoConfigurationIsRefused) {
  EXPECT_EQ(apply(maps + "/m", "[1]").status, 400);
  EXPECT_EQ(apply(maps + "/m", "{").status, 400);
  EXPECT_EQ(apply(maps + "/m", "a: [").status, 400);
}

TEST_F(ApplyTest, ManagedFieldsAreNotApplied) {
  const Answered answered = apply(maps + "/m", map("{}", R"(,"managedFields":[])"));
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.message(), "metadata.managedFields must be nil");
}

TEST_F(ApplyTest, AnUnknownFieldIsRefusedWithItsPath) {
  const Answered answered = apply(
      maps + "/m",
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m","namespace":"default"},"foo":1})");
  EXPECT_EQ(answered.status, 500);
  EXPECT_EQ(answered.message(),
            "failed to create typed patch object (default/m; /v1, Kind=ConfigMap): .foo: field not "
            "declared in schema");
}

TEST_F(ApplyTest, AMemberTwiceIsAMatterOfValidation) {
  const std::string body = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},
"data":{"x":"1","x":"2"}})";
  const Answered strict = apply(maps + "/m", body, "fieldManager=a&fieldValidation=Strict");
  EXPECT_EQ(strict.status, 400);
  EXPECT_TRUE(strict.message().starts_with("error strict decoding YAML: ")) << strict.message();
  const Answered warned = apply(maps + "/m", body, "fieldManager=a&fieldValidation=Warn");
  EXPECT_EQ(warned.status, 201);
  EXPECT_NE(warned.headers.find("already set in map"), std::string::npos) << warned.headers;
}

TEST_F(ApplyTest, AnotherNameOrNamespaceIsRefused) {
  EXPECT_EQ(apply(maps + "/other", map("{}")).status, 400);
  EXPECT_EQ(apply(maps + "/m", map("{}", R"(,"namespace":"elsewhere")")).status, 400);
}

TEST_F(ApplyTest, AUidMustBeThatOfAnObject) {
  const Answered none = apply(maps + "/m", map("{}", R"(,"uid":"u")"));
  EXPECT_EQ(none.status, 409);
  EXPECT_NE(
      none.message().find("uid mismatch: the provided object specified uid u, and no existing "
                          "object was found"),
      std::string::npos);
  apply(maps + "/m", map("{}"));
  EXPECT_EQ(apply(maps + "/m", map("{}", R"(,"uid":"u")")).status, 409);
}

TEST_F(ApplyTest, ARevisionIsALock) {
  apply(maps + "/m", map(R"({"x":"1"})"));
  const Answered answered = apply(maps + "/m", map(R"({"x":"2"})", R"(,"resourceVersion":"1")"));
  EXPECT_EQ(answered.status, 409);
  EXPECT_NE(answered.message().find("the object has been modified"), std::string::npos);
}

TEST_F(ApplyTest, AnApplyIsRepeatedWhenAnotherWriteCameBetween) {
  apply(maps + "/m", map(R"({"x":"1"})"));
  bool once = false;
  store.before_write = [&] {
    if (std::exchange(once, true)) return;
    apply(maps + "/m", map(R"({"z":"1"})"), "fieldManager=b");
  };
  const Answered answered = apply(maps + "/m", map(R"({"x":"2"})"));
  EXPECT_EQ(answered.status, 200) << answered.text;
  EXPECT_EQ(answered.at("data.x") + answered.at("data.z"), "21");
}

TEST_F(ApplyTest, StatusIsAppliedThroughItsSubresource) {
  apply(deployments + "/d", kDeployment);
  const Answered answered = apply(
      deployments + "/d/status",
      R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":9},
          "status":{"replicas":3}})",
      "fieldManager=s&force=true");
  EXPECT_EQ(answered.status, 200) << answered.text;
  EXPECT_EQ(answered.at("spec.replicas") + answered.at("status.replicas"), "13");
  EXPECT_NE(owners(answered).find(R"(s Apply {"f:status":{"f:replicas":{}}} status)"),
            std::string::npos)
      << owners(answered);
}

TEST_F(ApplyTest, StatusOfNothingIsNotFound) {
  EXPECT_EQ(apply(deployments + "/d/status", kDeployment).status, 404);
}

TEST_F(ApplyTest, ScaleIsAppliedToTheReplicas) {
  apply(deployments + "/d", kDeployment);
  const auto scale = [&](int replicas, const std::string& query) {
    return apply(
        deployments + "/d/scale",
        R"({"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"d"},"spec":{"replicas":)" +
            std::to_string(replicas) + "}}",
        query);
  };
  const Answered refused = scale(4, "fieldManager=s");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.message(), "Apply failed with 1 conflict: conflict with \"a\": .spec.replicas");
  const Answered answered = scale(4, "fieldManager=s&force=true");
  EXPECT_EQ(answered.status, 200) << answered.text;
  EXPECT_EQ(answered.at("spec.replicas"), "4");
  const Answered object = call("GET", deployments + "/d");
  EXPECT_EQ(object.at("spec.replicas"), "4");
  EXPECT_NE(owners(object).find(R"(s Apply {"f:spec":{"f:replicas":{}}} scale)"),
            std::string::npos);
}

TEST_F(ApplyTest, EveryWriteNamesItsManager) {
  call("POST", maps + "?fieldManager=u", map(R"({"x":"1"})"));
  const Answered answered =
      call("PATCH", maps + "/m", R"({"data":{"z":"1"}})",
           {{"Content-Type", "application/merge-patch+json"}, {"User-Agent", "curl/7.88.1"}});
  for (const char* owner :
       {R"(u Update {"f:data":{".":{},"f:x":{}}})", R"(curl Update {"f:data":{"f:z":{}}})"}) {
    EXPECT_NE(owners(answered).find(owner), std::string::npos) << owners(answered);
  }
}

TEST_F(ApplyTest, OneEmptyEntryForgetsTheOwners) {
  apply(maps + "/m", map(R"({"x":"1"})"));
  const Headers merge = {{"Content-Type", "application/merge-patch+json"}};
  EXPECT_NE(owners(call("PATCH", maps + "/m", R"({"metadata":{"managedFields":[]}})", merge)),
            "nobody");
  EXPECT_EQ(owners(call("PATCH", maps + "/m", R"({"metadata":{"managedFields":[{}]}})", merge)),
            "nobody");
  EXPECT_EQ(owners(call("PATCH", maps + "/m", R"({"data":{"z":"1"}})", merge)), "nobody");
}

TEST_F(ApplyTest, AClientMayRewriteTheOwners) {
  apply(maps + "/m", map(R"({"x":"1"})"));
  const Answered answered =
      call("PATCH", maps + "/m",
           R"([{"op":"replace","path":"/metadata/managedFields/0/manager","value":"heir"}])",
           {{"Content-Type", "application/json-patch+json"}});
  EXPECT_EQ(owners(answered), R"(heir Apply {"f:data":{"f:x":{}}})");
}

TEST_F(ApplyTest, OwnersThatAreMalformedAreNotTaken) {
  apply(maps + "/m", map(R"({"x":"1"})"));
  const Answered answered =
      call("PATCH", maps + "/m", R"({"metadata":{"managedFields":[{"manager":"x"}]}})",
           {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(owners(answered), R"(a Apply {"f:data":{"f:x":{}}})");
}

TEST_F(ApplyTest, AnotherVersionsOwnersAreAsked) {
  const std::string v2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
  const std::string v1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
  const std::string head =
      R"("kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},)";
  const Answered made =
      apply(v2 + "/h", R"({"apiVersion":"autoscaling/v2",)" + head + R"("maxReplicas":3}})");
  ASSERT_EQ(made.status, 201) << made.text;
  const Answered refused =
      apply(v1 + "/h", R"({"apiVersion":"autoscaling/v1",)" + head + R"("maxReplicas":4}})",
            "fieldManager=b");
  EXPECT_EQ(refused.message(),
            "Apply failed with 1 conflict: conflict with \"a\": .spec.maxReplicas");
  const Answered agreed = apply(v1 + "/h",
                                R"({"apiVersion":"autoscaling/v1",)" + head +
                                    R"("maxReplicas":3,"targetCPUUtilizationPercentage":50}})",
                                "fieldManager=b");
  EXPECT_EQ(agreed.status, 200) << agreed.text;
  EXPECT_EQ(agreed.at("spec.targetCPUUtilizationPercentage"), "50");
}

}  // namespace limen::test
