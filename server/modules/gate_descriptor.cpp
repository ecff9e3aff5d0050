// Gates 3 and 4: what a module says of itself.
#include <cstddef>
#include <set>

#include "base/strings.h"
#include "modules/config_schema.h"
#include "modules/gates.h"

namespace limen::modules {

namespace {

constexpr std::uint32_t kMaxDescriptors = 256;
constexpr std::size_t kMaxRequired = 64;
constexpr std::size_t kMaxText = 4096;  // of an id, version, vendor, url or summary
constexpr std::size_t kMaxSchema = 1024 * 1024;

std::string version_text(unsigned major, unsigned minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

std::string hex(std::uint32_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (int shift = 28; shift >= 0; shift -= 4) out += kDigits[(value >> shift) & 15];
  return "0x" + out;
}

// A text member of a descriptor, checked; empty for a null pointer.
std::string text_of(const char* text, std::size_t limit, const std::string& file,
                    const std::string& what) {
  if (text == nullptr) return {};
  const std::size_t length = ::strnlen(text, limit + 1);
  if (length > limit) {
    throw LoadError(Gate::descriptor, file + ": " + what + " is longer than " +
                                          std::to_string(limit) +
                                          " bytes: its vendor has to correct it");
  }
  std::string out(text, length);
  if (!base::is_valid_utf8(out)) {
    throw LoadError(Gate::descriptor,
                    file + ": " + what + " is not UTF-8: its vendor has to correct it");
  }
  return out;
}

bool is_id(std::string_view id) {
  if (id.empty() || id.size() > 128) return false;
  for (const char c : id) {
    const bool good =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!good) return false;
  }
  return true;
}

bool is_known_kind(std::string_view kind) {
  for (const Kind known : {Kind::authenticator, Kind::authorizer, Kind::admission, Kind::store}) {
    if (kind == kind_id(known)) return true;
  }
  return false;
}

void read_required(const limen_descriptor& raw, DescriptorInfo& info, const std::string& file) {
  if (raw.required == nullptr) return;
  for (std::size_t i = 0; raw.required[i] != nullptr; ++i) {
    if (i == kMaxRequired) {
      throw LoadError(Gate::descriptor, file + ": \"" + info.id + "\" requires more than " +
                                            std::to_string(kMaxRequired) +
                                            " host tables; is its list ended by NULL?");
    }
    std::string id = text_of(raw.required[i], kMaxText, file, "a required id");
    if (!host_offers(id)) {
      throw LoadError(Gate::descriptor,
                      file + ": \"" + info.id + "\" requires " + id +
                          ", which this server does not offer: upgrade limen or use a version of "
                          "the module that does without");
    }
    info.required.push_back(std::move(id));
  }
}

DescriptorInfo read_descriptor(const limen_descriptor& raw, std::uint32_t index,
                               const std::string& file) {
  if (raw.struct_size < sizeof(limen_descriptor)) {
    throw LoadError(Gate::descriptor, file + ": descriptor " + std::to_string(index) + " has " +
                                          std::to_string(raw.struct_size) +
                                          " bytes, version 1.0 has " +
                                          std::to_string(sizeof(limen_descriptor)) +
                                          ": rebuild it with the Limen SDK");
  }
  DescriptorInfo info;
  info.index = index;
  info.id = text_of(raw.id, kMaxText, file, "an id");
  if (!is_id(info.id)) {
    throw LoadError(Gate::descriptor,
                    file + ": descriptor " + std::to_string(index) + " has the id \"" + info.id +
                        "\", an id is made of a-z, 0-9, \"-\", \"_\" and \".\": its vendor has to "
                        "correct it");
  }
  info.kind = text_of(raw.kind, kMaxText, file, "a kind");
  if (!is_known_kind(info.kind)) {
    throw LoadError(Gate::descriptor,
                    file + ": \"" + info.id + "\" is of kind \"" + info.kind +
                        "\", this server knows limen.authenticator/1, limen.authorizer/1, "
                        "limen.admission/1 and limen.store/0: upgrade limen or use an older "
                        "version of the module");
  }
  info.flags = raw.flags;
  const std::uint32_t unknown = raw.flags & ~std::uint32_t{LIMEN_DESCRIPTOR_FLAGS_1_0};
  if (unknown != 0) {
    throw LoadError(Gate::descriptor, file + ": \"" + info.id + "\" has the flags " + hex(unknown) +
                                          ", which this server does not know: upgrade limen or "
                                          "use an older version of the module");
  }
  info.version = text_of(raw.version, kMaxText, file, "a version");
  if (info.version.empty()) {
    throw LoadError(Gate::descriptor,
                    file + ": \"" + info.id + "\" has no version: its vendor has to add one");
  }
  info.vendor = text_of(raw.vendor, kMaxText, file, "a vendor");
  info.url = text_of(raw.url, kMaxText, file, "a URL");
  info.summary = text_of(raw.summary, kMaxText, file, "a summary");
  info.config_schema = text_of(raw.config_schema, kMaxSchema, file, "a config schema");
  if (!info.config_schema.empty()) {
    try {
      ConfigSchema::parse(info.config_schema);
    } catch (const SchemaError& error) {
      throw LoadError(Gate::descriptor, file + ": \"" + info.id + "\": " + error.what() +
                                            ": its vendor has to correct it");
    }
  }
  read_required(raw, info, file);
  return info;
}

}  // namespace

void check_entry(const limen_module_entry_t& entry, const std::string& file) {
  if (entry.magic != LIMEN_ABI_MAGIC) {
    throw LoadError(Gate::entry, file + ": " + kEntrySymbol + " begins with " + hex(entry.magic) +
                                     ", a Limen module's begins with " + hex(LIMEN_ABI_MAGIC) +
                                     ": rebuild it with the Limen SDK");
  }
  if (entry.abi_major != LIMEN_ABI_MAJOR) {
    throw LoadError(Gate::entry,
                    file + " speaks module ABI " + version_text(entry.abi_major, entry.abi_minor) +
                        ", this server offers " + version_text(LIMEN_ABI_MAJOR, LIMEN_ABI_MINOR) +
                        ": the majors must be equal; rebuild the module with an SDK of version " +
                        std::to_string(LIMEN_ABI_MAJOR));
  }
  if (entry.abi_minor > LIMEN_ABI_MINOR) {
    throw LoadError(Gate::entry,
                    file + " needs module ABI " + version_text(entry.abi_major, entry.abi_minor) +
                        ", this server offers " + version_text(LIMEN_ABI_MAJOR, LIMEN_ABI_MINOR) +
                        ": upgrade limen or rebuild the module with LIMEN_TARGET_MINOR=" +
                        std::to_string(LIMEN_ABI_MINOR));
  }
  if (entry.struct_size < sizeof(limen_module_entry_t)) {
    throw LoadError(Gate::entry,
                    file + ": " + kEntrySymbol + " has " + std::to_string(entry.struct_size) +
                        " bytes, version 1.0 has " + std::to_string(sizeof(limen_module_entry_t)) +
                        ": rebuild it with the Limen SDK");
  }
  if (entry.flags != 0) {
    throw LoadError(Gate::entry, file + ": " + kEntrySymbol + " has the flags " + hex(entry.flags) +
                                     ", which this server does not know: upgrade limen or use an "
                                     "older version of the module");
  }
  if (entry.get_factory == nullptr) {
    throw LoadError(Gate::entry, file + ": " + kEntrySymbol +
                                     " has no get_factory: rebuild it with the Limen SDK");
  }
}

std::vector<DescriptorInfo> read_descriptors(const limen_factory* factory,
                                             const std::string& file) {
  if (factory == nullptr || factory->struct_size < sizeof(limen_factory) ||
      factory->descriptor == nullptr || factory->create == nullptr) {
    throw LoadError(Gate::descriptor, file + " has no complete table " LIMEN_FACTORY
                                             ": rebuild it with the Limen SDK");
  }
  if (factory->count == 0 || factory->count > kMaxDescriptors) {
    throw LoadError(Gate::descriptor, file + " claims " + std::to_string(factory->count) +
                                          " plugins, between 1 and " +
                                          std::to_string(kMaxDescriptors) +
                                          " are possible: its vendor has to correct it");
  }
  std::vector<DescriptorInfo> all;
  std::set<std::pair<std::string, std::string>> seen;
  for (std::uint32_t i = 0; i < factory->count; ++i) {
    const limen_descriptor* raw = factory->descriptor(i);
    if (raw == nullptr) {
      throw LoadError(Gate::descriptor, file + " has no descriptor " + std::to_string(i) + " of " +
                                            std::to_string(factory->count) +
                                            ": its vendor has to correct it");
    }
    all.push_back(read_descriptor(*raw, i, file));
    if (!seen.emplace(all.back().kind, all.back().id).second) {
      throw LoadError(Gate::descriptor, file + " holds \"" + all.back().id + "\" of kind " +
                                            all.back().kind +
                                            " twice: its vendor has to correct it");
    }
  }
  return all;
}

}  // namespace limen::modules
