#include "encryption/keyring.h"

#include <gtest/gtest.h>

#include "encryption/cipher.h"
#include "storage/driver.h"

namespace limen::encryption {
namespace {

const storage::ResourceId kSecrets{"", "secrets"};
const storage::ResourceId kMaps{"", "configmaps"};
const std::string kPlace = "/registry/core/secrets/default/db";
const std::string kText = R"({"kind":"Secret","metadata":{"name":"db"}})";

Provider identity() { return {}; }
Provider with_key(Kind kind, const std::string& name, char byte = 'k') {
  Provider out;
  out.kind = kind;
  out.keys.push_back({name, KeyBytes(std::string(32, byte))});
  return out;
}
EncryptionConfiguration rules(std::vector<Provider> providers,
                              std::vector<storage::ResourceId> resources = {kSecrets}) {
  EncryptionConfiguration out;
  out.rules.push_back({std::move(resources), std::move(providers)});
  return out;
}

std::string sealed(const Keyring& keyring, const std::string& place = kPlace) {
  return keyring.seal(kSecrets, place, kText).text.value_or("");
}
// What is read, or why it is not.
std::string opened(const Keyring& keyring, const std::string& stored,
                   const storage::ResourceId& id = kSecrets, const std::string& place = kPlace) {
  try {
    return keyring.open(id, place, stored).text.value_or(stored);
  } catch (const storage::DriverError& error) {
    return error.what();
  }
}

TEST(Keyring, WritesTheFirstProviderWithItsPrefix) {
  for (const auto& [kind, prefix] : {std::pair{Kind::aesgcm, "k8s:enc:aesgcm:v1:one:"},
                                     std::pair{Kind::aescbc, "k8s:enc:aescbc:v1:one:"},
                                     std::pair{Kind::secretbox, "k8s:enc:secretbox:v1:one:"}}) {
    const Keyring keyring(rules({with_key(kind, "one"), identity()}));
    const std::string stored = sealed(keyring);
    EXPECT_TRUE(stored.starts_with(prefix)) << prefix;
    EXPECT_EQ(stored.find("Secret"), std::string::npos);
    EXPECT_EQ(opened(keyring, stored), kText);
  }
}

TEST(Keyring, WritesPlainWhereIdentityComesFirst) {
  const Keyring old(rules({with_key(Kind::aescbc, "one")}));
  const Keyring keyring(rules({identity(), with_key(Kind::aescbc, "one")}));
  EXPECT_EQ(keyring.seal(kSecrets, kPlace, kText).text, std::nullopt);
  EXPECT_EQ(opened(keyring, sealed(old)), kText);
}

TEST(Keyring, ReadsPlainValuesOnlyWithIdentity) {
  EXPECT_EQ(opened(Keyring(rules({with_key(Kind::aescbc, "one"), identity()})), kText), kText);
  EXPECT_EQ(
      opened(Keyring(rules({with_key(Kind::aescbc, "one")})), kText),
      "the stored value of /registry/core/secrets/default/db is not encrypted, and identity is "
      "not among them; storage.encryption has the providers aescbc \"one\" for secrets");
}

TEST(Keyring, SaysWhichKeyIsMissing) {
  const Keyring old(rules({with_key(Kind::secretbox, "old")}));
  const Keyring keyring(rules({with_key(Kind::aesgcm, "new"), identity()}));
  EXPECT_EQ(opened(keyring, sealed(old)),
            "the stored value of /registry/core/secrets/default/db is encrypted by secretbox "
            "\"old\", and that is not among them; storage.encryption has the providers aesgcm "
            "\"new\", identity for secrets");
}

TEST(Keyring, SaysWhatDoesNotFit) {
  const Keyring keyring(rules({with_key(Kind::aesgcm, "one")}));
  const std::string wanted = "does not fit that key";
  std::string damaged = sealed(keyring);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_NE(opened(keyring, damaged).find(wanted), std::string::npos);
  EXPECT_NE(
      opened(keyring, sealed(keyring), kSecrets, "/registry/core/secrets/default/x").find(wanted),
      std::string::npos);
  const Keyring other(rules({with_key(Kind::aesgcm, "one", 'x')}));
  EXPECT_NE(opened(other, sealed(keyring)).find(wanted), std::string::npos);
  EXPECT_NE(opened(keyring, "k8s:enc:aesgcm:v1:one:").find(wanted), std::string::npos);
}

TEST(Keyring, TellsNothingStrangeOfAStrangePrefix) {
  const Keyring keyring(rules({identity()}));
  for (const char* stored :
       {"k8s:enc:", "k8s:enc:\x01:v1:x:", "k8s:enc:kms:v2:", "k8s:enc:a:b:c"}) {
    EXPECT_NE(opened(keyring, stored).find("is encrypted in a way that is not known"),
              std::string::npos)
        << stored;
  }
}

TEST(Keyring, RefusesEncryptedValuesOfResourcesWithoutARule) {
  const Keyring keyring(rules({with_key(Kind::aescbc, "one")}));
  EXPECT_EQ(opened(keyring, kText, kMaps), kText);
  EXPECT_EQ(keyring.seal(kMaps, kPlace, kText).text, std::nullopt);
  EXPECT_NE(opened(keyring, sealed(keyring), kMaps).find("has no providers for configmaps"),
            std::string::npos);
}

TEST(Keyring, TriesProvidersWithTheSameNameInOrder) {
  const Keyring old(rules({with_key(Kind::aescbc, "one", 'o')}));
  const Keyring keyring(
      rules({with_key(Kind::aescbc, "one", 'n'), with_key(Kind::aescbc, "one", 'o')}));
  for (int i = 0; i < 600; ++i) {  // the padding alone would fit by chance
    ASSERT_EQ(opened(keyring, sealed(old)), kText);
  }
}

TEST(Keyring, FindsTheNearestRule) {
  EncryptionConfiguration all;
  all.rules.push_back({{kSecrets}, {with_key(Kind::aescbc, "exact")}});
  all.rules.push_back({{{"", "*"}, {"apps", "*"}}, {with_key(Kind::aescbc, "group")}});
  all.rules.push_back({{{"*", "*"}}, {with_key(Kind::aescbc, "any")}});
  const Keyring keyring(all);
  const auto prefix = [&](const char* group, const char* resource) {
    const std::string stored = *keyring.seal({group, resource}, kPlace, kText).text;
    return stored.substr(18, stored.find(':', 18) - 18);
  };
  EXPECT_EQ(prefix("", "secrets"), "exact");
  EXPECT_EQ(prefix("", "pods"), "group");
  EXPECT_EQ(prefix("apps", "deployments"), "group");
  EXPECT_EQ(prefix("example.com", "things"), "any");
}

TEST(Keyring, KnowsWhatWouldBeWrittenOtherwiseNow) {
  Keyring keyring(rules({with_key(Kind::aescbc, "one"), identity()}));
  const std::uint32_t one = keyring.seal(kSecrets, kPlace, kText).form;
  EXPECT_NE(one, 0U);
  EXPECT_FALSE(keyring.outdated(kSecrets, one));
  EXPECT_TRUE(keyring.outdated(kSecrets, 0));
  EXPECT_FALSE(keyring.outdated(kMaps, 0));
  EXPECT_EQ(keyring.open(kSecrets, kPlace, kText).form, 0U);

  const auto two = rules({with_key(Kind::aescbc, "two"), with_key(Kind::aescbc, "one")});
  EXPECT_TRUE(keyring.change(two, keyring.ticket()));
  EXPECT_TRUE(keyring.outdated(kSecrets, one));
  EXPECT_FALSE(keyring.outdated(kSecrets, keyring.seal(kSecrets, kPlace, kText).form));

  keyring.change(rules({with_key(Kind::aescbc, "one")}), keyring.ticket());
  EXPECT_FALSE(keyring.outdated(kSecrets, one));
  keyring.change(rules({identity(), with_key(Kind::aescbc, "one")}), keyring.ticket());
  EXPECT_TRUE(keyring.outdated(kSecrets, one));
  // The same name with other bytes is another key.
  keyring.change(rules({with_key(Kind::aescbc, "one", 'x')}), keyring.ticket());
  EXPECT_TRUE(keyring.outdated(kSecrets, one));
}

TEST(Keyring, KeepsWhatWasReadLast) {
  Keyring keyring(rules({identity()}));
  const std::uint64_t early = keyring.ticket();
  EXPECT_TRUE(keyring.change(rules({with_key(Kind::aescbc, "new")}), keyring.ticket()));
  EXPECT_FALSE(keyring.change(rules({with_key(Kind::aescbc, "old")}), early));
  EXPECT_TRUE(sealed(keyring).starts_with("k8s:enc:aescbc:v1:new:"));
  EXPECT_FALSE(keyring.change(rules({with_key(Kind::aescbc, "new")}), keyring.ticket()));
}

}  // namespace
}  // namespace limen::encryption
