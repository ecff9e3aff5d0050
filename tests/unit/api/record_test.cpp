// What the verbs leave for the audit log.
#include "object/document.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

using request::AuditLevel;

class RecordTest : public ApiTest {
 protected:
  // The record of one request.
  request::AuditRecord& record(AuditLevel level, const std::string& method,
                               const std::string& target, std::string body = {},
                               Headers headers = {}) {
    audit_level = level;
    open_ = start(method, target, std::move(body), std::move(headers));
    loop.run();
    EXPECT_TRUE(*open_.done);
    audit_level = AuditLevel::none;
    return *open_.context->audit;
  }
  static std::string joined(const std::vector<transport::BodyPiece>& pieces) {
    std::string text;
    for (const transport::BodyPiece& piece : pieces) text += piece.view;
    return text;
  }

  Open open_;
};

TEST_F(RecordTest, MetadataAreTheReferenceToTheObjectAndNoBodies) {
  const auto& kept = record(AuditLevel::metadata, "POST", config_maps,
                            config_map("a", R"(,"uid":"u","resourceVersion":"0")"));
  EXPECT_EQ(kept.name, "a");
  EXPECT_EQ(kept.uid, "u");
  EXPECT_EQ(kept.resource_version, "0");
  EXPECT_EQ(kept.request_object, "");
  EXPECT_TRUE(kept.response_object.empty());
}

TEST_F(RecordTest, ARequestIsKeptAsItWasSent) {
  const auto& kept = record(AuditLevel::request, "POST", pods, pod("p"));
  EXPECT_EQ(kept.request_object, pod("p"));
  EXPECT_TRUE(kept.response_object.empty());
}

TEST_F(RecordTest, YamlIsKeptAsJson) {
  const auto& kept = record(AuditLevel::request_response, "POST", config_maps,
                            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
                            {{"Content-Type", "application/yaml"}, {"Accept", "application/yaml"}});
  EXPECT_EQ(kept.request_object,
            R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}})");
  EXPECT_EQ(open_.exchange->answer.find('{'), std::string::npos) << "the client has YAML";
  EXPECT_TRUE(boost::json::parse(joined(kept.response_object)).is_object());
}

TEST_F(RecordTest, AnAnswerIsKeptAsTheClientHasIt) {
  call("POST", config_maps, config_map("a"));
  for (const std::string& target : {config_maps + "/a", config_maps}) {
    const auto& kept = record(AuditLevel::request_response, "GET", target);
    EXPECT_EQ(kept.request_object, "");
    EXPECT_EQ(joined(kept.response_object) + "\n", open_.exchange->answer);
  }
  const auto& indented = record(AuditLevel::request_response, "GET", config_maps + "/a?pretty=1");
  EXPECT_EQ(joined(indented.response_object).find('\n'), std::string::npos);
}

TEST_F(RecordTest, APatchIsKeptAndNotWhatItMakes) {
  call("POST", config_maps, config_map("a"));
  const auto& kept =
      record(AuditLevel::request, "PATCH", config_maps + "/a", R"({"data":{"k":"w"}})",
             {{"Content-Type", "application/merge-patch+json"}});
  EXPECT_EQ(kept.request_object, R"({"data":{"k":"w"}})");
  EXPECT_EQ(kept.name, "");
}

TEST_F(RecordTest, OptionsOfADeleteAreKept) {
  call("POST", config_maps, config_map("a"));
  const auto& kept = record(AuditLevel::request_response, "DELETE", config_maps + "/a",
                            R"({"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0})");
  EXPECT_NE(kept.request_object.find("\"gracePeriodSeconds\":0"), std::string::npos);
  EXPECT_NE(joined(kept.response_object).find("\"status\":\"Success\""), std::string::npos);
}

TEST_F(RecordTest, AnErrorIsTheRecordsOwn) {
  const auto& kept = record(AuditLevel::request_response, "GET", config_maps + "/none");
  ASSERT_TRUE(kept.error);
  EXPECT_EQ(kept.error->code(), 404);
  EXPECT_TRUE(kept.response_object.empty());
}

}  // namespace
}  // namespace limen::test
