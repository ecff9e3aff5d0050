#include "audit/policy_file.h"

#include <algorithm>

#include "base/strings.h"
#include "config/findings.h"
#include "config/module_entries.h"
#include "config/yaml_file.h"
#include "config/yaml_values.h"
#include "object/names.h"

namespace limen::audit {

namespace {

constexpr std::string_view kApiVersion = "audit.k8s.io/v1";
constexpr std::string_view kKind = "Policy";

std::string indexed(const std::string& path, std::size_t index) {
  return path + '[' + std::to_string(index) + ']';
}

template <std::size_t N>
std::string one_of(const std::array<std::string_view, N>& names) {
  std::string text = "must be ";
  for (std::size_t i = 0; i < N; ++i) {
    if (i > 0) text += i + 1 == N ? " or " : ", ";
    text += names[i];
  }
  return text;
}

// Reads one document into one policy.
class Reader {
 public:
  Reader(Policy& policy, config::Findings& findings) : policy_(policy), findings_(findings) {}

  void read(const YAML::Node& root) {
    if (!root.IsMap()) {
      return wrong(root, "",
                   "must be a map that begins with apiVersion and kind, not " +
                       std::string(config::kind_of(root)));
    }
    bool api_version = false;
    bool kind = false;
    bool rules = false;
    for (const auto& [key, value] : config::checked_items(
             findings_, root, "",
             {"apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"})) {
      if (key == "apiVersion") {
        api_version = true;
        must_be(value, key, kApiVersion);
      } else if (key == "kind") {
        kind = true;
        must_be(value, key, kKind);
      } else if (key == "rules") {
        rules = true;
        read_rules(value);
      } else if (key == "omitStages") {
        policy_.omit_stages = stages(value, key);
      } else if (key == "omitManagedFields") {
        policy_.omit_managed_fields = flag(value, key);
      }
    }
    if (!api_version) missing(root, "apiVersion", "it must be " + std::string(kApiVersion));
    if (!kind) missing(root, "kind", "it must be " + std::string(kKind));
    if (!rules) missing(root, "rules", "without one nothing is recorded");
  }

 private:
  void wrong(const YAML::Node& node, const std::string& path, const std::string& what,
             std::string_view hint = {}) {
    findings_.add(config::position_of(node), path, what, hint);
  }
  void missing(const YAML::Node& node, const std::string& path, const std::string& why) {
    wrong(node, path, "is missing", why);
  }
  void must_be(const YAML::Node& node, const std::string& path, std::string_view text) {
    if (!node.IsScalar() || node.Scalar() != text)
      wrong(node, path, "must be " + std::string(text));
  }

  bool flag(const YAML::Node& node, const std::string& path) {
    const auto value = node.IsScalar() ? config::scalar_value(node) : std::nullopt;
    if (value && value->is_bool()) return value->get_bool();
    wrong(node, path, "must be true or false, not " + std::string(config::kind_of(node)));
    return false;
  }

  // A list of texts; a key with nothing behind it is an empty one. `each` may judge an item.
  template <class Each>
  std::vector<std::string> texts(const YAML::Node& node, const std::string& path, Each each) {
    std::vector<std::string> out;
    if (node.IsNull()) return out;
    if (!node.IsSequence()) {
      wrong(node, path, "must be a list, not " + std::string(config::kind_of(node)));
      return out;
    }
    for (const YAML::Node& item : node) {
      const std::string where = indexed(path, out.size());
      out.emplace_back();
      if (!item.IsScalar()) {
        wrong(item, where, "must be text, not " + std::string(config::kind_of(item)));
        continue;
      }
      out.back() = item.Scalar();
      const std::string problem = each(out.back());
      if (!problem.empty()) wrong(item, where, base::go_quote(out.back()) + ' ' + problem);
    }
    return out;
  }
  std::vector<std::string> texts(const YAML::Node& node, const std::string& path) {
    return texts(node, path, [](const std::string&) { return std::string(); });
  }

  Stages stages(const YAML::Node& node, const std::string& path) {
    Stages set = 0;
    texts(node, path, [&](const std::string& name) {
      const auto* const found = std::find(kStageNames.begin(), kStageNames.end(), name);
      if (found == kStageNames.end()) return one_of(kStageNames);
      set |= bit(static_cast<Stage>(found - kStageNames.begin()));
      return std::string();
    });
    return set;
  }

  AuditLevel level(const YAML::Node& node, const std::string& path) {
    const std::string text = node.IsScalar() ? node.Scalar() : std::string();
    const auto* const found = std::find(kLevelNames.begin(), kLevelNames.end(), text);
    if (found != kLevelNames.end()) return static_cast<AuditLevel>(found - kLevelNames.begin());
    wrong(node, path, base::go_quote(text) + ' ' + one_of(kLevelNames));
    return AuditLevel::none;
  }

