// AES in two modes, by OpenSSL.
#include <openssl/evp.h>

#include <limits>
#include <memory>

#include "encryption/ciphers.h"
#include "storage/driver.h"

namespace limen::encryption::detail {

namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kTag = 16;

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

enum class Mode { gcm, cbc };

// Null for a key of another size; configuration.cpp lets none through.
const EVP_CIPHER* cipher(Mode mode, std::size_t key) {
  const bool gcm = mode == Mode::gcm;
  switch (key) {
    case 16:
      return gcm ? EVP_aes_128_gcm() : EVP_aes_128_cbc();
    case 24:
      return gcm ? EVP_aes_192_gcm() : EVP_aes_192_cbc();
    case 32:
      return gcm ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
    default:
      return nullptr;
  }
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL counts in int.
bool fits(std::string_view text) {
  return text.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) - 2 * kBlock;
}

// Runs `text` through the context, and ends it. The nonce has the size that is the mode's default.
class Run {
 public:
  enum class Way : int { open = 0, seal = 1 };
  Run(Mode mode, Way way, const KeyBytes& key, std::string_view nonce)
      : context_(EVP_CIPHER_CTX_new()) {
    const EVP_CIPHER* const kind = cipher(mode, key.size());
    ok_ = context_ != nullptr && kind != nullptr &&
          EVP_CipherInit_ex(context_.get(), kind, nullptr, key.data(), bytes(nonce),
                            static_cast<int>(way)) == 1;
  }
  void authenticate(std::string_view text) {
    int unused = 0;
    ok_ = ok_ && fits(text) &&
          EVP_CipherUpdate(context_.get(), nullptr, &unused, bytes(text),
                           static_cast<int>(text.size())) == 1;
  }
  void control(int what, void* tag) {
    ok_ = ok_ && EVP_CIPHER_CTX_ctrl(context_.get(), what, static_cast<int>(kTag), tag) == 1;
  }
  // Appends. False: it failed, and `out` is as it was.
  bool through(std::string_view text, std::string& out) {
    const std::size_t begin = out.size();
    if (!ok_ || !fits(text)) return false;
    out.resize(begin + text.size() + kBlock);
    auto* const target = reinterpret_cast<unsigned char*>(out.data()) + begin;
    int updated = 0;
    int ended = 0;
    ok_ = EVP_CipherUpdate(context_.get(), target, &updated, bytes(text),
                           static_cast<int>(text.size())) == 1 &&
          EVP_CipherFinal_ex(context_.get(), target + updated, &ended) == 1;
    out.resize(ok_ ? begin + static_cast<std::size_t>(updated) + static_cast<std::size_t>(ended)
                   : begin);
    return ok_;
  }
  bool ok() const { return ok_; }

 private:
  Context context_;
  bool ok_ = false;
};

[[noreturn]] void failed() {
  throw storage::DriverError("OpenSSL could not encrypt a value with AES");
}

}  // namespace

void seal_gcm(std::string& out, const KeyBytes& key, std::string_view nonce, std::string_view text,
              std::string_view context) {
  Run run(Mode::gcm, Run::Way::seal, key, nonce);
  run.authenticate(context);
  if (!run.through(text, out)) failed();
  unsigned char tag[kTag];
  run.control(EVP_CTRL_AEAD_GET_TAG, tag);
  if (!run.ok()) failed();
  out.append(reinterpret_cast<const char*>(tag), kTag);
}

std::optional<std::string> open_gcm(const KeyBytes& key, std::string_view nonce,
                                    std::string_view sealed, std::string_view context) {
  if (sealed.size() < kTag) return std::nullopt;
  std::string tag(sealed.substr(sealed.size() - kTag));
  sealed.remove_suffix(kTag);
  Run run(Mode::gcm, Run::Way::open, key, nonce);
  run.control(EVP_CTRL_AEAD_SET_TAG, tag.data());
  run.authenticate(context);
  std::string text;
  if (!run.through(sealed, text)) return std::nullopt;
  return text;
}

void seal_cbc(std::string& out, const KeyBytes& key, std::string_view vector,
              std::string_view text) {
  if (!Run(Mode::cbc, Run::Way::seal, key, vector).through(text, out)) failed();
}

std::optional<std::string> open_cbc(const KeyBytes& key, std::string_view vector,
                                    std::string_view sealed) {
  if (sealed.empty() || sealed.size() % kBlock != 0) return std::nullopt;
  std::string text;
  if (!Run(Mode::cbc, Run::Way::open, key, vector).through(sealed, text)) return std::nullopt;
  return text;
}

}  // namespace limen::encryption::detail
