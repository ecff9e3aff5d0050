// What judges the histories of several servers (support/linearizable.h, support/told_history.h)
// finds what is wrong with one, and nothing in one that is right.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/choices.h"
#include "support/linearizable.h"
#include "support/told_history.h"

namespace limen::test {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

Operation wrote(Kind kind, std::string value, std::int64_t revision, std::int64_t asked,
                std::int64_t answered, std::string expected = {}) {
  return {kind,     Outcome::done, std::move(value), std::move(expected),
          revision, asked,         answered,         {}};
}
Operation read(std::string value, std::int64_t revision, std::int64_t asked,
               std::int64_t answered) {
  return {Kind::read, Outcome::done, std::move(value), {}, revision, asked, answered, {}};
}
Operation refused(Kind kind, Outcome outcome, std::int64_t asked, std::int64_t answered,
                  std::string expected = {}) {
  return {kind, outcome, "refused", std::move(expected), 0, asked, answered, {}};
}
Operation unknown(Kind kind, std::string value, std::int64_t asked, std::string expected = {}) {
  return {
      kind, Outcome::unknown, std::move(value), std::move(expected), 0, asked, Operation::kNever,
      {}};
}
std::string judged(std::vector<Operation> operations) {
  return Linearizability::violation(std::move(operations));
}

TEST(Linearizable, WhatHappensOneAfterTheOther) {
  EXPECT_EQ(
      judged({refused(Kind::read, Outcome::absent, 1, 2), wrote(Kind::create, "a", 5, 3, 4),
              read("a", 5, 5, 6), refused(Kind::create, Outcome::exists, 7, 8),
              wrote(Kind::update, "b", 6, 9, 10, "a"),
              refused(Kind::update, Outcome::conflict, 11, 12, "a"),
              wrote(Kind::remove, "", 0, 13, 14), refused(Kind::read, Outcome::absent, 15, 16),
              refused(Kind::remove, Outcome::absent, 17, 18)}),
      "");
}

TEST(Linearizable, OperationsThatOverlapInEitherOrder) {
  EXPECT_EQ(judged({wrote(Kind::create, "a", 5, 1, 9), read("a", 5, 2, 3)}), "");
  EXPECT_EQ(judged({wrote(Kind::create, "a", 5, 1, 9), refused(Kind::read, Outcome::absent, 2, 3),
                    read("a", 5, 4, 5)}),
            "");
  EXPECT_EQ(judged({wrote(Kind::create, "a", 5, 1, 2), wrote(Kind::update, "c", 7, 3, 9),
                    wrote(Kind::update, "b", 6, 4, 8), read("b", 6, 5, 6), read("c", 7, 7, 8)}),
            "");
}

TEST(Linearizable, AStaleReadIsFound) {
  const std::string why = judged(
      {wrote(Kind::create, "a", 5, 1, 2), wrote(Kind::update, "b", 6, 3, 4), read("a", 5, 5, 6)});
  EXPECT_NE(why.find("read a: done at 5"), std::string::npos) << why;
  EXPECT_NE(judged({wrote(Kind::create, "a", 5, 1, 2), refused(Kind::read, Outcome::absent, 3, 4)}),
            "");
}

TEST(Linearizable, AReadThatGoesBackIsFound) {
  EXPECT_NE(judged({wrote(Kind::create, "a", 5, 1, 2), wrote(Kind::update, "b", 6, 3, 9),
                    read("b", 6, 4, 5), read("a", 5, 6, 7)}),
            "");
}

TEST(Linearizable, ALostUpdateIsFound) {
  EXPECT_NE(judged({wrote(Kind::create, "a", 5, 1, 2), wrote(Kind::update, "b", 6, 3, 9, "a"),
                    wrote(Kind::update, "c", 7, 4, 8, "a")}),
            "");
  EXPECT_NE(judged({wrote(Kind::create, "a", 5, 1, 2), wrote(Kind::create, "b", 6, 3, 4)}), "");
}

TEST(Linearizable, ARefusalWithoutAReasonIsFound) {
  EXPECT_NE(judged({wrote(Kind::create, "a", 5, 1, 2),
                    refused(Kind::update, Outcome::conflict, 3, 4, "a")}),
            "");
  EXPECT_NE(judged({refused(Kind::create, Outcome::exists, 1, 2)}), "");
  EXPECT_NE(
      judged({wrote(Kind::create, "a", 5, 1, 2), refused(Kind::remove, Outcome::absent, 3, 4)}),
      "");
}

TEST(Linearizable, RevisionsThatDoNotFitTheOrderAreFound) {
  EXPECT_NE(judged({wrote(Kind::create, "a", 5, 1, 2), wrote(Kind::update, "b", 4, 3, 4)}), "");
  EXPECT_NE(judged({wrote(Kind::create, "a", 5, 1, 2), read("a", 6, 3, 4)}), "");
}

TEST(Linearizable, AnUnknownOutcomeComesAtAnyTimeOrNever) {
  const Operation create = wrote(Kind::create, "a", 5, 1, 2);
  const Operation perhaps = unknown(Kind::update, "b", 3);
  EXPECT_EQ(judged({create, perhaps, read("a", 5, 10, 11)}), "");
  EXPECT_EQ(judged({create, perhaps, read("a", 5, 10, 11), read("b", 6, 12, 13)}), "");
  EXPECT_EQ(
      judged({create, unknown(Kind::remove, "", 3), refused(Kind::read, Outcome::absent, 4, 5)}),
      "");
  // Seen by nobody, but the reason of a conflict.
  EXPECT_EQ(judged({create, perhaps, refused(Kind::update, Outcome::conflict, 4, 5, "a")}), "");
}

TEST(Linearizable, AnUnknownOutcomeDoesNotComeTwiceOrBeforeItsQuestion) {
  const Operation create = wrote(Kind::create, "a", 5, 1, 2);
  EXPECT_NE(judged({create, unknown(Kind::update, "b", 3), read("b", 6, 4, 5), read("a", 5, 6, 7)}),
            "");
  EXPECT_NE(judged({create, read("b", 6, 3, 4), unknown(Kind::update, "b", 5)}), "");
  EXPECT_NE(
      judged({create, unknown(Kind::remove, "", 3), refused(Kind::read, Outcome::absent, 4, 5),
              wrote(Kind::create, "c", 8, 6, 7), refused(Kind::read, Outcome::absent, 8, 9)}),
      "");
}

// A register that works, asked by several at once, and the same with one answer spoiled.
std::vector<Operation> generated(std::uint64_t seed, int count) {
  Choices choices(seed);
  std::vector<Operation> made;
  std::string now;
  std::int64_t revision = 1, at = 0, now_revision = 0;
  for (int i = 0; i < count; ++i) {
    at += 10;
    const auto asked = at - static_cast<std::int64_t>(choices.pick(40));
    const auto answered = at + static_cast<std::int64_t>(choices.pick(40));
    const std::string value = "v" + std::to_string(i);
    const std::size_t what = choices.pick(6);
    Operation one{Kind::read, Outcome::done, value, {}, 0, asked, answered, {}};
    if (what < 2) {
      one = now.empty() ? refused(Kind::read, Outcome::absent, asked, answered)
                        : read(now, now_revision, asked, answered);
    } else {
      one.kind = what == 2 ? Kind::create : what == 5 ? Kind::remove : Kind::update;
      const bool fits = now.empty() == (one.kind == Kind::create);
      if (fits) {
        if (choices.one_in(8)) {
          one.outcome = Outcome::unknown;
          one.answered = Operation::kNever;
        }
        if (!one.unknown() || choices.one_in(2)) {
          now = one.kind == Kind::remove ? "" : value;
          now_revision = ++revision;
          if (!one.unknown() && one.kind != Kind::remove) one.revision = revision;
        }
        if (one.kind == Kind::remove) one.value.clear();
      } else {
        one.outcome = now.empty() ? Outcome::absent : Outcome::exists;
      }
    }
    made.push_back(one);
  }
  return made;
}

TEST(Linearizable, GeneratedHistoriesOfAWorkingRegisterAreExplained) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    ASSERT_EQ(judged(generated(seed, 400)), "") << "seed " << seed;
}

