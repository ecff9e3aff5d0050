// deny-list: rules that deny, whatever those asked after it would allow.
#include <limen/cpp/file_watch.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rule_file.h"
#include "rule_set.h"

namespace limen::deny_list {
namespace {

std::vector<Field> fields_of(Node rule) {
  std::vector<Field> fields;
  for (const auto& [key, value] : rule) {
    Field field{std::string(key), {}, value.is_array()};
    if (field.is_list) {
      field.texts = value.strings();
    } else {
      field.texts.push_back(value.string_or(""));
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

// Throws RuleError, which says what is wrong and not where.
Rule configured_rule(Node node, std::size_t index) {
  Rule rule = make_rule(fields_of(node));
  rule.where = "rules[" + std::to_string(index) + "]";
  if (rule.id.empty()) rule.id = rule.where;
  return rule;
}

// Calls wrong(index, what) for each rule that cannot be used.
template <class Wrong>
std::vector<Rule> configured_rules(Node config, Wrong wrong) {
  std::vector<Rule> rules;
  const Node list = config["rules"];
  for (std::size_t i = 0; i < list.size(); ++i) {
    try {
      rules.push_back(configured_rule(list.item(i), i));
    } catch (const RuleError& error) {
      wrong(i, error.what());
    }
  }
  return rules;
}

RuleSet configured_set(Node config) {
  try {
    return RuleSet(configured_rules(config, [](std::size_t index, const std::string& what) {
      throw ConfigError("rules[" + std::to_string(index) + "]: " + what);
    }));
  } catch (const RuleError& error) {
    throw ConfigError(error.what());
  }
}

constexpr const char* kNoRules =
    "there is nothing to go by: give rules, or the path of a file of rules";

class DenyList final : public Authorizer, public RuleLister {
 public:
  DenyList(Host& host, Node config) : clock_(host.clock()), own_(configured_set(config)) {
    tell(host.log(), "config", own_);
    if (const auto path = config["path"].as_string()) {
      const std::string file(*path);
      file_.emplace(host, "deny-rules", std::vector{file}, [this, file, log = host.log()] {
        RuleSet rules(read_rule_file(file));
        tell(log, file, rules);
        return rules;
      });
    } else if (!config["rules"]) {
      throw ConfigError(kNoRules);
    }
  }

  static void check_config(Node config, Findings& findings) {
    if (!config["rules"] && !config["path"]) findings.error("", kNoRules);
    std::vector<Rule> rules =
        configured_rules(config, [&](std::size_t index, const std::string& what) {
          findings.error("/rules/" + std::to_string(index), what);
        });
    try {
      const RuleSet unique(std::move(rules));
    } catch (const RuleError& error) {
      findings.error("/rules", error.what());
    }
    if (!config["path"]) return;
    try {
      const RuleSet unique(read_rule_file(config["path"].string_or("")));
    } catch (const std::exception& error) {
      findings.error("/path", error.what());
    }
  }

  Result<void> start() override { return file_ ? file_->start() : Result<void>(); }

  Result<void> authorize(AuthzCall& call) override {
    const Attributes attributes = call.attributes();
    const std::int64_t now = clock_.unix_seconds();
    if (const Rule* rule = own_.match(attributes, now)) return deny(call, *rule);
    if (!file_) return call.no_opinion();
    const auto rules = file_->get();
    const Rule* rule = rules->match(attributes, now);
    return rule == nullptr ? call.no_opinion() : deny(call, *rule);
  }

  // What others allow is listed by them, and nothing can be taken away from it here.
  Result<void> rules_for(RulesCall& call) override {
    const std::int64_t now = clock_.unix_seconds();
    if (own_.concerns(call.user(), now) || (file_ && file_->get()->concerns(call.user(), now))) {
      call.incomplete("some of this may be denied by the deny list");
    }
    return {};
  }

 private:
  static Result<void> deny(AuthzCall& call, const Rule& rule) {
    return call.rule(rule.where).cause("rule", rule.id).deny(refusal_of(rule));
  }

  void tell(const Log& log, const std::string& from, const RuleSet& rules) const {
    log.info("deny rules read", {{"from", from},
                                 {"rules", std::to_string(rules.size())},
                                 {"ended", std::to_string(rules.ended(clock_.unix_seconds()))}});
  }

  const Clock clock_;
  const RuleSet own_;
  std::optional<Reloaded<RuleSet>> file_;
};

constexpr const char* kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "path": {"type": "string", "minLength": 1,
             "description": "A YAML file with more rules under the key rules. A change is in force within a second."},
    "rules": {
      "type": "array",
      "description": "What is denied. A list that is left out or holds * matches all.",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
          "name": {"type": "string", "minLength": 1, "description": "What clients and the audit log are told."},
          "reason": {"type": "string", "minLength": 1, "description": "More words for clients and the audit log."},
          "until": {"type": "string", "description": "A time (RFC 3339) from which the rule does not apply any more."},
          "users": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
          "groups": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1},
                     "description": "With users: either is enough."},
          "verbs": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
          "apiGroups": {"type": "array", "minItems": 1, "items": {"type": "string"}},
          "resources": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1},
                        "description": "pods, pods/log, pods/*, */scale, *"},
          "namespaces": {"type": "array", "minItems": 1, "items": {"type": "string"}},
          "names": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
          "nonResourcePaths": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1},
                               "description": "Exact, or with a * at the end."}
        }
      }
    }
  }
})";

}  // namespace
}  // namespace limen::deny_list

LIMEN_EXPORT_MODULE(limen::authorizer<limen::deny_list::DenyList>(
    {.id = "deny-list",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary = "Denies what its rules name, whatever the authorizers after it would allow.",
     .config_schema = limen::deny_list::kSchema}))
