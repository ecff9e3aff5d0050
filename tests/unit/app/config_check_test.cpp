#include "app/config_check.h"

#include <gtest/gtest.h>

#include <string>

namespace limen::app {
namespace {

std::string text(const config::Finding& finding) {
  return finding.file + '|' + std::to_string(finding.position.line) + '|' +
         std::to_string(finding.position.column) + '|' + finding.message;
}

TEST(ConfigCheckTest, FindsThePlaceThatASentenceBeginsWith) {
  EXPECT_EQ(text(finding_of("/etc/limen/revoked:3: an entry begins with user")),
            "/etc/limen/revoked|3|0|an entry begins with user");
  EXPECT_EQ(text(finding_of("limen.yaml:3:7: what: more")), "limen.yaml|3|7|what: more");
}

TEST(ConfigCheckTest, FindsThePlaceInsideTheWordsOfKubernetes) {
  EXPECT_EQ(text(finding_of("error reading policy file /a/policy.jsonl, line 12: unknown key")),
            "/a/policy.jsonl|12|0|unknown key");
}

TEST(ConfigCheckTest, TakesNoOtherNumbersForAPlace) {
  for (const char* sentence :
       {"/a/file: cannot be read", "the port 127.0.0.1:8080: in use", "see https://host:6443: why",
        "/a/file:99999999999: what", "/a/file:0: what", ":3: what", ""}) {
    EXPECT_EQ(text(finding_of(sentence)), "|0|0|" + std::string(sentence));
  }
}

}  // namespace
}  // namespace limen::app