TEST(Linearizable, AGeneratedHistoryWithAnOldReadIsNot) {
  int spoiled = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<Operation> operations = generated(seed, 200);
    const auto is_write = [](const Operation& one) {
      return one.outcome == Outcome::done && one.revision != 0 && one.kind != Kind::read;
    };
    const auto old = std::find_if(operations.begin(), operations.end(), is_write);
    if (old == operations.end()) continue;
    operations.push_back(read(old->value, old->revision, 100'000, 100'001));
    ++spoiled;
    EXPECT_NE(judged(operations), "") << "seed " << seed;
  }
  EXPECT_GT(spoiled, 10);
}

Watched watched(std::vector<Told> events, std::int64_t since = 1) {
  return {"w", since, since == 1 ? std::optional(Collection{}) : std::nullopt, std::move(events),
          9};
}
const std::vector<Told> kEvents = {{"ADDED", "k", "a", 2},    {"ADDED", "l", "x", 3},
                                   {"MODIFIED", "k", "b", 5}, {"BOOKMARK", "", "", 6},
                                   {"DELETED", "k", "b", 7},  {"ADDED", "k", "c", 9}};

std::vector<Told> without(std::size_t index) {
  std::vector<Told> events = kEvents;
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(index));
  return events;
}
bool holds(const std::vector<Watched>& watchers) {
  return ToldHistory(watchers).problems().empty();
}

