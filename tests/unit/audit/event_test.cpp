#include "audit/event.h"

#include <gtest/gtest.h>

#include <chrono>

#include "audit/managed_fields.h"
#include "audit/request_uri.h"
#include "object/decode.h"
#include "support/fake_exchange.h"

namespace limen::audit {
namespace {

using test::FakeExchange;
using test::InlineExecutor;

const base::SystemTime kReceived = *base::parse_time("2026-11-24T02:31:48.123456Z");
const base::SystemTime kNow = *base::parse_time("2026-11-24T02:31:48.2Z");

class AuditEvent : public testing::Test {
 protected:
  request::RequestContext& asks(std::string method, std::string target,
                                std::vector<std::pair<std::string, std::string>> headers = {}) {
    exchange_->request(std::move(method), std::move(target), std::move(headers));
    context_ = std::make_unique<request::RequestContext>(exchange_, base::Deadline());
    EXPECT_EQ(
        request::parse_request(exchange_->head().method, exchange_->head().target, context_->info),
        request::TargetStatus::ok);
    context_->audit_id = "id-1";
    context_->user = {"bob", "1001", {"readers", "system:authenticated"}, {}};
    context_->audit = std::make_unique<request::AuditRecord>();
    context_->audit->received = kReceived;
    return *context_;
  }

