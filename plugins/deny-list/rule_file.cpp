#include "rule_file.h"

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <filesystem>

#include "common/text_file.h"
#include "yaml_documents.h"

namespace limen::deny_list {

namespace {

constexpr std::uintmax_t kMaxBytes = 64u << 20;

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  std::vector<Rule> read() const {
    const std::string text = plugins::read_text_file(path_, kMaxBytes);
    try {
      return rules_of(load_documents(text));
    } catch (const YAML::Exception& error) {
      refuse(error.mark, "is not YAML: " + error.msg);
    }
  }

 private:
  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& what) const {
    throw std::runtime_error(place(path_, mark) + ": " + what);
  }
  static std::string place(const std::string& file, const YAML::Mark& mark) {
    return file + ":" + std::to_string(mark.is_null() ? 1 : mark.line + 1);
  }

  std::vector<Rule> rules_of(const Documents& documents) const {
    if (documents.second) refuse(*documents.second, "a second document");
    const YAML::Node& root = documents.first;
    if (!root.IsMap()) {
      refuse(YAML::Mark::null_mark(), "holds no rules: write \"rules: []\" if that is meant");
    }
    for (const auto& member : root) {
      if (member.first.Scalar() != "rules") {
        refuse(member.first.Mark(), "unknown key \"" + member.first.Scalar() + "\"");
      }
    }
    if (root.size() != 1) refuse(root.Mark(), "rules: must be there once");
    const YAML::Node list = root["rules"];
    if (!list.IsSequence()) refuse(list.Mark(), "rules: is not a list");
    std::vector<Rule> rules;
    for (const YAML::Node& item : list) rules.push_back(rule_of(item));
    return rules;
  }

  Rule rule_of(const YAML::Node& item) const {
    if (!item.IsMap()) refuse(item.Mark(), "is not a rule: expected a mapping");
    try {
      Rule rule = make_rule(fields_of(item));
      rule.where = place(path_, item.Mark());
      if (rule.id.empty()) {
        rule.id = place(std::filesystem::path(path_).filename().string(), item.Mark());
      }
      return rule;
    } catch (const RuleError& error) {
      refuse(item.Mark(), error.what());
    }
  }

  static std::vector<Field> fields_of(const YAML::Node& item) {
    std::vector<Field> fields;
    for (const auto& member : item) {
      Field field{member.first.IsScalar() ? member.first.Scalar() : "?", {}, false};
      field.is_list = member.second.IsSequence();
      if (field.is_list) {
        for (const YAML::Node& text : member.second)
          field.texts.push_back(text_of(field.key, text));
      } else {
        field.texts.push_back(text_of(field.key, member.second));
      }
      fields.push_back(std::move(field));
    }
    return fields;
  }

  static std::string text_of(const std::string& key, const YAML::Node& node) {
    if (!node.IsScalar()) throw RuleError(key + ": is not a text or a list of texts");
    return node.Scalar();
  }

  const std::string& path_;
};

}  // namespace

std::vector<Rule> read_rule_file(const std::string& path) { return Reader(path).read(); }

}  // namespace limen::deny_list
