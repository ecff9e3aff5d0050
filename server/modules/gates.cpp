#include "modules/gates.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/library_info.hpp>

namespace limen::modules {

namespace {

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
constexpr const char* kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
constexpr const char* kMachineName = "aarch64";
#else
#error "name this machine's ELF type here"
#endif

}  // namespace

void probe(const TrustedFile& trusted) {
  const std::string name = trusted.path().filename().string();
  const std::filesystem::path file = trusted.by_descriptor();
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
