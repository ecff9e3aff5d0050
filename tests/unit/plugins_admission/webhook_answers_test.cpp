// What webhooks are told, what they may answer, and where they are (rows W7 to W9).
#include "webhooks_support.h"

namespace limen::testkit::webhook_test {
namespace {

// ---- W7: refusals, warnings, annotations

struct RefusalCase {
  const char* status;
  int code;
  const char *reason, *message;
};

TEST_F(ValidatingWebhooks, ARefusalIsToldAsTheWebhookWordsIt) {
  const RefusalCase cases[] = {
      {"", 400, "Unknown", "admission webhook \"w\" denied the request without explanation"},
      {"{}", 400, "Unknown", "admission webhook \"w\" denied the request without explanation"},
      {R"({"message":"no","code":403,"reason":"Forbidden"})", 403, "Forbidden",
       "admission webhook \"w\" denied the request: no"},
      {R"({"reason":"Invalid","code":422})", 422, "Invalid",
       "admission webhook \"w\" denied the request: Invalid"},
      {R"({"message":"fine","code":200,"status":"Success"})", 400, "Unknown",
       "admission webhook \"w\" denied the request: fine"},
      {R"({"message":"busy","code":429})", 429, "Unknown",
       "admission webhook \"w\" denied the request: busy"},
      {R"({"message":"odd","code":999})", 500, "Unknown",
       "admission webhook \"w\" denied the request: odd"}};
  for (const RefusalCase& one : cases) {
    hooks.scripts["w"] = Hooks::denies(one.status);
    EXPECT_EQ(asked("{}", new_pod()), 1u);
    EXPECT_TRUE(reply.denied);
    EXPECT_EQ(reply.code, one.code) << one.status;
    EXPECT_EQ(reply.reason, one.reason) << one.status;
    EXPECT_EQ(reply.message, one.message) << one.status;
  }
  EXPECT_EQ(instance.host().metric("webhook_rejection_count{w,CREATE,no_error,403}"), 1);
}

TEST_F(MutatingWebhooks, AWebhookThatMayChangeMayRefuse) {
  hooks.scripts["a"] = Hooks::patches(kAddLabel);
  hooks.scripts["b"] = Hooks::denies(R"({"message":"no"})");
  configure("c", {hook("a"), hook("b"), hook("c")});
  reply = instance.admit(new_pod());
  EXPECT_EQ(reply.message, "admission webhook \"b\" denied the request: no");
  EXPECT_EQ(hooks.asked, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(reply.edits.empty()) << "a refusal leaves no trace";
}

TEST_F(ValidatingWebhooks, CausesWarningsAndAnnotationsAreHandedOn) {
  hooks.scripts["w"] = Hooks::always(
      R"("allowed":false,"warnings":["soon gone"],"auditAnnotations":{"why":"because"},)"
      R"("status":{"message":"no","details":{"causes":[{"reason":"FieldValueInvalid",)"
      R"("message":"bad","field":"spec.a"}]}})");
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(reply.warnings, std::vector<std::string>{"soon gone"});
  EXPECT_EQ(annotation(reply, "w/why"), "because");
  ASSERT_EQ(reply.causes.size(), 1u);
  EXPECT_EQ(reply.causes[0].first, "FieldValueInvalid");
  EXPECT_EQ(reply.causes[0].second, "bad");
  EXPECT_EQ(reply.cause_fields[0], "spec.a");
}

// ---- W8: patches

struct PatchCase {
  const char *patch, *pointer, *value;
};

TEST_F(MutatingWebhooks, APatchIsAppliedAsRfc6902Says) {
  const PatchCase cases[] = {
      {R"([{"op":"add","path":"/metadata/annotations","value":{"a/b":"1"}}])",
       "/metadata/annotations/a~1b", "\"1\""},
      {R"([{"op":"add","path":"/metadata/labels/a~1b","value":"2"}])", "/metadata/labels/a~1b",
       "\"2\""},
      {R"([{"op":"add","path":"/spec/containers/-","value":{"name":"b"}}])",
       "/spec/containers/1/name", "\"b\""},
      {R"([{"op":"add","path":"/spec/containers/0","value":{"name":"b"}}])",
       "/spec/containers/1/name", "\"a\""},
      {R"([{"op":"replace","path":"/spec/containers/0/image","value":"j"}])",
       "/spec/containers/0/image", "\"j\""},
      {R"([{"op":"replace","path":"/spec/containers/-1/image","value":"k"}])",
       "/spec/containers/0/image", "\"k\""},
      {R"([{"op":"remove","path":"/spec/containers/0/image"}])", "/spec/containers/0",
       R"({"name":"a"})"},
      {R"([{"op":"remove","path":"/spec"}])", "/spec", ""},
      {R"([{"op":"move","from":"/spec/containers/0/image","path":"/spec/was"}])", "/spec/was",
       "\"i\""},
      {R"([{"op":"copy","from":"/metadata/name","path":"/spec/hostname"}])", "/spec/hostname",
       "\"n\""},
      {R"([{"op":"test","path":"/metadata/name","value":"n"},{"op":"add","path":"/spec/x","value":1}])",
       "/spec/x", "1"},
      {R"([{"op":"test","path":"/spec/none","value":null},{"op":"add","path":"/spec/x","value":[]}])",
       "/spec/x", "[]"}};
  for (const PatchCase& one : cases) {
    hooks.scripts["w"] = Hooks::patches(one.patch);
    EXPECT_EQ(asked("{}", new_pod()), 1u);
    EXPECT_TRUE(reply.admitted()) << one.patch << " " << reply.message << reply.error;
    EXPECT_EQ(at(reply.object, one.pointer), one.value) << one.patch;
    EXPECT_EQ(at(reply.object, "/kind"), "\"Pod\"");
  }
}

TEST_F(MutatingWebhooks, APatchThatDoesNotFitIs500WhateverThePolicy) {
  const char* const patches[] = {R"([{"op":"replace","path":"/spec/none","value":1}])",
                                 R"([{"op":"remove","path":"/spec/none"}])",
                                 R"([{"op":"add","path":"/spec/none/deep","value":1}])",
                                 R"([{"op":"add","path":"/spec/containers/7","value":1}])",
                                 R"([{"op":"add","path":"/spec/containers/x","value":1}])",
                                 R"([{"op":"add","path":"/spec/x"}])",
                                 R"([{"op":"add","path":"spec","value":1}])",
                                 R"([{"op":"move","from":"/spec","path":"/spec/inner"}])",
                                 R"([{"op":"copy","from":"/none","path":"/spec/x"}])",
                                 R"([{"op":"test","path":"/metadata/name","value":"other"}])",
                                 R"([{"op":"jump","path":"/spec"}])",
                                 R"([{"op":"replace","path":"","value":[]}])",
                                 R"([1])",
                                 R"({"op":"add"})",
                                 R"(patch)"};
  for (const char* patch : patches) {
    hooks.scripts["w"] = Hooks::patches(patch);
    EXPECT_EQ(asked(R"({"failurePolicy":"Ignore"})", new_pod()), 1u);
    EXPECT_EQ(reply.code, 500) << patch;
    EXPECT_EQ(reply.reason, "InternalError") << patch;
    EXPECT_TRUE(reply.edits.empty()) << patch;
  }
}

TEST_F(MutatingWebhooks, APatchHasLimits) {
  std::string many = "[";
  for (int i = 0; i < 10'001; ++i) {
    many += std::string(i == 0 ? "" : ",") + R"({"op":"test","path":"/kind","value":"Pod"})";
  }
  hooks.scripts["w"] = Hooks::patches(many + "]");
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(reply.code, 500);

  std::string doubling = R"([{"op":"add","path":"/spec/a","value":[1]})";
  for (int i = 0; i < 40; ++i) doubling += R"(,{"op":"copy","from":"/spec/a","path":"/spec/a/-"})";
  hooks.scripts["w"] = Hooks::patches(doubling + "]");
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(reply.message, "Internal error occurred: the patch copies too much");

  std::string moving = R"([{"op":"add","path":"/spec/a","value":[0)";
  for (int i = 0; i < 20'000; ++i) moving += ",0";
  moving += "]}";
  for (int i = 0; i < 1'500; ++i) {
    moving += R"(,{"op":"move","from":"/spec/a","path":"/spec/b"})"
              R"(,{"op":"move","from":"/spec/b","path":"/spec/a"})";
  }
  hooks.scripts["w"] = Hooks::patches(moving + "]");
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(reply.message, "Internal error occurred: the patch moves too many items of arrays");
}

TEST_F(MutatingWebhooks, WhatWasChangedIsAnnotated) {
  hooks.scripts["w"] = Hooks::patches(kAddLabel);
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(annotation(reply, "mutation.webhook.admission.k8s.io/round_0_index_0"),
            R"({"configuration":"c","webhook":"w","mutated":true})");
  EXPECT_EQ(annotation(reply, "patch.webhook.admission.k8s.io/round_0_index_0"),
            std::string(R"({"configuration":"c","webhook":"w","patch":)") + kAddLabel +
                R"(,"patchType":"JSONPatch"})");
}

TEST_F(MutatingWebhooks, OfASecretOnlyTheOperationsAreAnnotated) {
  hooks.scripts["w"] = Hooks::patches(kAddLabel);
  Review review = of("secrets", json(R"({"apiVersion":"v1","kind":"Secret","metadata":)"
                                     R"({"name":"n","namespace":"x","labels":{}}})"));
  review.kind = "Secret";
  EXPECT_EQ(asked("{}", review), 1u);
  EXPECT_EQ(
      annotation(reply, "patch.webhook.admission.k8s.io/round_0_index_0"),
      R"({"configuration":"c","webhook":"w","patch":[{"op":"add","path":"/metadata/labels/seen"}],)"
      R"("patchType":"JSONPatch"})");
}

TEST_F(MutatingWebhooks, AnEmptyPatchChangesNothing) {
  hooks.scripts["w"] = Hooks::patches("[]");
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_TRUE(reply.admitted());
  EXPECT_TRUE(reply.edits.empty());
}

TEST_F(MutatingWebhooks, ADeletionHasNoObjectToPatch) {
  hooks.scripts["w"] = Hooks::patches(kAddLabel);
  EXPECT_EQ(asked("{}", deleted_pod()), 1u);
  EXPECT_EQ(reply.code, 500);
  EXPECT_EQ(reply.message,
            "Internal error occurred: admission webhook \"w\" attempted to modify the object, "
            "which is not supported for this operation");
  hooks.scripts.clear();
  EXPECT_EQ(asked("{}", deleted_pod()), 1u);
  EXPECT_TRUE(reply.admitted());
}

// ---- W9: the review

TEST_F(ValidatingWebhooks, AReviewHoldsWhoWantsToDoWhat) {
  Review review = update("pods", pod(R"({"v":"1"})"), pod(R"({"v":"2"})"));
  review.kind = "Pod";
  review.options = json(R"({"kind":"UpdateOptions","apiVersion":"meta.k8s.io/v1"})");
  review.action.user = {"ada", "7", {"dev"}, {{"scope", "a"}, {"scope", "b"}}};
  EXPECT_EQ(asked("{}", review), 1u);
  const Json whole = json(hooks.calls[0].body);
  EXPECT_EQ(whole.at("apiVersion"), "admission.k8s.io/v1");
  EXPECT_EQ(whole.at("kind"), "AdmissionReview");
  Json request = whole.at("request");
  EXPECT_EQ(request.at("uid").as_string().size(), 36u);
  request.as_object().erase("uid");
  EXPECT_EQ(
      request,
      json(R"({"kind":{"group":"","version":"v1","kind":"Pod"},
               "resource":{"group":"","version":"v1","resource":"pods"},
               "requestKind":{"group":"","version":"v1","kind":"Pod"},
               "requestResource":{"group":"","version":"v1","resource":"pods"},
               "name":"n","namespace":"x","operation":"UPDATE",
               "userInfo":{"username":"ada","uid":"7","groups":["dev"],"extra":{"scope":["a","b"]}},
               "object":)" +
           boost::json::serialize(review.object) + R"(,"oldObject":)" +
           boost::json::serialize(review.old_object) +
           R"(,"dryRun":false,"options":{"kind":"UpdateOptions","apiVersion":"meta.k8s.io/v1"}})"));
}

TEST_F(ValidatingWebhooks, ANewObjectIsNamedByItself) {
  Review review = new_pod();
  review.action.name = "";
  asked("{}", review);
  EXPECT_EQ(hooks.request().at("name"), "n");
  review = of("namespaces", json(R"({"metadata":{"name":"new"}})"));
  review.action.ns = review.action.name = "";
  asked("{}", review);
  EXPECT_EQ(hooks.request(1).at("namespace"), "new");
  review = of("pods", json(R"({"metadata":{"generateName":"a-"}})"));
  review.action.name = "";
  asked("{}", review);
  EXPECT_FALSE(hooks.request(2).as_object().contains("name"));
}

TEST_F(ValidatingWebhooks, EveryQuestionHasAUidOfItsOwn) {
  asked("{}", new_pod());
  asked("{}", new_pod());
  EXPECT_NE(hooks.request(0).at("uid"), hooks.request(1).at("uid"));
}

TEST_F(ValidatingWebhooks, ASubresourceMayHaveAnotherKind) {
  Review review = in_group("apps", "deployments",
                           json(R"({"apiVersion":"autoscaling/v1","kind":"Scale",)"
                                R"("metadata":{"name":"n"}})"));
  review.action.subresource = "scale";
  EXPECT_EQ(asked("{}", review), 1u);
  const Json request = hooks.request();
  EXPECT_EQ(request.at("kind"), json(R"({"group":"autoscaling","version":"v1","kind":"Scale"})"));
  EXPECT_EQ(request.at("subResource"), "scale");
  EXPECT_EQ(request.at("requestSubResource"), "scale");
  EXPECT_EQ(request.at("oldObject"), Json());
}

TEST_F(ValidatingWebhooks, ADeletionShowsTheOldObject) {
  EXPECT_EQ(asked("{}", deleted_pod()), 1u);
  EXPECT_EQ(hooks.request().at("operation"), "DELETE");
  EXPECT_EQ(hooks.request().at("object"), Json());
  EXPECT_EQ(hooks.request().at("oldObject"), pod());
}

struct WrongCase {
  Hooks::Answer answer;
  std::string why;
};

std::string many_warnings() {
  std::string list = "[\"0\"";
  for (int i = 1; i <= 1000; ++i) list += ",\"" + std::to_string(i) + "\"";
  return list + "]";
}

TEST_F(ValidatingWebhooks, AnAnswerThatIsNoneIsAFailure) {
  const auto body = [](const std::string& text) { return Hooks::code(200, text); };
  const WrongCase cases[] = {
      {Hooks::code(302),
       "failed to call webhook: the answer is a redirect (302), which is not followed"},
      {Hooks::code(404),
       "failed to call webhook: the server could not find the requested resource"},
      {Hooks::code(418),
       "failed to call webhook: the server responded with the status code 418 but "
       "did not return more details"},
      {Hooks::fails(LIMEN_E_INVALID, "the answer is longer than 3145728 bytes"),
       "failed to call webhook: Post \"https://hooks.test/w?timeout=10s\": the answer is longer "
       "than "
       "3145728 bytes"},
      {body("<html>"),
       "failed to call webhook: the answer is no AdmissionReview: it is not a JSON object"},
      {body(""),
       "failed to call webhook: the answer is no AdmissionReview: it is not a JSON object"},
      {body("{}"), "received invalid webhook response: webhook response was absent"},
      {Hooks::always(R"("allowed":"yes")"),
       "failed to call webhook: the answer is no AdmissionReview: allowed is not a boolean"},
      {Hooks::always(R"("allowed":true,"patchType":"JSONPatch")"),
       "received invalid webhook response: validating webhook may not return response.patchType"},
      {Hooks::always(R"("allowed":true,"patch":"W10=")"),
       "received invalid webhook response: validating webhook may not return response.patch"},
      {Hooks::always(R"("allowed":true,"warnings":)" + many_warnings()),
       "failed to call webhook: the answer is no AdmissionReview: it holds more than 1000 "
       "warnings"}};
  for (const WrongCase& one : cases) {
    hooks.scripts["w"] = one.answer;
    EXPECT_EQ(asked("{}", new_pod()), 1u);
    EXPECT_EQ(reply.code, 500);
    EXPECT_EQ(reply.message, "Internal error occurred: failed calling webhook \"w\": " + one.why);
    EXPECT_EQ(asked(R"({"failurePolicy":"Ignore"})", new_pod()), 1u);
    EXPECT_TRUE(reply.admitted()) << one.why;
  }
}

TEST_F(ValidatingWebhooks, AnAnswerToAnotherQuestionIsNone) {
  std::string uid;
  hooks.scripts["w"] = [&](const Json& request) {
    uid = request.at("uid").as_string();
    return Hooks::says(json(R"({"uid":"other"})"), R"("allowed":true)");
  };
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(reply.message,
            "Internal error occurred: failed calling webhook \"w\": received invalid webhook "
            "response: expected response.uid=\"" +
                uid + "\", got \"other\"");
}

TEST_F(ValidatingWebhooks, AnAnswerOfAnotherKindIsNone) {
  hooks.scripts["w"] = [](const Json& request) {
    return Hooks::code(200, R"({"apiVersion":"v1","kind":"Status","response":{"uid":)" +
                                boost::json::serialize(request.at("uid")) +
                                R"(,"allowed":true}})")(request);
  };
  EXPECT_EQ(asked("{}", new_pod()), 1u);
  EXPECT_EQ(reply.message,
            "Internal error occurred: failed calling webhook \"w\": received invalid webhook "
            "response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got "
            "/v1, Kind=Status");
}

TEST_F(MutatingWebhooks, APatchAndItsTypeComeTogether) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("allowed":true,"patch":"W10=")",
       "received invalid webhook response: webhook returned response.patch but not "
       "response.patchType"},
      {R"("allowed":true,"patchType":"JSONPatch")",
       "received invalid webhook response: webhook returned response.patchType but not "
       "response.patch"},
      {R"("allowed":true,"patch":"W10=","patchType":"")",
       "received invalid webhook response: webhook returned invalid response.patchType of \"\""},
      {R"("allowed":true,"patch":"W10=","patchType":"MergePatch")",
       "unsupported patch type \"MergePatch\""},
      {R"("allowed":true,"patch":"?","patchType":"JSONPatch")",
       "failed to call webhook: the answer is no AdmissionReview: patch is not base64"}};
  for (const auto& [response, why] : cases) {
    hooks.scripts["w"] = Hooks::always(response);
    EXPECT_EQ(asked("{}", new_pod()), 1u);
    EXPECT_EQ(reply.message,
              std::string("Internal error occurred: failed calling webhook \"w\": ") + why);
  }
}

