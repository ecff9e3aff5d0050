// What a list or watch may ask for, and the words in which it is refused.
#include "api/list_options.h"

#include "base/strings.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class ListOptionsTest : public ApiTest {
 protected:
  // "422 MESSAGE", or "200".
  std::string asked(const std::string& query, const std::string& path = {}) {
    const Answered answered = call("GET", (path.empty() ? config_maps : path) + "?" + query);
    const std::string status = std::to_string(answered.status);
    return answered.status == 200 ? status : status + " " + answered.message();
  }
  static std::string forbidden(const std::string& why) {
    return "422 ListOptions.meta.k8s.io \"\" is invalid: " + why;
  }
  static std::string token(const std::string& json) {
    return "continue=" + base::base64url_encode(json);
  }
};

TEST_F(ListOptionsTest, AMatchNeedsARevisionAndIsOneOfTwo) {
  EXPECT_EQ(asked("resourceVersionMatch=Exact"),
            forbidden("resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
                      "resourceVersion is provided"));
  EXPECT_EQ(
      asked("resourceVersion=0&resourceVersionMatch=Exact"),
      forbidden("resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden "
                "for resourceVersion \"0\""));
  EXPECT_EQ(asked("resourceVersion=1&resourceVersionMatch=Newest"),
            forbidden("resourceVersionMatch: Unsupported value: \"Newest\": supported values: "
                      "\"Exact\", \"NotOlderThan\", \"\""));
  EXPECT_EQ(asked("resourceVersion=0&resourceVersionMatch=NotOlderThan"), "200");
}

TEST_F(ListOptionsTest, AllThatIsWrongIsToldTogether) {
  EXPECT_EQ(asked("resourceVersionMatch=Some&continue=x&sendInitialEvents=false"),
            forbidden("[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
                      "resourceVersion is provided, resourceVersionMatch: Forbidden: "
                      "resourceVersionMatch is forbidden when continue is provided, "
                      "resourceVersionMatch: Unsupported value: \"Some\": supported values: "
                      "\"Exact\", \"NotOlderThan\", \"\", sendInitialEvents: Forbidden: "
                      "sendInitialEvents is forbidden for list]"));
}

TEST_F(ListOptionsTest, AWatchHasRulesOfItsOwn) {
  EXPECT_EQ(
      asked("watch=1&resourceVersionMatch=NotOlderThan"),
      forbidden("resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch "
                "unless sendInitialEvents is provided"));
  EXPECT_EQ(
      asked("watch=1&sendInitialEvents=1&resourceVersionMatch=Exact"),
      forbidden("[resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
                "resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "
                "\"Exact\": supported values: \"NotOlderThan\"]"));
  EXPECT_EQ(asked("sendInitialEvents=true", "/api/v1/watch/namespaces/default/configmaps"),
            forbidden("sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"));
}

TEST_F(ListOptionsTest, NumbersAreReadAsGoReadsThem) {
  EXPECT_EQ(asked("limit="), "400 strconv.ParseInt: parsing \"\": invalid syntax");
  EXPECT_EQ(asked("limit=1e3"), "400 strconv.ParseInt: parsing \"1e3\": invalid syntax");
  EXPECT_EQ(asked("limit=9223372036854775808"),
            "400 strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
  EXPECT_EQ(asked("timeoutSeconds=x&limit=y"),
            "400 strconv.ParseInt: parsing \"x\": invalid syntax");
  EXPECT_EQ(asked("limit=-1"), "200");
  EXPECT_EQ(asked("timeoutSeconds=-1"), "200");
}

TEST_F(ListOptionsTest, FalseIsFalseInAnyCase) { EXPECT_EQ(asked("watch=False"), "200"); }

TEST_F(ListOptionsTest, SelectorsAreReadBeforeTheRestIsChecked) {
  EXPECT_EQ(asked("labelSelector=a%3D(&resourceVersionMatch=Exact"),
            "400 unable to parse requirement: found '(', expected: identifier");
  EXPECT_EQ(asked("fieldSelector=a&resourceVersionMatch=Exact"),
            "400 invalid selector: 'a'; can't understand 'a'");
  EXPECT_EQ(
      asked("fieldSelector=a%3Db&resourceVersion=x"),
      "400 \"a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
}

TEST_F(ListOptionsTest, ARevisionIsANumber) {
  EXPECT_EQ(asked("resourceVersion=new"),
            "400 invalid resource version: resourceVersion: Invalid value: \"new\": "
            "strconv.ParseUint: parsing \"new\": invalid syntax");
  EXPECT_EQ(asked("resourceVersion=new", config_maps + "/one"),
            "500 resourceVersion: Invalid value: \"new\": strconv.ParseUint: parsing \"new\": "
            "invalid syntax");
}

TEST_F(ListOptionsTest, ATokenThatIsNoneIsToldWhy) {
  const std::string why = "400 invalid continue token: continue key is not valid";
  EXPECT_EQ(asked("continue=ab!"), why + ": illegal base64 data at input byte 2");
  EXPECT_EQ(asked("continue=abcde"), why + ": illegal base64 data at input byte 4");
  EXPECT_EQ(asked(token("?")), why + ": invalid character '?' looking for beginning of value");
  EXPECT_EQ(asked(token(R"({"v":"v2","rv":1,"start":"a/b"})")),
            why + ": server does not recognize this encoded version v2");
  EXPECT_EQ(asked(token(R"({"v":"meta.k8s.io/v1","start":"a/b"})")),
            why + ": incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  EXPECT_EQ(asked(token(R"({"v":"meta.k8s.io/v1","rv":1})")),
            why + ": encoded start key empty (version meta.k8s.io/v1)");
  for (const char* key : {"../a", "a//b", "a/./b", "a/"}) {
    EXPECT_EQ(asked(token(std::string(R"({"v":"meta.k8s.io/v1","rv":1,"start":")") + key + "\"}")),
              why + ": " + key);
  }
}

TEST_F(ListOptionsTest, ATokenHasItsRevision) {
  const std::string newest = token(R"({"v":"meta.k8s.io/v1","rv":-1,"start":"a/b"})");
  EXPECT_EQ(asked(newest), "200");
  EXPECT_EQ(asked(newest + "&resourceVersion=0"), "200");
  EXPECT_EQ(asked(newest + "&resourceVersion=7"),
            "400 specifying resource version is not allowed when using continue");
  EXPECT_EQ(asked("continue=ab!&resourceVersion=7").substr(0, 26), "400 invalid continue token");
}

TEST_F(ListOptionsTest, TheOneObjectThatIsNamedHasNoPages) {
  EXPECT_EQ(asked("fieldSelector=metadata.name%3Da&continue=ab!"), "200");
  EXPECT_EQ(
      asked("fieldSelector=metadata.name%3Da&continue=ab!", "/api/v1/configmaps").substr(0, 3),
      "400");
}

}  // namespace
}  // namespace limen::test
