#include "aggregation/remote_documents.h"

#include <gtest/gtest.h>

#include "support/inline_executor.h"
#include "unit/aggregation/remote_fixture.h"
#include "unit/aggregation/with_store.h"

namespace limen::aggregation {
namespace {

const char kDiscovery[] =
    R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[)"
    R"({"metadata":{"name":"a.example.com"},"versions":[{"version":"v1","resources":[)"
    R"({"resource":"widgets","scope":"Namespaced","singularResource":"widget","verbs":["get"]}]}]}]})";
const char kResources[] =
    R"([{"resource":"widgets","scope":"Namespaced","singularResource":"widget","verbs":["get"]}])";
const char kList[] =
    R"({"kind":"APIResourceList","groupVersion":"a.example.com/v1","resources":[)"
    R"({"name":"widgets","singularName":"widget","namespaced":true,"kind":"Widget","verbs":["get"]}]})";
const char kSwagger[] =
    R"({"swagger":"2.0","paths":{"/apis/a.example.com/v1/widgets":{}},"definitions":{}})";

class RemoteDocumentsTest : public test::WithStore {
 protected:
  RemoteDocumentsTest() {
    put({{"", "services"}, "ns", "svc"}, test::kExternalService);
    servers_ = std::make_unique<RemoteServers>(*store_, remote_.options());
  }
  void read() {
    base::spawn(
        [this]() -> base::Task<void> {
          known_ = co_await read_documents(*servers_, loop_, test::remote_service(), known_);
        }(),
        [](std::exception_ptr error) { EXPECT_FALSE(error); });
    loop_.run();
  }
  static std::string index(const std::string& url) {
    return R"({"paths":{"apis/a.example.com/v1":{"serverRelativeURL":")" + url +
           R"("},"apis/other/v1":{}}})";
  }

  test::FakeRemote remote_;
  test::InlineExecutor loop_;
  std::unique_ptr<RemoteServers> servers_;
  KnownDocuments known_;
};

TEST_F(RemoteDocumentsTest, ComeFromAggregatedDiscovery) {
  remote_.answer("/apis", 200, kDiscovery);
  read();
  EXPECT_TRUE(known_.fresh);
  EXPECT_EQ(known_.documents.resources, kResources);
  EXPECT_TRUE(remote_.asked("/apis/a.example.com/v1").empty());
  EXPECT_EQ(remote_.asked("/apis")[0].headers[0].second,
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
            "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList");
}

TEST_F(RemoteDocumentsTest, ComeFromTheOlderFormOfServersThatHaveNoOther) {
  for (const auto& [status, body] :
       {std::pair(406, ""), std::pair(404, ""), std::pair(200, R"({"kind":"APIGroupList"})"),
        std::pair(200, "no json")}) {
    remote_.answer("/apis", status, body);
    remote_.answer("/apis/a.example.com/v1", 200, kList);
    known_ = {};
    read();
    EXPECT_TRUE(known_.fresh);
    EXPECT_NE(known_.documents.resources.find("\"widgets\""), std::string::npos);
  }
}

TEST_F(RemoteDocumentsTest, StayAsTheyWereWhenTheServerIsGone) {
  remote_.answer("/apis", 200, kDiscovery);
  read();
  remote_.be_down();
  read();
  EXPECT_FALSE(known_.fresh);
  EXPECT_EQ(known_.documents.resources, kResources);
}

TEST_F(RemoteDocumentsTest, AreReadToTheirLimitAndNotBeyond) {
  const std::string body(kDiscovery);
  remote_.answer("/apis", 200, body + std::string(kMaxDiscoveryBytes - body.size(), ' '));
  read();
  EXPECT_TRUE(known_.fresh);
  remote_.answer("/apis", 200, body + std::string(kMaxDiscoveryBytes - body.size() + 1, ' '));
  read();
  EXPECT_FALSE(known_.fresh);
  EXPECT_EQ(remote_.asked("/openapi/v3")[0].max_bytes, kMaxOpenApiIndexBytes);
  EXPECT_EQ(remote_.asked("/openapi/v2")[0].max_bytes, kMaxSwaggerBytes);
}

TEST_F(RemoteDocumentsTest, NameWhereTheOpenApiDocumentLies) {
  remote_.answer("/apis", 200, kDiscovery);
  remote_.answer("/openapi/v3", 200, index("/openapi/v3/apis/a.example.com/v1?hash=AB12"));
  read();
  EXPECT_EQ(known_.documents.openapi3_url, "/openapi/v3/apis/a.example.com/v1?hash=AB12");
}

TEST_F(RemoteDocumentsTest, DoNotSendClientsElsewhere) {
  remote_.answer("/apis", 200, kDiscovery);
  for (const char* url :
       {"https://evil.example.com/", "/openapi/v3/apis/other/v1?hash=1",
        "/openapi/v3/apis/a.example.com/v10", "/openapi/v3/apis/a.example.com/v1?\\r\\nx"}) {
    remote_.answer("/openapi/v3", 200, index(url));
    read();
    EXPECT_EQ(known_.documents.openapi3_url, "") << url;
  }
}

TEST_F(RemoteDocumentsTest, KeepTheSwaggerThatHasNotChanged) {
  remote_.answer("/apis", 200, kDiscovery);
  remote_.answer("/openapi/v2", 200, kSwagger, {{"Etag", "\"one\""}});
  read();
  ASSERT_TRUE(known_.documents.swagger);
  const auto before = known_.documents.swagger;
  remote_.answer("/openapi/v2", 304);
  read();
  EXPECT_EQ(known_.documents.swagger, before);
  EXPECT_EQ(remote_.asked("/openapi/v2")[1].headers[1].second, "\"one\"");
  remote_.answer("/openapi/v2", 404);
  read();
  EXPECT_FALSE(known_.documents.swagger);
}

}  // namespace
}  // namespace limen::aggregation
