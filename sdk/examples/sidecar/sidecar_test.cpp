// The built module on the SDK's fake host.

#include <gtest/gtest.h>

#include <limen/testkit/reinvocation.hpp>
#include <string>

namespace {

using limen::testkit::Instance;
using limen::testkit::Json;
using limen::testkit::Module;
using limen::testkit::Reply;
using limen::testkit::Review;

// Two namespaces: one asks for the container, one does not.
Instance start() {
  static const Module module(MODULE_FILE);
  return Instance(module, {.config = boost::json::parse(R"({
                             "container": {"name": "proxy", "image": "acme/proxy:1", "args": ["-v"]},
                             "volumes": [{"name": "proxy-run", "emptyDir": {}}]})"),
                           .prepare = [](limen::testkit::FakeHost& host) {
                             host.put("", "namespaces", boost::json::parse(R"({"metadata": {
                               "name": "meshed", "labels": {"acme.example/sidecar": "enabled"}}})"));
                             host.put("", "namespaces", boost::json::parse(R"({"metadata": {
                               "name": "plain", "labels": {"acme.example/sidecar": "disabled"}}})"));
                           }});
}

Review review(const char* spec, const std::string& ns = "meshed") {
  Json pod = {{"metadata", {{"name", "p"}}}};
  pod.as_object()["spec"] = boost::json::parse(spec);
  return {.action = {.verb = "create", .resource = "pods", .ns = ns}, .kind = "Pod", .object = pod};
}

constexpr const char* kPlain = R"({"containers": [{"name": "app", "image": "app:1"}]})";

TEST(Sidecar, JoinsThePodsOfANamespaceThatAsksForIt) {
  Instance module = start();
  const Reply reply = module.admit(review(kPlain));
  ASSERT_TRUE(reply.admitted()) << reply.error;
  EXPECT_EQ(reply.object.at("spec"), boost::json::parse(R"({
    "containers": [{"name": "app", "image": "app:1"},
                   {"name": "proxy", "image": "acme/proxy:1", "args": ["-v"]}],
    "volumes": [{"name": "proxy-run", "emptyDir": {}}]})"));
  EXPECT_EQ(reply.annotations, (limen::testkit::Pairs{{"injected", "proxy"}}));
}

TEST(Sidecar, LeavesOtherNamespacesAlone) {
  Instance module = start();
  for (const char* ns : {"plain", "gone"}) {
    const Review plain = review(kPlain, ns);
    EXPECT_EQ(module.admit(plain).object, plain.object) << ns;
    EXPECT_TRUE(module.validate(plain).admitted()) << ns;
  }
  EXPECT_EQ(module.host().metric("pods_injected_total"), 0);
}

TEST(Sidecar, JoinsOnce) {
  Instance module = start();
  EXPECT_EQ(limen::testkit::reinvocation_problem(module, review(kPlain)), "");
  EXPECT_EQ(module.host().metric("pods_injected_total"), 1);
}

TEST(Sidecar, KeepsTheVolumesThatAreThere) {
  Instance module = start();
  const Reply reply = module.admit(review(R"({"containers": [{"name": "app"}],
    "volumes": [{"name": "data"}, {"name": "proxy-run", "emptyDir": {"medium": "Memory"}}]})"));
  EXPECT_EQ(reply.object.at("spec").at("volumes"),
            boost::json::parse(
                R"([{"name": "data"}, {"name": "proxy-run", "emptyDir": {"medium": "Memory"}}])"));
}

TEST(Sidecar, LeavesAContainerOfItsNameAloneWhereverItIs) {
  Instance module = start();
  for (const char* spec : {R"({"containers": [{"name": "proxy", "image": "own"}]})",
                           R"({"containers": [{"name": "app"}], "initContainers": [
                               {"name": "proxy", "restartPolicy": "Always"}]})"}) {
    EXPECT_EQ(module.admit(review(spec)).object, review(spec).object);
    EXPECT_TRUE(module.validate(review(spec)).admitted());
  }
}

TEST(Sidecar, LeavesTemplatesAndSubresourcesAlone) {
  Instance module = start();
  Review workload;
  workload.action = {
      .verb = "create", .api_group = "apps", .resource = "deployments", .ns = "meshed"};
  workload.object = {{"spec", {{"template", {{"spec", boost::json::parse(kPlain)}}}}}};
  EXPECT_EQ(module.admit(workload).object, workload.object);
  EXPECT_TRUE(module.validate(workload).admitted());
  Review binding = review(kPlain);
  binding.action.subresource = "binding";
  EXPECT_EQ(module.admit(binding).object, binding.object);
}

TEST(Sidecar, RefusesAPodThatLostIt) {
  const Reply reply = start().validate(review(kPlain));
  EXPECT_FALSE(reply.admitted());
  EXPECT_EQ(reply.message, "the container \"proxy\" belongs into every pod of this namespace");
}

}  // namespace
