// Trust: from a module's name to bytes that may be run. Gate 0 of the loader.
//
// Whoever can write a module, or a folder on the way to it, is the server. So every folder from the
// root to the module folder (links followed, each of them judged where it stands) and the file
// belong to root or to the server's user and can be written by nobody else. A folder like /tmp, in
// which everybody writes but only owners take away, may stand on the way when the folder below it
// is no link and belongs to one of these two; it cannot hold modules.
//
// The file is opened once. Owner and mode are those of the open file, and it is loaded by its
// descriptor, not by its name, so that nothing can be put in its place in between. A module that
// the config pins (a digest, a signature) is first copied into memory that the kernel lets nobody
// change any more, its owner included; the copy is what is checked and what is loaded.
//
// Thread rule: any. Everything throws LoadError (Gate::path), one sentence that names the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "modules/file_identity.h"
#include "modules/module_spec.h"

namespace limen::modules {

// A module above this size is not copied, so cannot be pinned.
inline constexpr std::uint64_t kMaxPinnedBytes = 512ull << 20;
// Links on the way to a module.
inline constexpr int kMaxLinks = 40;

// An open file; closes it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  // Leaves it open for ever.
  void keep() { number_ = -1; }

 private:
  int number_ = -1;
};

// A module's file, opened and found to be nobody else's.
class TrustedFile {
 public:
  // `name` is a bare file name without ".so", looked for in `folder` only.
  static TrustedFile open(const std::filesystem::path& folder, const std::string& name);

  const std::filesystem::path& path() const { return path_; }  // folder/name.so
  const FileIdentity& identity() const { return identity_; }
  // By which this process, and whoever debugs it, opens the very file while it is open here.
  std::filesystem::path by_descriptor() const;
  bool sealed() const { return sealed_; }
  // Makes this its own copy in sealed memory.
  void seal();
  // Of a sealed file: whether its bytes are those the config demands.
  void check(const Pins& pins) const;
  // Lower-case hex, of what is in the file now.
  std::string sha256() const;
  // The descriptor stays open until the process ends: by_descriptor() must never name another file.
  void keep_open() { file_.keep(); }

 private:
  std::filesystem::path path_;
  Descriptor folder_, file_;
  int number_ = -1;  // of file_, also when it is kept
  FileIdentity identity_;
  bool sealed_ = false;
};

// The raw 32 bytes of an ed25519 public key judge `signature` (RFC 8032, 64 bytes) of `bytes`.
bool is_signature_of(std::string_view public_key, std::string_view signature,
                     std::string_view bytes);

}  // namespace limen::modules
