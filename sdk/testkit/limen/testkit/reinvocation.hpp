// Reinvocation: a mutator is asked once more about an object that a later one changed, and must
// find its own work done.
//
//   EXPECT_EQ(reinvocation_problem(instance, review), "");
#pragma once

#include <string>

#include "limen/testkit/instance.hpp"

namespace limen::testkit {

// Asks a mutator about `review`, then again about what it made of it. Empty when the second time
// changed nothing; else one sentence that shows the edits. `must_change`: the first time has to
// change something, so that a test which asks about the wrong object is found out.
inline std::string reinvocation_problem(Instance& instance, Review review,
                                        bool must_change = true) {
  const auto outcome = [](const Reply& reply) {
    return reply.denied ? "refused: " + reply.message : "failed: " + reply.error;
  };
  const Reply first = instance.admit(review);
  if (!first.admitted()) return "the first time it " + outcome(first);
  if (must_change && first.object == review.object) {
    return "it changes nothing in " + boost::json::serialize(review.object);
  }
  review.object = first.object;
  review.reinvocation = true;
  const Reply second = instance.admit(review);
  if (!second.admitted()) return "the second time it " + outcome(second);
  if (second.object == first.object) return {};
  return "of its own work, " + boost::json::serialize(first.object) + ", it made " +
         boost::json::serialize(second.object);
}

}  // namespace limen::testkit
