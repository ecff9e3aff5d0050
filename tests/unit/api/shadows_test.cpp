#include "api/shadows.h"

#include <gtest/gtest.h>

#include "observability/metrics.h"
#include "support/inline_executor.h"

namespace limen::api {
namespace {

class Authenticates final : public authn::Authenticator {
 public:
  const std::string& name() const override { return name_; }
  base::Task<authn::Result> authenticate(const authn::Credentials& credentials,
                                         request::CallScope&) override {
    asked = std::string(credentials.bearer_token) + "|" + std::string(credentials.path) + "|" +
            std::string(credentials.head->header("X-A")) + "|" + credentials.peer->source_ip;
    co_return result;
  }
  authn::Result result;
  std::string asked;

 private:
  std::string name_ = "who";
};

class Authorizes final : public authz::Authorizer {
 public:
  const std::string& name() const override { return name_; }
  base::Task<authz::Result> authorize(const authz::Attributes& attributes,
                                      request::CallScope&) override {
    asked = attributes.user->name + " " + attributes.verb;
    co_return result;
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }
  authz::Result result;
  std::string asked;

 private:
  std::string name_ = "may";
};

class Admits final : public admission::Controller {
 public:
  const std::string& name() const override { return name_; }
  bool handles(admission::Operation operation) const override {
    return operation == admission::kCreate;
  }
  bool mutates() const override { return true; }
  bool validates() const override { return true; }
  base::Task<admission::Result> admit(const admission::Review&, request::CallScope&) override {
    ++asked;
    admission::Result result;
    result.allowed = true;
    result.changed = change;
    co_return result;
  }
  base::Task<admission::Result> validate(const admission::Review& review,
                                         request::CallScope&) override {
    judged = review.object.to_json();
    dry_run = review.dry_run;
    admission::Result result;
    result.allowed = allows;
    co_return result;
  }
  object::Document change;
  bool allows = true;
  int asked = 0;
  std::string judged;
  bool dry_run = false;

 private:
  std::string name_ = "fits";
};

class ShadowsTest : public testing::Test {
 protected:
  // How the verdict of `act` was counted.
  template <class Act>
  std::string counted(const std::string& kind, const std::string& name, Act act) {
    static constexpr const char* kVerdicts[] = {"same", "different", "no-opinion", "error"};
    const auto value = [&](const char* verdict) {
      return metrics::counter("limen_shadow_verdicts_total", "", {"kind", "name", "verdict"})
          .with({kind, name, verdict})
          .value();
    };
    std::vector<std::uint64_t> before;
    for (const char* verdict : kVerdicts) before.push_back(value(verdict));
    act();
    loop_.run();
    std::string out;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (value(kVerdicts[i]) != before[i]) out += kVerdicts[i];
    }
    return out;
  }

  std::string authenticated(const std::string& decided) {
    return counted("authenticator", "who", [&] {
      const std::string token = "t";
      const std::string header = "X-A";
      transport::RequestHead head;
      head.headers = {{header, header}};
      transport::PeerInfo peer;
      peer.source_ip = "192.0.2.1";
      authn::Credentials credentials;
      credentials.bearer_token = token;
      credentials.path = "/x";
      credentials.head = &head;
      credentials.peer = &peer;
      authn::Outcome outcome;
      outcome.authenticated = !decided.empty();
      outcome.identity.name = decided;
      shadows_->authenticated(credentials, outcome, scope_);
    });
  }
  std::string authorized(bool allowed) {
    return counted("authorizer", "may", [&] {
      const request::Identity user{"bob", "", {}, {}};
      authz::Attributes attributes;
      attributes.user = &user;
      attributes.verb = "get";
      authz::Outcome outcome;
      outcome.allowed = allowed;
      shadows_->authorized(attributes, outcome, scope_);
      EXPECT_TRUE(may_->asked.empty()) << "asked only when the request has gone on";
    });
  }
  std::string admitted(bool admitted, admission::Operation operation = admission::kCreate) {
    return counted("admission", "fits", [&] {
      const request::Identity user{"bob", "", {}, {}};
      authz::Attributes attributes;
      attributes.user = &user;
      admission::Review review;
      review.operation = operation;
      review.attributes = &attributes;
      review.object = object::Document::parse(R"({"a":1})");
      shadows_->admitted(review, admitted, scope_);
    });
  }

  test::InlineExecutor loop_;
  const request::CallScope scope_{loop_, base::Deadline::max()};
  std::shared_ptr<Authenticates> who_ = std::make_shared<Authenticates>();
  std::shared_ptr<Authorizes> may_ = std::make_shared<Authorizes>();
  std::shared_ptr<Admits> fits_ = std::make_shared<Admits>();
  std::shared_ptr<const Shadows> shadows_ =
      std::make_shared<const Shadows>(std::vector<std::shared_ptr<authn::Authenticator>>{who_},
                                      std::vector<std::shared_ptr<authz::Authorizer>>{may_},
                                      std::vector<std::shared_ptr<admission::Controller>>{fits_});
};

TEST_F(ShadowsTest, AnAuthenticatorIsComparedByWhoItNames) {
  EXPECT_EQ(authenticated("bob"), "no-opinion");
  EXPECT_EQ(who_->asked, "t|/x|X-A|192.0.2.1") << "from copies: the request is over";
  who_->result.verdict = authn::Verdict::authenticated;
  who_->result.identity.name = "bob";
  EXPECT_EQ(authenticated("bob"), "same");
  EXPECT_EQ(authenticated("eve"), "different");
  EXPECT_EQ(authenticated(""), "different");
  who_->result.verdict = authn::Verdict::error;
  EXPECT_EQ(authenticated("bob"), "error");
}

TEST_F(ShadowsTest, AnAuthorizerIsComparedByWhatItAllows) {
  EXPECT_EQ(authorized(false), "same") << "nothing said denies";
  EXPECT_EQ(may_->asked, "bob get");
  may_->asked.clear();
  EXPECT_EQ(authorized(true), "different");
  may_->asked.clear();
  may_->result.verdict = authz::Verdict::allow;
  EXPECT_EQ(authorized(true), "same");
  may_->asked.clear();
  EXPECT_EQ(authorized(false), "different");
  may_->asked.clear();
  may_->result.verdict = authz::Verdict::no_opinion;
  EXPECT_EQ(authorized(true), "no-opinion");
  may_->asked.clear();
  may_->result.error = "down";
  EXPECT_EQ(authorized(true), "error");
}

TEST_F(ShadowsTest, AControllerIsComparedByWhatItRefusesAndChanges) {
  EXPECT_EQ(admitted(true), "same");
  EXPECT_EQ(admitted(false), "no-opinion");
  fits_->allows = false;
  EXPECT_EQ(admitted(true), "different");
  EXPECT_EQ(admitted(false), "same");
  fits_->allows = true;
  fits_->change = object::Document::parse(R"({"a":2})");
  EXPECT_EQ(admitted(true), "different");
  EXPECT_EQ(fits_->judged, R"({"a":2})") << "it judges what it would have made";
  EXPECT_TRUE(fits_->dry_run) << "it writes nothing of its own";
  const int asked = fits_->asked;
  EXPECT_EQ(admitted(true, admission::kDelete), "");
  EXPECT_EQ(fits_->asked, asked);
}

}  // namespace
}  // namespace limen::api
