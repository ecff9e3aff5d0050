#include "config/module_keys.h"

#include <gtest/gtest.h>

#include "config/load.h"

namespace limen::config {
namespace {

constexpr std::string_view kHead = "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n";
constexpr std::string_view kKey = "MCowBQYDK2VwAyEASCEj6oUBbJZRsxARAj59UN7T/E1UNjUXezef1onIDjk=";

Loaded load(const std::string& body) {
  return load_text(std::string(kHead) + body, "limen.yaml", {});
}

std::vector<std::string> problems(const std::string& body) { return load(body).problems(); }

TEST(ModuleKeys, AKeyIsGivenToTheEntriesThatNameIt) {
  const Loaded loaded = load(
      "authorizers: [{name: a, signedBy: acme}, {name: b}]\n"
      "storage: {module: sqlite, signedBy: acme}\n"
      "moduleKeys: {acme: " +
      std::string(kKey) + "}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  const auto& authorizers = loaded.configuration.authorizers;
  EXPECT_EQ(authorizers[0].signed_by, "acme");
  EXPECT_EQ(authorizers[0].public_key.size(), 32u);
  EXPECT_EQ(authorizers[0].public_key.substr(0, 4), "\x48\x21\x23\xea");
  EXPECT_TRUE(authorizers[1].public_key.empty());
  EXPECT_EQ(loaded.configuration.storage.public_key, authorizers[0].public_key);
}

TEST(ModuleKeys, ThePemTextIsTheSameKey) {
  const std::string pem =
      "-----BEGIN PUBLIC KEY-----\n" + std::string(kKey) + "\n-----END PUBLIC KEY-----\n";
  EXPECT_EQ(ed25519_key(pem), ed25519_key(kKey));
  EXPECT_TRUE(ed25519_key(pem).has_value());
}

TEST(ModuleKeys, WhatIsNoEd25519KeyIsRefused) {
  const std::string rsa_like = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA";
  // X25519, the key of another algorithm and the same length.
  const std::string x25519 = "MCowBQYDK2VuAyEASCEj6oUBbJZRsxARAj59UN7T/E1UNjUXezef1onIDjk=";
  for (const std::string& bad :
       {std::string("x"), std::string(), rsa_like, x25519, std::string(kKey.substr(0, 40)),
        std::string("-----BEGIN PUBLIC KEY-----\n") + std::string(kKey)}) {
    EXPECT_FALSE(ed25519_key(bad).has_value()) << bad;
  }
  EXPECT_EQ(problems("moduleKeys: {acme: abc}\n"),
            std::vector<std::string>{
                "limen.yaml:3:20: moduleKeys.acme: must be an ed25519 public key: the PEM text, or "
                "its base64 in one line, that `openssl pkey -pubout` writes"});
  EXPECT_EQ(problems("moduleKeys: [a]\n"),
            std::vector<std::string>{
                "limen.yaml:3:13: moduleKeys: must be a map from names to keys, not a list"});
}

TEST(ModuleKeys, ASignerWithoutAKeyIsAFinding) {
  EXPECT_EQ(problems("moduleKeys: {acme: " + std::string(kKey) +
                     "}\nauthorizers: [{name: a, signedBy: amce}]\n"),
            std::vector<std::string>{"limen.yaml:4:15: authorizers.a.signedBy: there is no key "
                                     "\"amce\" in moduleKeys (did you mean \"acme\"?)"});
  EXPECT_EQ(problems("authorizers: [{name: a, signedBy: [x]}]\n"),
            std::vector<std::string>{
                "limen.yaml:3:35: authorizers[0].signedBy: must be the name of one of moduleKeys"});
}

}  // namespace
}  // namespace limen::config
