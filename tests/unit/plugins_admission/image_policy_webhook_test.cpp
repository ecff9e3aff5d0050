// image-policy-webhook on the fake host, whose HTTP is answered here.
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>

#include "support.h"
#include "support/scratch_folder.h"

namespace limen::testkit {
namespace {

using namespace std::chrono_literals;

constexpr const char* kFailedOpen = "/metadata/annotations/alpha.image-policy.k8s.io~1failed-open";

HttpReply says(const std::string& status) {
  return {.code = 200,
          .body = R"({"kind":"ImageReview","apiVersion":"imagepolicy.k8s.io/v1alpha1","status":)" +
                  status + "}"};
}

class ImagePolicyWebhook : public testing::Test {
 protected:
  std::string kubeconfig() const {
    std::string path = folder_ / "hook";
    std::ofstream(path)
        << "current-context: hook\ncontexts: [{name: hook, context: {cluster: c, user: u}}]\n"
           "clusters: [{name: c, cluster: {server: \"https://hook.test/images\"}}]\n"
           "users: [{name: u, user: {token: secret}}]\n";
    return path;
  }
  void open(const std::string& more = "{}") {
    Json policy = json(more);
    policy.get_object()["kubeConfigFile"] = kubeconfig();
    controller.reset();
    controller = std::make_unique<Instance>(
        module,
        InstanceOptions{.config = {{"imagePolicy", policy}}, .prepare = [this](FakeHost& host) {
                          host.answer_http([this](const HttpCall& call) {
                            calls.push_back(call);
                            return answer(call);
                          });
                        }});
  }
  static Json pod(const std::string& image = "good", const std::string& annotations = "{}") {
    return json(R"({"metadata":{"name":"n","annotations":)" + annotations +
                R"(},"spec":{"containers":[{"image":")" + image + R"("}]}})");
  }
  void answer_with(HttpReply reply) {
    answer = [reply = std::move(reply)](const HttpCall&) { return reply; };
  }
  std::string said(const Json& object) { return controller->validate(of("pods", object)).message; }
  Json asked(std::size_t index = 0) const { return json(calls.at(index).body); }
  std::size_t questions() { return std::exchange(calls, {}).size(); }
  static std::string audited(const Reply& reply) {
    std::string out;
    for (const auto& [key, value] : reply.annotations) out += key + "=" + value + "\n";
    return out;
  }

  test::ScratchFolder folder_;
  Module module = load("image-policy-webhook");
  std::vector<HttpCall> calls;
  std::function<HttpReply(const HttpCall&)> answer = [](const HttpCall&) {
    return says(R"({"allowed":true})");
  };
  std::unique_ptr<Instance> controller;
};

TEST_F(ImagePolicyWebhook, AsksAboutImagesAndTheAnnotationsForImagePolicies) {
  open();
  EXPECT_EQ(
      said(json(R"({"metadata":{"annotations":{"b.image-policy.k8s.io/ticket":"7",)"
                R"("image-policy.k8s.io/x":"1","note":"n"}},)"
                R"("spec":{"initContainers":[{"image":"c"}],"ephemeralContainers":[{"image":"d"}],)"
                R"("containers":[{"image":"a"},{"image":"b"}]}})")),
      "");
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].method, "POST");
  EXPECT_EQ(calls[0].url, "https://hook.test/images");
  EXPECT_EQ(calls[0].headers[0],
            (std::pair<std::string, std::string>("Authorization", "Bearer secret")));
  EXPECT_EQ(asked(),
            json(R"({"kind":"ImageReview","apiVersion":"imagepolicy.k8s.io/v1alpha1",)"
                 R"("spec":{"containers":[{"image":"a"},{"image":"b"},{"image":"c"}],)"
                 R"("annotations":{"b.image-policy.k8s.io/ticket":"7"},"namespace":"x"}})"));
}

TEST_F(ImagePolicyWebhook, ADenialIsToldWithTheWebhooksReason) {
  open();
  answer_with(says(R"({"allowed":false,"reason":"not signed"})"));
  const Reply reply = controller->validate(of("pods", pod()));
  EXPECT_EQ(reply.message, "image policy webhook backend denied one or more images: not signed");
  EXPECT_EQ(reply.code, 403);
  answer_with(says("{}"));
  EXPECT_EQ(said(pod("other")), "one or more images rejected by webhook backend");
}

TEST_F(ImagePolicyWebhook, EphemeralContainersAreAskedAboutByThemselves) {
  open();
  Review review = update("pods", pod(),
                         json(R"({"spec":{"containers":[{"image":"a"}],)"
                              R"("ephemeralContainers":[{"image":"debug"}]}})"));
  review.action.subresource = "ephemeralcontainers";
  EXPECT_FALSE(controller->validate(review).denied);
  EXPECT_EQ(asked().at("spec").at("containers"), json(R"([{"image":"debug"}])"));
}

