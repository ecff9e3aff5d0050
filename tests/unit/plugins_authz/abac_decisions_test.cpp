// What abac decides, held against a table written by hand and against a slow evaluator.
#include <gtest/gtest.h>

#include "decision_table.h"
#include "support/abac_file.h"
#include "support/abac_model.h"
#include "support/authz_generator.h"

namespace limen::test {
namespace {

const testkit::Module& module() {
  static const testkit::Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/abac.so");
  return loaded;
}

TEST(AbacDecisions, AreThoseOfTheTable) {
  std::size_t asked = 0;
  for (const DecisionCase& one : read_decisions("abac_decisions.txt")) {
    SCOPED_TRACE(one.title);
    AbacFile abac(module(), one.objects);
    const AbacModel model(one.objects);
    for (const Question& question : one.questions) {
      const testkit::Reply reply = abac.authorize(question.action);
      EXPECT_EQ(reply.verdict, question.allowed ? LIMEN_ALLOW : LIMEN_VERDICT_NO_OPINION)
          << question.text;
      EXPECT_EQ(reply.reason, question.allowed ? "" : "No policy matched.") << question.text;
      EXPECT_EQ(model.allows(question.action), question.allowed)
          << "the evaluator itself is wrong: " << question.text;
      ++asked;
    }
  }
  EXPECT_GE(asked, 150U);
}

TEST(AbacDecisions, AreThoseOfTheSlowEvaluatorForManyPolicies) {
  constexpr int kPolicies = 300;
  constexpr int kQuestions = 30;
  Choices choices(6);
  int allowed = 0;
  for (int policy = 0; policy < kPolicies; ++policy) {
    std::vector<std::string> lines;
    for (std::size_t i = choices.pick(8) + 1; i > 0; --i)
      lines.push_back(make_policy_line(choices));
    AbacFile abac(module(), lines);
    const AbacModel model(lines);
    for (int i = 0; i < kQuestions; ++i) {
      const Action action = make_action(choices);
      const bool expected = model.allows(action);
      allowed += expected ? 1 : 0;
      std::string file;
      for (const std::string& line : lines) file += line + "\n";
      ASSERT_EQ(abac.authorize(action).verdict, expected ? LIMEN_ALLOW : LIMEN_VERDICT_NO_OPINION)
          << describe(action) << "\nby\n"
          << file;
    }
  }
  EXPECT_GT(allowed, kPolicies * kQuestions / 20) << "the questions must not all have one answer";
  EXPECT_LT(allowed, kPolicies * kQuestions * 19 / 20);
}

}  // namespace
}  // namespace limen::test
