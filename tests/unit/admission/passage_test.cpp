// One write's way through the chain: what is told of changes, of who refused and of who was late.
#include "admission/passage.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/api_error.h"
#include "support/inline_executor.h"

namespace limen::admission {
namespace {

using std::chrono::milliseconds;

class Scripted final : public Controller {
 public:
  using Answer = std::function<Result(const Review&, request::CallScope&)>;
  Scripted(std::string name, Answer admit, Answer validate)
      : name_(std::move(name)), admit_(std::move(admit)), validate_(std::move(validate)) {}
  const std::string& name() const override { return name_; }
  bool handles(Operation) const override { return true; }
  bool mutates() const override { return admit_ != nullptr; }
  bool validates() const override { return validate_ != nullptr; }
  base::Task<Result> admit(const Review& review, request::CallScope& scope) override {
    co_return admit_(review, scope);
  }
  base::Task<Result> validate(const Review& review, request::CallScope& scope) override {
    co_return validate_(review, scope);
  }

 private:
  std::string name_;
  Answer admit_, validate_;
};

Result allowed() {
  Result result;
  result.allowed = true;
  return result;
}
Result failed(const std::string& why) {
  Result result;
  result.error = why;
  return result;
}
Result denied(int code, const std::string& reason, const std::string& message) {
  Result result;
  result.code = code;
  result.reason = reason;
  result.message = message;
  return result;
}
// Times as N, since nobody knows how long anything takes.
std::string timeless(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) out += c;
    if (digit && (out.empty() || out.back() != 'N')) out += 'N';
  }
  return out;
}
Scripted::Answer says(const Result& result) {
  return [result](const Review&, request::CallScope&) { return result; };
}
// Sets a member of the object, once.
Scripted::Answer sets(const std::string& key) {
  return [key](const Review& review, request::CallScope&) {
    Result result = allowed();
    if (review.object.root().as_object().contains(key)) return result;
    object::Json root = review.object.root();
    root.as_object()[key] = "hidden";
    result.changed = object::Document(root);
    return result;
  };
}
// Waits until the time there is for it is over.
Scripted::Answer takes_all_time(const Result& result) {
  return [result](const Review&, request::CallScope& scope) {
    std::this_thread::sleep_until(scope.deadline);
    return result;
  };
}

class AdmissionPassage : public testing::Test {
 protected:
  AdmissionPassage() {
    attributes_.resource = "pods";
    attributes_.name = "p";
    review_.attributes = &attributes_;
    review_.object = object::Document(boost::json::parse("{}"));
  }
  void add(const std::string& name, Scripted::Answer admit, Scripted::Answer validate = nullptr) {
    controllers_.push_back(std::make_shared<Scripted>(name, std::move(admit), std::move(validate)));
  }
  void pass(bool show_changes = true) {
    Passage passage(controllers_, scope_, show_changes);
    test::run_task(loop_, passage.mutate(review_));
    test::run_task(loop_, passage.validate(review_));
  }
  base::ApiError refused() {
    try {
      pass();
    } catch (const base::ApiError& error) {
      return error;
    }
    ADD_FAILURE() << "nobody refused";
    return base::ApiError::internal("");
  }
  std::string annotation(const std::string& key) const {
    for (const auto& [name, value] : scope_.annotations)
      if (name == key) return value;
    return {};
  }

  test::InlineExecutor loop_;
  request::CallScope scope_{loop_, base::Deadline::max()};
  authz::Attributes attributes_;
  Review review_;
  Passage::Controllers controllers_;
};

TEST_F(AdmissionPassage, WhatEachControllerChangedIsToldByRoundAndPlace) {
  add("first", says(allowed()));
  add("second", sets("a"));
  add("third", sets("b"));
  pass();
  ASSERT_EQ(scope_.annotations.size(), 2U);
  EXPECT_EQ(annotation("patch.admission.limen.io/round_0_index_1"),
            R"({"module":"second","patch":[{"op":"add","path":"/a","value":"hidden"}],)"
            R"("patchType":"JSONPatch"})");
  EXPECT_EQ(annotation("patch.admission.limen.io/round_0_index_2"),
            R"({"module":"third","patch":[{"op":"add","path":"/b","value":"hidden"}],)"
            R"("patchType":"JSONPatch"})");
}

TEST_F(AdmissionPassage, TheSecondRoundIsToldAsSuch) {
  add("fickle", [](const Review& review, request::CallScope&) {
    Result result = allowed();
    if (!review.reinvocation) return result;
    result.changed = object::Document(boost::json::parse(R"({"again":true})"));
    return result;
  });
  add("other", sets("a"));
  pass();
  EXPECT_NE(annotation("patch.admission.limen.io/round_1_index_0"), "");
}

TEST_F(AdmissionPassage, OfASecretOnlyPathsAreTold) {
  attributes_.resource = "secrets";
  add("m", sets("data"));
  pass();
  EXPECT_EQ(annotation("patch.admission.limen.io/round_0_index_0"),
            R"({"module":"m","paths":["/data"]})");
}

