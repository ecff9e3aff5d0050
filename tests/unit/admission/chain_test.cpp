#include "admission/chain.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/api_error.h"
#include "support/inline_executor.h"

namespace limen::admission {
namespace {

// A controller that says what it is told to and counts how often it was asked.
class Scripted final : public Controller {
 public:
  using Answer = std::function<Result(const Review&)>;
  Scripted(std::string name, Answer admit, Answer validate, std::uint32_t operations)
      : name_(std::move(name)),
        admit_(std::move(admit)),
        validate_(std::move(validate)),
        operations_(operations) {}
  const std::string& name() const override { return name_; }
  bool handles(Operation operation) const override { return (operations_ & operation) != 0; }
  bool mutates() const override { return admit_ != nullptr; }
  bool validates() const override { return validate_ != nullptr; }
  base::Task<Result> admit(const Review& review, request::CallScope&) override {
    ++calls;
    co_return admit_(review);
  }
  base::Task<Result> validate(const Review& review, request::CallScope&) override {
    ++calls;
    co_return validate_(review);
  }
  int calls = 0;

 private:
  std::string name_;
  Answer admit_, validate_;
  std::uint32_t operations_;
};

Result allow(const Review&) {
  Result result;
  result.allowed = true;
  return result;
}
Result refuse(const Review&) {
  Result result;
  result.message = "it is refused";
  return result;
}
// Adds its letter to the object's "log" and so changes it every time.
Scripted::Answer append(std::string letter) {
  return [letter](const Review& review) {
    object::Json root = review.object.root();
    const std::string log(root.at("log").as_string());
    root.as_object()["log"] = log + letter + (review.reinvocation ? "2" : "");
    Result result;
    result.allowed = true;
    result.changed = object::Document(root);
    return result;
  };
}

class AdmissionChain : public testing::Test {
 protected:
  AdmissionChain() {
    attributes_.resource = "pods";
    attributes_.name = "p";
    review_.attributes = &attributes_;
    review_.object = object::Document(boost::json::parse(R"({"log":""})"));
  }
  std::shared_ptr<Scripted> add(std::string name, Scripted::Answer admit, Scripted::Answer validate,
                                std::uint32_t operations = kCreate) {
    auto one = std::make_shared<Scripted>(std::move(name), std::move(admit), std::move(validate),
                                          operations);
    controllers_.push_back(one);
    return one;
  }
  void mutate() {
    request::CallScope scope(loop_, base::Deadline::max());
    test::run_task(loop_, Chain(controllers_).mutate(review_, scope));
  }
  void validate() {
    request::CallScope scope(loop_, base::Deadline::max());
    test::run_task(loop_, Chain(controllers_).validate(review_, scope));
  }
  std::string log() const { return std::string(review_.object.root().at("log").as_string()); }

  test::InlineExecutor loop_;
  authz::Attributes attributes_;
  Review review_;
  std::vector<std::shared_ptr<Controller>> controllers_;
};

TEST_F(AdmissionChain, TheZeroValueOfAResultRefuses) { EXPECT_FALSE(Result{}.allowed); }

TEST_F(AdmissionChain, ControllersChangeTheObjectInOrder) {
  add("a", append("a"), nullptr);
  mutate();
  EXPECT_EQ(log(), "a");
}

TEST_F(AdmissionChain, AChangeAfterSomebodyLookedCallsEverybodyOnceMore) {
  const auto first = add("first", allow, nullptr);
  add("second", append("b"), nullptr);
  mutate();
  EXPECT_EQ(first->calls, 2);
  EXPECT_EQ(log(), "bb2");
}

TEST_F(AdmissionChain, AControllerIsToldWhetherItsChangeBringsASecondRound) {
  std::string told;
  std::vector<std::uint64_t> writes;
  const auto look = [&](const Review& review) {
    told += review.comes_again ? 'y' : 'n';
    writes.push_back(review.write);
    return allow(review);
  };
  add("a", look, nullptr);
  add("b", look, nullptr);
  add("c", append("c"), nullptr);
  mutate();
  EXPECT_EQ(told, "nynn");
  ASSERT_EQ(writes.size(), 4u);
  EXPECT_TRUE(writes[0] != 0 && writes[0] == writes[1] && writes[1] == writes[3]);
  mutate();
  EXPECT_NE(writes[4], writes[0]) << "another mutation of the object";
}

TEST_F(AdmissionChain, AChangeByTheFirstAloneNeedsNoSecondRound) {
  add("first", append("a"), nullptr);
  const auto second = add("second", allow, nullptr);
  mutate();
  EXPECT_EQ(second->calls, 1);
}

TEST_F(AdmissionChain, TheFirstRefusalEndsIt) {
  add("one", nullptr, allow);
  add("two", nullptr, refuse);
  const auto third = add("three", nullptr, allow);
  try {
    validate();
    FAIL() << "the refusal was lost";
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), 403);
    EXPECT_EQ(error.message(), "pods \"p\" is forbidden: it is refused");
  }
  EXPECT_EQ(third->calls, 0);
}