TEST(ToldHistory, WatchersThatWereToldTheSame) {
  const std::vector<Told> tail(kEvents.begin() + 2, kEvents.end());
  EXPECT_TRUE(holds({watched(kEvents), watched(tail, 3)}));
  EXPECT_EQ(ToldHistory({watched(kEvents)}).at(8), (Collection{{"l", {"x", 3}}}));
}

TEST(ToldHistory, ASkippedEventIsFound) {
  for (const std::size_t index : {0U, 1U, 2U, 4U, 5U})
    EXPECT_FALSE(holds({watched(kEvents), watched(without(index))})) << index;
  // What all of them skipped shows when it makes the next event impossible.
  EXPECT_FALSE(holds({watched(without(4))}));
}

TEST(ToldHistory, ARepeatedEventIsFound) {
  std::vector<Told> events = kEvents;
  events.insert(events.begin() + 2, events[1]);
  EXPECT_FALSE(holds({watched(kEvents), watched(events)}));
}

TEST(ToldHistory, EventsInAnotherOrderAreFound) {
  std::vector<Told> events = kEvents;
  std::swap(events[0], events[1]);
  EXPECT_FALSE(holds({watched(kEvents), watched(events)}));
}

TEST(ToldHistory, ABookmarkAheadOfItsEventsIsFound) {
  std::vector<Told> events = kEvents;
  std::swap(events[2], events[3]);
  EXPECT_FALSE(holds({watched(kEvents), watched(events)}));
}

TEST(ToldHistory, WatchersThatWereToldDifferentThingsAreFound) {
  std::vector<Told> events = kEvents;
  events[2].value = "B";
  EXPECT_FALSE(holds({watched(kEvents), watched(events)}));
  events = kEvents;
  events[2].type = "ADDED";
  EXPECT_FALSE(holds({watched(kEvents), watched(events)}));
}

TEST(ToldHistory, AListIsTheObjectsAtItsRevision) {
  const auto problems = [](const Listed& one) {
    ToldHistory history({watched(kEvents)});
    history.check(one);
    return history.problems().size();
  };
  EXPECT_EQ(problems({"l", 5, 5, {{"k", {"b", 5}}, {"l", {"x", 3}}}}), 0U);
  EXPECT_EQ(problems({"l", 5, 6, {{"k", {"b", 5}}, {"l", {"x", 3}}}}), 0U);
  EXPECT_EQ(problems({"stale", 6, 5, {{"k", {"b", 5}}, {"l", {"x", 3}}}}), 1U);
  EXPECT_EQ(problems({"mixed", 5, 5, {{"k", {"a", 2}}, {"l", {"x", 3}}}}), 1U);
  EXPECT_EQ(problems({"short", 5, 5, {{"k", {"b", 5}}}}), 1U);
}

TEST(ToldHistory, WhatWasAcknowledgedIsInIt) {
  const auto problems = [](const std::vector<Operation>& operations) {
    ToldHistory history({watched(kEvents)});
    history.check("k", operations);
    return history.problems().size();
  };
  const std::vector<Operation> right = {
      wrote(Kind::create, "a", 2, 1, 2), unknown(Kind::update, "b", 3),
      unknown(Kind::update, "never", 3), wrote(Kind::remove, "", 0, 4, 5),
      wrote(Kind::create, "c", 9, 6, 7)};
  EXPECT_EQ(problems(right), 0U);
  std::vector<Operation> lost = right;
  lost.push_back(wrote(Kind::update, "d", 10, 8, 9));
  EXPECT_EQ(problems(lost), 1U);
  EXPECT_EQ(problems({right[0], right[3], right[4]}), 1U) << "nobody wrote b";
  EXPECT_EQ(problems({right[0], right[1], right[4]}), 1U) << "nobody removed it";
  std::vector<Operation> removed = right;
  removed.push_back(wrote(Kind::remove, "", 0, 8, 9));
  EXPECT_EQ(problems(removed), 1U) << "a removal that did not happen";
}

}  // namespace
}  // namespace limen::test