  InlineExecutor loop_;
  std::shared_ptr<FakeExchange> exchange_ = std::make_shared<FakeExchange>(loop_);
  std::unique_ptr<request::RequestContext> context_;
};

TEST_F(AuditEvent, HasTheShapeOfKubernetes) {
  auto& context = asks("GET", "/api/v1/namespaces/x/pods/p?pretty=1", {{"User-Agent", "kubectl"}});
  context.scope.annotations = {{"b", "2"}, {"a", "1"}, {"b", "later"}};
  context.set_status(200);
  EXPECT_EQ(make_event(context, Stage::response_complete, kNow).to_json(),
            R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-1",)"
            R"("stage":"ResponseComplete","requestURI":"/api/v1/namespaces/x/pods/p?pretty=1",)"
            R"("verb":"get","user":{"username":"bob","uid":"1001","groups":["readers",)"
            R"("system:authenticated"]},"sourceIPs":["192.0.2.1"],"userAgent":"kubectl",)"
            R"("objectRef":{"resource":"pods","namespace":"x","name":"p","apiVersion":"v1"},)"
            R"("responseStatus":{"metadata":{},"code":200},)"
            R"("requestReceivedTimestamp":"2026-11-24T02:31:48.123456Z",)"
            R"("stageTimestamp":"2026-11-24T02:31:48.200000Z","annotations":{"a":"1","b":"2"}})");
}

TEST_F(AuditEvent, WhatAdmissionChangedIsToldFromLevelRequestOn) {
  auto& context = asks("POST", "/api/v1/namespaces/x/pods");
  context.scope.annotations = {{"patch.webhook.admission.k8s.io/round_0_index_0", "[secret]"},
                               {"patch.admission.limen.io/round_0_index_0", "[secret]"},
                               {"mutation.webhook.admission.k8s.io/round_0_index_0", "{}"}};
  context.set_status(201);
  const auto text = [&] { return make_event(context, Stage::response_complete, kNow).to_json(); };
  EXPECT_EQ(text().find("secret"), std::string::npos);
  EXPECT_NE(text().find("mutation.webhook"), std::string::npos);
  context.audit->level = request::AuditLevel::request;
  EXPECT_NE(text().find("[secret]"), std::string::npos);
}

TEST_F(AuditEvent, WhatHasJustBeenReceivedHasNoStatusAndOneTime) {
  auto& context = asks("GET", "/healthz");
  EXPECT_EQ(
      make_event(context, Stage::request_received, kNow).to_json(),
      R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id-1",)"
      R"("stage":"RequestReceived","requestURI":"/healthz","verb":"get","user":{"username":"bob",)"
      R"("uid":"1001","groups":["readers","system:authenticated"]},"sourceIPs":["192.0.2.1"],)"
      R"("requestReceivedTimestamp":"2026-11-24T02:31:48.123456Z",)"
      R"("stageTimestamp":"2026-11-24T02:31:48.123456Z"})");
}

TEST_F(AuditEvent, AnErrorIsTheStatusOfTheAnswer) {
  auto& context = asks("GET", "/apis/apps/v1/namespaces/x/deployments/d");
  context.fail(base::ApiError::not_found("apps", "deployments", "d"));
  const std::string text = make_event(context, Stage::response_complete, kNow).to_json();
  EXPECT_NE(text.find(R"("responseStatus":{"metadata":{},"status":"Failure",)"
                      R"("message":"deployments.apps \"d\" not found","reason":"NotFound",)"
                      R"("details":{"name":"d","group":"apps","kind":"deployments"},"code":404})"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("responseObject"), std::string::npos);
  context.audit->level = AuditLevel::request_response;
  EXPECT_NE(make_event(context, Stage::response_complete, kNow)
                .to_json()
                .find(R"("responseObject":{"kind":"Status","apiVersion":"v1","metadata":{},)"),
            std::string::npos);
}

TEST_F(AuditEvent, AClientThatLeftBeforeTheAnswerIsToldOf) {
  auto& context = asks("GET", "/version");
  const std::string text = make_event(context, Stage::response_complete, kNow).to_json();
  EXPECT_NE(text.find(R"("responseStatus":{"metadata":{},"status":"Success",)"
                      R"("message":"Connection closed early","code":200})"),
            std::string::npos)
      << text;
}

TEST_F(AuditEvent, WhoActsAsSomebodyElseIsTheUser) {
  auto& context = asks("GET", "/version");
  context.impersonator = std::move(context.user);
  context.user = {"alice", "", {}, {{"z", {"1", "2"}}, {"a", {}}}};
  context.audit->impersonation_constraint = "impersonate:user-info";
  const std::string text = make_event(context, Stage::response_complete, kNow).to_json();
  EXPECT_NE(text.find(R"("user":{"username":"bob",)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("impersonatedUser":{"username":"alice","extra":{"a":[],"z":["1","2"]}},)"
                      R"("authenticationMetadata":{"impersonationConstraint":)"
                      R"("impersonate:user-info"},)"),
            std::string::npos)
      << text;
}

TEST_F(AuditEvent, TheBodyCompletesTheReferenceToTheObject) {
  auto& context = asks("POST", "/api/v1/namespaces/x/pods");
  context.audit->name = "p";
  context.audit->ns = "y";
  context.audit->uid = "u";
  context.audit->resource_version = "7";
  EXPECT_NE(make_event(context, Stage::response_complete, kNow)
                .to_json()
                .find(R"("objectRef":{"resource":"pods","namespace":"x","name":"p","uid":"u",)"
                      R"("apiVersion":"v1","resourceVersion":"7"})"),
            std::string::npos);
}

TEST_F(AuditEvent, BodiesAreOneLineAndMayGoWithoutManagedFields) {
  auto& context = asks("PUT", "/api/v1/namespaces/x/pods/p");
  context.audit->request_object = R"({"metadata":{"name":"p","managedFields":[{"manager":"m"}]}})";
  context.audit->response_object.emplace_back("{\"metadata\":\n");
  context.audit->response_object.emplace_back(R"({"managedFields":[],"name":"p"}})");
  const std::string with = make_event(context, Stage::response_complete, kNow).to_json();
  EXPECT_NE(with.find(R"("requestObject":{"metadata":{"name":"p","managedFields":[)"),
            std::string::npos)
      << with;
  EXPECT_EQ(with.find('\n'), std::string::npos);
  EXPECT_NO_THROW(object::decode(with, object::Format::json));
  context.audit->omit_managed_fields = true;
  const Event event = make_event(context, Stage::response_complete, kNow);
  EXPECT_NE(event.to_json().find(R"("requestObject":{"metadata":{"name":"p"}},)"
                                 R"("responseObject":{"metadata":{"name":"p"}},)"),
            std::string::npos)
      << event.to_json();
}

TEST(AuditManagedFields, GoFromListsAndTables) {
  EXPECT_EQ(without_managed_fields(
                R"({"items":[{"metadata":{"managedFields":[1],"name":"a"}},{"metadata":{}}]})"),
            R"({"items":[{"metadata":{"name":"a"}},{"metadata":{}}]})");
  EXPECT_EQ(without_managed_fields(
                R"({"rows":[{"object":{"metadata":{"name":"a","managedFields":[1]}}},{}]})"),
            R"({"rows":[{"object":{"metadata":{"name":"a"}}},{}]})");
  EXPECT_EQ(without_managed_fields("managedFields"), "managedFields");
}

TEST_F(AuditEvent, ALongUserAgentIsCut) {
  for (const std::size_t length : {1024U, 1025U}) {
    auto& context = asks("GET", "/version", {{"User-Agent", std::string(length, 'a')}});
    const std::string text = make_event(context, Stage::response_complete, kNow).to_json();
    EXPECT_EQ(text.find("...TRUNCATED") != std::string::npos, length > 1024);
    EXPECT_NE(text.find('"' + std::string(1024, 'a')), std::string::npos);
  }
}

TEST_F(AuditEvent, CredentialsInTheQueryAreNotShown) {
  auto& context = asks("GET", "/api/v1/namespaces/x/services/y/proxy/?token=abc&page=2");
  const std::string text = make_event(context, Stage::response_complete, kNow).to_json();
  EXPECT_NE(text.find(R"(/proxy/?token=REDACTED&page=2")"), std::string::npos) << text;
  EXPECT_EQ(text.find("abc"), std::string::npos);
}

TEST(AuditRequestUri, SecretNamesAreKnownHoweverTheyAreWritten) {
  EXPECT_EQ(shown_target("/a?access_token=x"), "/a?access_token=REDACTED");
  EXPECT_EQ(shown_target("/a?Access%5FToken=x&b=1"), "/a?Access%5FToken=REDACTED&b=1");
  EXPECT_EQ(shown_target("/a?b=1;client-secret=x"), "/a?b=1;client-secret=REDACTED");
  EXPECT_EQ(shown_target("/a?PASSWORD=x=y&&"), "/a?PASSWORD=REDACTED&&");
}

TEST(AuditRequestUri, EverythingElseIsAsItWasSent) {
  for (const char* target :
       {"/", "/token=x", "/a?", "/a?token", "/a?tokens=1&limit=500&continue=abc%3D",
        "/a?labelSelector=password%3Dx", "*"}) {
    EXPECT_EQ(shown_target(target), target);
  }
}

TEST_F(AuditEvent, SourcesAreForwardedThenRealThenThePeer) {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const auto ips = [&](const Headers& headers) {
    asks("GET", "/version", headers);
    std::string all;
    for (const std::string& ip : source_ips(exchange_->head(), exchange_->peer())) all += ip + ' ';
    return all;
  };
  EXPECT_EQ(ips({}), "192.0.2.1 ");
  EXPECT_EQ(
      ips({{"X-Forwarded-For", "10.0.0.1, nonsense ,2001:DB8::1"}, {"X-Real-Ip", "10.0.0.9"}}),
      "10.0.0.1 2001:db8::1 10.0.0.9 192.0.2.1 ");
  EXPECT_EQ(ips({{"X-Forwarded-For", "10.0.0.1,192.0.2.1"}, {"X-Real-Ip", "10.0.0.1"}}),
            "10.0.0.1 192.0.2.1 ");
  EXPECT_EQ(ips({{"X-Real-Ip", "::ffff:192.0.2.1"}}), "192.0.2.1 ");
}

TEST_F(AuditEvent, WhatWasPresentedIsNamedAndNotShown) {
  const auto attempted = [&](std::vector<std::pair<std::string, std::string>> headers) {
    return attempted_credentials(asks("GET", "/version", std::move(headers)));
  };
  EXPECT_EQ(attempted({}), "Authentication failed, no credentials provided");
  EXPECT_EQ(attempted({{"Authorization", "Bearer x"}}), "Authentication failed, attempted: bearer");
  EXPECT_EQ(attempted({{"Authorization", "basic eA=="}}),
            "Authentication failed, attempted: basic");
  EXPECT_EQ(attempted({{"Authorization", "Negotiate x"}}),
            "Authentication failed, no credentials provided");
  exchange_->sender().certificates_der = {"der"};
  EXPECT_EQ(attempted({{"Authorization", "Bearer x"}}),
            "Authentication failed, attempted: bearer, x509");
}

}  // namespace
}  // namespace limen::audit
