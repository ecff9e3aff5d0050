#include "authz/selectors.h"

#include <optional>
#include <utility>

#include "base/strings.h"
#include "object/metadata.h"
#include "object/selector.h"

namespace limen::authz {

namespace {

using object::Json;
using object::LabelSelector;
using object::SelectorOp;
using Op = Requirement::Op;
using Texts = std::vector<std::string>;

Op op_of(SelectorOp op) {
  switch (op) {
    case SelectorOp::equals:
    case SelectorOp::double_equals:
    case SelectorOp::in:
      return Op::in;
    case SelectorOp::not_equals:
    case SelectorOp::not_in:
      return Op::not_in;
    case SelectorOp::exists:
      return Op::exists;
    case SelectorOp::does_not_exist:
      return Op::does_not_exist;
    case SelectorOp::greater_than:
      return Op::greater_than;
    case SelectorOp::less_than:
      return Op::less_than;
  }
  return Op::exists;
}

void add(Selector& selector, const LabelSelector& parsed) {
  for (const LabelSelector::Requirement& one : parsed.requirements()) {
    selector.requirements.push_back({one.key, op_of(one.op), one.values});
  }
}

std::string joined_errors(const Texts& errors) {
  return errors.size() > 1 ? "[" + base::join(errors, ", ") + "]" : base::join(errors, "");
}

std::optional<Requirement> field_requirement(const Json& item, Texts& errors) {
  const std::string_view op = object::text_at(item, "operator");
  Requirement made{std::string(object::text_at(item, "key")), Op::in,
                   object::texts_of(object::member(item, "values"))};
  if (op == "NotIn") {
    made.op = Op::not_in;
  } else if (op != "In") {
    errors.push_back(base::go_quote(op) + " is not a valid field selector operator");
    return std::nullopt;
  }
  if (made.values.empty()) {
    errors.emplace_back("fieldSelectors in must have values");
    return std::nullopt;
  }
  if (made.values.size() > 1) {
    errors.emplace_back("fieldSelectors do not yet support multiple values");
    return std::nullopt;
  }
  return made;
}

// Through the object form of a selector, so that one set of rules checks every label requirement.
void add_label_requirement(Selector& selector, const Json& item, Texts& errors) {
  try {
    add(selector, LabelSelector::from_object(
                      boost::json::object{{"matchExpressions", boost::json::array{item}}}));
  } catch (const object::SelectorError& error) {
    errors.emplace_back(error.what());
  }
}

template <class Each>
void each_requirement(const Json& attributes, Each each) {
  const Json* list = object::member(attributes, "requirements");
  if (list == nullptr || !list->is_array()) return;
  for (const Json& item : list->get_array()) each(item);
}

// Commas, equal signs and backslashes in a value of a field selector.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == ',' || c == '=') out += '\\';
    out += c;
  }
  return out;
}

std::string text_of(const Requirement& requirement) {
  switch (requirement.op) {
    case Op::exists:
      return requirement.key;
    case Op::does_not_exist:
      return "!" + requirement.key;
    case Op::not_in:
      return requirement.key + " notin (" + base::join(requirement.values, ",") + ")";
    default:
      return requirement.key + " in (" + base::join(requirement.values, ",") + ")";
  }
}

}  // namespace

Selector read_field_selector(std::string_view text) {
  Selector selector{std::string(text), {}, {}};
  try {
    const auto parsed = object::FieldSelector::parse(text);
    for (const auto& one : parsed.requirements()) {
      selector.requirements.push_back({one.field, one.negated ? Op::not_in : Op::in, {one.value}});
    }
  } catch (const object::SelectorError& error) {
    selector.error = error.what();
  }
  return selector;
}

Selector read_label_selector(std::string_view text) {
  Selector selector{std::string(text), {}, {}};
  try {
    add(selector, LabelSelector::parse(text));
  } catch (const object::SelectorError& error) {
    selector.error = error.what();
  }
  return selector;
}

Selector field_selector_of(const Json& attributes) {
  const std::string_view raw = object::text_at(attributes, "rawSelector");
  if (!raw.empty()) return read_field_selector(raw);
  Selector selector;
  Texts errors, texts;
  each_requirement(attributes, [&](const Json& item) {
    std::optional<Requirement> made = field_requirement(item, errors);
    if (!made) return;
    texts.push_back(made->key + (made->op == Op::in ? "=" : "!=") + escaped(made->values[0]));
    selector.requirements.push_back(*std::move(made));
  });
  selector.text = base::join(texts, ",");
  selector.error = joined_errors(errors);
  return selector;
}

Selector label_selector_of(const Json& attributes) {
  const std::string_view raw = object::text_at(attributes, "rawSelector");
  if (!raw.empty()) return read_label_selector(raw);
  Selector selector;
  Texts errors, texts;
  each_requirement(attributes,
                   [&](const Json& item) { add_label_requirement(selector, item, errors); });
  for (const Requirement& one : selector.requirements) texts.push_back(text_of(one));
  selector.text = base::join(texts, ",");
  selector.error = joined_errors(errors);
  return selector;
}

}  // namespace limen::authz
