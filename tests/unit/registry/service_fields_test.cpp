// What an update of a Service keeps and what it gives up.
#include "registry/service_fields.h"

#include <gtest/gtest.h>

#include "object/metadata.h"

namespace limen::registry {
namespace {

using object::Json;

Json service(const std::string& spec) { return boost::json::parse(R"({"spec":{)" + spec + "}}"); }

// `now` as it is stored over `before`.
std::string changed(const std::string& now, const std::string& before) {
  Json object = service(now);
  settle_changed_service(object, service(before));
  return boost::json::serialize(object.at("spec"));
}

TEST(ServiceFields, TheListFollowsTheAddress) {
  Json object = service(R"("clusterIP":"10.0.0.1")");
  settle_new_service(object);
  EXPECT_EQ(boost::json::serialize(object.at("spec").at("clusterIPs")), "[\"10.0.0.1\"]");
}

TEST(ServiceFields, WhatAnUpdateLeavesOutStays) {
  EXPECT_EQ(changed(R"("type":"ClusterIP")",
                    R"("type":"ClusterIP","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"])"),
            R"({"type":"ClusterIP","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"]})");
  EXPECT_EQ(changed(R"("type":"NodePort","ports":[{"name":"b","port":1},{"name":"a","port":2}])",
                    R"("type":"NodePort","ports":[{"name":"a","nodePort":30001},
                                                  {"name":"b","nodePort":30002}])"),
            R"({"type":"NodePort","ports":[{"name":"b","port":1,"nodePort":30002},)"
            R"({"name":"a","port":2,"nodePort":30001}]})");
}

TEST(ServiceFields, ANodePortThatIsUsedOtherwiseIsNotKept) {
  EXPECT_EQ(changed(R"("type":"NodePort","ports":[{"name":"a"},{"name":"b","nodePort":30001}])",
                    R"("type":"NodePort","ports":[{"name":"a","nodePort":30001}])"),
            R"({"type":"NodePort","ports":[{"name":"a"},{"name":"b","nodePort":30001}]})");
}

TEST(ServiceFields, AnOldClientChangesTheAddressAndTheListFollows) {
  EXPECT_EQ(changed(R"("type":"ClusterIP","clusterIP":"10.0.0.2","clusterIPs":["10.0.0.1"])",
                    R"("type":"ClusterIP","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"])"),
            R"({"type":"ClusterIP","clusterIP":"10.0.0.2","clusterIPs":["10.0.0.2"]})");
}

TEST(ServiceFields, WhatOnlyTheOldTypeHadGoes) {
  EXPECT_EQ(changed(R"("type":"ExternalName","externalName":"a.b","clusterIP":"10.0.0.1",
                       "clusterIPs":["10.0.0.1"],"ipFamilies":["IPv4"],
                       "ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster")",
                    R"("type":"ClusterIP","clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],
                       "ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",
                       "internalTrafficPolicy":"Cluster")"),
            R"({"type":"ExternalName","externalName":"a.b"})");
  EXPECT_EQ(changed(R"("type":"ClusterIP","externalTrafficPolicy":"Local",
                       "healthCheckNodePort":30005,"allocateLoadBalancerNodePorts":true,
                       "ports":[{"port":80,"nodePort":30001}])",
                    R"("type":"LoadBalancer","externalTrafficPolicy":"Local",
                       "healthCheckNodePort":30005,"allocateLoadBalancerNodePorts":true,
                       "ports":[{"port":80,"nodePort":30001}])"),
            R"({"type":"ClusterIP","ports":[{"port":80}]})");
}

TEST(ServiceFields, WhatTheClientChangedItselfIsItsOwn) {
  EXPECT_EQ(changed(R"("type":"ClusterIP","ports":[{"port":80,"nodePort":30002}])",
                    R"("type":"NodePort","ports":[{"port":80,"nodePort":30001}])"),
            R"({"type":"ClusterIP","ports":[{"port":80,"nodePort":30002}]})");
}

}  // namespace
}  // namespace limen::registry