TEST_F(MutatingWebhooks, TheOlderReviewIsSpokenToo) {
  hooks.scripts["w"] = [](const Json& request) {
    const std::string patch = base64(kAddLabel);
    return Hooks::code(200, R"({"response":{"allowed":true,"patch":")" + patch + "\"}}")(request);
  };
  EXPECT_EQ(asked(R"({"admissionReviewVersions":["v2","v1beta1","v1"]})", new_pod()), 1u);
  EXPECT_EQ(json(hooks.calls[0].body).at("apiVersion"), "admission.k8s.io/v1beta1");
  EXPECT_EQ(at(reply.object, "/metadata/labels/seen"), "\"yes\"");
  EXPECT_EQ(asked(R"({"admissionReviewVersions":["v2"]})", new_pod()), 0u);
  EXPECT_EQ(reply.message,
            "Internal error occurred: failed calling webhook \"w\": could not create admission "
            "objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)");
}

TEST_F(ValidatingWebhooks, TheCaBundleIsTheTrustOfTheConnection) {
  EXPECT_EQ(asked(R"({"clientConfig":{"url":"https://hooks.test/w","caBundle":")" +
                      base64("-----BEGIN") + "\"}}",
                  new_pod()),
            1u);
  EXPECT_EQ(hooks.calls[0].ca_pem, "-----BEGIN");
  EXPECT_EQ(hooks.calls[0].method, "POST");
  EXPECT_EQ(hooks.calls[0].max_response_bytes, 3145728u);
  EXPECT_EQ(asked(R"({"clientConfig":{"url":"http://hooks.test/w"}})", new_pod()), 0u);
  EXPECT_EQ(reply.code, 500) << "nothing travels in the clear";
}

TEST_F(ValidatingWebhooks, AServiceIsFoundByItsEndpoints) {
  const std::string service =
      R"({"clientConfig":{"service":{"namespace":"hooks","name":"s","path":"/w"}}})";
  EXPECT_EQ(asked(service, new_pod()), 0u);
  EXPECT_EQ(
      reply.message,
      "Internal error occurred: failed calling webhook \"w\": failed to call webhook: service "
      "\"s\" not found");
  FakeHost& host = instance.host();
  host.put("", "services", json(R"({"metadata":{"namespace":"hooks","name":"s"},"spec":{
      "clusterIP":"10.0.0.7","ports":[{"name":"https","port":443,"targetPort":8443}]}})"));
  EXPECT_EQ(asked(service, new_pod()), 1u);
  EXPECT_EQ(hooks.calls.back().url, "https://10.0.0.7:443/w?timeout=10s");
  EXPECT_EQ(hooks.calls.back().tls_server_name, "s.hooks.svc");

  host.put("discovery.k8s.io", "endpointslices", json(R"({
      "metadata":{"namespace":"hooks","name":"s-1","labels":{"kubernetes.io/service-name":"s"}},
      "addressType":"IPv4","ports":[{"name":"https","port":8443}],"endpoints":[
        {"addresses":["10.1.0.1"],"conditions":{"ready":false}},
        {"addresses":["10.1.0.2"],"conditions":{"ready":true}}]})"));
  EXPECT_EQ(asked(service, new_pod()), 1u);
  EXPECT_EQ(hooks.calls.back().url, "https://10.1.0.2:8443/w?timeout=10s");
  hooks.scripts["w"] = Hooks::fails(LIMEN_E_UNAVAILABLE, "connection refused");
  asked(service, new_pod());
  EXPECT_EQ(reply.message,
            "Internal error occurred: failed calling webhook \"w\": failed to call webhook: Post "
            "\"https://s.hooks.svc:443/w?timeout=10s\": connection refused");

  EXPECT_EQ(
      asked(R"({"clientConfig":{"service":{"namespace":"hooks","name":"s","port":9}}})", new_pod()),
      0u);
  EXPECT_NE(reply.message.find("no service port 9 found for service \"s\""), std::string::npos);
}

TEST_F(ValidatingWebhooks, AServiceWithoutAnEndpointCannotBeAsked) {
  instance.host().put("", "services", json(R"({"metadata":{"namespace":"hooks","name":"s"},"spec":{
      "clusterIP":"None","ports":[{"port":443}]}})"));
  EXPECT_EQ(asked(R"({"clientConfig":{"service":{"namespace":"hooks","name":"s"}}})", new_pod()),
            0u);
  EXPECT_EQ(reply.message,
            "Internal error occurred: failed calling webhook \"w\": failed to call webhook: no "
            "endpoints available for service \"s\"");
}

