// Pages of other origins, and the browser's promise to come back over TLS.
#include "pipeline/cross_origin.h"

#include "pipeline_fixture.h"

namespace limen::pipeline {
namespace {

class CrossOriginTest : public PipelineTest {
 protected:
  CrossOriginTest() {
    options_.cross_origin =
        std::make_shared<const CrossOrigin>(std::vector<std::string>{"^https://pages\\.example$"});
    list_->allowed = {"bob list pods"};
  }
  std::shared_ptr<FakeExchange> from(const std::string& origin, const std::string& method = "GET") {
    return send("/api/v1/pods", {{"Origin", origin}, {"Authorization", "Bearer bob"}}, method);
  }
};

TEST_F(CrossOriginTest, AQuestionAheadIsAnsweredWithoutACredential) {
  const auto exchange = send("/api/v1/pods", {{"Origin", "https://pages.example"}}, "OPTIONS");
  EXPECT_EQ(exchange->status, 204);
  EXPECT_EQ(exchange->answer, "");
  for (const char* header :
       {"Access-Control-Allow-Origin: https://pages.example\r\n",
        "Access-Control-Allow-Methods: POST, GET, OPTIONS, PUT, DELETE, PATCH\r\n",
        "Access-Control-Allow-Headers: Content-Type, Content-Length, Accept-Encoding, "
        "X-CSRF-Token, "
        "Authorization, X-Requested-With, If-Modified-Since\r\n",
        "Access-Control-Expose-Headers: Date\r\n", "Access-Control-Allow-Credentials: true\r\n",
        "Audit-Id: ", "Cache-Control: no-cache, private\r\n"}) {
    EXPECT_NE(exchange->answer_headers.find(header), std::string::npos) << header;
  }
  EXPECT_EQ(dispatched_, 0);
}

TEST_F(CrossOriginTest, WhateverIsAnsweredTellsTheOriginThatItMay) {
  const std::string header = "Access-Control-Allow-Origin: https://pages.example\r\n";
  EXPECT_NE(from("https://pages.example")->answer_headers.find(header), std::string::npos);
  const auto refused = from("https://pages.example", "DELETE");
  EXPECT_EQ(refused->status, 403);
  EXPECT_NE(refused->answer_headers.find(header), std::string::npos);
}

TEST_F(CrossOriginTest, AnotherOriginIsHandledAsIfItHadSaidNothing) {
  const auto exchange = from("https://pages.example.evil");
  EXPECT_EQ(exchange->status, 200);
  EXPECT_EQ(exchange->answer_headers.find("Access-Control"), std::string::npos);
  EXPECT_EQ(send("/api/v1/pods", {{"Origin", "https://evil"}}, "OPTIONS")->status, 401);
}

TEST_F(CrossOriginTest, WithoutAnOriginThereIsNothingToSay) {
  const auto exchange = send("/api/v1/pods", {{"Authorization", "Bearer bob"}});
  EXPECT_EQ(exchange->answer_headers.find("Access-Control"), std::string::npos);
}

TEST(CrossOriginPatterns, WhatIsNoExpressionIsRefused) {
  EXPECT_THROW(CrossOrigin({"("}), std::invalid_argument);
}

TEST_F(PipelineTest, StrictTransportSecurityIsOnEveryAnswer) {
  options_.strict_transport_security = "max-age=60; includeSubDomains";
  for (const char* target : {"/api/v1/pods", "/a//b"}) {
    EXPECT_NE(send(target)->answer_headers.find(
                  "Strict-Transport-Security: max-age=60; includeSubDomains\r\n"),
              std::string::npos)
        << target;
  }
}

TEST_F(PipelineTest, ATimeoutThatIsNoneIsToldAsGoTellsIt) {
  const std::pair<const char*, const char*> kCases[] = {
      {"soon", "time: invalid duration \\\"soon\\\""},
      {"5", "time: missing unit in duration \\\"5\\\""},
      {"1s5", "time: missing unit in duration \\\"1s5\\\""},
      {"5x", "time: unknown unit \\\"x\\\" in duration \\\"5x\\\""},
      {"-", "time: invalid duration \\\"-\\\""},
      {".s", "time: invalid duration \\\".s\\\""}};
  for (const auto& [value, text] : kCases) {
    const auto exchange = send(std::string("/api/v1/pods?timeout=") + value);
    EXPECT_EQ(exchange->status, 400) << value;
    EXPECT_NE(exchange->answer.find(std::string("invalid timeout specified in the request URL - ") +
                                    text),
              std::string::npos)
        << exchange->answer;
  }
}

TEST_F(PipelineTest, WhatLivesLongHasNoTimeoutToBeWrong) {
  EXPECT_EQ(send("/api/v1/pods?watch=1&timeout=soon")->status, 401);
}

}  // namespace
}  // namespace limen::pipeline
