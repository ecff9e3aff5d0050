// Label selectors: the query language and the LabelSelector object.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/strings.h"
#include "object/metadata.h"
#include "object/names.h"
#include "object/selector.h"

namespace limen::object {

namespace {

enum class Token : std::uint8_t {
  error,
  end,
  closed,
  comma,
  bang,
  double_equals,
  equals,
  greater,
  identifier,
  in,
  less,
  not_equals,
  not_in,
  open
};

struct Item {
  Token token;
  std::string text;
};

struct Spelling {
  std::string_view text;
  Token token;
};
constexpr std::array<Spelling, 11> kSpellings = {{{")", Token::closed},
                                                  {",", Token::comma},
                                                  {"!", Token::bang},
                                                  {"==", Token::double_equals},
                                                  {"=", Token::equals},
                                                  {">", Token::greater},
                                                  {"in", Token::in},
                                                  {"<", Token::less},
                                                  {"!=", Token::not_equals},
                                                  {"notin", Token::not_in},
                                                  {"(", Token::open}}};

std::optional<Token> spelled(std::string_view text) {
  for (const Spelling& each : kSpellings) {
    if (each.text == text) return each.token;
  }
  return std::nullopt;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_special(char c) { return std::string_view("=!(),><").find(c) != std::string_view::npos; }

// Splits a selector's text; symbols are matched greedily.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Item> run() {
    std::vector<Item> items;
    do {
      items.push_back(next());
    } while (items.back().token != Token::end);
    return items;
  }

 private:
  Item next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    if (at_ >= text_.size() || text_[at_] == '\0') {
      at_ = text_.size();
      return {Token::end, ""};
    }
    return is_special(text_[at_]) ? symbol() : word();
  }

