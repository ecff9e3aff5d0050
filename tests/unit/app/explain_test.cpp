// What `limen explain` makes of its words, and how it shows the answer.
#include <gtest/gtest.h>

#include <sstream>

#include "app/access_answer.h"
#include "app/access_question.h"
#include "app/commands.h"
#include "object/metadata.h"

namespace limen::app {
namespace {

AccessWords words(const std::string& what, const std::string& ns = {}) {
  AccessWords out;
  out.verb = "get";
  out.what = what;
  out.ns = ns;
  out.default_ns = "here";
  return out;
}

// "group version resource/subresource@ns".
std::string resolved(const AccessWords& asked) {
  const AccessQuestion question = make_question(asked);
  return question.group + " " + question.version + " " + question.resource + "/" +
         question.subresource + "@" + question.ns;
}

TEST(AccessQuestionTest, TheCatalogKnowsTheGroupOfAResource) {
  EXPECT_EQ(resolved(words("deployments")), "apps v1 deployments/@here");
  EXPECT_EQ(resolved(words("pods/log", "x")), " v1 pods/log@x");
  EXPECT_EQ(resolved(words("deploy")), "apps v1 deployments/@here");
  EXPECT_EQ(resolved(words("Pod")), " v1 pods/@here");
}

TEST(AccessQuestionTest, TheGroupMayBeNamed) {
  EXPECT_EQ(resolved(words("deployments.apps/scale")), "apps v1 deployments/scale@here");
  EXPECT_EQ(resolved(words("deployments/scale.apps")), "apps v1 deployments/scale@here");
  EXPECT_EQ(resolved(words("events.events.k8s.io")), "events.k8s.io v1 events/@here");
  EXPECT_THROW(make_question(words("a.b/c.d")), UsageError);
}

TEST(AccessQuestionTest, WhatTheCatalogDoesNotKnowIsAskedForAsWritten) {
  EXPECT_EQ(resolved(words("widgets.acme.io")), "acme.io  widgets/@here");
  EXPECT_NE(make_question(words("widgets.acme.io")).remark, "");
  EXPECT_EQ(make_question(words("*")).remark, "");
}

TEST(AccessQuestionTest, ClusterScopedResourcesLieInNoNamespace) {
  EXPECT_EQ(resolved(words("nodes", "x")), " v1 nodes/@");
  EXPECT_NE(make_question(words("nodes", "x")).remark, "");
  AccessWords named = words("ns");
  named.name = "team";
  EXPECT_EQ(resolved(named), " v1 namespaces/@team") << "as a request for a namespace has it";
}

TEST(AccessQuestionTest, AllNamespacesAreNone) {
  AccessWords all = words("pods");
  all.all_namespaces = true;
  EXPECT_EQ(resolved(all), " v1 pods/@");
  all.ns = "x";
  EXPECT_THROW(make_question(all), UsageError);
}

TEST(AccessQuestionTest, APathHasNeitherNamespaceNorName) {
  const AccessQuestion question = make_question(words("/metrics"));
  EXPECT_EQ(question.path, "/metrics");
  EXPECT_EQ(boost::json::serialize(*object::find(review_of(question), {"spec"})),
            R"({"user":"","groups":[],"nonResourceAttributes":{"verb":"get","path":"/metrics"}})");
  EXPECT_THROW(make_question(words("/metrics", "x")), UsageError);
}

TEST(AccessQuestionTest, TheReviewHasWhatWasAsked) {
  AccessQuestion question = make_question(words("deployments/scale", "x"));
  question.user = "bob";
  question.groups = {"dev"};
  EXPECT_EQ(boost::json::serialize(review_of(question)),
            R"({"apiVersion":"access.limen.io/v1","kind":"AccessReview","spec":{"user":"bob",)"
            R"("groups":["dev"],"resourceAttributes":{"verb":"get","group":"apps","version":"v1",)"
            R"("resource":"deployments","subresource":"scale","namespace":"x"}}})");
}

TEST(AccessQuestionTest, GroupsAreAddedAsImpersonationDoes) {
  using Groups = std::vector<std::string>;
  EXPECT_EQ(asked_groups("bob", {"dev"}), (Groups{"dev", "system:authenticated"}));
  EXPECT_EQ(asked_groups("system:anonymous", {}), Groups{"system:unauthenticated"});
  EXPECT_EQ(asked_groups("system:serviceaccount:x:app", {}),
            (Groups{"system:serviceaccounts", "system:serviceaccounts:x", "system:authenticated"}));
  EXPECT_EQ(asked_groups("system:serviceaccount:x:app", {"dev"}),
            (Groups{"dev", "system:authenticated"}));
}

TEST(AccessAnswerTest, IsABlockAModuleWithTheVerdictFirst) {
  AccessQuestion question = make_question(words("pods/log", "x"));
  question.user = "bob";
  question.name = "web";
  const object::Json review = boost::json::parse(R"({"status":{"allowed":false,"steps":[
    {"stage":"authorization","name":"system:masters","verdict":"NoOpinion","microseconds":1},
    {"stage":"authorization","name":"roles","module":"rbac","verdict":"NoOpinion",
     "reason":"one\ntwo","causes":[{"key":"near-miss","value":"a \u001b[31mrule"}],
     "microseconds":12},
    {"stage":"authorization","name":"last","module":"last","verdict":"NotAsked"}]}})");
  std::ostringstream out;
  print_answer(question, review, out);
  EXPECT_EQ(out.str(),
            "not allowed: bob may not get pods/log \"web\" in the namespace \"x\"\n"
            "\n"
            "no opinion  system:masters  1 us\n"
            "\n"
            "no opinion  roles (rbac)    12 us\n"
            "    reason     one\n"
            "               two\n"
            "    near-miss  a ?[31mrule\n"
            "\n"
            "not asked   last\n");
  EXPECT_FALSE(is_allowed(review));
}

struct Outcome {
  int status;
  std::string out, err;
};

Outcome run(const std::vector<std::string>& line) {
  std::ostringstream out, err;
  const int status = run_program(all_commands(), line, {out, err});
  return {status, out.str(), err.str()};
}

TEST(ExplainCommandTest, RefusesWordsItDoesNotUnderstand) {
  EXPECT_EQ(run({"explain", "get", "pods"}).status, kExitUsage);
  EXPECT_NE(run({"explain", "get", "pods"}).err.find("--as"), std::string::npos);
  EXPECT_EQ(run({"explain", "--as", "bob", "get"}).status, kExitUsage);
  EXPECT_EQ(run({"explain", "--as", "bob", "get", "/x", "-n", "y"}).status, kExitUsage);
  EXPECT_EQ(run({"explain", "--as", "bob", "get", "pods", "-o", "xml"}).status, kExitUsage);
}

TEST(ExplainCommandTest, NamesAKubeconfigThatIsNotThere) {
  const Outcome outcome =
      run({"explain", "--as", "bob", "get", "pods", "--kubeconfig", "/nowhere/config"});
  EXPECT_EQ(outcome.status, kExitFailure);
  EXPECT_NE(outcome.err.find("/nowhere/config"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace limen::app
