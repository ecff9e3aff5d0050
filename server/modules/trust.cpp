#include "modules/trust.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "modules/load_error.h"
#include "modules/trusted_path.h"

#ifndef MFD_EXEC  // of kernel 6.3; an older one refuses the flag and needs none
#define MFD_EXEC 0x0010U
#endif

namespace limen::modules {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSignatureBytes = 64;

std::string quoted(const fs::path& path) { return "\"" + path.string() + "\""; }

[[noreturn]] void unreadable(const fs::path& file) {
  throw LoadError(Gate::path, "module file " + quoted(file) + " cannot be read: " +
                                  std::strerror(errno) + ": install it again");
}

bool is_bare_name(std::string_view name) {
  if (name.empty() || name.size() > 128 || name[0] == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// The whole of an open file in memory, for as long as this lives.
class Mapped {
 public:
  Mapped(int file, const fs::path& name) {
    struct stat info {};
    if (::fstat(file, &info) != 0) unreadable(name);
    size_ = static_cast<std::size_t>(info.st_size);
    if (size_ == 0) return;
    start_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file, 0);
    if (start_ == MAP_FAILED) unreadable(name);
  }
  ~Mapped() {
    if (size_ != 0) ::munmap(start_, size_);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(start_), size_}; }

 private:
  void* start_ = nullptr;
  std::size_t size_ = 0;
};

std::string hex(const unsigned char* bytes, std::size_t count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

// In pieces and not by a mapping: the file may be cut short meanwhile.
std::string sha256_of(int file, const fs::path& name) {
  const Digest context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<char, 64 * 1024> buffer;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  bool good = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  ::off_t at = 0;
  for (::ssize_t got = 1; good && got > 0; at += got) {
    got = ::pread(file, buffer.data(), buffer.size(), at);
    if (got < 0) unreadable(name);
    good = EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(got)) == 1;
  }
  if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    throw LoadError(Gate::path, "the SHA-256 of module file " + quoted(name) +
                                    " cannot be computed: see the system's OpenSSL configuration");
  }
  return hex(digest.data(), size);
}

// The signature beside the module: raw bytes, as `openssl pkeyutl -sign -rawin` writes them.
std::string read_signature(int folder, const fs::path& file, const std::string& signer) {
  const fs::path name(file.filename().string() + ".sig");
  const Descriptor opened(
      ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!opened || ::fstat(opened.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    const std::string why = opened ? "it is not a regular file" : std::strerror(errno);
    throw LoadError(Gate::path, "module file " + quoted(file) + " has no signature " +
                                    quoted(name) + " beside it (" + why +
                                    "), and it must be signed by " + signer +
                                    ": install its signature or correct signedBy");
  }
  std::string signature(kSignatureBytes + 1, '\0');
  const ::ssize_t got = ::pread(opened.get(), signature.data(), signature.size(), 0);
  if (got != static_cast<::ssize_t>(kSignatureBytes)) {
    throw LoadError(Gate::path, "the signature " + quoted(fs::path(file.string() + ".sig")) +
                                    " is not one of ed25519, which has 64 bytes: make it with "
                                    "openssl pkeyutl -sign -rawin");
  }
  signature.resize(kSignatureBytes);
  return signature;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

TrustedFile TrustedFile::open(const fs::path& folder, const std::string& name) {
  if (!is_bare_name(name)) {
    throw LoadError(Gate::path, "module name \"" + name +
                                    "\" is not a bare file name: modules are loaded from " +
                                    quoted(folder) + " only; give the name without folder and .so");
  }
  TrustedFile out;
  out.folder_ = open_trusted_folder(folder);
  out.path_ = folder / (name + ".so");
  out.file_ = open_in_folder(out.folder_.get(), out.path_);
  out.number_ = out.file_.get();
  struct stat info {};
  if (::fstat(out.number_, &info) != 0) unreadable(out.path_);
  if (!S_ISREG(info.st_mode)) {
    throw LoadError(Gate::path, "module file " + quoted(out.path_) + " is not a regular file");
  }
  check_owner(out.path_, info, "module file");
  out.identity_ = identity_of(info);
  return out;
}

fs::path TrustedFile::by_descriptor() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(number_);
}

void TrustedFile::seal() {
  if (sealed_) return;
  const std::string name = "limen-" + path_.stem().string();
  Descriptor copy(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC));
  if (!copy && errno == EINVAL) {
    copy = Descriptor(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  const auto failed = [&](const std::string& why) {
    return LoadError(Gate::path, "module file " + quoted(path_) +
                                     " is pinned by the config and cannot be copied into sealed "
                                     "memory: " +
                                     why);
  };
  if (!copy) throw failed(std::strerror(errno));
  std::vector<char> buffer(1024 * 1024);
  std::uint64_t total = 0;
  for (;;) {
    const ::ssize_t got =
        ::pread(number_, buffer.data(), buffer.size(), static_cast<::off_t>(total));
    if (got < 0) unreadable(path_);
    if (got == 0) break;
    total += static_cast<std::uint64_t>(got);
    if (total > kMaxPinnedBytes) {
      throw failed("it is larger than " + std::to_string(kMaxPinnedBytes >> 20) + " MiB");
    }
    for (::ssize_t done = 0; done < got;) {
      const ::ssize_t put =
          ::write(copy.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0) throw failed(std::strerror(errno));
      done += put;
    }
  }
  constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(copy.get(), F_ADD_SEALS, kSeals) != 0) throw failed(std::strerror(errno));
  file_ = std::move(copy);
  number_ = file_.get();
  sealed_ = true;
}

std::string TrustedFile::sha256() const { return sha256_of(number_, path_); }

void TrustedFile::check(const Pins& pins) const {
  if (!pins.sha256.empty()) {
    const std::string found = sha256();
    if (found != pins.sha256) {
      throw LoadError(Gate::path, "module file " + quoted(path_) + " has SHA-256 " + found +
                                      ", the config demands " + pins.sha256 +
                                      ": install the file that was meant or correct the config");
    }
  }
  if (!pins.signed_by.empty()) {
    const std::string signature = read_signature(folder_.get(), path_, pins.signed_by);
    const Mapped mapped(number_, path_);
    if (!is_signature_of(pins.public_key, signature, mapped.bytes())) {
      throw LoadError(Gate::path,
                      "module file " + quoted(path_) + " does not bear the signature of " +
                          pins.signed_by +
                          ": install file and .sig of one release, or correct signedBy");
    }
  }
}

bool is_signature_of(std::string_view public_key, std::string_view signature,
                     std::string_view bytes) {
  const auto data = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data(public_key), public_key.size()),
      EVP_PKEY_free);
  const Digest context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), data(signature), signature.size(), data(bytes),
                          bytes.size()) == 1;
}

}  // namespace limen::modules
