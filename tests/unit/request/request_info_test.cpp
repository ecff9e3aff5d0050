#include "request/request_info.h"

#include <gtest/gtest.h>

namespace limen::request {
namespace {

struct Case {
  const char *method, *target;
  const char *verb, *prefix, *group, *version, *ns, *resource, *subresource, *name;
};

void PrintTo(const Case& item, std::ostream* out) { *out << item.method << ' ' << item.target; }

class ResourceRequest : public testing::TestWithParam<Case> {};

TEST_P(ResourceRequest, IsReadAsKubernetesReadsIt) {
  const Case& expected = GetParam();
  RequestInfo info;
  ASSERT_EQ(parse_request(expected.method, expected.target, info), TargetStatus::ok);
  EXPECT_TRUE(info.is_resource);
  EXPECT_EQ(info.verb, expected.verb);
  EXPECT_EQ(info.prefix, expected.prefix);
  EXPECT_EQ(info.group, expected.group);
  EXPECT_EQ(info.version, expected.version);
  EXPECT_EQ(info.ns, expected.ns);
  EXPECT_EQ(info.resource, expected.resource);
  EXPECT_EQ(info.subresource, expected.subresource);
  EXPECT_EQ(info.name, expected.name);
}

INSTANTIATE_TEST_SUITE_P(
    Paths, ResourceRequest,
    testing::Values(
        Case{"GET", "/api/v1/namespaces", "list", "api", "", "v1", "", "namespaces", "", ""},
        Case{"GET", "/api/v1/namespaces/other", "get", "api", "", "v1", "other", "namespaces", "",
             "other"},
        Case{"GET", "/api/v1/namespaces/other/pods", "list", "api", "", "v1", "other", "pods", "",
             ""},
        Case{"GET", "/api/v1/namespaces/other/pods/foo", "get", "api", "", "v1", "other", "pods",
             "", "foo"},
        Case{"HEAD", "/api/v1/namespaces/other/pods/foo", "get", "api", "", "v1", "other", "pods",
             "", "foo"},
        Case{"GET", "/api/v1/pods", "list", "api", "", "v1", "", "pods", "", ""},
        Case{"HEAD", "/api/v1/pods", "list", "api", "", "v1", "", "pods", "", ""},
        Case{"GET", "/api/v1/pods/", "list", "api", "", "v1", "", "pods", "", ""},
        Case{"GET", "/api/v1/watch/pods", "watch", "api", "", "v1", "", "pods", "", ""},
        Case{"GET", "/api/v1/pods?watch=true", "watch", "api", "", "v1", "", "pods", "", ""},
        Case{"GET", "/api/v1/pods?watch=false", "list", "api", "", "v1", "", "pods", "", ""},
        Case{"GET", "/api/v1/pods?watch=", "watch", "api", "", "v1", "", "pods", "", ""},
        Case{"GET", "/api/v1/watch/namespaces/other/pods", "watch", "api", "", "v1", "other",
             "pods", "", ""},
        Case{"GET", "/api/v1/namespaces/other/pods?fieldSelector=metadata.name=p1", "list", "api",
             "", "v1", "other", "pods", "", "p1"},
        Case{"GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dn,metadata.name%3D%3Dp1&watch=1",
             "watch", "api", "", "v1", "", "pods", "", "p1"},
        Case{"GET", "/api/v1/pods?fieldSelector=metadata.name=..", "list", "api", "", "v1", "",
             "pods", "", ""},
        Case{"PUT", "/api/v1/namespaces/other/finalize", "update", "api", "", "v1", "other",
             "namespaces", "finalize", "other"},
        Case{"PUT", "/api/v1/namespaces/other/status", "update", "api", "", "v1", "other",
             "namespaces", "status", "other"},
        Case{"GET", "/api/v1/namespaces/other/pods/foo/log", "get", "api", "", "v1", "other",
             "pods", "log", "foo"},
        Case{"PATCH", "/apis/apps/v1/namespaces/other/deployments/foo/scale", "patch", "apis",
             "apps", "v1", "other", "deployments", "scale", "foo"},
        Case{"POST", "/apis/apps/v1/namespaces/other/deployments", "create", "apis", "apps", "v1",
             "other", "deployments", "", ""},
        Case{"DELETE", "/apis/apps/v1/namespaces/other/deployments", "deletecollection", "apis",
             "apps", "v1", "other", "deployments", "", ""},
        Case{"DELETE", "/apis/apps/v1/namespaces/other/deployments/foo", "delete", "apis", "apps",
             "v1", "other", "deployments", "", "foo"},
        Case{"GET", "https://host:6443/api/v1/pods", "list", "api", "", "v1", "", "pods", "", ""},
        Case{"GET", "/api/v1/namespaces/a%20b/pods", "list", "api", "", "v1", "a b", "pods", "",
             ""}));

TEST(NonResourceRequest, KeepsThePathAndTheLowerCaseMethod) {
  for (const char* path : {"/", "/healthz", "/api", "/api/v1", "/apis", "/apis/apps",
                           "/apis/apps/v1", "/version", "/foo/bar/baz/qux"}) {
    RequestInfo info;
    ASSERT_EQ(parse_request("GET", path, info), TargetStatus::ok) << path;
    EXPECT_FALSE(info.is_resource) << path;
    EXPECT_EQ(info.path, path);
    EXPECT_EQ(info.verb, "get");
  }
}

TEST(PathConfusion, IsRefusedInEverySpelling) {
  for (const char* target :
       {"", "*", "api/v1/pods", "//api/v1/pods", "/api//v1/pods", "/api/v1/pods//",
        "/api/./v1/pods", "/api/v1/../v1/pods", "/api/v1/namespaces/a/%2e%2e/b/pods",
        "/api/v1/namespaces/a/.%2E/b/pods", "/api/v1/namespaces/a%2fb/pods",
        "/api/v1/namespaces/a%2Fb/pods", "/api/v1/pods/%00", "/api/v1/pods/%zz", "http://host",
        "http:///api/v1/pods", "ftp://host/api/v1/pods"}) {
    RequestInfo info;
    EXPECT_EQ(parse_request("GET", target, info), TargetStatus::malformed) << target;
  }
}

TEST(Query, DropsWhatGoDrops) {
  const Query query("a=1&a=2&b=%zz&c;d=3&e+f=g%20h&=x&i");
  EXPECT_EQ(query.get("a"), "1");
  EXPECT_EQ(query.all("a").size(), 2U);
  EXPECT_FALSE(query.has("b"));
  EXPECT_FALSE(query.has("c;d"));
  EXPECT_EQ(query.get("e f"), "g h");
  EXPECT_TRUE(query.has("i"));
}

}  // namespace
}  // namespace limen::request
