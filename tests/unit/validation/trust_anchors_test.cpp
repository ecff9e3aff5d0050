// The size of a ClusterTrustBundle's text; what is in it is in tests/golden/validation.
#include "validation/kinds/trust_anchors.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace limen::validation {
namespace {

std::vector<base::StatusCause> judge(const std::string& text) {
  Causes causes;
  kinds::check_trust_anchors(text, FieldPath("spec").child("trustBundle"), causes);
  return causes.take();
}

TEST(TrustAnchors, ATextHasAMegabyteAtMost) {
  const auto exact = judge(std::string(kinds::kMaxTrustBundle, '\n'));
  ASSERT_EQ(exact.size(), 1u);
  EXPECT_EQ(exact[0].message,
            "Invalid value: \"<value omitted>\": at least one trust anchor must be provided");
  const auto more = judge(std::string(kinds::kMaxTrustBundle + 1, '\n'));
  ASSERT_EQ(more.size(), 1u);
  EXPECT_EQ(more[0].message, "Too long: may not be more than 1048576 bytes");
  EXPECT_EQ(more[0].field, "spec.trustBundle");
}

// Were each beginning's end looked for by itself, this would take minutes.
TEST(TrustAnchors, BeginningsWithoutAnEndTakeNoMoreTimeThanOthers) {
  std::string text;
  while (text.size() + 64 < kinds::kMaxTrustBundle) text += "-----BEGIN CERTIFICATE-----\n";
  EXPECT_EQ(judge(text).size(), 1u);
  EXPECT_EQ(judge(text + "-----END OTHER-----\n").size(), 1u);
}

}  // namespace
}  // namespace limen::validation
