// What rbac decides, held against tables written by hand and against a slow evaluator.
#include <gtest/gtest.h>

#include "decision_table.h"
#include "support/authz_generator.h"

namespace limen::test {
namespace {

const testkit::Module& module() {
  static const testkit::Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/rbac.so");
  return loaded;
}

// An instance and its model over the same objects.
struct Pair {
  void put(const Json& object) {
    rbac.host().put(kRbacGroup, resource_of(object), object);
    model.put(object);
  }
  testkit::Instance rbac{module()};
  RbacModel model;
};

TEST(RbacDecisions, AreThoseOfTheTable) {
  std::size_t asked = 0;
  for (const DecisionCase& one : read_decisions("rbac_decisions.txt")) {
    SCOPED_TRACE(one.title);
    Pair pair;
    for (const std::string& object : one.objects) pair.put(boost::json::parse(object));
    for (const Question& question : one.questions) {
      const testkit::Reply reply = pair.rbac.authorize(question.action);
      EXPECT_EQ(reply.verdict, question.allowed ? LIMEN_ALLOW : LIMEN_VERDICT_NO_OPINION)
          << question.text;
      EXPECT_EQ(reply.reason.starts_with("RBAC: allowed by "), question.allowed) << question.text;
      EXPECT_EQ(pair.model.allows(question.action), question.allowed)
          << "the evaluator itself is wrong: " << question.text;
      ++asked;
    }
  }
  EXPECT_GE(asked, 150U);
}

TEST(RbacDecisions, AreThoseOfTheSlowEvaluatorInManyWorlds) {
  constexpr int kWorlds = 250;
  constexpr int kQuestions = 30;
  Choices choices(4);
  int allowed = 0;
  for (int world = 0; world < kWorlds; ++world) {
    Pair pair;
    for (std::size_t i = choices.pick(16) + 4; i > 0; --i) pair.put(make_any_role(choices));
    for (std::size_t i = choices.pick(16) + 4; i > 0; --i) pair.put(make_any_binding(choices));
    for (int i = 0; i < kQuestions; ++i) {
      const Action action = make_action(choices);
      const bool expected = pair.model.allows(action);
      allowed += expected ? 1 : 0;
      ASSERT_EQ(pair.rbac.authorize(action).verdict,
                expected ? LIMEN_ALLOW : LIMEN_VERDICT_NO_OPINION)
          << describe(action) << "\nin "
          << boost::json::serialize(Json(
                 boost::json::array(pair.model.objects().begin(), pair.model.objects().end())));
    }
  }
  EXPECT_GT(allowed, kWorlds * kQuestions / 20) << "the questions must not all have one answer";
  EXPECT_LT(allowed, kWorlds * kQuestions * 19 / 20);
}

}  // namespace
}  // namespace limen::test
