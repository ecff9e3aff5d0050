#include "check_tolerations.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "common/go_quote.h"
#include "common/tolerations.h"

namespace limen::plugins {

namespace {

constexpr std::size_t kMaxName = 63;
constexpr std::size_t kMaxPrefix = 253;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_letter_or_digit(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

// Begins and ends with a letter or digit, with "-", "_" and "." between.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

// A DNS subdomain (RFC 1123).
bool is_prefix(std::string_view text) {
  if (text.empty() || text.size() > kMaxPrefix) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view part = text.substr(0, dot);
    if (part.empty() || !is_lower_or_digit(part.front()) || !is_lower_or_digit(part.back())) {
      return false;
    }
    if (!std::all_of(part.begin(), part.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-'; })) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_label_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_name(text);
  return is_prefix(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

using Refuse = std::function<void(const char* field, const std::string& what)>;

void check_operator(const Toleration& one, const Refuse& refuse) {
  if (one.op == "Exists") {
    if (!one.value.empty()) {
      refuse("operator", "Invalid value: " + go_quote(one.value) +
                             ": value must be empty when `operator` is 'Exists'");
    }
  } else if (one.op == "Equal" || one.op.empty()) {
    if (!one.value.empty() && !is_name(one.value)) {
      refuse("operator", "Invalid value: " + go_quote(one.value) + ": must be a label's value");
    }
  } else {
    refuse("operator",
           "Unsupported value: " + go_quote(one.op) + ": supported values: \"Equal\", \"Exists\"");
  }
}

void check_effect(const Toleration& one, const Refuse& refuse) {
  if (one.seconds && one.effect != "NoExecute") {
    refuse("effect", "Invalid value: " + go_quote(one.effect) +
                         ": effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  if (!one.effect.empty() && one.effect != "NoSchedule" && one.effect != "PreferNoSchedule" &&
      one.effect != "NoExecute") {
    refuse("effect", "Unsupported value: " + go_quote(one.effect) +
                         ": supported values: \"NoExecute\", \"NoSchedule\", \"PreferNoSchedule\"");
  }
}

void check_one(const Toleration& one, const Refuse& refuse) {
  if (!one.key.empty() && !is_label_name(one.key)) {
    refuse("key", "Invalid value: " + go_quote(one.key) + ": must be a label's name");
  }
  if (one.key.empty() && one.op != "Exists") {
    refuse("operator", "Invalid value: " + go_quote(one.op) +
                           ": operator must be Exists when `key` is empty, which means \"match all "
                           "values and all keys\"");
  }
  check_operator(one, refuse);
  check_effect(one, refuse);
}

}  // namespace

void check_tolerations(const Node& config, const std::string& field, const TellFault& tell) {
  std::size_t index = 0;
  for (const auto& [key, node] : config[field]) {
    const std::string number = std::to_string(index++);
    check_one(Toleration::read(node), [&](const char* name, const std::string& what) {
      tell("/" + field + "/" + number + "/" + name,
           field + "[" + number + "]." + name + ": " + what);
    });
  }
}

}  // namespace limen::plugins
