// Services through the API: what they get when they are made, changed and deleted.
#include "registry/service_allocator.h"
#include "unit/api/verbs_controllers.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class ServiceTest : public ApiTest {
 protected:
  ServiceTest() { options.services = &allocator; }

  static std::string service(const std::string& name, const std::string& spec) {
    return R"({"apiVersion":"v1","kind":"Service","metadata":{"name":")" + name + R"("},"spec":{)" +
           spec + "}}";
  }
  Answered create(const std::string& name, const std::string& spec, const std::string& query = "") {
    return call("POST", services + query, service(name, spec));
  }
  Answered patch(const std::string& name, const std::string& body) {
    return call("PATCH", services + "/" + name, body,
                {{"Content-Type", "application/strategic-merge-patch+json"}});
  }
  const std::string services = "/api/v1/namespaces/default/services";
  const std::string web = R"("selector":{"app":"web"},"ports":[{"port":80}])";
  const std::string fixed = R"("clusterIP":"10.96.0.7","ports":[{"port":80}])";
  registry::ServiceAllocator allocator{*base::AddressRange::parse("10.96.0.0/24")};
};

TEST_F(ServiceTest, IsMadeWithAllItsDefaults) {
  const Answered answered = create("web", web);
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("spec.clusterIP").substr(0, 8), "10.96.0.");
  EXPECT_EQ(answered.at("spec.clusterIPs"), "[\"" + answered.at("spec.clusterIP") + "\"]");
  EXPECT_EQ(answered.at("spec.ipFamilies"), "[\"IPv4\"]");
  EXPECT_EQ(answered.at("spec.ipFamilyPolicy"), "SingleStack");
  EXPECT_EQ(answered.at("spec.internalTrafficPolicy"), "Cluster");
  EXPECT_EQ(answered.at("spec.sessionAffinity"), "None");
  EXPECT_EQ(answered.at("spec.type"), "ClusterIP");
  EXPECT_EQ(answered.at("status.loadBalancer"), "{}");
}

TEST_F(ServiceTest, ATakenAddressIsRefusedUntilItsHolderHasGone) {
  EXPECT_EQ(create("a", fixed).status, 201);
  const Answered refused = create("b", fixed);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.message(),
            "Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.96.0.7\"]: failed to "
            "allocate IP 10.96.0.7: provided IP is already allocated");
  EXPECT_EQ(call("DELETE", services + "/a").status, 200);
  EXPECT_EQ(create("b", fixed).status, 201);
}

TEST_F(ServiceTest, WhatCouldNotBeStoredHoldsNothing) {
  EXPECT_EQ(create("dry", fixed, "?dryRun=All").status, 201);
  EXPECT_EQ(create("Bad_Name", fixed).status, 422);
  admit_with({std::make_shared<Refuser>("not today")});
  EXPECT_EQ(create("refused", fixed).status, 403);
  chains = std::make_shared<api::AccessChains>();
  EXPECT_EQ(create("a", fixed).status, 201);
  EXPECT_EQ(create("a", web).status, 409);
}

TEST_F(ServiceTest, AFinalizerKeepsTheAddressAsLongAsTheService) {
  call("POST", services,
       R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"a","finalizers":["e.com/f"]},
           "spec":{)" +
           fixed + "}}");
  call("DELETE", services + "/a");
  EXPECT_EQ(create("b", fixed).status, 422);
  EXPECT_EQ(
      patch("a", R"({"metadata":{"$deleteFromPrimitiveList/finalizers":["e.com/f"]}})").status,
      200);
  EXPECT_EQ(call("GET", services + "/a").status, 404);
  EXPECT_EQ(create("b", fixed).status, 201);
}

TEST_F(ServiceTest, AnUpdateThatLeavesItOutKeepsWhatWasGiven) {
  const std::string address = create("web", web).at("spec.clusterIP");
  const Answered replaced =
      call("PUT", services + "/web", service("web", R"("ports":[{"port":81}])"));
  EXPECT_EQ(replaced.status, 200) << replaced.text;
  EXPECT_EQ(replaced.at("spec.clusterIP"), address);
  EXPECT_EQ(replaced.at("spec.ipFamilies"), "[\"IPv4\"]");
}

TEST_F(ServiceTest, TheAddressIsForLife) {
  create("web", fixed);
  const Answered refused = patch("web", R"({"spec":{"clusterIP":"10.96.0.8"}})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.message(),
            "Service \"web\" is invalid: spec.clusterIPs[0]: Invalid value: [\"10.96.0.8\"]: may "
            "not change once set");
}

TEST_F(ServiceTest, TypesChangeThereAndBack) {
  create("web", fixed);
  const Answered reached = patch("web", R"({"spec":{"type":"NodePort"}})");
  EXPECT_EQ(reached.status, 200) << reached.text;
  const object::Json& port = reached.json.at("spec").at("ports").at(0);
  const std::int64_t number = object::int_or(object::member(port, "nodePort"), 0);
  EXPECT_GE(number, 30000);
  const std::string same_port =
      R"("type":"NodePort","ports":[{"port":80,"nodePort":)" + std::to_string(number) + "}]";
  EXPECT_EQ(create("b", same_port).status, 422);
  const Answered inner = patch("web", R"({"spec":{"type":"ClusterIP"}})");
  EXPECT_EQ(inner.at("spec.clusterIP"), "10.96.0.7");
  EXPECT_EQ(inner.at("spec.externalTrafficPolicy"), "");
  EXPECT_EQ(create("b", same_port).status, 201);
  const Answered external =
      patch("web", R"({"spec":{"type":"ExternalName","externalName":"example.com"}})");
  EXPECT_EQ(external.status, 200) << external.text;
  EXPECT_EQ(external.at("spec.clusterIP") + external.at("spec.ipFamilies"), "");
  EXPECT_EQ(create("c", fixed).status, 201);
  const Answered back = patch("web", R"({"spec":{"type":"ClusterIP","externalName":null}})");
  EXPECT_EQ(back.status, 200) << back.text;
  EXPECT_EQ(back.at("spec.clusterIP").substr(0, 8), "10.96.0.");
}

TEST_F(ServiceTest, WithoutAnAllocatorServicesAreStoredAsTheyCome) {
  options.services = nullptr;
  EXPECT_EQ(create("web", web).at("spec.clusterIP"), "");
}

}  // namespace
}  // namespace limen::test
