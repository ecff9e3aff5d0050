// Continue tokens: what encode() has made is read again, everything else is a bad request.
#include "api/continue_token.h"

#include <gtest/gtest.h>

#include "base/api_error.h"
#include "base/strings.h"

namespace limen::api {
namespace {

std::string refusal(std::string_view text) {
  try {
    ContinueToken::decode(text);
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), 400);
    return error.message();
  }
  return "none";
}

std::string token_of(std::string_view json) { return base::base64url_encode(json); }

// A token of a size that whitespace makes up.
std::string token_of_json_bytes(std::size_t size) {
  std::string json = R"({"v":"meta.k8s.io/v1","rv":5,"start":"a/b"})";
  json.insert(1, size - json.size(), ' ');
  return token_of(json);
}

TEST(ContinueTokens, AreReadAsTheyWereWritten) {
  for (const ContinueToken& token : {ContinueToken{7, "default", "a"}, ContinueToken{-1, "", "b"},
                                     ContinueToken{1, "", "\"quoted\"\n"}}) {
    const ContinueToken read = ContinueToken::decode(token.encode());
    EXPECT_EQ(read.revision, token.revision);
    EXPECT_EQ(read.ns, token.ns);
    EXPECT_EQ(read.name, token.name);
  }
}

TEST(ContinueTokens, AreReadUpToTheSizeLimitAndNoFurther) {
  const std::string longest = token_of_json_bytes(kMaxTokenBytes / 4 * 3);
  ASSERT_EQ(longest.size(), kMaxTokenBytes);
  EXPECT_EQ(refusal(longest), "none");
  EXPECT_EQ(refusal(token_of_json_bytes(kMaxTokenBytes / 4 * 3 + 1)),
            "invalid continue token: continue key is not valid: illegal base64 data at input byte " +
                std::to_string(kMaxTokenBytes + 1));
}

TEST(ContinueTokens, NameARevisionThatListsHave) {
  for (const char* revision : {"0", "1.5", "\"5\"", "9223372036854775808", "null"}) {
    EXPECT_EQ(refusal(token_of(R"({"v":"meta.k8s.io/v1","rv":)" + std::string(revision) +
                               R"(,"start":"a/b"})")),
              "invalid continue token: continue key is not valid: incorrect encoded start "
              "resourceVersion (version meta.k8s.io/v1)")
        << revision;
  }
  const std::string below = token_of(R"({"v":"meta.k8s.io/v1","rv":-7,"start":"a/b"})");
  EXPECT_EQ(ContinueToken::decode(below).revision, -1);
}

TEST(ContinueTokens, NameAKeyOfTheList) {
  for (const char* key : {"", "a/", "a//c", "../b", "a/../b", "./b"}) {
    EXPECT_NE(
        refusal(token_of(R"({"v":"meta.k8s.io/v1","rv":5,"start":")" + std::string(key) + "\"}")),
        "none")
        << key;
  }
}

TEST(ContinueTokens, DeepNestingIsRefusedAndNotFollowed) {
  EXPECT_NE(refusal(token_of(std::string(3000, '['))), "none");
}

}  // namespace
}  // namespace limen::api