TEST_F(ImagePolicyWebhook, AChangeIsAskedAboutWhenTheQuestionIsAnother) {
  open();
  const auto asks = [&](const Json& before, const Json& after, const char* subresource = "") {
    Review review = update("pods", before, after);
    review.action.subresource = subresource;
    EXPECT_FALSE(controller->validate(review).denied);
    return questions();
  };
  Json labelled = pod();
  labelled.get_object()["metadata"].get_object()["labels"] = json(R"({"a":"b"})");
  EXPECT_EQ(asks(pod(), labelled), 0U);
  EXPECT_EQ(asks(pod(), pod("newer")), 1U);
  EXPECT_EQ(asks(pod(), pod("good", R"({"a.image-policy.k8s.io/break-glass":"true"})")), 1U);
  EXPECT_EQ(asks(pod(), pod("status"), "status"), 0U);
  EXPECT_FALSE(controller->validate(of("services", pod("x"))).denied);
  EXPECT_EQ(questions(), 0U);
}

TEST_F(ImagePolicyWebhook, VerdictsAreRememberedForTheirTime) {
  open(R"({"allowTTL":60,"denyTTL":2})");
  EXPECT_EQ(said(pod()), "");
  controller->host().advance(59s);
  EXPECT_EQ(said(pod()), "");
  EXPECT_EQ(questions(), 1U);
  EXPECT_EQ(controller->host().metric("remembered_total"), 1);
  controller->host().advance(1s);
  answer_with(says(R"({"allowed":false})"));
  EXPECT_NE(said(pod()), "");
  EXPECT_NE(said(pod()), "");
  EXPECT_EQ(questions(), 1U);
  controller->host().advance(2s);
  EXPECT_NE(said(pod()), "");
  EXPECT_EQ(questions(), 1U);
  EXPECT_EQ(controller->host().metric("reviews_total{denied}"), 2);
  // another namespace is another question
  Review elsewhere = of("pods", pod());
  elsewhere.action.ns = "y";
  (void)controller->validate(elsewhere);
  EXPECT_EQ(questions(), 1U);
}

TEST_F(ImagePolicyWebhook, MinusOneRemembersNothingAndLongAnswersAreNotRemembered) {
  open(R"({"allowTTL":-1})");
  EXPECT_EQ(said(pod()) + said(pod()), "");
  EXPECT_EQ(questions(), 2U);
  open();
  answer_with(says(R"({"allowed":true,"reason":")" + std::string(10'000, 'x') + "\"}"));
  EXPECT_EQ(said(pod()) + said(pod()), "");
  EXPECT_EQ(questions(), 1U);
  answer_with(says(R"({"allowed":true,"reason":")" + std::string(10'001, 'x') + "\"}"));
  EXPECT_EQ(said(pod("other")) + said(pod("other")), "");
  EXPECT_EQ(questions(), 2U);
}

