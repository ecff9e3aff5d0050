#include "catalog/custom/column_path.h"

#include "base/strings.h"
#include "object/canonical.h"
#include "object/metadata.h"

namespace limen::catalog {

using object::Json;

namespace {

// The text between quotes of either kind; nothing when `text` is not quoted.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const char quote = text.front();
  if ((quote != '\'' && quote != '"') || text.back() != quote) return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

// The position of the bracket that closes the one at `open`, or npos. Quoted text is passed over.
std::size_t closing(std::string_view text, std::size_t open) {
  char quote = 0;
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\') {
        ++i;
      } else if (c == quote) {
        quote = 0;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == ']') {
      return i;
    }
  }
  return std::string_view::npos;
}

// Closes or opens what was not opened.
bool is_stray(char c) { return c == ']' || c == '{' || c == '}'; }

// Compares as the condition writes it: texts without quotes, everything else as JSON.
bool equals(const Json& value, std::string_view text) {
  if (value.is_string()) return std::string_view(value.get_string()) == text;
  return object::to_json(value) == text;
}

const Json* member_by_dots(const Json& value, std::string_view dotted) {
  const Json* found = &value;
  for (const std::string_view name : base::split(dotted, '.')) {
    if (name.empty()) continue;
    found = object::member(*found, name);
    if (!found) return nullptr;
  }
  return found;
}

}  // namespace

bool ColumnPath::parse_brackets(std::string_view inside, Step& step) {
  inside = base::trim(inside);
  if (inside == "*") {
    step.kind = Kind::every;
    return true;
  }
  if (const auto name = unquoted(inside)) {
    step.name = *name;
    return true;
  }
  if (inside.starts_with("?(") && inside.ends_with(")")) {
    const std::string_view condition = base::trim(inside.substr(2, inside.size() - 3));
    std::size_t at = condition.find("==");
    if (at == std::string_view::npos) {
      at = condition.find("!=");
      step.negated = true;
    }
    if (at == std::string_view::npos || !condition.starts_with("@")) return false;
    step.kind = Kind::where;
    step.name = base::trim(condition.substr(1, at - 1));
    const std::string_view value = base::trim(condition.substr(at + 2));
    step.equals = unquoted(value).value_or(std::string(value));
    return step.name.starts_with(".");
  }
  const auto index = base::parse_int(inside);
  if (!index) return false;
  step.kind = Kind::index;
  step.index = *index;
  return true;
}

std::optional<ColumnPath> ColumnPath::parse(std::string_view text) {
  if (text.starts_with("{") && text.ends_with("}")) text = text.substr(1, text.size() - 2);
  if (text.starts_with("$")) text.remove_prefix(1);
  ColumnPath path;
  while (!text.empty()) {
    Step step;
    if (text.front() == '[') {
      const std::size_t end = closing(text, 0);
      if (end == std::string_view::npos || !parse_brackets(text.substr(1, end - 1), step)) {
        return std::nullopt;
      }
      text.remove_prefix(end + 1);
    } else if (text.front() == '.') {
      text.remove_prefix(1);
      const bool bracket_next = text.starts_with('[');
      if (bracket_next) continue;
      // A dot within a name is written with a backslash before it.
      std::size_t i = 0;
      for (; i < text.size() && text[i] != '.' && text[i] != '['; ++i) {
        if (is_stray(text[i])) return std::nullopt;
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        step.name += text[i];
      }
      text.remove_prefix(i);
      if (step.name.empty()) return std::nullopt;
      if (step.name == "*") step.kind = Kind::every;
    } else {
      return std::nullopt;
    }
    path.steps_.push_back(std::move(step));
  }
  if (path.steps_.empty()) return std::nullopt;
  return path;
}

const Json* ColumnPath::follow(const Json& value, std::size_t from) const {
  if (from == steps_.size()) return &value;
  const Step& step = steps_[from];
  switch (step.kind) {
    case Kind::member: {
      const Json* next = object::member(value, step.name);
      return next ? follow(*next, from + 1) : nullptr;
    }
    case Kind::index: {
      if (!value.is_array()) return nullptr;
      const auto size = static_cast<std::int64_t>(value.get_array().size());
      const std::int64_t at = step.index < 0 ? size + step.index : step.index;
      if (at < 0 || at >= size) return nullptr;
      return follow(value.get_array()[static_cast<std::size_t>(at)], from + 1);
    }
    case Kind::every:
    case Kind::where:
      break;
  }
  const auto try_one = [&](const Json& one) -> const Json* {
    if (step.kind == Kind::where) {
      const Json* compared = member_by_dots(one, step.name);
      if (!compared || equals(*compared, step.equals) == step.negated) return nullptr;
    }
    return follow(one, from + 1);
  };
  if (value.is_array()) {
    for (const Json& one : value.get_array()) {
      if (const Json* found = try_one(one)) return found;
    }
  } else if (value.is_object()) {
    for (const auto& entry : value.get_object()) {
      if (const Json* found = try_one(entry.value())) return found;
    }
  }
  return nullptr;
}

const Json* ColumnPath::find(const Json& value) const { return follow(value, 0); }

std::vector<std::string_view> ColumnPath::names() const {
  std::vector<std::string_view> names;
  for (const Step& step : steps_) {
    if (step.kind != Kind::member) return {};
    names.push_back(step.name);
  }
  return names;
}

}  // namespace limen::catalog