TEST_F(AdmissionPassage, WhereNobodyWantsToKnowNothingIsCompared) {
  add("m", sets("a"));
  pass(false);
  EXPECT_TRUE(scope_.annotations.empty());
}

TEST_F(AdmissionPassage, ATryThatWasOvertakenLeavesNoChangesBehind) {
  add("m", sets("a"));
  pass();
  review_.object = object::Document(boost::json::parse(R"({"a":"own"})"));
  pass();
  EXPECT_EQ(annotation("patch.admission.limen.io/round_0_index_0"), "");
}

TEST_F(AdmissionPassage, WhoRefusesIsAnnotatedAndItsWordsStay) {
  add("one", says(allowed()));
  add("two", nullptr, says(denied(403, "", "not today")));
  EXPECT_EQ(refused().message(), "pods \"p\" is forbidden: not today");
  EXPECT_EQ(annotation("admission.limen.io/refused-by"), "two");
  EXPECT_EQ(annotation("admission.limen.io/failed"), "");
}

TEST_F(AdmissionPassage, AWebhooksRefusalKeepsItsTextWhateverItsCode) {
  add("hooks", says(denied(503, "Unknown", "admission webhook \"w\" denied the request: later")));
  EXPECT_EQ(refused().message(), "admission webhook \"w\" denied the request: later");
}

TEST_F(AdmissionPassage, WhoFailsIsNamedWithEverybodysTime) {
  add("slow", [](const Review&, request::CallScope&) {
    std::this_thread::sleep_for(milliseconds(2));
    return allowed();
  });
  add("flaky", nullptr, says(failed("disk gone")));
  const base::ApiError error = refused();
  EXPECT_EQ(error.code(), 500);
  const std::string& text = error.message();
  const std::string start =
      "Internal error occurred: admission controller \"flaky\" failed: disk gone (admission took ";
  EXPECT_TRUE(text.starts_with(start)) << text;
  EXPECT_NE(text.find(": slow "), std::string::npos) << text;
  EXPECT_TRUE(timeless(text).ends_with("slow N ms, flaky N ms)")) << text;
  const object::Json told = boost::json::parse(annotation("admission.limen.io/failed"));
  EXPECT_EQ(told.at("module").as_string(), "flaky");
  EXPECT_EQ(told.at("step").as_string(), "validate");
  EXPECT_GE(told.at("microseconds").at("slow").as_int64(), 2000);
}

TEST_F(AdmissionPassage, AWebhookThatFailedIsToldWithTheTimesBehindItsText) {
  add("hooks", says(denied(500, "InternalError",
                           "Internal error occurred: failed calling webhook \"w\": failed to call "
                           "webhook: no route")));
  EXPECT_EQ(timeless(refused().message()),
            "Internal error occurred: failed calling webhook \"w\": failed to call webhook: no "
            "route (admission took N ms: hooks N ms)");
  EXPECT_EQ(boost::json::parse(annotation("admission.limen.io/failed")).at("module").as_string(),
            "hooks");
}

TEST_F(AdmissionPassage, WhoTakesAllTheTimeIsNamedBeforeTheRequestsOwnClockEndsIt) {
  const base::Deadline whole = base::SteadyClock::now() + milliseconds(200);
  scope_.deadline = whole;
  add("quick", says(allowed()));
  add("hanging", takes_all_time(failed("no answer within the deadline (its timeout is 10s)")));
  const base::ApiError error = refused();
  EXPECT_EQ(error.code(), 504);
  EXPECT_EQ(error.reason(), "Timeout");
  const std::string start =
      "Timeout: request did not complete within the allotted timeout: admission controller "
      "\"hanging\" failed: no answer within the deadline (its timeout is 10s) (admission took ";
  EXPECT_TRUE(error.message().starts_with(start)) << error.message();
  EXPECT_NE(error.message().find(": hanging "), std::string::npos) << error.message();
  EXPECT_EQ(scope_.deadline, whole);
}

TEST_F(AdmissionPassage, WhenTheTimeIsUpNobodyElseIsAskedEvenIfTheLastOneAllowed) {
  scope_.deadline = base::SteadyClock::now() + milliseconds(40);
  bool asked = false;
  add("slow", takes_all_time(allowed()));
  add("next", [&asked](const Review&, request::CallScope&) {
    asked = true;
    return allowed();
  });
  const base::ApiError error = refused();
  EXPECT_EQ(error.code(), 504);
  EXPECT_NE(error.message().find("\"slow\" was the last asked"), std::string::npos);
  EXPECT_FALSE(asked);
}

TEST_F(AdmissionPassage, AControllerSeesALittleLessThanTheTimeOfTheRequest) {
  const base::Deadline whole = base::SteadyClock::now() + std::chrono::hours(1);
  scope_.deadline = whole;
  base::Deadline seen;
  add("m", [&seen](const Review&, request::CallScope& scope) {
    seen = scope.deadline;
    return allowed();
  });
  pass();
  EXPECT_EQ(seen, whole - milliseconds(100));
  EXPECT_EQ(scope_.deadline, whole);
}

}  // namespace
}  // namespace limen::admission