TEST(WebhookHosts, TheOperatorMaySayWhereWebhooksAre) {
  const Module module = load("validating-webhook");
  InstanceOptions options;
  options.config = json(R"({"allowedHosts":["hooks.example.com","*.example.org"]})");
  Instance instance(module, std::move(options));
  Hooks hooks;
  instance.host().answer_http([&](const HttpCall& call) { return hooks(call); });
  const auto asks = [&](const std::string& url) {
    hooks.asked.clear();
    boost::json::object configuration{
        {"metadata", {{"name", "c"}}},
        {"webhooks", boost::json::array{hook("w", R"({"clientConfig":{"url":")" + url + "\"}}")}}};
    instance.host().put(kGroup, "validatingwebhookconfigurations", configuration);
    instance.validate(of("pods", json(R"({"metadata":{"name":"n"}})")));
    return hooks.asked.size() == 1;
  };
  EXPECT_TRUE(asks("https://hooks.example.com/w"));
  EXPECT_TRUE(asks("https://hooks.example.com:8443/w"));
  EXPECT_TRUE(asks("https://a.example.org/w"));
  EXPECT_FALSE(asks("https://example.org/w"));
  EXPECT_FALSE(asks("https://169.254.169.254/w"));
  EXPECT_FALSE(asks("https://hooks.example.com.evil.test/w"));
  EXPECT_FALSE(asks("https://evil.test/w?hooks.example.com"));
  EXPECT_FALSE(asks("https://hooks.example.com:x@evil.test/w"));
}

}  // namespace
}  // namespace limen::testkit::webhook_test
