// matchPolicy: in which version of its API an object is sent to a webhook, and what becomes of a
// patch of another version (row W1).
#include <stdexcept>

#include "webhooks_support.h"

namespace limen::testkit::webhook_test {
namespace {

// A resource with two versions: v1 has spec.flat, v2 has spec.deep.value for it.
class Versioned {
 protected:
  static std::string rules(const std::string& version, const std::string& more = {},
                           const std::string& group = "scaling") {
    return R"({"rules":[{"operations":["*"],"apiGroups":[")" + group + R"("],"apiVersions":[")" +
           version + R"("],"resources":["things","things/status","things/scale"]}])" + more + "}";
  }
  static Json thing(const std::string& version, const std::string& value,
                    const std::string& labels = R"({"a":"b"})") {
    const std::string spec =
        version == "v1" ? R"({"flat":")" + value + "\"}" : R"({"deep":{"value":")" + value + "\"}}";
    return json(R"({"apiVersion":"scaling/)" + version +
                R"(","kind":"Thing","metadata":{"name":"n","namespace":"x","labels":)" + labels +
                R"(},"spec":)" + spec + "}");
  }
  // A request that speaks `version` about objects that the server has in v2.
  static Review request(const std::string& version, Json object) {
    Review review = in_group("scaling", "things", std::move(object));
    review.action.api_version = version;
    review.kind = "Thing";
    return review;
  }
  void serve(FakeHost& host) {
    host.serve_versions("things", {row("v2"), row("v1")});
    host.serve_versions("things/status", {row("v2"), row("v1")});
    host.serve_versions("things/scale", {{"scaling", "v2", "autoscaling", "v1", "Scale"},
                                         {"scaling", "v1", "autoscaling", "v1", "Scale"}});
    host.answer_conversion([this](const Json& object, const ObjectVersion& target) {
      ++conversions;
      if (!broken.empty()) throw std::runtime_error(broken);
      boost::system::error_code error;
      Json out = object;
      const Json* flat = object.find_pointer("/spec/flat", error);
      const Json* deep = object.find_pointer("/spec/deep/value", error);
      const Json value = flat != nullptr ? *flat : deep != nullptr ? *deep : Json();
      out.as_object()["apiVersion"] = target.kind_api_version();
      out.as_object()["spec"] = target.kind_version == "v1"
                                    ? boost::json::object{{"flat", value}}
                                    : boost::json::object{{"deep", {{"value", value}}}};
      return out;
    });
  }
  static ObjectVersion row(const std::string& version) {
    return {"scaling", version, "scaling", version, "Thing"};
  }
  static std::string text(const Json& request, const char* key) {
    return boost::json::serialize(request.at(key));
  }

  int conversions = 0;
  std::string broken;
};

class ValidatingVersions : public ValidatingWebhooks, protected Versioned {
 protected:
  ValidatingVersions() { serve(instance.host()); }
};
class MutatingVersions : public MutatingWebhooks, protected Versioned {
 protected:
  MutatingVersions() { serve(instance.host()); }
};

struct Case {
  const char *spoken, *named, *policy;
  std::size_t asked;
  const char* sent;  // the version the webhook sees
};

TEST_F(ValidatingVersions, AWebhookSeesTheVersionItsRuleNames) {
  const Case cases[] = {
      {"v1", "v1", "", 1, "v1"},
      {"v1", "v1", R"(,"matchPolicy":"Exact")", 1, "v1"},
      {"v1", "v2", "", 1, "v2"},
      {"v1", "v2", R"(,"matchPolicy":"Equivalent")", 1, "v2"},
      {"v1", "v2", R"(,"matchPolicy":"Exact")", 0, ""},
      {"v2", "v1", "", 1, "v1"},
      {"v2", "v1", R"(,"matchPolicy":"Exact")", 0, ""},
      {"v2", "v3", "", 0, ""},
      {"v1", "*", "", 1, "v1"},
      {"v1", R"(v2","v1)", "", 1, "v1"},  // what the request speaks comes before what is as good
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string(one.spoken) + " " + one.named + one.policy);
    hooks.calls.clear();
    Review review = request(one.spoken, thing("v2", "new"));
    review.operation = LIMEN_OP_UPDATE;
    review.old_object = thing("v2", "old");
    ASSERT_EQ(asked(rules(one.named, one.policy), review), one.asked);
    EXPECT_TRUE(reply.admitted());
    if (one.asked == 0) continue;
    const Json seen = hooks.request();
    const std::string sent = one.sent, spoken = one.spoken;
    EXPECT_EQ(text(seen, "kind"),
              R"({"group":"scaling","version":")" + sent + R"(","kind":"Thing"})");
    EXPECT_EQ(text(seen, "resource"),
              R"({"group":"scaling","version":")" + sent + R"(","resource":"things"})");
    EXPECT_EQ(text(seen, "requestKind"),
              R"({"group":"scaling","version":")" + spoken + R"(","kind":"Thing"})");
    EXPECT_EQ(text(seen, "requestResource"),
              R"({"group":"scaling","version":")" + spoken + R"(","resource":"things"})");
    EXPECT_FALSE(seen.as_object().contains("subResource"));
    EXPECT_FALSE(seen.as_object().contains("requestSubResource"));
    EXPECT_EQ(seen.at("object"), thing(sent, "new"));
    EXPECT_EQ(seen.at("oldObject"), thing(sent, "old"));
  }
}

