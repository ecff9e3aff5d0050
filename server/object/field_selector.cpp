// Field selectors: terms joined by commas, with backslash escapes in values.
#include <algorithm>

#include "object/selector.h"

namespace limen::object {

namespace {

constexpr char kEscape = '\\';

// Parts between unescaped commas, escapes kept.
std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kEscape) {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  terms.push_back(text.substr(start));
  return terms;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == kEscape) {
      const std::string_view sequence = text.substr(i, 2);
      ++i;
      if (i >= text.size() || (text[i] != kEscape && text[i] != ',' && text[i] != '=')) {
        throw SelectorError("invalid field selector: invalid escape sequence: " +
                            std::string(sequence));
      }
      out += text[i];
    } else if (c == ',' || c == '=') {
      throw SelectorError("invalid field selector: unescaped character in value: " +
                          std::to_string(static_cast<int>(c)));
    } else {
      out += c;
    }
  }
  return out;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == kEscape || c == ',' || c == '=') out += kEscape;
    out += c;
  }
  return out;
}

// The first operator decides where the field ends.
bool split_term(std::string_view term, FieldSelector::Requirement& out, std::string_view& value) {
  for (std::size_t i = 0; i < term.size(); ++i) {
    const std::string_view rest = term.substr(i);
    for (const std::string_view op : {"!=", "==", "="}) {
      if (!rest.starts_with(op)) continue;
      out.field = term.substr(0, i);
      out.negated = op == "!=";
      value = rest.substr(op.size());
      return true;
    }
  }
  return false;
}

}  // namespace

FieldSelector FieldSelector::parse(std::string_view text) {
  FieldSelector out;
  std::vector<std::string_view> terms = split_terms(text);
  std::sort(terms.begin(), terms.end());
  for (const std::string_view term : terms) {
    if (term.empty()) continue;
    Requirement requirement;
    std::string_view value;
    if (!split_term(term, requirement, value)) {
      throw SelectorError("invalid selector: '" + std::string(text) + "'; can't understand '" +
                          std::string(term) + "'");
    }
    requirement.value = unescape(value);
    out.requirements_.push_back(std::move(requirement));
  }
  return out;
}

bool FieldSelector::matches(
    const std::function<std::string_view(std::string_view)>& value_of) const {
  return std::all_of(
      requirements_.begin(), requirements_.end(), [&](const Requirement& requirement) {
        return (value_of(requirement.field) == requirement.value) != requirement.negated;
      });
}

const std::string* FieldSelector::exact(std::string_view field) const {
  for (const Requirement& requirement : requirements_) {
    if (requirement.field == field && !requirement.negated) return &requirement.value;
  }
  return nullptr;
}

std::string FieldSelector::to_string() const {
  std::string out;
  for (const Requirement& requirement : requirements_) {
    if (!out.empty()) out += ',';
    out += requirement.field;
    out += requirement.negated ? "!=" : "=";
    out += escape(requirement.value);
  }
  return out;
}

}  // namespace limen::object
