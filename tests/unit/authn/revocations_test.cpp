#include "authn/revocations.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "authn/chain.h"
#include "authn/fingerprints.h"
#include "base/strings.h"
#include "support/inline_executor.h"

namespace limen::authn {
namespace {

std::string refusal(std::string_view text) {
  try {
    RevocationList::parse(text, "list");
  } catch (const RevocationList::Error& error) {
    return error.what();
  }
  return {};
}

TEST(RevocationList, EachKindOfEntryRevokesWhatItNames) {
  const std::string token = sha256_hex("secret");
  const RevocationList list = RevocationList::parse(
      "# gone\n\nuser jane doe\r\n  jti 4711\ntoken-sha256 " + base::to_lower(token) +
          "\ncert-serial 00:AB:cd\ncert-sha256 " + std::string(64, 'A') + "\n",
      "list");
  EXPECT_EQ(list.size(), 5U);
  EXPECT_EQ(list.revoked_by({.user = "jane doe"}), "user");
  EXPECT_EQ(list.revoked_by({.jwt_id = "4711"}), "jti");
  EXPECT_EQ(list.revoked_by({.token_sha256 = token}), "token-sha256");
  EXPECT_EQ(list.revoked_by({.certificate_serial = "abcd"}), "cert-serial");
  EXPECT_EQ(list.revoked_by({.certificate_sha256 = std::string(64, 'a')}), "cert-sha256");
  EXPECT_EQ(list.revoked_by({.user = "jane"}), "");
  EXPECT_EQ(list.revoked_by({}), "");
}

TEST(RevocationList, ABadLineIsNamed) {
  EXPECT_EQ(refusal("user a\nuser\n"), "list:2: nothing stands after \"user\"");
  EXPECT_EQ(refusal("token-sha256 abc\n"), "list:1: a SHA-256 has 64 hexadecimal digits");
  EXPECT_EQ(refusal("cert-sha256 " + std::string(64, 'x')),
            "list:1: a SHA-256 has 64 hexadecimal digits");
  EXPECT_EQ(refusal("cert-serial none"),
            "list:1: a serial number is written in hexadecimal digits");
  EXPECT_EQ(refusal("#\nname x"),
            "list:2: an entry begins with user, token-sha256, jti, cert-serial or cert-sha256");
}

TEST(RevocationList, AMissingFileIsAnError) {
  EXPECT_THROW(RevocationList::read("/nonexistent/list"), RevocationList::Error);
}

TEST(Fingerprints, TheSecretOfEitherSchemeIsNamedByItsDigest) {
  Credentials credentials;
  credentials.bearer_token = "t";
  EXPECT_EQ(presented_secret_sha256(credentials), sha256_hex("t"));
  credentials.bearer_token = "";
  transport::RequestHead head;
  head.headers = {{"authorization", "Basic YWRhOnB3OjE="}};  // ada, pw:1
  credentials.head = &head;
  EXPECT_EQ(presented_secret_sha256(credentials), sha256_hex("pw:1"));
  head.headers = {{"authorization", "Basic ###"}};
  EXPECT_EQ(presented_secret_sha256(credentials), "");
  EXPECT_EQ(certificate_serial_hex("no certificate"), "");
}

class Knows final : public Authenticator {
 public:
  explicit Knows(std::string user) : user_(std::move(user)) {}
  const std::string& name() const override { return name_; }
  base::Task<Result> authenticate(const Credentials&, request::CallScope&) override {
    Result result;
    result.verdict = Verdict::authenticated;
    result.identity.name = user_;
    result.identity.extra = {{std::string(request::kCredentialIdKey), {"JTI=7"}}};
    co_return result;
  }

 private:
  std::string user_, name_ = "knows";
};

class RevokedChain : public testing::Test {
 protected:
  RevokedChain()
      : path_(std::filesystem::temp_directory_path() /
              ("limen-revocations-" + std::to_string(::getpid()))) {}
  ~RevokedChain() override { std::filesystem::remove(path_); }

  Outcome ask(const Revocations& revocations) {
    const Chain chain(
        {{std::make_shared<Knows>("bob"), false}, {std::make_shared<Knows>("other"), false}},
        {.revocations = &revocations, .api_audiences = {}});
    request::CallScope scope(loop_, base::Deadline::max());
    Credentials credentials;
    credentials.bearer_token = "t";
    return test::run_task(loop_, chain.authenticate(credentials, scope));
  }
  void write(const std::string& text) { std::ofstream(path_) << text; }

  std::filesystem::path path_;
  test::InlineExecutor loop_;
};

TEST_F(RevokedChain, ARevokedCredentialAuthenticatesNobody) {
  for (const std::string& entry :
       {std::string("user bob"), std::string("jti 7"), "token-sha256 " + sha256_hex("t")}) {
    write(entry);
    const Outcome outcome = ask(Revocations(path_));
    EXPECT_FALSE(outcome.authenticated) << entry;
    EXPECT_EQ(outcome.errors, std::vector<std::string>{"knows: revoked by its " +
                                                       entry.substr(0, entry.find(' '))});
  }
}

TEST_F(RevokedChain, OthersAndNobodyArePassed) {
  write("user eve\njti 8\n");
  EXPECT_TRUE(ask(Revocations(path_)).authenticated);
  EXPECT_TRUE(ask(Revocations("")).authenticated);
}

TEST_F(RevokedChain, EveryWrongLineIsTold) {
  write("user bob\nnonsense x\njti\n");
  EXPECT_EQ(RevocationList::problems(path_),
            (std::vector<std::string>{
                path_.string() +
                    ":2: an entry begins with user, token-sha256, jti, cert-serial or cert-sha256",
                path_.string() + ":3: nothing stands after \"jti\""}));
  write("user bob\n");
  EXPECT_EQ(RevocationList::problems(path_), std::vector<std::string>{});
  EXPECT_EQ(RevocationList::problems("/none"),
            std::vector<std::string>{"/none: No such file or directory"});
  std::string many;
  for (std::size_t i = 0; i <= RevocationList::kMostProblems; ++i) many += "x\n";
  write(many);
  EXPECT_EQ(RevocationList::problems(path_).size(), RevocationList::kMostProblems);
}

TEST_F(RevokedChain, ABrokenFileKeepsTheLastGoodList) {
  write("user bob");
  Revocations revocations(path_);
  write("nonsense");
  EXPECT_FALSE(revocations.reload());
  EXPECT_FALSE(ask(revocations).authenticated);
  write("user eve");
  EXPECT_TRUE(revocations.reload());
  EXPECT_TRUE(ask(revocations).authenticated);
}

}  // namespace
}  // namespace limen::authn
