#include "registry/kubernetes_keys.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

namespace limen::registry {

namespace {

constexpr std::string_view kOwnRoot = "/registry/";
constexpr std::string_view kCore = "core";

struct Exception {
  std::string_view group, resource, folder;
};
// Built-in resources that are kept elsewhere than under their own name.
constexpr Exception kExceptions[] = {
    {"", "replicationcontrollers", "controllers"},
    {"", "endpoints", "services/endpoints"},
    {"", "nodes", "minions"},
    {"", "services", "services/specs"},
    {"networking.k8s.io", "ingresses", "ingress"},
    {"apiextensions.k8s.io", "customresourcedefinitions",
     "apiextensions.k8s.io/customresourcedefinitions"},
    {"apiregistration.k8s.io", "apiservices", "apiregistration.k8s.io/apiservices"},
};

bool built_in(std::string_view group, std::string_view resource) {
  return catalog::find_preferred(group, resource) != nullptr;
}

struct Folder {
  std::string path;   // services/specs
  std::string place;  // core/services
  const catalog::Resource* resource;
};

// Every resource that is stored, found by its folder and by its place in the store's own keys.
class Folders {
 public:
  Folders() {
    for (const catalog::GroupVersion& version : catalog::group_versions()) {
      for (const catalog::Resource& resource : version.resources) {
        if (resource.stored()) add(resource);
      }
    }
  }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;

  const Folder* by_path(std::string_view path) const { return find(by_path_, path); }
  const Folder* by_place(std::string_view place) const { return find(by_place_, place); }

 private:
  using Index = std::unordered_map<std::string_view, const Folder*>;

  static const Folder* find(const Index& index, std::string_view key) {
    const auto found = index.find(key);
    return found == index.end() ? nullptr : found->second;
  }
  void add(const catalog::Resource& resource) {
    const std::string_view group = resource.storage_group;
    const catalog::Resource* stored =
        catalog::find_resource(group, resource.storage_version, resource.name);
    std::string place(group.empty() ? kCore : group);
    place.append("/").append(resource.name);
    if (by_place_.find(place) != by_place_.end()) return;  // by another of its versions
    all_.push_back({kubernetes_folder(group, resource.name), std::move(place),
                    stored != nullptr ? stored : &resource});
    const Folder& made = all_.back();
    by_path_.emplace(made.path, &made);
    by_place_.emplace(made.place, &made);
  }

  std::deque<Folder> all_;
  Index by_path_, by_place_;
};

const Folders& folders() {
  static const Folders all;
  return all;
}

// How many parts `names` has; 0 when one of them is empty.
std::size_t parts_of(std::string_view names) {
  if (names.empty() || names.front() == '/' || names.back() == '/') return 0;
  if (names.find("//") != std::string_view::npos) return 0;
  return 1 + static_cast<std::size_t>(std::count(names.begin(), names.end(), '/'));
}

// The end of the second part of `rest`; npos when there is nothing after it.
std::size_t second_end(std::string_view rest, std::size_t first_end) {
  return first_end == std::string_view::npos ? first_end : rest.find('/', first_end + 1);
}

// Definitions need a group with a dot, which no folder of a built-in resource has but those two
// that are named with their group.
bool may_be_custom(std::string_view group) {
  return group.find('.') != std::string_view::npos && !catalog::has_group(group);
}

KubernetesKeys::Place place_in(const Folder& folder, std::string_view names) {
  return {folder.resource, folder.resource->group, folder.resource->name, names};
}

}  // namespace

std::string kubernetes_folder(std::string_view storage_group, std::string_view resource) {
  for (const Exception& one : kExceptions) {
    if (one.resource == resource && one.group == storage_group) return std::string(one.folder);
  }
  if (built_in(storage_group, resource)) return std::string(resource);
  return std::string(storage_group).append("/").append(resource);
}

KubernetesKeys::KubernetesKeys(std::string prefix) : prefix_(std::move(prefix)) {}

std::optional<std::string_view> KubernetesKeys::below_prefix(std::string_view stored_key) const {
  if (stored_key.size() <= prefix_.size() || !stored_key.starts_with(prefix_) ||
      stored_key[prefix_.size()] != '/') {
    return std::nullopt;
  }
  return stored_key.substr(prefix_.size() + 1);
}

std::optional<KubernetesKeys::Place> KubernetesKeys::place(std::string_view stored_key) const {
  const auto rest = below_prefix(stored_key);
  if (!rest) return std::nullopt;
  const std::size_t first = rest->find('/');
  if (first == std::string_view::npos) return std::nullopt;
  const Folder* folder = folders().by_path(rest->substr(0, first));
  std::size_t end = first;
  if (folder == nullptr) {
    end = second_end(*rest, first);
    if (end == std::string_view::npos) return std::nullopt;
    folder = folders().by_path(rest->substr(0, end));
  }
  const std::string_view names = rest->substr(end + 1);
  const std::size_t parts = parts_of(names);
  if (folder != nullptr) {
    if (parts != (folder->resource->namespaced ? 2U : 1U)) return std::nullopt;
    return place_in(*folder, names);
  }
  const std::string_view group = rest->substr(0, first);
  if (!may_be_custom(group) || parts < 1 || parts > 2) return std::nullopt;
  const std::string_view plural = rest->substr(first + 1, end - first - 1);
  if (plural.empty()) return std::nullopt;
  return Place{nullptr, group, plural, names};
}

std::string KubernetesKeys::store_key(const Place& place) {
  const std::string_view group = place.group.empty() ? kCore : place.group;
  std::string key;
  key.reserve(kOwnRoot.size() + group.size() + place.resource.size() + place.names.size() + 2);
  return key.append(kOwnRoot)
      .append(group)
      .append("/")
      .append(place.resource)
      .append("/")
      .append(place.names);
}

std::optional<std::string> KubernetesKeys::stored_key(std::string_view store_key) const {
  if (!store_key.starts_with(kOwnRoot)) return std::nullopt;
  const std::string_view rest = store_key.substr(kOwnRoot.size());
  const std::size_t first = rest.find('/');
  const std::size_t end = second_end(rest, first);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view path = rest.substr(0, end);
  if (const Folder* folder = folders().by_place(path)) {
    path = folder->path;
  } else if (!may_be_custom(rest.substr(0, first))) {
    return std::nullopt;
  }
  std::string key;
  key.reserve(prefix_.size() + path.size() + rest.size() - end + 1);
  return key.append(prefix_).append("/").append(path).append(rest.substr(end));
}

}  // namespace limen::registry
