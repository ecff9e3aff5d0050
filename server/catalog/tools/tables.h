// The catalog's tables in memory, as the generator reads and resolves them.
//
// Used at build time only. Every mistake in a table ends the build with a TableError that names the
// file and the line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace limen::catalog::tools {

class TableError : public std::runtime_error {
 public:
  TableError(const std::string& file, std::size_t line, const std::string& what)
      : std::runtime_error(file + ":" + std::to_string(line) + ": " + what) {}
};

inline constexpr std::size_t kNoType = static_cast<std::size_t>(-1);

struct FieldRow {
  std::string name;
  std::string type_text;           // as written, without list and map marks
  std::size_t type = kNoType;      // resolved; kNoType for a plain scalar
  std::string scalar;              // an enumerator of catalog::Scalar
  std::string shape = "single";    // an enumerator of catalog::Shape
  std::string list_type = "none";  // an enumerator of catalog::ListType
  std::string patch_merge_key;
  std::vector<std::string> list_map_keys;
  std::uint16_t number = 0;
  std::array<std::uint16_t, 2> within = {};  // the embedded messages the number is counted in
  bool keep_zero = false;
  bool required = false, patch_merge = false, patch_retain_keys = false, patch_replace = false;
  bool atomic_map = false, granular_map = false, map_of_lists = false;
  std::size_t line = 0;
};

struct TypeRow {
  std::string package, name, full_name;
  std::string group, version, kind;
  std::vector<FieldRow> fields;  // sorted by name
  bool atomic = false;
  std::string scalar = "object";  // an enumerator of catalog::Scalar
  std::string unions;
  std::string file;
};

struct SubresourceRow {
  std::string name, kind, group, version;
  std::size_t type = kNoType;
  std::uint16_t verbs = 0;
};

struct ResourceRow {
  std::string group, version, name, kind, singular;
  bool namespaced = false;
  std::uint16_t verbs = 0;
  std::vector<std::string> short_names, categories;
  std::vector<SubresourceRow> subresources;  // sorted by name
  std::size_t type = kNoType;
  std::string storage_group, storage_version;
};

struct GroupVersionRow {
  std::string group, version, package;
  std::vector<ResourceRow> resources;  // sorted by name
};

struct Tables {
  std::vector<TypeRow> types;  // sorted by full name
  std::vector<GroupVersionRow> group_versions;
};

// Reads groups.txt, resources.txt and types/*.txt below `folder` and resolves every name. Throws
// TableError.
Tables read_tables(const std::filesystem::path& folder);

}  // namespace limen::catalog::tools