TEST_F(ImagePolicyWebhook, WhatTheWebhookWantsAuditedIsAuditedFromMemoryToo) {
  open();
  answer_with(says(R"({"allowed":true,"auditAnnotations":{"policy":"v7","none":null}})"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(audited(controller->validate(of("pods", pod()))),
              "imagepolicywebhook.image-policy.k8s.io/policy=v7\n");
  }
}

TEST_F(ImagePolicyWebhook, WithoutAnAnswerThePodIsRefusedAndTheReasonIsLogged) {
  open();
  const auto refused = [&](HttpReply reply) {
    answer_with(std::move(reply));
    return said(pod());
  };
  EXPECT_EQ(refused({.code = 302}),
            "https://hook.test/images: the answer is a redirect (302), which is not followed");
  EXPECT_EQ(refused({.code = 404}), "https://hook.test/images: the answer is an error (404)");
  EXPECT_EQ(refused({.code = 200, .body = "<html>"}),
            "https://hook.test/images: the answer is no ImageReview: it is not a JSON object");
  EXPECT_EQ(refused({.code = 200, .body = R"({"kind":"TokenReview","status":{}})"}),
            "https://hook.test/images: the answer is no ImageReview: kind is not ImageReview");
  EXPECT_EQ(refused({.code = 200, .body = "{}"}),
            "https://hook.test/images: the answer is no ImageReview: status is not an object");
  EXPECT_EQ(
      refused(says(R"({"allowed":"yes"})")),
      "https://hook.test/images: the answer is no ImageReview: status.allowed is not a boolean");
  EXPECT_EQ(questions(), 6U);  // nothing of it is remembered
  EXPECT_EQ(controller->host().metric("reviews_total{error}"), 6);
  EXPECT_NE(controller->host().log_text().find("the webhook gave no verdict on images"),
            std::string::npos);
  // the kind may be left out
  EXPECT_EQ(refused({.code = 200, .body = R"({"status":{"allowed":true}})"}), "");
}

TEST_F(ImagePolicyWebhook, AQuestionIsRepeatedAfterTheBackoff) {
  open(R"({"retryBackoff":100})");
  controller->set_timeout(60s);
  std::vector<std::chrono::nanoseconds> times;
  answer = [&](const HttpCall&) {
    times.push_back(controller->host().now());
    return times.size() < 4 ? HttpReply{.code = 503} : says(R"({"allowed":true})");
  };
  EXPECT_EQ(said(pod()), "");
  ASSERT_EQ(times.size(), 4U);
  EXPECT_EQ(times[1] - times[0], 100ms);
  EXPECT_EQ(times[2] - times[1], 150ms);
  EXPECT_EQ(times[3] - times[2], 225ms);
}

TEST_F(ImagePolicyWebhook, DefaultAllowMarksThePodAndAuditsIt) {
  open(R"({"defaultAllow":true,"retryBackoff":-1})");
  answer_with({.code = 503});
  Review review = of("pods", pod());
  review.object = controller->admit(review).object;
  EXPECT_EQ(at(review.object, kFailedOpen), R"("true")");
  EXPECT_EQ(questions(), 5U);
  // the second half of the request waits for nobody
  const Reply reply = controller->validate(review);
  EXPECT_TRUE(reply.admitted());
  EXPECT_EQ(audited(reply), "imagepolicywebhook.image-policy.k8s.io/failed-open=true\n");
  EXPECT_EQ(questions(), 0U);
  EXPECT_EQ(controller->host().metric("failed_open_total"), 1);
  EXPECT_TRUE(controller->admits_idempotently(of("pods", pod())));
  // a second later the webhook is asked again
  controller->host().advance(1s);
  answer_with(says(R"({"allowed":false})"));
  EXPECT_EQ(said(pod()), "one or more images rejected by webhook backend");
}

TEST_F(ImagePolicyWebhook, WhoMarksAPodHimselfIsJudgedAllTheSame) {
  open(R"({"defaultAllow":true})");
  answer_with(says(R"({"allowed":false})"));
  EXPECT_NE(said(pod("bad", R"({"alpha.image-policy.k8s.io/failed-open":"true"})")), "");
}

TEST_F(ImagePolicyWebhook, WithDefaultAllowAnAnswerIsAskedForOnceAndLaterImagesAreJudged) {
  open(R"({"defaultAllow":true})");
  answer = [](const HttpCall& call) {
    return says(call.body.find("bad") == std::string::npos ? R"({"allowed":true})"
                                                           : R"({"allowed":false})");
  };
  EXPECT_TRUE(controller->admit(of("pods", pod())).edits.empty());
  EXPECT_EQ(said(pod()), "");
  EXPECT_EQ(questions(), 1U);
  // nobody is refused before the later modules had their turn
  EXPECT_TRUE(controller->admit(of("pods", pod("bad"))).admitted());
  EXPECT_EQ(said(pod("better")), "");
  EXPECT_NE(said(pod("bad")), "");
}

TEST_F(ImagePolicyWebhook, WithoutDefaultAllowNothingIsAskedBeforeThePodIsFinal) {
  open();
  EXPECT_TRUE(controller->admit(of("pods", pod())).edits.empty());
  EXPECT_EQ(questions(), 0U);
}

TEST_F(ImagePolicyWebhook, TimesHaveBounds) {
  const std::string path = kubeconfig();
  const auto told = [&](const std::string& field, std::int64_t value) {
    std::string out;
    for (const auto& finding :
         module.check({{"imagePolicy", {{"kubeConfigFile", path}, {field, value}}}}))
      out += finding.pointer + " " + finding.message;
    return out;
  };
  for (const char* field : {"allowTTL", "denyTTL"}) {
    const std::string lead =
        "/imagePolicy/" + std::string(field) + " valid value is between 1s and 30m0s, got ";
    for (const int good : {-1, 0, 2, 1800}) EXPECT_EQ(told(field, good), "") << good;
    EXPECT_EQ(told(field, 1), lead + "1s");
    EXPECT_EQ(told(field, -2), lead + "-2s");
    EXPECT_EQ(told(field, 1801), lead + "30m1s");
    EXPECT_EQ(told(field, 7200), lead + "2h0m0s");
    EXPECT_EQ(told(field, 1'000'000'000'000), lead + "1000000000000");
  }
  const std::string lead = "/imagePolicy/retryBackoff valid value is between 1ns and 5m0s, got ";
  for (const int good : {-1, 0, 1, 300'000}) EXPECT_EQ(told("retryBackoff", good), "") << good;
  EXPECT_EQ(told("retryBackoff", -20), lead + "-20ms");
  EXPECT_EQ(told("retryBackoff", 300'001), lead + "5m0.001s");
  EXPECT_NE(module.check({{"imagePolicy", {{"kubeConfigFile", "/nowhere"}}}}).size(), 0U);
  EXPECT_THROW(open(R"({"allowTTL":1})"), StartError);
}

}  // namespace
}  // namespace limen::testkit
