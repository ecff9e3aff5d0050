#include "aggregation/identity_headers.h"

#include <gtest/gtest.h>

namespace limen::aggregation {
namespace {

TEST(IdentityHeaders, SayUserUidGroupsAndExtras) {
  const request::Identity user{
      "jane", "u-1", {"dev", "system:authenticated"}, {{"scopes", {"a", "b"}}}};
  EXPECT_EQ(identity_headers(user), (HeaderList{{"X-Remote-User", "jane"},
                                                {"X-Remote-Uid", "u-1"},
                                                {"X-Remote-Group", "dev"},
                                                {"X-Remote-Group", "system:authenticated"},
                                                {"X-Remote-Extra-scopes", "a"},
                                                {"X-Remote-Extra-scopes", "b"}}));
}

TEST(IdentityHeaders, LeaveOutAUidThatIsNotKnown) {
  EXPECT_EQ(identity_headers({"jane", "", {}, {}}), (HeaderList{{"X-Remote-User", "jane"}}));
}

TEST(IdentityHeaders, EscapeWhatAFieldNameMayNotHold) {
  const request::Identity user{
      "jane",
      "",
      {},
      {{"authentication.kubernetes.io/credential-id", {"JTI=1"}}, {"a%b: c\r\n", {"x"}}}};
  const HeaderList headers = identity_headers(user);
  EXPECT_EQ(headers[1].first, "X-Remote-Extra-authentication.kubernetes.io%2Fcredential-id");
  EXPECT_EQ(headers[2].first, "X-Remote-Extra-a%25b%3A%20c%0D%0A");
}

}  // namespace
}  // namespace limen::aggregation