  void read_rules(const YAML::Node& node) {
    if (!node.IsSequence()) {
      return wrong(node, "rules", "must be a list, not " + std::string(config::kind_of(node)));
    }
    if (node.size() == 0)
      wrong(node, "rules", "must hold a rule", "without one nothing is recorded");
    for (const YAML::Node& item : node) {
      const std::string path = indexed("rules", policy_.rules.size());
      policy_.rules.emplace_back();
      read_rule(item, path, policy_.rules.back());
    }
  }

  void read_rule(const YAML::Node& node, const std::string& path, Rule& rule) {
    if (!node.IsMap()) {
      return wrong(node, path, "must be a map, not " + std::string(config::kind_of(node)));
    }
    bool has_level = false;
    for (const auto& [key, value] :
         config::checked_items(findings_, node, path,
                               {"level", "users", "userGroups", "verbs", "resources", "namespaces",
                                "nonResourceURLs", "omitStages", "omitManagedFields"})) {
      const std::string where = path + '.' + key;
      if (key == "level") {
        has_level = true;
        rule.level = level(value, where);
      } else if (key == "users") {
        rule.users = texts(value, where);
      } else if (key == "userGroups") {
        rule.user_groups = texts(value, where);
      } else if (key == "verbs") {
        rule.verbs = texts(value, where);
      } else if (key == "resources") {
        read_resources(value, where, rule);
      } else if (key == "namespaces") {
        rule.namespaces = texts(value, where);
      } else if (key == "nonResourceURLs") {
        rule.non_resource_urls = texts(value, where, url_problem);
      } else if (key == "omitStages") {
        rule.omit_stages = stages(value, where);
      } else {
        rule.omit_managed_fields = flag(value, where);
      }
    }
    if (!has_level) missing(node, path + ".level", "it " + one_of(kLevelNames));
    if (!rule.non_resource_urls.empty() && !(rule.resources.empty() && rule.namespaces.empty())) {
      wrong(node, path, "rules cannot apply to both regular resources and non-resource URLs");
    }
  }

  static std::string url_problem(const std::string& url) {
    if (url == "*") return {};
    if (!url.starts_with('/')) return "must begin with '/', or be \"*\"";
    const std::size_t star = url.find('*');
    return star != std::string::npos && star + 1 != url.size() ? "may hold '*' only at its end"
                                                               : std::string();
  }

  void read_resources(const YAML::Node& node, const std::string& path, Rule& rule) {
    if (node.IsNull()) return;
    if (!node.IsSequence()) {
      return wrong(node, path, "must be a list, not " + std::string(config::kind_of(node)));
    }
    for (const YAML::Node& item : node) {
      const std::string where = indexed(path, rule.resources.size());
      rule.resources.emplace_back();
      read_group(item, where, rule.resources.back());
    }
  }

  void read_group(const YAML::Node& node, const std::string& path, GroupResources& group) {
    if (!node.IsMap()) {
      return wrong(node, path, "must be a map, not " + std::string(config::kind_of(node)));
    }
    for (const auto& [key, value] :
         config::checked_items(findings_, node, path, {"group", "resources", "resourceNames"})) {
      const std::string where = path + '.' + key;
      if (key == "resources") {
        group.resources = texts(value, where);
      } else if (key == "resourceNames") {
        group.resource_names = texts(value, where);
      } else {
        read_group_name(value, where, group.group);
      }
    }
    if (!group.resource_names.empty() && group.resources.empty()) {
      wrong(node, path, "using resourceNames requires at least one resource");
    }
  }

  void read_group_name(const YAML::Node& node, const std::string& path, std::string& out) {
    if (!node.IsScalar()) {
      return wrong(node, path, "must be text, not " + std::string(config::kind_of(node)));
    }
    out = node.Scalar();
    if (out.empty() || out == "*") return;
    const auto problems = object::dns1123_subdomain(out);
    if (problems.empty()) return;
    const bool versioned = out.find('/') != std::string::npos;
    if (versioned) {
      return wrong(node, path, base::go_quote(out) + " is no API group",
                   "groups are named without a version");
    }
    wrong(node, path, base::go_quote(out) + " is no API group: " + problems.front());
  }

  Policy& policy_;
  config::Findings& findings_;
};

}  // namespace

ReadPolicy read_policy(std::string_view text, const std::string& name) {
  ReadPolicy read;
  config::Findings findings(name);
  if (text.size() > kMaxPolicyBytes) {
    findings.add({}, "", "is larger than " + std::to_string(kMaxPolicyBytes) + " bytes");
  } else if (const auto root = config::parse_one(text, findings)) {
    Reader(read.policy, findings).read(*root);
  }
  read.findings = findings.take();
  return read;
}

ReadPolicy read_policy_file(const std::string& path) {
  std::string text;
  std::string why;
  if (config::read_file(path, kMaxPolicyBytes, text, why)) return read_policy(text, path);
  ReadPolicy read;
  read.findings.push_back({path, {}, {}, why, {}});
  return read;
}

}  // namespace limen::audit
