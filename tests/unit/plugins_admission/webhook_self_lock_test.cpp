// What is told of webhooks that may lock their own service out, and of those that fail: the
// self-lock guard.
#include "webhooks_support.h"

namespace limen::testkit::webhook_test {
namespace {

Json service_hook(const std::string& more) {
  Json out = hook("w", more);
  out.as_object()["clientConfig"] = json(R"({"service":{"namespace":"hooks","name":"s"}})");
  return out;
}

Review written(const std::string& resource, const Json& webhook) {
  Review review = in_group(kGroup, resource,
                           boost::json::object{{"metadata", {{"name", "c"}}},
                                               {"webhooks", boost::json::array{webhook}}});
  review.action.ns = "";
  return review;
}

TEST_F(ValidatingWebhooks, WhoWritesAConfigurationIsWarnedOfWhatItMayLock) {
  const auto warnings = [&](const std::string& more) {
    return instance.validate(written(resource_, service_hook(more))).warnings;
  };
  const std::string says = "webhook \"w\" has the failure policy Fail and is asked about ";
  const std::string because =
      ": while it does not answer they cannot be written, which may be what it needs to come "
      "back; ";
  const auto leave_out = [](const std::string& ns) {
    return "leave the namespace out with a namespaceSelector (kubernetes.io/metadata.name NotIn " +
           ns + ")";
  };
  EXPECT_EQ(warnings("{}"),
            (std::vector<std::string>{
                says +
                    "pods, services, endpoints and workloads in its service's own namespace "
                    "\"hooks\"" +
                    because + leave_out("hooks"),
                says + "pods and leases in \"kube-system\"" + because + leave_out("kube-system"),
                says + "leases in \"kube-node-lease\"" + because + leave_out("kube-node-lease"),
                says + "nodes" + because +
                    "leave them out of its rules, or let its failurePolicy be Ignore"}));
  EXPECT_TRUE(warnings(R"({"failurePolicy":"Ignore"})").empty());
  EXPECT_TRUE(warnings(R"({"objectSelector":{"matchLabels":{"a":"b"}}})").empty());
  const std::string pods =
      R"("rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}])";
  EXPECT_EQ(warnings("{" + pods + "}").size(), 2u);
  EXPECT_TRUE(
      warnings("{" + pods +
               R"(,"namespaceSelector":{"matchExpressions":[{"key":"kubernetes.io/metadata.name",)"
               R"("operator":"NotIn","values":["hooks","kube-system"]}]}})")
          .empty());
}

TEST_F(ValidatingWebhooks, EachThingAServiceNeedsIsWarnedOf) {
  const auto asked_about = [&](const std::string& group, const std::string& resource,
                               const std::string& ns) {
    Json webhook =
        service_hook(R"({"rules":[{"operations":["CREATE"],"apiGroups":[")" + group +
                     R"("],"apiVersions":["v1"],"resources":[")" + resource + R"("]}]})");
    webhook.as_object()["clientConfig"] =
        json(R"({"service":{"namespace":")" + ns + R"(","name":"s"}})");
    std::string out;
    for (const std::string& one : instance.validate(written(resource_, webhook)).warnings) {
      const std::size_t from = one.find("about ") + 6;
      out += one.substr(from, one.find(": while") - from) + ";";
    }
    return out;
  };
  const std::string own = " in its service's own namespace \"hooks\";";
  EXPECT_EQ(asked_about("", "services", "hooks"), "services" + own);
  EXPECT_EQ(asked_about("discovery.k8s.io", "endpointslices", "hooks"), "endpoints" + own);
  EXPECT_EQ(asked_about("apps", "deployments", "hooks"), "workloads" + own);
  EXPECT_EQ(asked_about("apps", "daemonsets", "hooks"), "workloads" + own);
  EXPECT_EQ(asked_about("", "configmaps", "hooks"), "");
  EXPECT_EQ(asked_about("", "pods", "kube-system"),
            "pods in its service's own namespace \"kube-system\";");
}

TEST_F(ValidatingWebhooks, ARuleForTheConfigurationsThemselvesHasNoEffectAndSaysSo) {
  const Json webhook =
      service_hook(R"({"rules":[{"operations":["*"],"apiGroups":["admissionregistration.k8s.io"],)"
                   R"("apiVersions":["*"],"resources":["*"]}]})");
  const auto warnings = instance.validate(written(resource_, webhook)).warnings;
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0],
            "webhook \"w\" has a rule for admissionregistration.k8s.io: no webhook is asked about "
            "webhook configurations and admission policies, so that none can keep itself from "
            "being taken away; use an authorizer for them");
}

TEST_F(MutatingWebhooks, WhoWritesAConfigurationIsWarnedOfWhatItMayLock) {
  reply = instance.validate(written(resource_, service_hook("{}")));
  EXPECT_TRUE(reply.admitted());
  EXPECT_FALSE(reply.warnings.empty());
  EXPECT_TRUE(instance.validate(new_pod()).warnings.empty());
}

std::string cause_texts(const Reply& reply) {
  std::string out;
  for (const auto& [type, message] : reply.causes) out += message + "\n";
  return out;
}

TEST_F(MutatingWebhooks, AFailureTellsWhoseTimeItWas) {
  hooks.scripts["b"] = Hooks::fails(LIMEN_E_UNAVAILABLE, "no route");
  configure("c", {hook("a"), hook("b"), hook("c")});
  reply = instance.admit(new_pod());
  const std::string times = cause_texts(reply);
  const auto took = [](const std::string& name) {
    return "webhook \"" + name + "\" of the MutatingWebhookConfiguration \"c\" took 0 ms\n";
  };
  EXPECT_NE(times.find(took("b") + took("a")), std::string::npos) << times;
  EXPECT_EQ(times.find("\"c\" of"), std::string::npos) << times;
}

TEST_F(ValidatingWebhooks, AFailureTellsWhoseTimeItWas) {
  hooks.scripts["b"] = Hooks::fails(LIMEN_E_UNAVAILABLE, "no route");
  configure("c", {hook("a"), hook("b")});
  reply = instance.validate(new_pod());
  const std::string times = cause_texts(reply);
  EXPECT_NE(times.find("webhook \"b\" of the ValidatingWebhookConfiguration \"c\" took 0 ms\n"
                       "webhook \"a\" of the ValidatingWebhookConfiguration \"c\" took 0 ms\n"),
            std::string::npos)
      << times;
}

// CVE-2020-8561: a redirect is not followed, and no answer is in the log or in what the client
// sees.
TEST_F(ValidatingWebhooks, WhatAFailingWebhookAnsweredIsNowhereToBeRead) {
  for (const int code : {302, 404, 500, 503}) {
    hooks.scripts["w"] = Hooks::code(code, "canary-3f9a");
    EXPECT_EQ(asked("{}", new_pod()), 1u) << code;
    EXPECT_TRUE(reply.denied) << code;
    EXPECT_EQ(reply.message.find("canary"), std::string::npos) << reply.message;
    for (const auto& [key, value] : reply.annotations) {
      EXPECT_EQ(value.find("canary"), std::string::npos) << key;
    }
  }
  EXPECT_EQ(instance.host().log_text().find("canary"), std::string::npos);
}

TEST_F(ValidatingWebhooks, AConfigurationThatMayLockItselfIsInTheLog) {
  configure("c", {service_hook("{}")});
  EXPECT_NE(instance.host().log_text().find("a webhook may keep the cluster from recovering"),
            std::string::npos);
}

}  // namespace
}  // namespace limen::testkit::webhook_test