TEST_F(ValidatingVersions, OtherGroupsMayHoldTheSameObjects) {
  instance.host().serve_versions("things", {row("v2"), {"", "v1", "", "v1", "Thing"}});
  EXPECT_EQ(asked(rules("v1", "", ""), request("v2", thing("v2", "new"))), 1u);
  EXPECT_EQ(text(hooks.request(), "kind"), R"({"group":"","version":"v1","kind":"Thing"})");
  EXPECT_EQ(text(hooks.request(), "requestKind"),
            R"({"group":"scaling","version":"v2","kind":"Thing"})");
  EXPECT_EQ(hooks.request().at("object").at("apiVersion"), "v1");
}

TEST_F(ValidatingVersions, SubresourcesStayWhatTheyAre) {
  Review status = request("v1", thing("v2", "new"));
  status.action.subresource = "status";
  EXPECT_EQ(asked(rules("v1"), status), 1u);
  EXPECT_EQ(text(hooks.request(), "subResource"), "\"status\"");
  EXPECT_EQ(text(hooks.request(), "requestSubResource"), "\"status\"");
  EXPECT_EQ(hooks.request().at("object"), thing("v1", "new"));
  hooks.calls.clear();
  // The kind of a scale is the same in all of them: there is nothing to convert.
  Review scale = request("v1", json(R"({"apiVersion":"autoscaling/v1","kind":"Scale","spec":{}})"));
  scale.kind = "Scale";
  scale.action.subresource = "scale";
  conversions = 0;
  EXPECT_EQ(asked(rules("v2"), scale), 1u);
  EXPECT_EQ(conversions, 0);
  EXPECT_EQ(text(hooks.request(), "kind"),
            R"({"group":"autoscaling","version":"v1","kind":"Scale"})");
  EXPECT_EQ(text(hooks.request(), "resource"),
            R"({"group":"scaling","version":"v2","resource":"things"})");
  EXPECT_EQ(text(hooks.request(), "requestResource"),
            R"({"group":"scaling","version":"v1","resource":"things"})");
}

TEST_F(ValidatingVersions, ADeletionShowsTheOldObjectOnly) {
  Review review = request("v2", Json());
  review.operation = LIMEN_OP_DELETE;
  review.old_object = thing("v2", "old");
  EXPECT_EQ(asked(rules("v1"), review), 1u);
  EXPECT_TRUE(hooks.request().at("object").is_null());
  EXPECT_EQ(hooks.request().at("oldObject"), thing("v1", "old"));
}

TEST_F(ValidatingVersions, EachVersionIsMadeOnceForAllWhoWantIt) {
  configure("c", {hook("a", rules("v1")), hook("b", rules("v1")), hook("c", rules("v2"))});
  Review review = request("v2", thing("v2", "new"));
  review.operation = LIMEN_OP_UPDATE;
  review.old_object = thing("v2", "old");
  EXPECT_TRUE(instance.validate(review).admitted());
  EXPECT_EQ(hooks.asked.size(), 3u);
  EXPECT_EQ(conversions, 2) << "the object and the old one";
}

TEST_F(ValidatingVersions, WhatNeedsNoConversionCostsNone) {
  EXPECT_EQ(asked(rules("v2"), request("v2", thing("v2", "new"))), 1u);
  EXPECT_EQ(conversions, 0);
}

// As in kube-apiserver it is no failure of the webhook, and no policy of it lets the object pass.
TEST_F(ValidatingVersions, AFailedConversionRefusesWhateverThePolicy) {
  broken = "conversion webhook for scaling/v2, Kind=Thing failed: no";
  for (const char* const policy : {"Fail", "Ignore"}) {
    const std::string more = std::string(R"(,"failurePolicy":")") + policy + "\"";
    EXPECT_EQ(asked(rules("v1", more), request("v2", thing("v2", "new"))), 0u);
    EXPECT_TRUE(reply.denied);
    EXPECT_EQ(reply.code, 500);
    EXPECT_EQ(reply.message,
              "Internal error occurred: conversion webhook for scaling/v2, Kind=Thing failed: no");
  }
}

TEST_F(MutatingVersions, APatchInAnotherVersionLandsInTheObject) {
  hooks.scripts["w"] =
      Hooks::patches(R"([{"op":"replace","path":"/spec/flat","value":"patched"}])");
  EXPECT_EQ(asked(rules("v1"), request("v2", thing("v2", "new"))), 1u);
  ASSERT_TRUE(reply.admitted()) << reply.error << reply.message;
  EXPECT_EQ(reply.object, thing("v2", "patched"));
  EXPECT_EQ(annotation(reply, "mutation.webhook.admission.k8s.io/round_0_index_0"),
            R"({"configuration":"c","webhook":"w","mutated":true})");
  EXPECT_EQ(annotation(reply, "patch.webhook.admission.k8s.io/round_0_index_0"),
            R"({"configuration":"c","webhook":"w","patch":[{"op":"replace","path":"/spec/flat",)"
            R"("value":"patched"}],"patchType":"JSONPatch"})");
}

