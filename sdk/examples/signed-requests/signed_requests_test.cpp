// The built module on the SDK's fake host.

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>

#include <fstream>
#include <limen/testkit/instance.hpp>
#include <string>
#include <vector>

namespace {

using limen::testkit::AuthnRequest;
using limen::testkit::Instance;
using limen::testkit::Json;
using limen::testkit::Module;
using limen::testkit::Reply;
using limen::testkit::StartError;
using namespace std::chrono_literals;

constexpr std::int64_t kNow = 1'767'225'600;  // where the fake clock stands
const std::string kSecret(32, 'k');
const std::string kSecretHex = [] {
  std::string hex;
  for (int i = 0; i < 32; ++i) hex += "6b";
  return hex;
}();
const std::string kFile = testing::TempDir() + "acme-signed-requests.keys";

void write_keys(const std::string& text, unsigned mode = 0600) {
  std::ofstream(kFile) << text;
  ::chmod(kFile.c_str(), mode);
}

std::string sign(const std::string& text, const std::string& secret = kSecret) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += {kDigits[mac[i] >> 4], kDigits[mac[i] & 15]};
  return hex;
}

// What a client does: one request, well signed unless a test changes a part.
struct Client {
  std::string key = "robot", nonce = "0123456789abcdef";
  std::int64_t time = kNow;
  std::string method = "GET", path = "/api/v1/pods", query = "limit=5", secret = kSecret;

  std::string signature() const {
    return sign("Acme-HMAC-SHA256\n" + std::to_string(time) + "\n" + nonce + "\n" + method + "\n" +
                    path + "\n" + query,
                secret);
  }
  std::string header() const {
    return "Acme-HMAC-SHA256 key=" + key + ", time=" + std::to_string(time) + ", nonce=" + nonce +
           ", signature=" + signature();
  }
  AuthnRequest request() const {
    return {
        .method = method, .path = path, .query = query, .headers = {{"Authorization", header()}}};
  }
};

class SignedRequestsTest : public testing::Test {
 protected:
  SignedRequestsTest() { write_keys("# keys\nrobot " + kSecretHex + " ci-robot builders\n"); }

  static Instance start(Json config = boost::json::object()) {
    static const Module module(MODULE_FILE);
    config.as_object()["keyFile"] = kFile;
    return Instance(module, {.config = config});
  }
  static void expect_refused(Instance& module, const AuthnRequest& request,
                             const std::string& outcome) {
    const std::string series = "signatures_total{" + outcome + "}";
    const double before = module.host().metric(series);
    const Reply reply = module.authenticate(request);
    EXPECT_FALSE(reply.authenticated()) << outcome;
    EXPECT_LT(reply.status, 0) << outcome;
    EXPECT_EQ(module.host().metric(series), before + 1) << outcome << ": " << reply.error;
    EXPECT_EQ(reply.challenges, std::vector<std::string>{"Acme-HMAC-SHA256 realm=\"limen\""});
  }
};

TEST_F(SignedRequestsTest, KnowsWhoSigned) {
  Instance module = start();
  const Reply reply = module.authenticate(Client().request());
  EXPECT_EQ(reply.user, "ci-robot") << reply.error;
  EXPECT_EQ(reply.groups, std::vector<std::string>{"builders"});
  EXPECT_EQ(reply.extra, (limen::testkit::Pairs{{"acme.example/key", "robot"}}));
}

TEST_F(SignedRequestsTest, AgreesWithOpenSslOnTheCommandLine) {
  // printf 'Acme-HMAC-SHA256\n1767225600\n0123456789abcdef\nGET\n/api/v1/pods\nlimit=5' |
  //   openssl dgst -sha256 -mac HMAC -macopt hexkey:6b6b...
  EXPECT_EQ(Client().signature(),
            "418b0e52c29624e0046bf11e45ff22a040d1daaacb9516d1b6fbcc6a1cd21e91");
}

TEST_F(SignedRequestsTest, HasNoOpinionOnOtherCredentials) {
  Instance module = start();
  EXPECT_EQ(module.authenticate({}).status, LIMEN_NO_OPINION);
  EXPECT_EQ(module.authenticate({.headers = {{"Authorization", "Bearer abc"}}}).status,
            LIMEN_NO_OPINION);
}

TEST_F(SignedRequestsTest, CoversMethodPathAndQuery) {
  Instance module = start();
  const AuthnRequest good = Client().request();
  AuthnRequest changed = good;
  changed.method = "DELETE";
  expect_refused(module, changed, "bad");
  changed = good;
  changed.path = "/api/v1/secrets";
  expect_refused(module, changed, "bad");
  changed = good;
  changed.query = "limit=500";
  expect_refused(module, changed, "bad");
  EXPECT_TRUE(module.authenticate(good).authenticated()) << "a bad signature uses up no nonce";
}

