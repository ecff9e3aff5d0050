#include "authz/rule_cover.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/strings.h"

namespace limen::authz {

namespace {

using Texts = std::vector<std::string>;

bool has(const Texts& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// One verb on one resource of one name ("": any), or on one URL.
struct Grant {
  std::string_view verb, group, resource, name, url;
  enum class On : std::uint8_t { resource, named_resource, url } on = On::resource;
};

std::vector<Grant> grants_of(const PolicyRule& rule) {
  std::vector<Grant> grants;
  for (const std::string& group : rule.api_groups) {
    for (const std::string& resource : rule.resources) {
      for (const std::string& verb : rule.verbs) {
        if (rule.resource_names.empty()) grants.push_back({verb, group, resource, {}, {}});
        for (const std::string& name : rule.resource_names) {
          grants.push_back({verb, group, resource, name, {}, Grant::On::named_resource});
        }
      }
    }
  }
  for (const std::string& url : rule.non_resource_urls) {
    for (const std::string& verb : rule.verbs)
      grants.push_back({verb, {}, {}, {}, url, Grant::On::url});
  }
  return grants;
}

// "pods/log" is covered by itself, by "*" and by "*/log".
bool covers_resource(const Texts& held, std::string_view resource) {
  if (has(held, "*") || has(held, resource)) return true;
  const std::size_t slash = resource.find('/');
  return slash != std::string_view::npos && has(held, "*" + std::string(resource.substr(slash)));
}

bool covers(const ResourceRule& held, const Grant& grant) {
  return (has(held.verbs, "*") || has(held.verbs, grant.verb)) &&
         (has(held.api_groups, "*") || has(held.api_groups, grant.group)) &&
         covers_resource(held.resources, grant.resource) &&
         (held.resource_names.empty() ||
          (grant.on == Grant::On::named_resource && has(held.resource_names, grant.name)));
}

bool covers_url(std::string_view held, std::string_view url) {
  if (held == "*" || held == url) return true;
  if (!held.ends_with('*')) return false;
  while (held.ends_with('*')) held.remove_suffix(1);
  return url.starts_with(held);
}

bool covers(const NonResourceRule& held, const Grant& grant) {
  return (has(held.verbs, "*") || has(held.verbs, grant.verb)) &&
         std::any_of(held.urls.begin(), held.urls.end(),
                     [&](const std::string& url) { return covers_url(url, grant.url); });
}

bool is_covered(const Rules& held, const Grant& grant) {
  const auto by = [&](const auto& rule) { return covers(rule, grant); };
  if (grant.on == Grant::On::url) {
    return std::any_of(held.non_resource_rules.begin(), held.non_resource_rules.end(), by);
  }
  return std::any_of(held.resource_rules.begin(), held.resource_rules.end(), by);
}

PolicyRule rule_of(const Grant& grant) {
  PolicyRule rule;
  rule.verbs = {std::string(grant.verb)};
  if (grant.on == Grant::On::url) {
    rule.non_resource_urls = {std::string(grant.url)};
    return rule;
  }
  rule.api_groups = {std::string(grant.group)};
  rule.resources = {std::string(grant.resource)};
  if (grant.on == Grant::On::named_resource) rule.resource_names = {std::string(grant.name)};
  return rule;
}

// Joins the verbs of rules about one and the same resource.
std::vector<PolicyRule> joined(const std::vector<PolicyRule>& rules) {
  std::vector<PolicyRule> out;
  std::map<std::tuple<std::string, std::string, Texts>, std::size_t> places;
  for (const PolicyRule& rule : rules) {
    const bool simple = rule.non_resource_urls.empty() && rule.api_groups.size() == 1 &&
                        rule.resources.size() == 1 && rule.resource_names.size() <= 1;
    if (simple) {
      const auto [place, fresh] = places.try_emplace(
          {rule.api_groups[0], rule.resources[0], rule.resource_names}, out.size());
      if (!fresh) {
        Texts& verbs = out[place->second].verbs;
        verbs.insert(verbs.end(), rule.verbs.begin(), rule.verbs.end());
        continue;
      }
    }
    out.push_back(rule);
  }
  return out;
}

std::string describe(const PolicyRule& rule) {
  Texts parts;
  const auto add = [&](std::string_view label, const Texts& list) {
    if (!list.empty()) parts.push_back(std::string(label) + ":" + go_quote_list(list));
  };
  add("APIGroups", rule.api_groups);
  add("Resources", rule.resources);
  add("NonResourceURLs", rule.non_resource_urls);
  add("ResourceNames", rule.resource_names);
  add("Verbs", rule.verbs);
  return "{" + base::join(parts, ", ") + "}";
}

}  // namespace

std::vector<PolicyRule> full_authority() {
  return {{{"*"}, {"*"}, {"*"}, {}, {}}, {{"*"}, {}, {}, {}, {"*"}}};
}

std::vector<PolicyRule> missing_rules(const Rules& held, const std::vector<PolicyRule>& wanted) {
  std::vector<PolicyRule> missing;
  for (const PolicyRule& rule : wanted) {
    for (const Grant& grant : grants_of(rule)) {
      if (!is_covered(held, grant)) missing.push_back(rule_of(grant));
    }
  }
  return missing;
}

std::string describe_rules(const std::vector<PolicyRule>& rules) {
  std::set<std::string> lines;
  for (const PolicyRule& rule : joined(rules)) lines.insert(describe(rule));
  return base::join(Texts(lines.begin(), lines.end()), "\n");
}

std::string go_quote_list(const std::vector<std::string>& texts) {
  Texts quoted;
  for (const std::string& text : texts) quoted.push_back(base::go_quote(text));
  return "[" + base::join(quoted, " ") + "]";
}

}  // namespace limen::authz
