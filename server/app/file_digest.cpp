#include "app/file_digest.h"

#include <openssl/evp.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "app/files.h"

namespace limen::app {

std::string sha256_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  bool good = file && context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::array<char, 65536> buffer{};
  while (good && file) {
    file.read(buffer.data(), buffer.size());
    good = EVP_DigestUpdate(context.get(), buffer.data(),
                            static_cast<std::size_t>(file.gcount())) == 1;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!good || file.bad() || EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    throw std::runtime_error(path + ": cannot be read");
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += kDigits[digest[i] >> 4U];
    out += kDigits[digest[i] & 15U];
  }
  return out;
}

std::string digest_file_of(const std::string& path) { return path + ".sha256"; }

void write_digest_file(const std::string& path, const std::string& digest) {
  const std::string name = std::filesystem::path(path).filename().string();
  write_file(digest_file_of(path), digest + "  " + name + '\n', Privacy::open);
}

std::optional<std::string> read_digest_file(const std::string& path) {
  if (!file_exists(digest_file_of(path))) return std::nullopt;
  const std::string text = read_file(digest_file_of(path), 4096);
  const std::string digest = text.substr(0, text.find_first_not_of("0123456789abcdef"));
  if (digest.size() != 64)
    throw std::runtime_error(digest_file_of(path) + ": holds no SHA-256 digest");
  return digest;
}

}  // namespace limen::app
