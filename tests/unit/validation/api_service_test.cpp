#include "unit/validation/support.h"

namespace limen::validation {
namespace {

// An APIService whose spec has `more`, named as it should be unless told otherwise.
std::string service(const std::string& more, const std::string& name = "v1.a.example.com") {
  return R"({"metadata":{"name":")" + name +
         R"("},"spec":{"group":"a.example.com","version":"v1","groupPriorityMinimum":100,"versionPriority":10)" +
         (more.empty() ? "" : "," + more) + "}}";
}
Lines problems(const std::string& json) {
  return created("apiregistration.k8s.io", "apiservices", json);
}
const std::string kService = R"("service":{"namespace":"ns","name":"svc"})";

TEST(ApiServices, MayBeLocalOrRemote) {
  EXPECT_EQ(problems(service("")), Lines{});
  EXPECT_EQ(problems(service(kService)), Lines{});
  EXPECT_EQ(problems(service(kService + R"(,"caBundle":"UEVN")")), Lines{});
  EXPECT_EQ(problems(service(kService + R"(,"insecureSkipTLSVerify":true)")), Lines{});
  EXPECT_EQ(
      problems(
          R"({"metadata":{"name":"v1."},"spec":{"version":"v1","groupPriorityMinimum":20000,"versionPriority":1000}})"),
      Lines{});
}

TEST(ApiServices, AreReachedAtPort443UnlessTheySayOtherwise) {
  EXPECT_NE(
      defaulted("apiregistration.k8s.io", "apiservices", service(kService)).find(R"("port":443)"),
      std::string::npos);
  EXPECT_EQ(defaulted("apiregistration.k8s.io", "apiservices", service("")).find("port"),
            std::string::npos);
}

TEST(ApiServices, AreNamedAfterTheirGroupVersion) {
  EXPECT_EQ(
      problems(service("", "v2.a.example.com")),
      (Lines{
          R"(metadata.name: Invalid value: "v2.a.example.com": must be `spec.version+"."+spec.group`: "v1.a.example.com")"}));
}

TEST(ApiServices, HaveAGroupAndAVersion) {
  EXPECT_EQ(
      problems(
          R"({"metadata":{"name":"v2."},"spec":{"version":"v2","groupPriorityMinimum":1,"versionPriority":1}})"),
      (Lines{"spec.group: Required value: only v1 may have an empty group and it better be legacy "
             "kube"}));
  const Lines found = problems(
      R"({"metadata":{"name":"V1.A_b"},"spec":{"group":"A_b","version":"V1","groupPriorityMinimum":1,"versionPriority":1}})");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(
      found[0].starts_with(R"(spec.group: Invalid value: "A_b": a lowercase RFC 1123 subdomain)"))
      << found[0];
  EXPECT_TRUE(found[1].starts_with(R"(spec.version: Invalid value: "V1": a DNS-1035 label)"))
      << found[1];
}

TEST(ApiServices, HavePrioritiesWithinBounds) {
  for (const auto& [value, fits] : {std::pair(-1, false), std::pair(0, false), std::pair(1, true),
                                    std::pair(20000, true), std::pair(20001, false)}) {
    const Lines found = problems(
        R"({"metadata":{"name":"v1.a"},"spec":{"group":"a","version":"v1","versionPriority":1,"groupPriorityMinimum":)" +
        std::to_string(value) + "}}");
    const Lines wrong{"spec.groupPriorityMinimum: Invalid value: " + std::to_string(value) +
                      ": must be positive and less than 20000"};
    EXPECT_EQ(found, fits ? Lines{} : wrong);
  }
  for (const auto& [value, fits] :
       {std::pair(0, false), std::pair(1, true), std::pair(1000, true), std::pair(1001, false)}) {
    const Lines found = problems(
        R"({"metadata":{"name":"v1.a"},"spec":{"group":"a","version":"v1","groupPriorityMinimum":1,"versionPriority":)" +
        std::to_string(value) + "}}");
    const Lines wrong{"spec.versionPriority: Invalid value: " + std::to_string(value) +
                      ": must be positive and less than 1000"};
    EXPECT_EQ(found, fits ? Lines{} : wrong);
  }
}

TEST(ApiServices, HaveAServiceThatCanBeFound) {
  EXPECT_EQ(problems(service(R"("service":{})")),
            (Lines{"spec.service.namespace: Required value", "spec.service.name: Required value"}));
  EXPECT_EQ(problems(service(R"("service":{"namespace":"ns","name":"svc","port":65536})")),
            (Lines{"spec.service.port: Invalid value: 65536: port is not valid: must be between 1 "
                   "and 65535, inclusive"}));
}

TEST(ApiServices, AreTrustedInOneWay) {
  EXPECT_EQ(
      problems(service(R"("caBundle":"UEVN")")),
      (Lines{
          R"(spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle)"}));
  EXPECT_EQ(problems(service(R"("insecureSkipTLSVerify":true)")),
            (Lines{"spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not "
                   "have insecureSkipTLSVerify"}));
  EXPECT_EQ(problems(service(kService + R"(,"caBundle":"UEVN","insecureSkipTLSVerify":true)")),
            (Lines{"spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle "
                   "is present"}));
}

}  // namespace
}  // namespace limen::validation
