// Any bytes as an EncryptionConfiguration, and as a stored value. The file is refused with
// sentences that name it, or gives keys that open what they seal and leave alone what they should;
// a value is opened, or refused with a sentence that names its key. An odd first byte makes it a
// value.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "encryption/keyring.h"
#include "storage/driver.h"

namespace {

using namespace limen;

constexpr std::string_view kPlace = "/registry/secrets/default/a";
constexpr std::string_view kText = R"({"kind":"Secret"})";
const storage::ResourceId kSecrets{"", "secrets"};

void must(bool holds) {
  if (!holds) std::abort();
}

void file(std::string_view text) {
  const encryption::ReadConfiguration read = encryption::read_configuration(text, "enc.yaml");
  for (const std::string& problem : read.problems()) must(problem.starts_with("enc.yaml"));
  must(read.ok() || read.configuration.rules.empty());
  if (!read.ok()) return;
  must(!read.configuration.rules.empty());
  const encryption::Keyring keyring(read.configuration);
  const auto sealed = keyring.seal(kSecrets, kPlace, kText);
  must(sealed.text.has_value() == (sealed.form != 0));
  must(!keyring.outdated(kSecrets, sealed.form));
  if (!sealed.text) return;
  const auto opened = keyring.open(kSecrets, kPlace, *sealed.text);
  must(opened.text == kText && opened.form == sealed.form);
}

void value(std::string_view stored) {
  static const encryption::Keyring keyring = [] {
    encryption::EncryptionConfiguration all;
    all.rules.push_back({{kSecrets}, {}});
    for (const auto kind : {encryption::Kind::secretbox, encryption::Kind::aesgcm,
                            encryption::Kind::aescbc, encryption::Kind::identity}) {
      encryption::Provider provider{kind, {}};
      if (kind != encryption::Kind::identity) {
        provider.keys.push_back({"a", encryption::KeyBytes(std::string(32, 'k'))});
      }
      all.rules[0].providers.push_back(std::move(provider));
    }
    return encryption::Keyring(all);
  }();
  try {
    const auto opened = keyring.open(kSecrets, kPlace, stored);
    // Nobody guesses an authenticated value; what is as it is has no prefix.
    must(opened.text ? stored.starts_with("k8s:enc:") : !stored.starts_with("k8s:enc:"));
  } catch (const storage::DriverError& error) {
    const std::string what = error.what();
    must(what.find(kPlace) != std::string::npos && what.size() < 1500);
    for (const char c : what) must(static_cast<unsigned char>(c) >= 0x20);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 1) {
    value(rest);
  } else {
    file(rest);
  }
  return 0;
}

#include "replay_main.h"
