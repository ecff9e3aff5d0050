#include "modules/gates.h"

#include <elf.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/library_info.hpp>

namespace limen::modules {

namespace {

namespace fs = std::filesystem;

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
constexpr const char* kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
constexpr const char* kMachineName = "aarch64";
#else
#error "name this machine's ELF type here"
#endif

std::string quoted(const fs::path& path) { return "\"" + path.string() + "\""; }

void check_owner(const fs::path& path, const struct stat& info, std::string_view what) {
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    throw LoadError(Gate::path, std::string(what) + " " + quoted(path) + " belongs to user id " +
                                    std::to_string(info.st_uid) +
                                    ", it must belong to root or the server's user (" +
                                    std::to_string(::geteuid()) + "): chown it");
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    throw LoadError(Gate::path, std::string(what) + " " + quoted(path) +
                                    " may be written by others than its owner: chmod go-w it");
  }
}

bool is_bare_name(std::string_view name) {
  if (name.empty() || name.size() > 128 || name[0] == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += kDigits[bytes[i] >> 4];
    out += kDigits[bytes[i] & 15];
  }
  return out;
}

}  // namespace

fs::path check_path(const fs::path& folder, const std::string& name) {
  if (!is_bare_name(name)) {
    throw LoadError(Gate::path, "module name \"" + name +
                                    "\" is not a bare file name: modules are loaded from " +
                                    quoted(folder) + " only; give the name without folder and .so");
  }
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) {
    throw LoadError(Gate::path, "module folder " + quoted(folder) + " cannot be read: " +
                                    std::strerror(errno) + ": set modulePath to the right one");
  }
  check_owner(folder, info, "module folder");
  const fs::path file = folder / (name + ".so");
  if (::lstat(file.c_str(), &info) != 0) {
    throw LoadError(Gate::path, "there is no module \"" + name + "\": " + quoted(file) + ": " +
                                    std::strerror(errno) +
                                    ": install its package or correct the name");
  }
  if (S_ISLNK(info.st_mode)) {
    // A link may point within the folder (a version to its file); elsewhere the folder's own
    // protection would say nothing about the file.
    std::error_code error;
    const fs::path target = fs::canonical(file, error);
    const fs::path home = fs::canonical(folder, error);
    if (error || target.parent_path() != home || ::stat(file.c_str(), &info) != 0) {
      throw LoadError(Gate::path, "module file " + quoted(file) +
                                      " is a link out of the module folder: put the file itself "
                                      "there");
    }
  }
  if (!S_ISREG(info.st_mode)) {
    throw LoadError(Gate::path, "module file " + quoted(file) + " is not a regular file");
  }
  check_owner(file, info, "module file");
  return file;
}

void check_digest(const fs::path& file, std::string_view sha256) {
  std::ifstream in(file, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  std::array<char, 64 * 1024> buffer;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  bool good = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  while (good && in.read(buffer.data(), buffer.size()).gcount() > 0) {
    good =
        EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(in.gcount())) == 1;
  }
  good = good && in.eof() && EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1;
  if (!good) throw LoadError(Gate::path, "module file " + quoted(file) + " cannot be read");
  const std::string found = hex(digest.data(), size);
  if (found != sha256) {
    throw LoadError(Gate::path, "module file " + quoted(file) + " has SHA-256 " + found +
                                    ", the config demands " + std::string(sha256) +
                                    ": install the file that was meant or correct the config");
  }
}

void probe(const fs::path& file) {
  const std::string name = file.filename().string();
  Elf64_Ehdr header{};
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(&header), sizeof header);
  if (in.gcount() < static_cast<std::streamsize>(sizeof header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    throw LoadError(Gate::probe, name +
                                     " is not a shared object (no ELF header): "
                                     "install the module's file again");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != kMachine) {
    throw LoadError(Gate::probe, name + " is built for another machine (ELF class " +
                                     std::to_string(header.e_ident[EI_CLASS]) + ", machine " +
                                     std::to_string(header.e_machine) + "), this server runs on " +
                                     kMachineName + ": install the package for this machine");
  }
  if (header.e_type != ET_DYN) {
    throw LoadError(Gate::probe, name +
                                     " is an ELF file but not a shared object: "
                                     "link it with -shared");
  }
  std::vector<std::string> symbols;
  try {
    symbols = boost::dll::library_info(file).symbols();
  } catch (const std::exception& error) {
    throw LoadError(Gate::probe, name + " cannot be read as a shared object (" + error.what() +
                                     "): install the module's file again");
  }
  if (std::find(symbols.begin(), symbols.end(), kEntrySymbol) == symbols.end()) {
    throw LoadError(Gate::probe,
                    name + " exports no symbol " + kEntrySymbol +
                        ", which every Limen module does: it is some other library, or was built "
                        "without LIMEN_EXPORT_MODULE");
  }
}

}  // namespace limen::modules
