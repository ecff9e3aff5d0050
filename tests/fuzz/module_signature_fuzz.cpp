// Any bytes as the signature file beside a module, as a public key in moduleKeys, and as a module.
// Nothing but the right signature of the right bytes by the right key is one.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "config/module_keys.h"
#include "modules/trust.h"

namespace {

constexpr std::string_view kModule = "the bytes of a module";

void require(bool held) {
  if (!held) std::abort();
}

// A key pair of a known seed, and its signature of kModule.
struct Signer {
  std::string public_key = std::string(32, '\0');
  std::string signature = std::string(64, '\0');

  Signer() {
    const std::array<unsigned char, 32> seed{1, 2, 3};
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
        EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    std::size_t length = public_key.size();
    require(EVP_PKEY_get_raw_public_key(
                key.get(), reinterpret_cast<unsigned char*>(public_key.data()), &length) == 1);
    require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
    length = signature.size();
    require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                           &length, reinterpret_cast<const unsigned char*>(kModule.data()),
                           kModule.size()) == 1);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limen;
  static const Signer signer;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  require(modules::is_signature_of(signer.public_key, signer.signature, kModule));
  require(modules::is_signature_of(signer.public_key, bytes, kModule) ==
          (bytes == signer.signature));
  require(modules::is_signature_of(signer.public_key, signer.signature, bytes) ==
          (bytes == kModule));
  // One bit of the right signature changed, at the place the bytes say.
  if (size >= 2) {
    std::string broken = signer.signature;
    broken[data[0] % broken.size()] ^= static_cast<char>(1 << (data[1] % 8));
    require(!modules::is_signature_of(signer.public_key, broken, kModule));
  }
  // A key is 32 bytes, whatever else the text was.
  if (const auto key = config::ed25519_key(bytes)) {
    require(key->size() == 32);
    modules::is_signature_of(*key, signer.signature, kModule);
  }
  return 0;
}

#include "replay_main.h"
