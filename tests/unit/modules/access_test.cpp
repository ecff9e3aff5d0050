// limen.access/1: an admission module asks the request's own authorizers.
#include <atomic>
#include <future>
#include <utility>

#include "authz/chain.h"
#include "support.h"

namespace limen::modules {
namespace {

using test::PuppetHouse;
using test::text;

// Allows what a test says and keeps the last question.
class Judge final : public authz::Authorizer {
 public:
  const std::string& name() const override { return name_; }
  base::Task<authz::Result> authorize(const authz::Attributes& attributes,
                                      request::CallScope&) override {
    asked = attributes.user->name + " " + attributes.verb + " " + attributes.group + "/" +
            attributes.resource + " " + attributes.ns + "/" + attributes.name;
    groups = attributes.user->groups;
    if (throws) throw std::runtime_error("broken");
    co_return authz::Result{verdict, "because", {}, nullptr};
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }
  authz::Verdict verdict = authz::Verdict::allow;
  bool throws = false;
  std::string asked;
  std::vector<std::string> groups;

 private:
  std::string name_ = "judge";
};

struct Answered {
  std::promise<std::string> text;
  limen_call* call = nullptr;
};
Answered* answered = nullptr;
const limen_host* host = nullptr;
limen_status refusal = LIMEN_OK;

void take(void*, limen_status status, const limen_access_answer* answer) {
  answered->text.set_value(std::to_string(status) + " " + std::to_string(answer->verdict) + " " +
                           test::view(answer->reason));
}

limen_status ask_to_sign(limen_call* call, const limen_admission_input* input,
                         const limen_admission_reply*) {
  limen_attributes right{};
  right.struct_size = sizeof(right);
  right.is_resource = 1;
  right.user = input->attributes->user;
  right.verb = text("sign");
  right.api_group = text("certificates.k8s.io");
  right.resource = text("signers");
  right.name = text("example.com/x");
  const auto* access =
      static_cast<const limen_access_api*>(host->get_extension(host, LIMEN_ACCESS));
  refusal = access->ask(host, call, &right, &take, nullptr);
  if (refusal != LIMEN_OK) return refusal;
  answered->call = call;
  return LIMEN_PENDING;
}

class AccessService : public testing::Test {
 protected:
  void SetUp() override {
    answered = &answer;
    house.open();
    host = house.strings().host;
    house.strings().validate = ask_to_sign;
    attributes.user = &ada;
    attributes.is_resource = true;
    review.attributes = &attributes;
    review.object = test::json("{}");
    judge = std::make_shared<Judge>();
    review.authorizers = std::make_shared<const authz::Chain>(
        std::vector<std::shared_ptr<authz::Authorizer>>{judge});
  }
  // Lets the module's call end once its question was answered.
  std::string run() {
    auto scope = house.scope();
    std::string said;
    std::thread module([&] {
      said = answer.text.get_future().get();
      const auto* calls = static_cast<const limen_call_api*>(host->get_extension(host, LIMEN_CALL));
      calls->complete(answered->call, LIMEN_OK);
    });
    EXPECT_TRUE(house.validate(scope, review).allowed);
    module.join();
    return said;
  }

  request::Identity ada{"ada", "1", {"signers", "staff"}, {}};
  authz::Attributes attributes;
  admission::Review review;
  std::shared_ptr<Judge> judge;
  Answered answer;
  PuppetHouse house;
};

TEST_F(AccessService, TheAuthorizersOfTheRequestAnswer) {
  EXPECT_EQ(run(), "0 1 because");
  EXPECT_EQ(judge->asked, "ada sign certificates.k8s.io/signers /example.com/x");
  EXPECT_EQ(judge->groups, (std::vector<std::string>{"signers", "staff"}));
}

TEST_F(AccessService, NobodyAllowingIsNoOpinion) {
  judge->verdict = authz::Verdict::no_opinion;
  EXPECT_EQ(run(), "0 2 because");
}

TEST_F(AccessService, ADenialIsTold) {
  judge->verdict = authz::Verdict::deny;
  EXPECT_EQ(run(), "0 0 because");
}

TEST_F(AccessService, AnAuthorizerThatFailsAllowsNothing) {
  judge->throws = true;
  EXPECT_EQ(run().substr(0, 4), "0 2 ");
}

TEST_F(AccessService, WithoutAuthorizersItIsUnsupported) {
  review.authorizers = nullptr;
  auto scope = house.scope();
  EXPECT_FALSE(house.validate(scope, review).allowed);
  EXPECT_EQ(refusal, LIMEN_E_UNSUPPORTED);
}

}  // namespace
}  // namespace limen::modules