TEST_F(AdmissionChain, WhoGivesAReasonHasWordedTheWholeMessage) {
  add("hook", nullptr, [](const Review&) {
    Result result;
    result.reason = "Forbidden";
    result.message = "denied by a webhook";
    return result;
  });
  try {
    validate();
    FAIL() << "the refusal was lost";
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), 403);
    EXPECT_EQ(error.reason(), "Forbidden");
    EXPECT_EQ(error.message(), "denied by a webhook");
  }
}

// kubectl shows the kind and the causes of what is invalid, and the message only without both.
TEST_F(AdmissionChain, WhatIsInvalidTellsItsKindAndCausesOrItsMessageAlone) {
  review_.kind = "Pod";
  std::vector<base::StatusCause> causes;
  add("hook", nullptr, [&causes](const Review&) {
    Result result;
    result.code = 422;
    result.message = "denied";
    result.causes = causes;
    return result;
  });
  const auto details = [&] {
    try {
      validate();
    } catch (const base::ApiError& error) {
      EXPECT_EQ(error.reason(), "Invalid");
      EXPECT_EQ(error.message(), "denied");
      return error.details();
    }
    ADD_FAILURE() << "the refusal was lost";
    return base::StatusDetails();
  };
  EXPECT_TRUE(details().empty());
  causes.push_back({"FieldValueInvalid", "is wrong", "spec.x"});
  EXPECT_EQ(details().kind, "Pod");
  EXPECT_EQ(details().causes.size(), 1U);
}

TEST_F(AdmissionChain, ARefusalMayHaveNoReason) {
  add("hook", nullptr, [](const Review&) {
    Result result;
    result.code = 400;
    result.reason = "Unknown";
    result.message = "denied";
    return result;
  });
  try {
    validate();
    FAIL() << "the refusal was lost";
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), 400);
    EXPECT_EQ(error.reason(), "");
  }
}

TEST_F(AdmissionChain, ARefusedMutationStopsTheChainToo) {
  add("one", refuse, nullptr);
  const auto second = add("two", allow, nullptr);
  EXPECT_THROW(mutate(), base::ApiError);
  EXPECT_EQ(second->calls, 0);
}

TEST_F(AdmissionChain, AControllerSeesOnlyItsOperations) {
  const auto one = add("one", allow, nullptr, kUpdate | kDelete);
  mutate();
  EXPECT_EQ(one->calls, 0);
}

TEST_F(AdmissionChain, AFailedControllerIsNamedIn500) {
  add("flaky", nullptr, [](const Review&) {
    Result result;
    result.error = "disk gone";
    return result;
  });
  try {
    validate();
    FAIL() << "the failure was lost";
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), 500);
    EXPECT_EQ(
        error.message(),
        "Internal error occurred: admission controller \"flaky\" failed: disk gone (admission "
        "took 0 ms: flaky 0 ms)");
  }
}

TEST_F(AdmissionChain, ARefusalKeepsItsCodeReasonAndCauses) {
  add("picky", nullptr, [](const Review&) {
    Result result;
    result.code = 404;
    result.message = "namespaces \"x\" not found";
    result.causes = {{"Missing", "it is not there", "metadata.namespace"}};
    return result;
  });
  try {
    validate();
    FAIL() << "the refusal was lost";
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), 404);
    EXPECT_EQ(error.reason(), "NotFound");
    EXPECT_EQ(error.message(), "namespaces \"x\" not found");
    ASSERT_EQ(error.details().causes.size(), 1U);
  }
}

TEST_F(AdmissionChain, ARefusalOfAnUnnamedObjectSaysWhatItWouldBeNamedAfter) {
  attributes_.name.clear();
  review_.object = object::Document(boost::json::parse(R"({"metadata":{"generateName":"web-"}})"));
  add("two", nullptr, refuse);
  try {
    validate();
    FAIL() << "the refusal was lost";
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.message(), "pods \"web-\" is forbidden: it is refused");
  }
}

}  // namespace
}  // namespace limen::admission