TEST_F(MutatingVersions, WhatNobodyChangedElsewhereIsNotTurnedBack) {
  EXPECT_EQ(asked(rules("v1"), request("v2", thing("v2", "new"))), 1u);
  EXPECT_TRUE(reply.admitted());
  EXPECT_EQ(conversions, 1);
  EXPECT_TRUE(reply.edits.empty());
}

TEST_F(MutatingVersions, EachSeesInItsVersionWhatThoseBeforeItMade) {
  hooks.scripts["a"] = Hooks::patches(R"([{"op":"replace","path":"/spec/flat","value":"by a"}])");
  hooks.scripts["b"] =
      Hooks::patches(R"([{"op":"add","path":"/metadata/labels/seen","value":"yes"}])");
  hooks.scripts["c"] =
      Hooks::patches(R"([{"op":"add","path":"/metadata/labels/c","value":"yes"}])");
  configure("c", {hook("a", rules("v1")), hook("b", rules("v2")), hook("c", rules("v1"))});
  Review review = request("v2", thing("v2", "new"));
  review.operation = LIMEN_OP_UPDATE;
  review.old_object = thing("v2", "old");
  reply = instance.admit(review);
  ASSERT_TRUE(reply.admitted()) << reply.error << reply.message;
  ASSERT_EQ(hooks.calls.size(), 3u);
  EXPECT_EQ(hooks.request(0).at("object"), thing("v1", "new"));
  EXPECT_EQ(hooks.request(1).at("object"), thing("v2", "by a"));
  EXPECT_EQ(hooks.request(2).at("object"), thing("v1", "by a", R"({"a":"b","seen":"yes"})"));
  EXPECT_EQ(hooks.request(0).at("oldObject"), thing("v1", "old"));
  EXPECT_EQ(hooks.request(1).at("oldObject"), thing("v2", "old"));
  EXPECT_EQ(hooks.request(2).at("oldObject"), thing("v1", "old"));
  EXPECT_EQ(reply.object, thing("v2", "by a", R"({"a":"b","seen":"yes","c":"yes"})"));
  // To v1 and back, to v1 and back, and the old object once.
  EXPECT_EQ(conversions, 5);
}

TEST_F(MutatingVersions, WhoIsAskedAgainSeesItsVersionAgain) {
  hooks.scripts["b"] = Hooks::patches(R"([{"op":"replace","path":"/spec/flat","value":"by b"}])");
  configure(
      "c", {hook("a", rules("v1", R"(,"reinvocationPolicy":"IfNeeded")")), hook("b", rules("v1"))});
  Review review = request("v2", thing("v2", "new"));
  EXPECT_TRUE(instance.admit(review).admitted());
  EXPECT_EQ(hooks.asked, (std::vector<std::string>{"a", "b", "a"}));
  EXPECT_EQ(hooks.request(2).at("object"), thing("v1", "by b"));
  hooks.asked.clear();
  hooks.calls.clear();
  hooks.scripts.clear();
  // And when the chain comes again because of somebody else.
  configure("c", {hook("a", rules("v1", R"(,"reinvocationPolicy":"IfNeeded")"))});
  EXPECT_TRUE(instance.admit(review).admitted());
  review.object = thing("v2", "by another");
  review.reinvocation = true;
  EXPECT_TRUE(instance.admit(review).admitted());
  EXPECT_EQ(hooks.asked, (std::vector<std::string>{"a", "a"}));
  EXPECT_EQ(hooks.request(1).at("object"), thing("v1", "by another"));
}

TEST_F(MutatingVersions, APatchThatCannotBeTurnedBackRefuses) {
  hooks.scripts["w"] = [this](const Json& request) {
    broken = "no way back";
    return Hooks::patches(R"([{"op":"replace","path":"/spec/flat","value":"x"}])")(request);
  };
  for (const char* const policy : {"Fail", "Ignore"}) {
    broken.clear();
    const std::string more = std::string(R"(,"failurePolicy":")") + policy + "\"";
    EXPECT_EQ(asked(rules("v1", more), request("v2", thing("v2", "new"))), 1u);
    EXPECT_TRUE(reply.denied);
    EXPECT_EQ(reply.code, 500);
    EXPECT_EQ(reply.message, "Internal error occurred: no way back");
    EXPECT_EQ(reply.object, thing("v2", "new"));
  }
}

TEST_F(MutatingVersions, ExactLooksAtWhatTheRequestSpeaks) {
  EXPECT_EQ(asked(rules("v1", R"(,"matchPolicy":"Exact")"), request("v2", thing("v2", "n"))), 0u);
  EXPECT_EQ(asked(rules("v1", R"(,"matchPolicy":"Exact")"), request("v1", thing("v2", "n"))), 1u);
  EXPECT_EQ(hooks.request().at("object"), thing("v1", "n"));
}

}  // namespace
}  // namespace limen::testkit::webhook_test
