// Comparisons with slow hashes: few at a time, shared, remembered.
#include "password-file/verifier.h"

#include <gtest/gtest.h>

#include <limen/testkit/fake_host.hpp>

namespace limen::plugins {
namespace {

using namespace std::chrono_literals;
using Answer = Verifier::Answer;

class VerifierTest : public testing::Test {
 protected:
  VerifierTest() { host_.bind(); }

  // Asks about `password`, which is right when it is "right"; comparisons run on run_ready().
  void ask(const std::string& password, const std::string& source = "192.0.2.1") {
    verifier_.verify(
        verifier_.key_of("ada", password), source,
        [this, password] {
          ++compared_;
          return password == "right";
        },
        [this](Answer answer) { answers_.push_back(answer); });
  }
  std::size_t count(Answer answer) const {
    return static_cast<std::size_t>(std::count(answers_.begin(), answers_.end(), answer));
  }

  testkit::FakeHost fake_;
  Host host_{fake_.raw()};
  Verifier verifier_{host_, 1, 30};
  int compared_ = 0;
  std::vector<Answer> answers_;
};

TEST_F(VerifierTest, AHundredRequestsWithOneCredentialShareOneComparison) {
  for (int i = 0; i < 100; ++i) ask("right");
  fake_.run_ready();
  EXPECT_EQ(compared_, 1);
  EXPECT_EQ(count(Answer::right), 100U);
}

TEST_F(VerifierTest, NoMoreThanItsThreadsRunAtOnce) {
  ask("a");
  ask("b");
  ask("c");
  // Each comparison posts the next one only when it is over.
  EXPECT_EQ(fake_.pending_jobs(), 1U);
  fake_.run_ready();
  EXPECT_EQ(compared_, 3);
  EXPECT_EQ(count(Answer::wrong), 3U);
}

TEST_F(VerifierTest, OneAddressCannotTakeEveryPlace) {
  for (std::size_t i = 0; i <= Verifier::kMaxWaitingOfSource + 1; ++i) ask("w" + std::to_string(i));
  EXPECT_EQ(count(Answer::too_busy), 1U);  // one runs, kMaxWaitingOfSource wait
  ask("right", "192.0.2.2");
  fake_.run_ready();
  EXPECT_EQ(count(Answer::right), 1U);
  EXPECT_EQ(count(Answer::wrong), Verifier::kMaxWaitingOfSource + 1);
}

TEST_F(VerifierTest, NoMoreThanKMaxWaitingWait) {
  for (std::size_t i = 0; i <= Verifier::kMaxWaiting + 1; ++i) {
    ask("w" + std::to_string(i), "192.0.2." + std::to_string(i % 200));
  }
  EXPECT_EQ(count(Answer::too_busy), 1U);
}

TEST_F(VerifierTest, ASuccessIsRememberedForAWhileAndAFailureNever) {
  ask("right");
  ask("wrong");
  fake_.run_ready();
  EXPECT_TRUE(verifier_.remembers(verifier_.key_of("ada", "right")));
  EXPECT_FALSE(verifier_.remembers(verifier_.key_of("bob", "right")));
  EXPECT_FALSE(verifier_.remembers(verifier_.key_of("ada", "wrong")));
  fake_.advance(29s);
  EXPECT_TRUE(verifier_.remembers(verifier_.key_of("ada", "right")));
  fake_.advance(1s);
  EXPECT_FALSE(verifier_.remembers(verifier_.key_of("ada", "right")));
}

TEST_F(VerifierTest, WhatWasComparedWithAnOlderFileIsNotRemembered) {
  ask("right");
  verifier_.forget();
  fake_.run_ready();
  EXPECT_EQ(count(Answer::right), 1U);  // the caller looks at the file again
  EXPECT_FALSE(verifier_.remembers(verifier_.key_of("ada", "right")));
}

}  // namespace
}  // namespace limen::plugins
