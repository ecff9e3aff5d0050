#include "controllers/cluster_role_aggregation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "object/selector.h"

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kResource{"rbac.authorization.k8s.io", "clusterroles"};

std::vector<object::LabelSelector> selectors_of(const Json& aggregation) {
  std::vector<object::LabelSelector> selectors;
  const Json* const list = object::member(aggregation, "clusterRoleSelectors");
  if (!list || !list->is_array()) return selectors;
  for (const Json& one : list->get_array()) {
    selectors.push_back(object::LabelSelector::from_object(one));
  }
  return selectors;
}

bool same_rules(const Json* stored, const boost::json::array& wanted) {
  if (!stored || !stored->is_array()) return wanted.empty();
  return stored->get_array() == wanted;
}

}  // namespace

ClusterRoleAggregation::ClusterRoleAggregation(Scope& scope, Objects& objects)
    : objects_(objects),
      queue_(scope, kClusterRoleAggregation,
             [this](std::string key) { return look(std::move(key)); }),
      informer_(objects.store(), objects.loop(), kResource,
                [this](const storage::StoredObject& role, bool gone) { changed(role, gone); }) {}

std::string_view ClusterRoleAggregation::name() const { return kClusterRoleAggregation; }

void ClusterRoleAggregation::changed(const storage::StoredObject& role, bool gone) {
  if (!gone && role.json.find("\"aggregationRule\":") != std::string::npos) {
    collecting_.insert(role.name);
  } else {
    collecting_.erase(role.name);
  }
  // Whom the change concerns depends on labels it may just have lost: look at all, they are few.
  for (const std::string& name : collecting_) queue_.add(name);
}

void ClusterRoleAggregation::look_at_all() {
  const storage::ListResult list = objects_.store().list(kResource, {});
  for (const storage::ObjectPtr& role : list.objects) changed(*role, false);
}

boost::json::array ClusterRoleAggregation::collect(std::string_view self,
                                                   const Json& aggregation) const {
  const std::vector<object::LabelSelector> selectors = selectors_of(aggregation);
  boost::json::array rules;
  const storage::ListResult roles = objects_.store().list(kResource, {});
  for (const storage::ObjectPtr& role : roles.objects) {
    const bool chosen = role->name != self && std::any_of(selectors.begin(), selectors.end(),
                                                          [&](const object::LabelSelector& one) {
                                                            return one.matches(role->labels);
                                                          });
    if (!chosen) continue;
    const object::Document document = object::Document::parse(role->json);
    const Json* const own = object::member(document.root(), "rules");
    if (!own || !own->is_array()) continue;
    for (const Json& rule : own->get_array()) {
      if (std::find(rules.begin(), rules.end(), rule) == rules.end()) rules.push_back(rule);
    }
  }
  return rules;
}

base::Task<bool> ClusterRoleAggregation::look(std::string name) {
  storage::Key key{kResource, "", name};
  const storage::ObjectPtr current = objects_.store().get(key);
  if (!current) co_return true;
  const object::Document document = object::Document::parse(current->json);
  const Json* const aggregation = object::member(document.root(), "aggregationRule");
  if (!aggregation || !aggregation->is_object()) co_return true;
  boost::json::array rules = collect(name, *aggregation);
  if (same_rules(object::member(document.root(), "rules"), rules)) co_return true;
  Json changed = object::mutable_copy(document.root());
  changed.get_object()["rules"] = std::move(rules);
  // Whoever was first has made an event, for which this is looked at again.
  co_await objects_.update(std::move(key), current->revision, std::move(changed));
  co_return true;
}

}  // namespace limen::controllers
