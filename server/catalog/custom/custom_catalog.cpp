#include "catalog/custom/custom_catalog.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include "base/strings.h"

namespace limen::catalog {

namespace {

// v1, v2beta3: how mature (2 for v1, 1 for beta, 0 for alpha), the major and the minor number.
using Rank = std::tuple<int, std::int64_t, std::int64_t>;

// The number at the beginning of `text`, which it is taken off; nothing when there is none.
std::optional<std::int64_t> take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end == 0) return std::nullopt;
  const auto number = base::parse_int(text.substr(0, end));
  text.remove_prefix(end);
  return number;
}

std::optional<Rank> rank_of(std::string_view version) {
  if (!version.starts_with('v')) return std::nullopt;
  version.remove_prefix(1);
  const auto major = take_number(version);
  if (!major) return std::nullopt;
  if (version.empty()) return Rank{2, *major, 0};
  int maturity = 0;
  if (version.starts_with("beta")) {
    maturity = 1;
    version.remove_prefix(4);
  } else if (version.starts_with("alpha")) {
    version.remove_prefix(5);
  } else {
    return std::nullopt;
  }
  const auto minor = take_number(version);
  if (!minor || !version.empty()) return std::nullopt;
  return Rank{maturity, *major, *minor};
}

struct Order {
  bool operator()(const std::pair<std::string_view, std::string_view>& a,
                  const std::pair<std::string_view, std::string_view>& b) const {
    if (a.first != b.first) return a.first < b.first;
    return version_before(a.second, b.second);
  }
};

// The snapshot in force; held only to copy or to exchange the pointer.
struct Current {
  std::mutex mutex;
  std::shared_ptr<const CustomCatalog> snapshot = std::make_shared<const CustomCatalog>();
};
Current& current() {
  static Current one;
  return one;
}

ResourcePtr entry(const DefinitionPtr& definition, const CustomKind& kind) {
  return {definition, &kind.resource};
}

}  // namespace

bool version_before(std::string_view left, std::string_view right) {
  const auto a = rank_of(left);
  const auto b = rank_of(right);
  if (a && b) return *a > *b;
  if (a || b) return a.has_value();
  return left < right;
}

CustomCatalog::CustomCatalog(std::vector<DefinitionPtr> definitions)
    : definitions_(std::move(definitions)) {
  std::erase_if(definitions_, [](const DefinitionPtr& one) {
    return !one->established() || one->kinds().empty();
  });
  std::sort(definitions_.begin(), definitions_.end(),
            [](const DefinitionPtr& a, const DefinitionPtr& b) {
              return std::tie(a->group(), a->plural()) < std::tie(b->group(), b->plural());
            });
  std::map<std::pair<std::string_view, std::string_view>, std::vector<Resource>, Order> sorted;
  for (const DefinitionPtr& one : definitions_) {
    for (const auto& kind : one->kinds()) {
      if (kind->served) sorted[{one->group(), kind->resource.version}].push_back(kind->resource);
    }
  }
  rows_.reserve(sorted.size());
  for (auto& [name, rows] : sorted) {
    rows_.push_back(std::move(rows));
    group_versions_.push_back({name.first, name.second, rows_.back()});
  }
}

std::span<const GroupVersion> CustomCatalog::versions_of(std::string_view group) const {
  const auto has = [group](const GroupVersion& one) { return one.group == group; };
  const auto first = std::find_if(group_versions_.begin(), group_versions_.end(), has);
  return {first, std::find_if_not(first, group_versions_.end(), has)};
}

const GroupVersion* CustomCatalog::find_group_version(std::string_view group,
                                                      std::string_view version) const {
  for (const GroupVersion& one : versions_of(group)) {
    if (one.version == version) return &one;
  }
  return nullptr;
}

const DefinitionPtr* CustomCatalog::definition(std::string_view group,
                                               std::string_view plural) const {
  const auto found = std::lower_bound(
      definitions_.begin(), definitions_.end(), std::tie(group, plural),
      [](const DefinitionPtr& one, const auto& wanted) {
        return std::tuple<std::string_view, std::string_view>(one->group(), one->plural()) < wanted;
      });
  if (found == definitions_.end() || (*found)->group() != group || (*found)->plural() != plural) {
    return nullptr;
  }
  return &*found;
}

ResourcePtr CustomCatalog::find(std::string_view group, std::string_view version,
                                std::string_view resource) const {
  const DefinitionPtr* found = definition(group, resource);
  if (!found) return nullptr;
  const CustomKind* kind = (*found)->kind_of(version);
  return kind && kind->served ? entry(*found, *kind) : nullptr;
}

ResourcePtr CustomCatalog::find_any(std::string_view group, std::string_view resource) const {
  const DefinitionPtr* found = definition(group, resource);
  return found ? entry(*found, *(*found)->kinds().front()->storage) : nullptr;
}

std::vector<ResourcePtr> CustomCatalog::stored_resources() const {
  std::vector<ResourcePtr> list;
  list.reserve(definitions_.size());
  for (const DefinitionPtr& one : definitions_) {
    list.push_back(entry(one, *one->kinds().front()->storage));
  }
  return list;
}

std::shared_ptr<const CustomCatalog> custom_catalog() {
  const std::lock_guard lock(current().mutex);
  return current().snapshot;
}

void publish_custom(std::shared_ptr<const CustomCatalog> catalog) {
  // The old one, if this was its last holder, is freed after the lock.
  const std::lock_guard lock(current().mutex);
  current().snapshot.swap(catalog);
}

ResourcePtr lookup(std::string_view group, std::string_view version, std::string_view resource) {
  if (const Resource* built_in = find_resource(group, version, resource)) {
    return {std::shared_ptr<const void>(), built_in};
  }
  return custom_catalog()->find(group, version, resource);
}

ResourcePtr lookup_any(std::string_view group, std::string_view resource) {
  if (const Resource* built_in = find_preferred(group, resource)) {
    return {std::shared_ptr<const void>(), built_in};
  }
  return custom_catalog()->find_any(group, resource);
}

}  // namespace limen::catalog
