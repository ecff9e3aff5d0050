#include "api/discovery/listed_groups.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

namespace limen::api {

namespace {

struct Candidate {
  ListedVersion listed;
  aggregation::Priority priority;
  std::string tie;
};

std::vector<Candidate> candidates(const catalog::CustomCatalog& custom,
                                  const aggregation::Routes& routes, Ties ties) {
  std::vector<Candidate> out;
  const auto add = [&](ListedVersion listed) {
    std::string tie = ties == Ties::by_group
                          ? std::string(listed.group)
                          : aggregation::api_service_name(listed.group, listed.version);
    out.push_back({listed, routes.priority(listed.group, listed.version), std::move(tie)});
  };
  for (const auto all : {catalog::group_versions(), custom.group_versions()}) {
    for (const catalog::GroupVersion& one : all) {
      if (one.group.empty() || routes.find(one.group, one.version)) continue;
      add({one.group, one.version, &one, nullptr});
    }
  }
  for (const aggregation::RoutePtr& one : routes.remotes()) {
    add({one->service.group, one->service.version, nullptr, one.get()});
  }
  return out;
}

bool version_first(const Candidate& a, const Candidate& b) {
  if (a.priority.version != b.priority.version) return a.priority.version > b.priority.version;
  return catalog::version_before(a.listed.version, b.listed.version);
}

}  // namespace

std::vector<ListedGroup> listed_groups(const catalog::CustomCatalog& custom,
                                       const aggregation::Routes& routes, Ties ties) {
  std::vector<Candidate> all = candidates(custom, routes, ties);
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    if (a.priority.group != b.priority.group) return a.priority.group > b.priority.group;
    return a.tie < b.tie;
  });
  // A group stands where the highest of its versions does.
  std::vector<std::vector<Candidate>> groups;
  std::map<std::string_view, std::size_t> places;
  for (Candidate& one : all) {
    const auto [place, is_new] = places.try_emplace(one.listed.group, groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(std::move(one));
  }
  std::vector<ListedGroup> out;
  out.reserve(groups.size());
  for (std::vector<Candidate>& group : groups) {
    std::stable_sort(group.begin(), group.end(), version_first);
    ListedGroup& listed = out.emplace_back();
    for (const Candidate& one : group) listed.push_back(one.listed);
  }
  return out;
}

ListedGroup core_group() {
  ListedGroup out;
  for (const catalog::GroupVersion& one : catalog::versions_of("")) {
    out.push_back({one.group, one.version, &one, nullptr});
  }
  return out;
}

}  // namespace limen::api
