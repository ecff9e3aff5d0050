// Reads groups.txt and resources.txt and joins them with the types.
#include "tables.h"

#include <algorithm>
#include <set>

#include "lines.h"
#include "type_tables.h"

namespace limen::catalog::tools {
namespace {

constexpr std::uint16_t kAllVerbs = 255;

struct SharedStore {
  std::string group, storing_group, storing_version;
};
using SharedStores = std::map<std::pair<std::string, std::string>, SharedStore>;

std::string group_of(const std::string& word) { return word == "-" ? "" : word; }

std::uint16_t read_verbs(const Line& line, const std::string& text) {
  static const std::map<std::string, std::uint16_t> kVerbs = {
      {"get", 1},     {"list", 2},   {"watch", 4},   {"create", 8},
      {"update", 16}, {"patch", 32}, {"delete", 64}, {"deletecollection", 128}};
  if (text == "*") return kAllVerbs;
  std::uint16_t verbs = 0;
  for (const std::string& verb : split_text(text, ',')) {
    const auto found = kVerbs.find(verb);
    if (found == kVerbs.end()) line.fail("no such verb: " + verb);
    verbs = static_cast<std::uint16_t>(verbs | found->second);
  }
  return verbs;
}

// KEY=VALUE words from the position `first` on.
std::map<std::string, std::string> read_options(const Line& line, std::size_t first) {
  static const std::set<std::string> kKnown = {"verbs", "singular", "short", "categories", "gv"};
  std::map<std::string, std::string> options;
  for (std::size_t i = first; i < line.words.size(); ++i) {
    const std::vector<std::string> parts = split_text(line.words[i], '=');
    if (parts.size() != 2 || !kKnown.contains(parts[0]))
      line.fail("not an option: " + line.words[i]);
    options[parts[0]] = parts[1];
  }
  if (!options.contains("verbs")) line.fail("verbs= is missing");
  return options;
}

std::vector<std::string> list_option(const std::map<std::string, std::string>& options,
                                     const std::string& key) {
  const auto found = options.find(key);
  return found == options.end() ? std::vector<std::string>{} : split_text(found->second, ',');
}

const std::string& package_of(const std::vector<GroupVersionRow>& rows, const std::string& group,
                              const std::string& version) {
  static const std::string kNone;
  for (const GroupVersionRow& row : rows) {
    if (row.group == group && row.version == version) return row.package;
  }
  return kNone;
}

void read_groups(const std::filesystem::path& path, std::vector<GroupVersionRow>& rows,
                 SharedStores& shared) {
  for (const Line& line : read_lines(path)) {
    if (line.words[0] == "shares") {
      if (line.words.size() != 5) line.fail("shares wants RESOURCE GROUP STORING-GROUP VERSION");
      const std::string group = group_of(line.words[2]);
      shared[{group, line.words[1]}] = {group, group_of(line.words[3]), line.words[4]};
      continue;
    }
    if (line.words.size() < 2) line.fail("a group wants versions");
    for (std::size_t i = 1; i < line.words.size(); ++i) {
      const std::vector<std::string> parts = split_text(line.words[i], '=');
      if (parts.size() != 2) line.fail("a version is written VERSION=PACKAGE");
      GroupVersionRow row;
      row.group = group_of(line.words[0]);
      row.version = parts[0];
      row.package = parts[1];
      rows.push_back(row);
    }
  }
}

ResourceRow read_resource(const Line& line, const Tables& tables, const GroupVersionRow& at) {
  if (line.words.size() < 5) line.fail("resource wants NAME KIND SCOPE verbs= singular=");
  ResourceRow row;
  row.group = at.group;
  row.version = at.version;
  row.name = line.words[1];
  row.kind = line.words[2];
  if (line.words[3] != "namespaced" && line.words[3] != "cluster") line.fail("no such scope");
  row.namespaced = line.words[3] == "namespaced";
  const auto options = read_options(line, 4);
  if (!options.contains("singular")) line.fail("singular= is missing");
  row.singular = options.at("singular");
  row.verbs = read_verbs(line, options.at("verbs"));
  row.short_names = list_option(options, "short");
  row.categories = list_option(options, "categories");
  row.type = find_type_row(tables.types, at.package, row.kind);
  if (row.type == kNoType) line.fail("no type for the kind " + row.kind);
  return row;
}

SubresourceRow read_subresource(const Line& line, const Tables& tables, const GroupVersionRow& at) {
  if (line.words.size() < 4) line.fail("sub wants NAME KIND verbs=");
  SubresourceRow row;
  row.name = line.words[1];
  row.kind = line.words[2];
  row.group = at.group;
  row.version = at.version;
  const auto options = read_options(line, 3);
  row.verbs = read_verbs(line, options.at("verbs"));
  std::string package = at.package;
  if (options.contains("gv")) {
    const std::vector<std::string> parts = split_text(options.at("gv"), '/');
    if (parts.size() != 2) line.fail("gv= wants GROUP/VERSION");
    row.group = parts[0];
    row.version = parts[1];
    package = package_of(tables.group_versions, row.group, row.version);
    if (package.empty()) line.fail("gv= names no served group-version");
  }
  row.type = find_type_row(tables.types, package, row.kind);
  return row;
}

void read_resources(const std::filesystem::path& path, Tables& tables) {
  GroupVersionRow* current = nullptr;
  for (const Line& line : read_lines(path)) {
    if (line.words[0] == "group-version" && line.words.size() == 2) {
      const std::vector<std::string> parts = split_text(line.words[1], '/');
      const std::string group = parts.size() == 2 ? parts[0] : "";
      current = nullptr;
      for (GroupVersionRow& row : tables.group_versions) {
        if (row.group == group && row.version == parts.back()) current = &row;
      }
      if (current == nullptr) line.fail("the group-version is not in groups.txt");
    } else if (current != nullptr && line.words[0] == "resource") {
      current->resources.push_back(read_resource(line, tables, *current));
    } else if (current != nullptr && line.words[0] == "sub" && !current->resources.empty()) {
      current->resources.back().subresources.push_back(read_subresource(line, tables, *current));
    } else {
      line.fail("wants: group-version, resource or sub");
    }
  }
}

// Objects are stored in the first version, by preference, that has the resource.
void set_storage(Tables& tables, const SharedStores& shared) {
  std::map<std::pair<std::string, std::string>, std::string> preferred;
  for (const GroupVersionRow& row : tables.group_versions) {
    for (const ResourceRow& resource : row.resources) {
      preferred.try_emplace({row.group, resource.name}, row.version);
    }
  }
  for (GroupVersionRow& row : tables.group_versions) {
    for (ResourceRow& resource : row.resources) {
      const auto store = shared.find({row.group, resource.name});
      const bool is_shared = store != shared.end();
      resource.storage_group = is_shared ? store->second.storing_group : row.group;
      resource.storage_version =
          is_shared ? store->second.storing_version : preferred.at({row.group, resource.name});
    }
  }
}

template <class Row>
void sort_by_name(std::vector<Row>& rows) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.name < b.name; });
}

}  // namespace

Tables read_tables(const std::filesystem::path& folder) {
  Tables tables;
  SharedStores shared;
  tables.types = read_types(folder / "types");
  read_groups(folder / "groups.txt", tables.group_versions, shared);
  read_resources(folder / "resources.txt", tables);
  for (GroupVersionRow& row : tables.group_versions) {
    if (row.resources.empty()) {
      throw TableError((folder / "resources.txt").string(), 0,
                       "no resource in " + row.group + "/" + row.version);
    }
    sort_by_name(row.resources);
    for (ResourceRow& resource : row.resources) sort_by_name(resource.subresources);
  }
  set_storage(tables, shared);
  return tables;
}

}  // namespace limen::catalog::tools
