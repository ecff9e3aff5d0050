#include "aggregation/availability.h"

#include <gtest/gtest.h>

#include "unit/aggregation/remote_fixture.h"
#include "unit/aggregation/with_store.h"

namespace limen::aggregation {
namespace {

class AvailabilityTest : public test::WithStore {
 protected:
  void service(const std::string& spec) {
    put({{"", "services"}, "ns", "svc"}, R"({"apiVersion":"v1","kind":"Service","spec":)" + spec +
                                             R"(,"metadata":{"name":"svc","namespace":"ns"}})");
  }
  void slice(const std::string& rest, const std::string& of = "svc", const std::string& ns = "ns") {
    put({{"discovery.k8s.io", "endpointslices"}, ns, of + "-1"},
        R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice",)" + rest +
            R"(,"metadata":{"name":")" + of + R"(-1","namespace":")" + ns +
            R"(","labels":{"kubernetes.io/service-name":")" + of + R"("}}})");
  }
  std::string missing() {
    const auto found = missing_service(*store_, test::remote_service());
    return found ? found->reason + ": " + found->message : "nothing";
  }
};

const char kSpec[] = R"({"type":"ClusterIP","ports":[{"name":"https","port":8443}]})";

TEST_F(AvailabilityTest, WantsTheService) {
  EXPECT_EQ(missing(), R"(ServiceNotFound: service/svc in "ns" is not present)");
}

TEST_F(AvailabilityTest, WantsItsPort) {
  service(R"({"type":"ClusterIP","ports":[{"port":443}]})");
  EXPECT_EQ(missing(), R"(ServicePortError: service/svc in "ns" is not listening on port 8443)");
}

TEST_F(AvailabilityTest, WantsEndpoints) {
  service(kSpec);
  slice(R"("endpoints":[{"addresses":["192.0.2.1"]}],"ports":[{"name":"https","port":1}])",
        "other");
  slice(R"("endpoints":[{"addresses":["192.0.2.1"]}],"ports":[{"name":"https","port":1}])", "svc",
        "elsewhere");
  EXPECT_EQ(missing(), R"(EndpointsNotFound: cannot find endpointslices for service/svc in "ns")");
}

TEST_F(AvailabilityTest, WantsOneThatIsReadyOnThePort) {
  service(kSpec);
  slice(R"("endpoints":[{"addresses":["192.0.2.1"],"conditions":{"ready":false}}],)"
        R"("ports":[{"name":"https","port":1}])");
  const std::string none =
      R"(MissingEndpoints: endpointslices for service/svc in "ns" have no addresses with port name "https")";
  EXPECT_EQ(missing(), none);
  replace({{"discovery.k8s.io", "endpointslices"}, "ns", "svc-1"}, R"({"ready":false})",
          R"({"ready":true})");
  EXPECT_EQ(missing(), "nothing");
  replace({{"discovery.k8s.io", "endpointslices"}, "ns", "svc-1"}, R"("name":"https")",
          R"("name":"other")");
  EXPECT_EQ(missing(), none);
}

TEST_F(AvailabilityTest, TakesEndpointsWhereThereAreNoSlices) {
  service(kSpec);
  put({{"", "endpoints"}, "ns", "svc"},
      R"({"apiVersion":"v1","kind":"Endpoints","subsets":[{"addresses":[{"ip":"192.0.2.1"}],)"
      R"("ports":[{"name":"https","port":1}]}],"metadata":{"name":"svc","namespace":"ns"}})");
  EXPECT_EQ(missing(), "nothing");
}

TEST_F(AvailabilityTest, AsksTheServerOfAServiceOfAnotherType) {
  service(R"({"type":"ExternalName","externalName":"remote.example.com"})");
  EXPECT_EQ(missing(), "nothing");
}

}  // namespace
}  // namespace limen::aggregation
