#include "config/findings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/load.h"

namespace limen::config {
namespace {

constexpr std::string_view kHead = "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n";

Loaded load(const std::string& body, const Flags& flags = {}) {
  return load_text(std::string(kHead) + body, "limen.yaml", flags);
}

std::vector<std::string> names(const std::vector<ModuleEntry>& entries) {
  std::vector<std::string> out;
  for (const ModuleEntry& entry : entries) out.push_back(entry.name);
  return out;
}

TEST(ConfigFindingsTest, KeepsPlaceValueMessageAndHintApart) {
  const Loaded loaded = load("authenticators:\n  - {name: x509, modul: x509}\n");
  ASSERT_EQ(loaded.findings.size(), 1u);
  const Finding& finding = loaded.findings[0];
  EXPECT_EQ(finding.file, "limen.yaml");
  EXPECT_EQ(finding.position.line, 4);
  EXPECT_EQ(finding.position.column, 18);
  EXPECT_EQ(finding.path, "authenticators[0]");
  EXPECT_EQ(finding.message, "unknown key \"modul\"");
  EXPECT_EQ(finding.hint, "did you mean \"module\"?");
  EXPECT_EQ(loaded.problems()[0],
            "limen.yaml:4:18: authenticators[0]: unknown key \"modul\" (did you mean \"module\"?)");
}

TEST(ConfigFindingsTest, SaysAHintThatDoesNotAskBehindASemicolon) {
  EXPECT_EQ(sentence({"a.yaml", {3, 1}, "x", "is wrong", "leave it out"}),
            "a.yaml:3:1: x: is wrong; leave it out");
  EXPECT_EQ(sentence({"a.yaml", {}, "", "is no file", ""}), "a.yaml: is no file");
  EXPECT_EQ(sentence({"lines", {4, 0}, "", "is no entry", ""}), "lines:4: is no entry");
  EXPECT_EQ(sentence({"", {}, "", "--flag is wrong", ""}), "--flag is wrong");
}

TEST(ConfigFindingsTest, TakesNoHintOutOfWhatAUserWrote) {
  const Loaded loaded = load("authenticators:\n  - {name: x509, \"a (did you mean b?)\": 1}\n");
  ASSERT_EQ(loaded.findings.size(), 1u);
  EXPECT_EQ(loaded.findings[0].hint, "");
}

TEST(ConfigFindingsTest, LeavesOutEntriesWithAFindingAndKeepsTheOthers) {
  const Loaded loaded = load(
      "authenticators:\n  - {name: x509, timeout: soon}\n  - {name: anonymous}\n"
      "authorizers:\n  - {name: rbac}\n  - {name: rbac, module: abac}\n  - {name: Bad}\n"
      "admission:\n  - {name: namespace-lifecycle, signedBy: nobody}\n  - {name: priority}\n");
  EXPECT_EQ(loaded.findings.size(), 4u);
  EXPECT_EQ(names(loaded.configuration.authenticators), std::vector<std::string>{"anonymous"});
  EXPECT_EQ(names(loaded.configuration.authorizers), std::vector<std::string>{"rbac"});
  EXPECT_EQ(names(loaded.configuration.admission), std::vector<std::string>{"priority"});
}

TEST(ConfigFindingsTest, TellsOneCauseOnce) {
  // A value that is not taken is not missing too.
  EXPECT_EQ(load("secure: {tlsCertFile: [a], tlsPrivateKeyFile: b}\n").findings.size(), 1u);
  EXPECT_EQ(load("audit: {policyFile: [a], logPath: /tmp/audit.log}\n").findings.size(), 1u);
  EXPECT_EQ(
      load("kubelet: {clientCertificateFile: [a], clientKeyFile: /tmp/key}\n").findings.size(), 1u);
}

TEST(ConfigFindingsTest, KnowsWhereOptionsStandUnlessAFlagWins) {
  Flags flags;
  flags.tls_cert_file = "other.crt";
  const std::string body = "secure:\n  tlsCertFile: a.crt\n  tlsPrivateKeyFile: a.key\n";
  const Loaded loaded = load(body, flags);
  EXPECT_FALSE(loaded.positions.contains("secure.tlsCertFile"));
  ASSERT_TRUE(loaded.positions.contains("secure.tlsPrivateKeyFile"));
  EXPECT_EQ(loaded.positions.at("secure.tlsPrivateKeyFile").line, 5);
}

TEST(ConfigFindingsTest, SaysWhetherTheFileIsAConfigurationAtAll) {
  EXPECT_TRUE(load("secure: {port: 0}\n").read);
  EXPECT_FALSE(load_text("[a, list]", "limen.yaml", {}).read);
  EXPECT_FALSE(load_text("a: [", "limen.yaml", {}).read);
  EXPECT_FALSE(load_file("/no/such/file", {}).read);
}

}  // namespace
}  // namespace limen::config
