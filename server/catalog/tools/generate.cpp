// limen_catalog_generate TABLES OUTPUT: writes the catalog's constant tables.
//
// OUTPUT/generated.h declares them; types.cpp and fields_N.cpp hold the types, resources.cpp the
// group-versions. Everything is constant-initialized: no code runs at start.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "tables.h"

namespace limen::catalog::tools {
namespace {

// The fields are spread over this many files so that they compile side by side.
constexpr std::size_t kFieldFiles = 4;
constexpr std::string_view kHead =
    "// Generated from server/catalog/tables; do not edit.\n#include \"generated.h\"\n\n"
    "namespace limen::catalog::generated {\n\n";
constexpr std::string_view kTail = "\n}  // namespace limen::catalog::generated\n";

// A string_view initializer with its length, so that the compiler need not count.
std::string text(const std::string& value) {
  std::string out = "{\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\", " + std::to_string(value.size()) + "}";
}

std::string boolean(bool value) { return value ? "true" : "false"; }

std::string type_address(std::size_t type) {
  return type == kNoType ? "nullptr" : "kTypes + " + std::to_string(type);
}

// Writes `file` unless it holds the same text already, so that a change in one table does not
// compile the others again.
void write_file(const std::filesystem::path& file, const std::string& content) {
  std::ifstream old(file);
  std::ostringstream existing;
  existing << old.rdbuf();
  if (old && existing.str() == content) return;
  std::ofstream out(file, std::ios::trunc);
  out << content;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

// Pools of string_view arrays of one file: equal lists are written once.
class ListPool {
 public:
  // A span initializer for the list.
  std::string add(const std::vector<std::string>& values) {
    if (values.empty()) return "{}";
    std::string body;
    for (const std::string& value : values) body += text(value) + ", ";
    const auto [entry, added] = names_.try_emplace(body, "kList" + std::to_string(names_.size()));
    if (added) {
      declarations_ += "constexpr std::string_view " + entry->second + "[] = {" + body + "};\n";
    }
    return "{" + entry->second + ", " + std::to_string(values.size()) + "}";
  }
  const std::string& declarations() const { return declarations_; }

 private:
  std::map<std::string, std::string> names_;
  std::string declarations_;
};

std::string field_initializer(const FieldRow& field, ListPool& lists) {
  const bool is_object = field.scalar == "object";
  std::string out = "    {" + text(field.name) + ", ";
  out += (is_object ? type_address(field.type) : "nullptr") + ", ";
  out += text(field.patch_merge_key) + ", " + lists.add(field.list_map_keys) + ", ";
  out += std::to_string(field.number) + ", Scalar::" + field.scalar + ", Shape::" + field.shape;
  out += ", ListType::" + field.list_type + ", " + boolean(field.required) + ", ";
  out += boolean(field.patch_merge) + ", " + boolean(field.patch_retain_keys) + ", ";
  out += boolean(field.atomic_map) + ", ";
  out += (is_object ? "nullptr" : type_address(field.type)) + ", " + boolean(field.map_of_lists);
  return out + ", " + boolean(field.patch_replace) + ", " + boolean(field.granular_map) + ", {" +
         std::to_string(field.within[0]) + ", " + std::to_string(field.within[1]) + "}, " +
         boolean(field.keep_zero) + "},\n";
}

// Where a type's fields lie.
struct FieldsAt {
  std::size_t file = 0, first = 0;
};

// Writes fields_N.cpp; returns how many fields each has.
std::vector<std::size_t> write_fields(const Tables& tables, const std::filesystem::path& folder,
                                      std::vector<FieldsAt>& places) {
  std::vector<std::size_t> counts(kFieldFiles, 0);
  std::vector<std::string> bodies(kFieldFiles);
  std::vector<ListPool> lists(kFieldFiles);
  const std::size_t per_file = tables.types.size() / kFieldFiles + 1;
  for (std::size_t i = 0; i < tables.types.size(); ++i) {
    const std::size_t file = i / per_file;
    places.push_back({file, counts[file]});
    counts[file] += tables.types[i].fields.size();
    for (const FieldRow& field : tables.types[i].fields) {
      bodies[file] += field_initializer(field, lists[file]);
    }
  }
  for (std::size_t file = 0; file < kFieldFiles; ++file) {
    const std::string number = std::to_string(file);
    std::string out(kHead);
    out += "namespace {\n" + lists[file].declarations() + "}  // namespace\n\n";
    out += "constinit const Field kFields" + number + "[] = {\n" + bodies[file] + "};\n";
    write_file(folder / ("fields_" + number + ".cpp"), out + std::string(kTail));
  }
  return counts;
}

void write_types(const Tables& tables, const std::filesystem::path& folder,
                 const std::vector<FieldsAt>& places) {
  std::string out(kHead);
  out += "constinit const Type kTypes[] = {\n";
  for (std::size_t i = 0; i < tables.types.size(); ++i) {
    const TypeRow& type = tables.types[i];
    out += "    {" + text(type.full_name) + ", " + text(type.group) + ", " + text(type.version) +
           ", " + text(type.kind) + ", ";
    out += type.fields.empty() ? std::string("{}")
                               : "{kFields" + std::to_string(places[i].file) + " + " +
                                     std::to_string(places[i].first) + ", " +
                                     std::to_string(type.fields.size()) + "}";
    out += ", " + boolean(type.atomic) + ", Scalar::" + type.scalar + ", " + text(type.unions) +
           "},\n";
  }
  write_file(folder / "types.cpp", out + "};\n" + std::string(kTail));
}

std::string subresource_array(const ResourceRow& resource, const std::string& name) {
  std::string out = "constinit const Subresource " + name + "[] = {\n";
  for (const SubresourceRow& sub : resource.subresources) {
    out += "    {" + text(sub.name) + ", " + text(sub.kind) + ", " + text(sub.group) + ", " +
           text(sub.version) + ", " + type_address(sub.type) + ", " + std::to_string(sub.verbs) +
           "},\n";
  }
  return out + "};\n";
}

std::string resource_initializer(const ResourceRow& resource, const std::string& subresources,
                                 ListPool& lists) {
  return "    {" + text(resource.group) + ", " + text(resource.version) + ", " +
         text(resource.name) + ", " + text(resource.kind) + ", " + text(resource.singular) + ", " +
         boolean(resource.namespaced) + ", " + std::to_string(resource.verbs) + ", " +
         lists.add(resource.short_names) + ", " + lists.add(resource.categories) + ", " +
         subresources + ", " + type_address(resource.type) + ", " + text(resource.storage_group) +
         ", " + text(resource.storage_version) + "},\n";
}

void write_resources(const Tables& tables, const std::filesystem::path& folder) {
  ListPool lists;
  std::string arrays, versions;
  std::size_t sub_count = 0;
  for (std::size_t i = 0; i < tables.group_versions.size(); ++i) {
    const GroupVersionRow& row = tables.group_versions[i];
    const std::string name = "kResources" + std::to_string(i);
    std::string body;
    for (const ResourceRow& resource : row.resources) {
      std::string subresources = "{}";
      if (!resource.subresources.empty()) {
        const std::string array = "kSubresources" + std::to_string(sub_count++);
        arrays += subresource_array(resource, array);
        subresources = "{" + array + ", " + std::to_string(resource.subresources.size()) + "}";
      }
      body += resource_initializer(resource, subresources, lists);
    }
    arrays += "constinit const Resource " + name + "[] = {\n" + body + "};\n";
    versions += "    {" + text(row.group) + ", " + text(row.version) + ", {" + name + ", " +
                std::to_string(row.resources.size()) + "}},\n";
  }
  std::string out(kHead);
  out += "namespace {\n" + lists.declarations() + arrays + "}  // namespace\n\n";
  out += "constinit const GroupVersion kGroupVersions[] = {\n" + versions + "};\n";
  write_file(folder / "resources.cpp", out + std::string(kTail));
}

void write_header(const Tables& tables, const std::filesystem::path& folder,
                  const std::vector<std::size_t>& field_counts) {
  std::ostringstream out;
  out << "// Generated from server/catalog/tables; do not edit.\n#pragma once\n\n"
      << "#include \"catalog/catalog.h\"\n\nnamespace limen::catalog::generated {\n\n";
  out << "inline constexpr std::size_t kTypeCount = " << tables.types.size() << ";\n"
      << "inline constexpr std::size_t kGroupVersionCount = " << tables.group_versions.size()
      << ";\nextern const Type kTypes[kTypeCount];\n"
      << "extern const GroupVersion kGroupVersions[kGroupVersionCount];\n";
  for (std::size_t file = 0; file < field_counts.size(); ++file) {
    out << "extern const Field kFields" << file << "[" << field_counts[file] << "];\n";
  }
  write_file(folder / "generated.h", out.str() + std::string(kTail));
}

int run(const std::filesystem::path& source, const std::filesystem::path& folder) {
  const Tables tables = read_tables(source);
  std::filesystem::create_directories(folder);
  std::vector<FieldsAt> places;
  const std::vector<std::size_t> field_counts = write_fields(tables, folder, places);
  write_types(tables, folder, places);
  write_resources(tables, folder);
  write_header(tables, folder, field_counts);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace limen::catalog::tools

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: limen_catalog_generate TABLES OUTPUT\n";
    return 2;
  }
  try {
    return limen::catalog::tools::run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
