#include "keys.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/text_file.h"

namespace limen::plugins::service_account {

namespace json = boost::json;

namespace {

constexpr std::uintmax_t kMaxFileBytes = 1024 * 1024;

// Those of Kubernetes, and Ed25519.
constexpr jose::Algorithm kAlgorithms[] = {jose::Algorithm::rs256, jose::Algorithm::es256,
                                           jose::Algorithm::es384, jose::Algorithm::es512,
                                           jose::Algorithm::eddsa};

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

std::vector<jose::PemKey> read_keys(const std::string& path) {
  std::string text = read_text_file(path, kMaxFileBytes);
  try {
    std::vector<jose::PemKey> keys = jose::read_pem_keys(text);
    wipe(text);
    return keys;
  } catch (const std::runtime_error& error) {
    wipe(text);
    refuse(path, error.what());
  }
}

std::unique_ptr<jose::SigningKey> read_signing_key(const std::string& path) {
  const std::vector<jose::PemKey> keys = read_keys(path);
  if (keys.size() != 1 || !keys[0].is_private) {
    refuse(path, "must hold one private key, the one that signs, and nothing else");
  }
  const auto algorithm = jose::natural_algorithm(keys[0].key);
  if (!algorithm) refuse(path, "holds a key of a kind that cannot sign tokens");
  try {
    return std::make_unique<jose::SigningKey>(keys[0].key, *algorithm);
  } catch (const std::runtime_error& error) {
    refuse(path, error.what());
  }
}

}  // namespace

std::vector<std::string> KeyFiles::all() const {
  std::vector<std::string> files = verification;
  files.insert(files.begin(), signing);
  return files;
}

Keys::Keys(const KeyFiles& files) : signing_(read_signing_key(files.signing)) {
  add(signing_->public_key());
  for (const std::string& path : files.verification) {
    for (const jose::PemKey& key : read_keys(path)) {
      try {
        add(jose::VerificationKey(key.key, kAlgorithms));
      } catch (const std::runtime_error& error) {
        refuse(path, error.what());
      }
    }
  }
}

void Keys::add(const jose::VerificationKey& key) {
  const bool known = std::any_of(verification_.begin(), verification_.end(),
                                 [&](const auto& one) { return one.same_as(key); });
  if (!known) verification_.push_back(key);
}

bool Keys::is_signed(const jose::Jws& jws) const {
  const auto named = std::find_if(verification_.begin(), verification_.end(),
                                  [&](const auto& key) { return key.key_id() == jws.key_id; });
  if (named != verification_.end()) return named->verify(jws);
  // Tokens of other signers name their keys otherwise or not at all.
  return std::any_of(verification_.begin(), verification_.end(),
                     [&](const auto& key) { return key.verify(jws); });
}

std::shared_ptr<const Claims> Keys::recall(std::string_view token) const {
  return verified_->find(digest_(token));
}

std::shared_ptr<const Claims> Keys::verify(std::string_view token, const jose::Jws& jws) const {
  if (!is_signed(jws)) throw std::runtime_error("no key of ours has signed the token");
  auto claims = std::make_shared<const Claims>(read_claims(jose::claims_of(jws)));
  verified_->store(digest_(token), claims);
  return claims;
}

std::string key_set(const Keys& keys) {
  json::array list;
  for (const jose::VerificationKey& key : keys.verification()) list.push_back(key.to_jwk());
  json::object set;
  set["keys"] = std::move(list);
  return json::serialize(set);
}

std::vector<std::string> algorithm_names(const Keys& keys) {
  std::set<std::string> names;
  for (const jose::VerificationKey& key : keys.verification())
    names.emplace(jose::name_of(key.algorithms().front()));
  return {names.begin(), names.end()};
}

}  // namespace limen::plugins::service_account
