#include "encryption/configuration.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/scratch_folder.h"

namespace limen::encryption {
namespace {

using Texts = std::vector<std::string>;

const std::string kHead =
    "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n";
const std::string kKey16 = "MDEyMzQ1Njc4OWFiY2RlZg==";
const std::string kKey32 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

ReadConfiguration read(const std::string& text) { return read_configuration(text, "enc.yaml"); }
// The problems of a file whose entries begin on line 4.
Texts problems(const std::string& entries) { return read(kHead + entries).problems(); }
// Of one entry with these resources.
Texts of_resources(const std::string& list) {
  return problems("- resources: [" + list + "]\n  providers: [{identity: {}}]\n");
}
// Of one entry with these providers, which begin on line 6.
Texts of_providers(const std::string& list) {
  return problems("- resources: [secrets]\n  providers:\n" + list);
}

TEST(Configuration, IsReadInOrder) {
  const ReadConfiguration file = read(kHead +
                                      "- resources: [secrets, things.example.com, '*.apps']\n"
                                      "  providers:\n"
                                      "  - aesgcm: {keys: [{name: a, secret: " +
                                      kKey16 + "}, {name: b, secret: " + kKey32 +
                                      "}]}\n"
                                      "  - secretbox: {keys: [{name: a, secret: " +
                                      kKey32 +
                                      "}]}\n"
                                      "  - identity: {}\n"
                                      "- resources: ['*.']\n"
                                      "  providers: [{aescbc: {keys: [{name: c, secret: " +
                                      kKey16 +
                                      "}]}}]\n"
                                      "- resources: ['*.*']\n"
                                      "  providers: [{identity: {}}]\n");
  ASSERT_EQ(file.problems(), Texts());
  const auto& rules = file.configuration.rules;
  ASSERT_EQ(rules.size(), 3U);
  using storage::ResourceId;
  EXPECT_EQ(rules[0].resources,
            (std::vector<ResourceId>{{"", "secrets"}, {"example.com", "things"}, {"apps", "*"}}));
  EXPECT_EQ(rules[1].resources, (std::vector<ResourceId>{{"", "*"}}));
  EXPECT_EQ(rules[2].resources, (std::vector<ResourceId>{{"*", "*"}}));
  ASSERT_EQ(rules[0].providers.size(), 3U);
  EXPECT_EQ(rules[0].providers[0].kind, Kind::aesgcm);
  ASSERT_EQ(rules[0].providers[0].keys.size(), 2U);
  EXPECT_EQ(rules[0].providers[0].keys[0].name, "a");
  EXPECT_EQ(rules[0].providers[0].keys[0].secret, KeyBytes("0123456789abcdef"));
  EXPECT_EQ(rules[0].providers[1].kind, Kind::secretbox);
  EXPECT_EQ(rules[0].providers[2].kind, Kind::identity);
  EXPECT_EQ(rules[1].providers[0].kind, Kind::aescbc);
}

TEST(Configuration, IsJsonToo) {
  EXPECT_TRUE(read(R"({"apiVersion":"apiserver.config.k8s.io/v1","kind":"EncryptionConfiguration",)"
                   R"("resources":[{"resources":["secrets"],"providers":[{"identity":{}}]}]})")
                  .ok());
}

TEST(Configuration, MustBeOfItsKindAndVersion) {
  EXPECT_EQ(read("apiVersion: v1\nkind: EncryptionConfig\nresources: [{resources: [secrets], "
                 "providers: [{identity: {}}]}]\n")
                .problems(),
            (Texts{"enc.yaml:1:13: apiVersion: must be apiserver.config.k8s.io/v1",
                   "enc.yaml:2:7: kind: must be EncryptionConfiguration"}));
  EXPECT_EQ(read("- a\n").problems().size(), 1U);
  EXPECT_EQ(read("").problems().size(), 1U);
  EXPECT_EQ(read("a: [\n").problems().size(), 1U);
}

TEST(Configuration, NeedsRulesResourcesAndProviders) {
  EXPECT_EQ(
      read("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n").problems(),
      (Texts{"enc.yaml:1:1: resources: at least one entry is required"}));
  EXPECT_EQ(problems("- resources: []\n  providers: []\n"),
            (Texts{"enc.yaml:4:14: resources[0].resources: at least one entry is required",
                   "enc.yaml:5:14: resources[0].providers: at least one entry is required"}));
  EXPECT_EQ(problems("- {}\n"),
            (Texts{"enc.yaml:4:3: resources[0].resources: at least one entry is required",
                   "enc.yaml:4:3: resources[0].providers: at least one entry is required"}));
}

TEST(Configuration, RefusesUnknownKeysButTellsNone) {
  EXPECT_EQ(problems("- resources: [secrets]\n  provider: []\n  providers: [{identity: {}}]\n"),
            (Texts{"enc.yaml:5:3: resources[0]: unknown key \"provider\" (did you mean "
                   "\"providers\"?); known are resources, providers"}));
  // A blank is missing behind "secret:".
  const Texts found = of_providers("  - aescbc: {keys: [{name: a, secret:" + kKey32 + "}]}\n");
  ASSERT_EQ(found.size(), 2U);
  for (const std::string& problem : found) {
    EXPECT_EQ(problem.find(kKey32.substr(0, 6)), std::string::npos) << problem;
  }
}

TEST(Configuration, RefusesTheNamesThatKubeApiserverRefuses) {
  const std::pair<const char*, const char*> cases[] = {
      {"Secrets", "\"Secrets\": resource name should not contain capital letters"},
      {"'*'",
       "\"*\": use '*.' to encrypt all the resources from core API group or *.* to encrypt all "
       "resources"},
      {"serviceipallocations",
       "\"serviceipallocations\": resources which do not have REST API/s cannot be encrypted"},
      {"events.events.k8s.io",
       "\"events.events.k8s.io\": '*.events.k8s.io' objects are stored using the 'events' API "
       "group "
       "in etcd. Use 'events' instead in the config file"},
      {"ingresses.extensions",
       "\"ingresses.extensions\": 'extensions' group has been removed and cannot be used for "
       "encryption"},
      {"'pods.*'", "\"pods.*\": encrypting the same resource across groups is not supported"},
      {"'.apps'", "\".apps\": must name a resource, such as secrets or things.example.com"},
      {"''", "\"\": must name a resource, such as secrets or things.example.com"},
  };
  for (const auto& [name, problem] : cases) {
    EXPECT_EQ(of_resources(name),
              (Texts{std::string("enc.yaml:4:15: resources[0].resources[0]: ") + problem}));
  }
}

TEST(Configuration, RefusesOverlapWithinARule) {
  EXPECT_EQ(of_resources("secrets, secrets").size(), 1U);
  EXPECT_NE(of_resources("secrets, secrets")[0].find("cannot be specified multiple times"),
            std::string::npos);
  for (const char* list : {"secrets, '*.'", "'*.', secrets", "'*.*', secrets", "secrets, '*.*'",
                           "'*.apps', deployments.apps"}) {
    ASSERT_EQ(of_resources(list).size(), 1U) << list;
    EXPECT_NE(of_resources(list)[0].find("using overlapping resources"), std::string::npos);
  }
  EXPECT_EQ(of_resources("'*.', '*.apps', secrets.example.com"), Texts());
}

TEST(Configuration, RefusesWhatAnEarlierRuleMasks) {
  const auto two = [](const std::string& first, const std::string& second) {
    return problems("- {resources: [" + first + "], providers: [{identity: {}}]}\n- {resources: [" +
                    second + "], providers: [{identity: {}}]}\n");
  };
  EXPECT_EQ(two("'*.'", "secrets"),
            (Texts{"enc.yaml:5:16: resources[1].resources[0]: resource \"secrets\" is masked by "
                   "earlier rule \"*.\""}));
  EXPECT_EQ(two("'*.*'", "things.example.com").size(), 1U);
  EXPECT_EQ(two("'*.apps'", "'*.apps'").size(), 1U);
  EXPECT_EQ(two("secrets", "'*.'"), Texts());
  EXPECT_EQ(two("secrets", "secrets"), Texts());  // as there: its providers are read from too
}

TEST(Configuration, TakesOneProviderAnEntry) {
  EXPECT_EQ(of_providers("  - {}\n"),
            (Texts{"enc.yaml:6:5: resources[0].providers[0]: provider does not contain any of the "
                   "expected providers: AESGCM, AESCBC, Secretbox, Identity"}));
  EXPECT_EQ(of_providers("  - identity:\n").size(), 1U);
  EXPECT_EQ(of_providers("  - {identity: {}, aescbc: {}}\n"),
            (Texts{"enc.yaml:6:5: resources[0].providers[0]: more than one provider specified in a "
                   "single element, should split into different list elements"}));
  EXPECT_EQ(of_providers("  - {identity: {x: 1}}\n").size(), 1U);
}

TEST(Configuration, OffersNoKms) {
  EXPECT_EQ(of_providers("  - kms: {name: a, endpoint: 'unix:///x'}\n"),
            (Texts{"enc.yaml:6:10: resources[0].providers[0].kms: kms is not offered: this server "
                   "asks no key management service; use secretbox, aesgcm or aescbc with keys in "
                   "this file"}));
}

TEST(Configuration, ChecksKeys) {
  const auto of_keys = [](const std::string& provider, const std::string& keys) {
    return of_providers("  - " + provider + ":\n      keys:\n" + keys);
  };
  const std::string at = "enc.yaml:8:";
  EXPECT_EQ(of_keys("aescbc", "      - {secret: " + kKey16 + "}\n"),
            (Texts{at + "9: resources[0].providers[0].aescbc.keys[0].name: name is a mandatory "
                        "field for a key"}));
  EXPECT_EQ(of_keys("aescbc", "      - {name: a}\n"),
            (Texts{at + "9: resources[0].providers[0].aescbc.keys[0].secret: secret is a mandatory "
                        "field for a key"}));
  EXPECT_EQ(of_keys("aesgcm", "      - {name: a, secret: 'not base64!'}\n"),
            (Texts{at + "27: resources[0].providers[0].aesgcm.keys[0].secret: secrets must be "
                        "base64 encoded"}));
  EXPECT_EQ(of_keys("aesgcm", "      - {name: a, secret: c2hvcnQ=}\n"),
            (Texts{at + "27: resources[0].providers[0].aesgcm.keys[0].secret: secret is not of the "
                        "expected length, got 5, expected one of [16 24 32]"}));
  EXPECT_EQ(of_keys("secretbox", "      - {name: a, secret: " + kKey16 + "}\n"),
            (Texts{at + "27: resources[0].providers[0].secretbox.keys[0].secret: secret is not of "
                        "the expected length, got 16, expected one of [32]"}));
  EXPECT_EQ(
      of_keys("secretbox", "      - {name: a, secret: " + kKey32 +
                               "}\n      - {name: a, secret: " + kKey32 + "}\n"),
      (Texts{"enc.yaml:9:16: resources[0].providers[0].secretbox.keys[1].name: duplicate name "
             "\"a\": stored values name their key"}));
  EXPECT_EQ(of_keys("aescbc", "      - {name: \"a\\n\", secret: " + kKey16 + "}\n").size(), 1U);
  const std::string longest(kMaxKeyName, 'n');
  EXPECT_EQ(of_keys("aescbc", "      - {name: " + longest + ", secret: " + kKey16 + "}\n"),
            Texts());
  EXPECT_EQ(of_keys("aescbc", "      - {name: " + longest + "n, secret: " + kKey16 + "}\n").size(),
            1U);
  EXPECT_EQ(of_providers("  - aescbc: {keys: []}\n").size(), 1U);
  EXPECT_EQ(of_providers("  - aescbc: {}\n").size(), 1U);
}

TEST(Configuration, OfAnotherFileIsNone) {
  const test::ScratchFolder folder;
  const std::string path = folder / "enc.yaml";
  EXPECT_EQ(read_configuration_file(path).problems().size(), 1U);
  std::ofstream(path) << kHead << "- {resources: [secrets], providers: [{identity: {}}]}\n";
  EXPECT_TRUE(read_configuration_file(path).ok());
  std::ofstream(path, std::ios::app) << std::string(kMaxFileBytes, '#');
  EXPECT_FALSE(read_configuration_file(path).ok());
}

TEST(Configuration, GivesNothingOfABrokenFile) {
  EXPECT_TRUE(read(kHead + "- {resources: [secrets], providers: [{identity: {}}]}\n- {}\n")
                  .configuration.rules.empty());
}

}  // namespace
}  // namespace limen::encryption