  Item word() {
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] != '\0' && !is_special(text_[at_]) &&
           !is_space(text_[at_])) {
      ++at_;
    }
    const std::string_view text = text_.substr(from, at_ - from);
    return {spelled(text).value_or(Token::identifier), std::string(text)};
  }

  Item symbol() {
    const std::size_t from = at_;
    std::optional<Item> last;
    for (; at_ < text_.size() && is_special(text_[at_]); ++at_) {
      const std::string_view text = text_.substr(from, at_ - from + 1);
      if (const std::optional<Token> token = spelled(text)) {
        last = Item{*token, std::string(text)};
      } else if (last) {
        break;
      }
    }
    if (last) return *last;
    return {Token::error,
            "error expected: keyword found '" + std::string(text_.substr(from, at_ - from)) + "'"};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string invalid_value(std::string_view path, std::string_view value,
                          std::string_view problems) {
  return std::string(path) + ": Invalid value: " + base::go_quote(value) + ": " +
         std::string(problems);
}

bool is_integer(std::string_view text) { return base::parse_int(text).has_value(); }

bool compares(SelectorOp op) {
  return op == SelectorOp::greater_than || op == SelectorOp::less_than;
}

// The rules every requirement obeys, from a text or an object. `values` are sorted and unique.
LabelSelector::Requirement checked(std::string key, SelectorOp op,
                                   std::vector<std::string> values) {
  std::vector<std::string> errors;
  if (const Problems problems = qualified_name(key); !problems.empty()) {
    errors.push_back(invalid_value("key", key, base::join(problems, "; ")));
  }
  const bool set_based = op == SelectorOp::in || op == SelectorOp::not_in;
  const bool unary = op == SelectorOp::exists || op == SelectorOp::does_not_exist;
  if (set_based && values.empty()) {
    errors.push_back(
        "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
  }
  if (unary && !values.empty()) {
    errors.push_back("values: Invalid value: [" + base::join(values, " ") +
                     "]: values set must be empty for exists and does not exist");
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string path = "values[" + std::to_string(i) + "]";
    if (compares(op) && !is_integer(values[i])) {
      errors.push_back(
          invalid_value(path, values[i], "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
    if (const Problems problems = label_value(values[i]); !problems.empty()) {
      errors.push_back(
          invalid_value(path + "[" + key + "]", values[i], base::join(problems, "; ")));
    }
  }
  if (errors.size() == 1) throw SelectorError(errors.front());
  if (!errors.empty()) throw SelectorError("[" + base::join(errors, ", ") + "]");
  return {std::move(key), op, std::move(values)};
}

void sort_unique(std::vector<std::string>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

class Parser {
 public:
  explicit Parser(std::string_view text) : items_(Lexer(text).run()) {}

  std::vector<LabelSelector::Requirement> run() {
    std::vector<LabelSelector::Requirement> out;
    while (true) {
      const Item first = peek();
      if (first.token == Token::end) return out;
      if (first.token != Token::identifier && first.token != Token::bang) {
        throw SelectorError("found '" + first.text +
                            "', expected: !, identifier, or 'end of string'");
      }
      try {
        out.push_back(requirement());
      } catch (const SelectorError& error) {
        throw SelectorError(std::string("unable to parse requirement: ") + error.what());
      }
      const Item separator = take();
      if (separator.token == Token::end) return out;
      if (separator.token != Token::comma) {
        throw SelectorError("found '" + separator.text + "', expected: ',' or 'end of string'");
      }
      const Item after = peek();
      if (after.token != Token::identifier && after.token != Token::bang) {
        throw SelectorError("found '" + after.text + "', expected: identifier after ','");
      }
    }
  }

 private:
  // Where a value may stand, `in` and `notin` are ordinary words.
  Item peek() const {
    Item item = items_[std::min(at_, items_.size() - 1)];
    if (item.token == Token::in || item.token == Token::not_in) item.token = Token::identifier;
    return item;
  }
  Item take() {
    Item item = peek();
    ++at_;
    return item;
  }
  Item take_operator() {
    const std::size_t at = std::min(at_, items_.size() - 1);
    ++at_;
    return items_[at];
  }

  LabelSelector::Requirement requirement() {
    const bool negated = peek().token == Token::bang;
    if (negated) take();
    const Item key = take();
    if (key.token != Token::identifier) {
      throw SelectorError("found '" + key.text + "', expected: identifier");
    }
    if (const Problems problems = qualified_name(key.text); !problems.empty()) {
      throw SelectorError(invalid_value("<nil>", key.text, base::join(problems, "; ")));
    }
    const Token next = peek().token;
    if (negated) return checked(key.text, SelectorOp::does_not_exist, {});
    if (next == Token::end || next == Token::comma) {
      return checked(key.text, SelectorOp::exists, {});
    }
    const SelectorOp op = binary_operator();
    const bool set_based = op == SelectorOp::in || op == SelectorOp::not_in;
    std::vector<std::string> values = set_based ? value_set() : exact_value();
    sort_unique(values);
    return checked(key.text, op, std::move(values));
  }

  SelectorOp binary_operator() {
    const Item item = take_operator();
    switch (item.token) {
      case Token::in:
        return SelectorOp::in;
      case Token::not_in:
        return SelectorOp::not_in;
      case Token::equals:
        return SelectorOp::equals;
      case Token::double_equals:
        return SelectorOp::double_equals;
      case Token::not_equals:
        return SelectorOp::not_equals;
      case Token::greater:
        return SelectorOp::greater_than;
      case Token::less:
        return SelectorOp::less_than;
      default:
        throw SelectorError("found '" + item.text + "', expected: in, notin, =, ==, !=, gt, lt");
    }
  }

  std::vector<std::string> exact_value() {
    const Token next = peek().token;
    if (next == Token::end || next == Token::comma) return {""};
    const Item value = take();
    if (value.token != Token::identifier) {
      throw SelectorError("found '" + value.text + "', expected: identifier");
    }
    return {value.text};
  }

  std::vector<std::string> value_set() {
    if (const Item open = take(); open.token != Token::open) {
      throw SelectorError("found '" + open.text + "' expected: '('");
    }
    const Item first = peek();
    if (first.token == Token::closed) {
      take();
      return {""};
    }
    if (first.token != Token::identifier && first.token != Token::comma) {
      throw SelectorError("found '" + first.text + "', expected: ',', ')' or identifier");
    }
    std::vector<std::string> values = identifiers();
    if (take().token != Token::closed) {
      throw SelectorError("found '" + first.text + "', expected: ')'");
    }
    return values;
  }

  // Words between commas; nothing between two is the empty value.
  std::vector<std::string> identifiers() {
    std::vector<std::string> values;
    while (true) {
      const Item item = take();
      if (item.token == Token::identifier) {
        values.push_back(item.text);
        const Item after = peek();
        if (after.token == Token::closed) return values;
        if (after.token != Token::comma) {
          throw SelectorError("found '" + after.text + "', expected: ',' or ')'");
        }
      } else if (item.token == Token::comma) {
        if (values.empty()) values.emplace_back();
        const Token after = peek().token;
        if (after == Token::closed || after == Token::comma) values.emplace_back();
        if (after == Token::closed) return values;
      } else {
        throw SelectorError("found '" + item.text + "', expected: ',', or identifier");
      }
    }
  }

  std::vector<Item> items_;
  std::size_t at_ = 0;
};

const std::string* lookup(const Labels& labels, std::string_view key) {
  const auto at = std::lower_bound(
      labels.begin(), labels.end(), key,
      [](const auto& label, std::string_view wanted) { return label.first < wanted; });
  return at != labels.end() && at->first == key ? &at->second : nullptr;
}

SelectorOp object_operator(std::string_view text) {
  if (text == "In") return SelectorOp::in;
  if (text == "NotIn") return SelectorOp::not_in;
  if (text == "Exists") return SelectorOp::exists;
  if (text == "DoesNotExist") return SelectorOp::does_not_exist;
  throw SelectorError(base::go_quote(text) + " is not a valid label selector operator");
}

std::string_view symbol(SelectorOp op) {
  switch (op) {
    case SelectorOp::equals:
      return "=";
    case SelectorOp::double_equals:
      return "==";
    case SelectorOp::not_equals:
      return "!=";
    case SelectorOp::in:
      return " in ";
    case SelectorOp::not_in:
      return " notin ";
    case SelectorOp::greater_than:
      return ">";
    case SelectorOp::less_than:
      return "<";
    case SelectorOp::exists:
    case SelectorOp::does_not_exist:
      return "";
  }
  return "";
}

void sort_by_key(std::vector<LabelSelector::Requirement>& requirements) {
  std::stable_sort(requirements.begin(), requirements.end(),
                   [](const auto& a, const auto& b) { return a.key < b.key; });
}

}  // namespace

bool LabelSelector::Requirement::matches(const Labels& labels) const {
  const std::string* value = lookup(labels, key);
  switch (op) {
    case SelectorOp::exists:
      return value != nullptr;
    case SelectorOp::does_not_exist:
      return value == nullptr;
    case SelectorOp::equals:
    case SelectorOp::double_equals:
    case SelectorOp::in:
      return value && std::binary_search(values.begin(), values.end(), *value);
    case SelectorOp::not_equals:
    case SelectorOp::not_in:
      return !value || !std::binary_search(values.begin(), values.end(), *value);
    case SelectorOp::greater_than:
    case SelectorOp::less_than: {
      if (!value) return false;
      const std::optional<std::int64_t> have = base::parse_int(*value);
      const std::optional<std::int64_t> bound = base::parse_int(values.front());
      if (!have || !bound) return false;
      return op == SelectorOp::greater_than ? *have > *bound : *have < *bound;
    }
  }
  return false;
}

LabelSelector LabelSelector::nothing() {
  LabelSelector out;
  out.nothing_ = true;
  return out;
}

LabelSelector LabelSelector::parse(std::string_view text) {
  LabelSelector out;
  out.requirements_ = Parser(text).run();
  sort_by_key(out.requirements_);
  return out;
}

LabelSelector LabelSelector::from_object(const Json& selector) {
  if (!selector.is_object()) return nothing();
  LabelSelector out;
  for (const auto& [key, value] : to_labels(member(selector, "matchLabels"))) {
    out.requirements_.push_back(checked(key, SelectorOp::equals, {value}));
  }
  const Json* expressions = member(selector, "matchExpressions");
  if (expressions && expressions->is_array()) {
    for (const Json& expression : expressions->get_array()) {
      std::vector<std::string> values;
      if (const Json* list = member(expression, "values"); list && list->is_array()) {
        for (const Json& value : list->get_array()) {
          if (value.is_string()) values.emplace_back(std::string_view(value.get_string()));
        }
      }
      sort_unique(values);
      out.requirements_.push_back(checked(std::string(text_at(expression, "key")),
                                          object_operator(text_at(expression, "operator")),
                                          std::move(values)));
    }
  }
  sort_by_key(out.requirements_);
  return out;
}

bool LabelSelector::matches(const Labels& labels) const {
  if (nothing_) return false;
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const Requirement& requirement) { return requirement.matches(labels); });
}

std::string LabelSelector::to_string() const {
  std::string out;
  for (const Requirement& requirement : requirements_) {
    if (!out.empty()) out += ',';
    if (requirement.op == SelectorOp::does_not_exist) out += '!';
    out += requirement.key;
    out += symbol(requirement.op);
    const bool set_based = requirement.op == SelectorOp::in || requirement.op == SelectorOp::not_in;
    if (set_based) out += '(';
    out += base::join(requirement.values, ",");
    if (set_based) out += ')';
  }
  return out;
}

}  // namespace limen::object
