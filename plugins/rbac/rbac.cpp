// rbac: role-based access control from the Role, ClusterRole and binding objects in the store (Z7).
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "common/go_quote.h"
#include "index.h"
#include "near_misses.h"

namespace limen::rbac {
namespace {

using plugins::go_quote;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

std::string missing_role(const Binding& binding) {
  const char* resource = binding.role_kind == "ClusterRole" ? "clusterrole" : "role";
  return std::string(resource) + "." + std::string(kGroup) + " " + go_quote(binding.role_name) +
         " not found";
}

// Several bindings may name one missing role: it is told once.
std::string aggregate(const std::vector<std::string>& errors) {
  std::set<std::string_view> told;
  std::string text;
  for (const std::string& error : errors) {
    if (told.insert(error).second) text += (text.empty() ? "" : ", ") + error;
  }
  return told.size() == 1 ? text : "[" + text + "]";
}

class Rbac final : public Authorizer, public RuleLister {
 public:
  explicit Rbac(Host& host) : host_(host) {
    for (const std::string_view resource : {"roles", "clusterroles"}) {
      host.objects().subscribe(kGroup, "v1", resource, [this](ObjectEvent event, Node object) {
        if (event == ObjectEvent::synced) return;
        event == ObjectEvent::deleted ? index_.remove_role(object) : index_.set_role(object);
        host_.rights().changed();
      });
    }
    for (const std::string_view resource : {"rolebindings", "clusterrolebindings"}) {
      host.objects().subscribe(kGroup, "v1", resource, [this](ObjectEvent event, Node object) {
        if (event == ObjectEvent::synced) return;
        event == ObjectEvent::deleted ? index_.remove_binding(object) : index_.set_binding(object);
        host_.rights().changed();
      });
    }
  }

  Result<void> authorize(AuthzCall& call) override {
    const Attributes attributes = call.attributes();
    bool allowed = false;
    std::string decided_by;
    std::size_t matched = 0;
    std::vector<std::string> errors;
    index_.visit(
        call.user(), attributes.is_resource() ? attributes.ns() : std::string_view(),
        [&](const Binding& binding, const Subject& subject, const std::vector<Rule>* rules) {
          if (rules == nullptr) {
            errors.push_back(missing_role(binding));
            return true;
          }
          for (const Rule& rule : *rules) {
            if (!allows(rule, attributes)) continue;
            allowed = true;
            decided_by = describe(binding, subject);
            matched = static_cast<std::size_t>(&rule - rules->data());
            return false;
          }
          return true;
        });
    if (allowed) {
      if (attributes.explains()) call.rule(decided_by + ", rules[" + std::to_string(matched) + "]");
      return call.allow("RBAC: allowed by " + decided_by);
    }
    if (attributes.explains()) tell_near_misses(call);
    return call.no_opinion(errors.empty() ? std::string() : "RBAC: " + aggregate(errors));
  }

  Result<void> rules_for(RulesCall& call) override {
    std::vector<std::string> errors;
    std::set<const Binding*> visited;  // one may name the user twice, by name and by group
    index_.visit(call.user(), call.ns(),
                 [&](const Binding& binding, const Subject&, const std::vector<Rule>* rules) {
                   if (!visited.insert(&binding).second) return true;
                   if (rules == nullptr) {
                     errors.push_back(missing_role(binding));
                     return true;
                   }
                   for (const Rule& rule : *rules) {
                     if (!rule.resources.empty()) {
                       call.resource_rule(rule.verbs, rule.api_groups, rule.resources,
                                          rule.resource_names);
                     }
                     if (!rule.non_resource_urls.empty() && binding.ns.empty()) {
                       call.non_resource_rule(rule.verbs, rule.non_resource_urls);
                     }
                   }
                   return true;
                 });
    if (!errors.empty()) call.incomplete(aggregate(errors));
    return {};
  }

 private:
  void tell_near_misses(AuthzCall& call) const {
    const Attributes attributes = call.attributes();
    NearMisses near(attributes);
    const std::string_view ns = attributes.is_resource() ? attributes.ns() : std::string_view();
    index_.visit(
        call.user(), ns,
        [&near](const Binding& binding, const Subject& subject, const std::vector<Rule>* rules) {
          return near.add_here(binding, subject, rules);
        });
    // Paths lie in no namespace.
    if (attributes.is_resource()) {
      index_.visit_elsewhere(
          call.user(), ns,
          [&near](const Binding& binding, const Subject& subject, const std::vector<Rule>* rules) {
            return near.add_elsewhere(binding, subject, rules);
          });
    }
    for (const std::string& sentence : near.sentences()) call.cause("near-miss", sentence);
  }

  Host& host_;
  Index index_;
};

}  // namespace
}  // namespace limen::rbac

LIMEN_EXPORT_MODULE(limen::authorizer<limen::rbac::Rbac>(
    {.id = "rbac",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Role-based access control from the roles and bindings in the store.",
     .required = {LIMEN_OBJECTS}}))
