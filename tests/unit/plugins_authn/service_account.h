// What the tests of the service-account module share: an instance with a key of its own, an
// account, and tokens with whatever claims a test needs.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/jose/base64url.h"
#include "common/jose/key.h"
#include "support.h"
#include "support/key_maker.h"

namespace limen::plugins::test {

using testkit::Json;
using testkit::Reply;

inline constexpr std::int64_t kSaNow = 1767225600;  // 2026-01-01T00:00:00Z, where the clock begins
inline const std::string kIssuer = "https://kubernetes.default.svc";

inline jose::SigningKey signer_of(const PemPair& pair) {
  const jose::KeyHandle key = jose::read_pem_keys(pair.private_key).at(0).key;
  return {key, *jose::natural_algorithm(key)};
}

class ServiceAccountTest : public testing::Test {
 protected:
  ServiceAccountTest() : pair_(make_key(KeyKind::p256)), signer_(signer_of(pair_)) {
    key_file_ = scratch_.write("sa.key", pair_.private_key);
    config_ = {{"issuers", {kIssuer, "https://old-issuer"}}, {"signingKeyFile", key_file_}};
  }
  // Before anything else; `more` goes into the config.
  void open(boost::json::object more = {}) {
    for (auto& entry : more) config_[entry.key()] = entry.value();
    instance_ = std::make_unique<testkit::Instance>(module("service-account"),
                                                    testkit::InstanceOptions{.config = config_});
    put_account();
  }
  testkit::FakeHost& host() { return instance_->host(); }

  void put_account(const std::string& uid = "sa-uid", const std::string& deleted = "",
                   const std::string& secret = "") {
    boost::json::object account = object("builder", uid, deleted);
    if (!secret.empty()) account["secrets"] = {{{"name", secret}}};
    host().put("", "serviceaccounts", account);
  }
  void put(const std::string& resource, const std::string& name, const std::string& uid,
           const std::string& deleted = "") {
    boost::json::object made = object(name, uid, deleted);
    if (resource == "nodes") made["metadata"].as_object().erase("namespace");
    host().put("", resource, made);
  }
  static boost::json::object object(const std::string& name, const std::string& uid,
                                    const std::string& deleted) {
    boost::json::object metadata{{"name", name}, {"namespace", "team"}, {"uid", uid}};
    if (!deleted.empty()) metadata["deletionTimestamp"] = deleted;
    return {{"metadata", metadata}};
  }

  // The claims of a good token; change what the test is about.
  static boost::json::object claims() {
    return {
        {"iss", kIssuer},
        {"sub", "system:serviceaccount:team:builder"},
        {"aud", {kIssuer}},
        {"exp", kSaNow + 3600},
        {"nbf", kSaNow},
        {"iat", kSaNow},
        {"jti", "token-id"},
        {"kubernetes.io",
         {{"namespace", "team"}, {"serviceaccount", {{"name", "builder"}, {"uid", "sa-uid"}}}}}};
  }
  static boost::json::object bound_to(const std::string& kind, const std::string& name,
                                      const std::string& uid) {
    boost::json::object made = claims();
    made["kubernetes.io"].as_object()[kind] = {{"name", name}, {"uid", uid}};
    return made;
  }
  std::string sign(const boost::json::object& payload) const {
    return signer_.sign(boost::json::serialize(payload));
  }
  Reply present(const std::string& token, std::vector<std::string> audiences = {}) {
    testkit::AuthnRequest request = with_token(token);
    request.audiences = std::move(audiences);
    return instance_->authenticate(request);
  }
  Reply present(const boost::json::object& payload) { return present(sign(payload)); }
  // The text of the refusal; fails the test when there is none.
  std::string refusal(const Reply& reply) {
    EXPECT_LT(reply.status, 0) << "accepted " << reply.user;
    return reply.error;
  }
  std::string refusal(const boost::json::object& payload) { return refusal(present(payload)); }

  static std::string extra(const Reply& reply, const std::string& key) {
    const std::string name = "authentication.kubernetes.io/" + key;
    for (const auto& [known, value] : reply.extra)
      if (known == name) return value;
    return "";
  }
  static std::string annotation(const Reply& reply, const std::string& key) {
    for (const auto& [known, value] : reply.annotations)
      if (known == key) return value;
    return "";
  }

  Scratch scratch_;
  const PemPair pair_;
  const jose::SigningKey signer_;
  std::string key_file_;
  boost::json::object config_;
  std::unique_ptr<testkit::Instance> instance_;
};

}  // namespace limen::plugins::test