TEST_F(SignedRequestsTest, RefusesAnotherSecretAndAnUnknownKeyAlike) {
  Instance module = start();
  expect_refused(module, Client{.secret = std::string(32, 'x')}.request(), "bad");
  expect_refused(module, Client{.key = "nobody"}.request(), "bad");
  expect_refused(module, Client{.key = "nobody", .secret = std::string(32, '\0')}.request(), "bad");
}

TEST_F(SignedRequestsTest, TakesATimeUpToTheSkewOnEitherSide) {
  Instance module = start({{"maxSkewSeconds", 30}});
  expect_refused(module, Client{.time = kNow - 31}.request(), "skew");
  expect_refused(module, Client{.time = kNow + 31}.request(), "skew");
  EXPECT_TRUE(module.authenticate(Client{.nonce = "past-past-past-1", .time = kNow - 30}.request())
                  .authenticated());
  EXPECT_TRUE(module.authenticate(Client{.nonce = "future-future-1-", .time = kNow + 30}.request())
                  .authenticated());
}

TEST_F(SignedRequestsTest, TakesANonceOnceAsLongAsItsTimeIsGood) {
  Instance module = start({{"maxSkewSeconds", 30}});
  const AuthnRequest request = Client{.time = kNow + 30}.request();
  EXPECT_TRUE(module.authenticate(request).authenticated());
  expect_refused(module, request, "replayed");
  module.host().advance(60s);  // the last second in which its time is good
  expect_refused(module, request, "replayed");
  module.host().advance(1s);
  expect_refused(module, request, "skew");
}

TEST_F(SignedRequestsTest, TakesNoMoreThanItCanRemember) {
  Instance module = start({{"maxSkewSeconds", 30}, {"maxRemembered", 2}});
  EXPECT_TRUE(module.authenticate(Client{.nonce = "a-a-a-a-a-a-a-a-"}.request()).authenticated());
  EXPECT_TRUE(module.authenticate(Client{.nonce = "b-b-b-b-b-b-b-b-"}.request()).authenticated());
  expect_refused(module, Client{.nonce = "c-c-c-c-c-c-c-c-"}.request(), "full");
  module.host().advance(31s);
  const Client later{.nonce = "d-d-d-d-d-d-d-d-", .time = kNow + 31};
  EXPECT_TRUE(module.authenticate(later.request()).authenticated()) << "old ones are forgotten";
}

TEST_F(SignedRequestsTest, RefusesAMalformedHeader) {
  Instance module = start();
  const std::string good = Client().header();
  for (const std::string& bad :
       {std::string("Acme-HMAC-SHA256 "), good + ", key=robot", good + ", more=1", good + ",",
        good.substr(0, good.size() - 1), good.substr(0, good.rfind(',')),
        Client{.nonce = "too-short"}.header(), Client{.nonce = std::string(65, 'n')}.header(),
        Client{.time = -1}.header()}) {
    expect_refused(module, {.path = "/api/v1/pods", .headers = {{"Authorization", bad}}},
                   "malformed");
  }
}

TEST_F(SignedRequestsTest, FollowsItsKeyFile) {
  Instance module = start();
  write_keys("other " + kSecretHex + " other-robot\n");
  module.host().advance(1s);
  expect_refused(module, Client{.time = kNow + 1}.request(), "bad");
  EXPECT_EQ(module.authenticate(Client{.key = "other", .time = kNow + 1}.request()).user,
            "other-robot");
  write_keys("broken\n");
  module.host().advance(1s);
  const Client again{.key = "other", .nonce = "once-more-once-more", .time = kNow + 2};
  EXPECT_EQ(module.authenticate(again.request()).user, "other-robot");
}

TEST_F(SignedRequestsTest, ABadKeyFileStopsTheStartAndIsNotQuoted) {
  const std::string short_secret(62, '6');
  for (const std::string& bad :
       {std::string(), std::string("robot\n"), "robot " + short_secret + " ci\n",
        "robot " + short_secret + "zz ci\n",
        "robot " + kSecretHex + " a\nrobot " + kSecretHex + " b\n"}) {
    write_keys(bad);
    try {
      start();
      ADD_FAILURE() << "started with: " << bad;
    } catch (const StartError& error) {
      EXPECT_EQ(std::string(error.what()).find("6666"), std::string::npos);
      EXPECT_EQ(std::string(error.what()).rfind(kFile, 0), 0U) << error.what();
    }
  }
}

TEST_F(SignedRequestsTest, AKeyFileThatIsOpenToOthersStopsTheStart) {
  for (const unsigned loose : {0644U, 0604U, 0660U}) {
    write_keys("robot " + kSecretHex + " ci-robot\n", loose);
    EXPECT_THROW(start(), StartError) << std::oct << loose;
  }
  write_keys("robot " + kSecretHex + " ci-robot\n", 0640);
  EXPECT_NO_THROW(start());
}

}  // namespace
