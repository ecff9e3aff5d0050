// Values against their schema. Complaints have the paths, reasons and texts that kube-apiserver
// passes on from its OpenAPI validator.
#include <cmath>
#include <set>
#include <string>

#include "base/strings.h"
#include "object/canonical.h"
#include "object/metadata.h"
#include "validation/custom/formats.h"
#include "validation/custom/objects.h"

namespace limen::validation {

namespace {

using catalog::JoinedRules;
using catalog::NumberRules;
using catalog::Schema;
using catalog::SizeRules;
using catalog::ValueRules;
using catalog::ValueType;

bool is_whole(const Json& value) {
  if (value.is_int64() || value.is_uint64()) return true;
  return value.is_double() && std::trunc(value.get_double()) == value.get_double() &&
         std::abs(value.get_double()) <= 9007199254740991.0;  // 2^53 - 1: JSON's whole numbers
}

std::string_view type_of(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "boolean";
  if (value.is_string()) return "string";
  if (value.is_array()) return "array";
  if (value.is_object()) return "object";
  return value.is_double() ? "number" : "integer";
}

std::string wanted_type(const Schema& schema) {
  return schema.int_or_string ? "integer,string" : std::string(value_type_name(schema.type));
}

bool has_type(const Json& value, const Schema& schema) {
  if (schema.int_or_string) return value.is_string() || is_whole(value);
  switch (schema.type) {
    case ValueType::any:
      return true;
    case ValueType::object:
      return value.is_object();
    case ValueType::array:
      return value.is_array();
    case ValueType::string:
      return value.is_string();
    case ValueType::integer:
      return is_whole(value);
    case ValueType::number:
      return value.is_number();
    case ValueType::boolean:
      return value.is_bool();
  }
  return true;
}

bool same_value(const Json& left, const Json& right) {
  if (left.is_number() && right.is_number()) {
    return left == right || left.to_number<double>() == right.to_number<double>();
  }
  return left == right;
}

// A number as Go's %v shows a float64.
std::string go_number(double value) {
  if (value == std::trunc(value) && std::abs(value) < 1e21) {
    const auto whole = static_cast<std::int64_t>(value);
    if (std::abs(value) < 9e15) return std::to_string(whole);
  }
  return object::to_json(Json(value));
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

// The element of a list that is a map by its keys which has the same keys as `element`.
const Json* counterpart(const Json& element, const Json* old, const Schema& list) {
  if (!old || !old->is_array() || list.list_type != catalog::ListType::map) return nullptr;
  for (const Json& other : old->get_array()) {
    bool all = true;
    for (const std::string& key : list.map_keys()) {
      all = all && same(object::member(element, key), object::member(other, key));
    }
    if (all) return &other;
  }
  return nullptr;
}

class Checker {
 public:
  Checker(std::string path, Causes& causes) : path_(std::move(path)), causes_(&causes) {}

  void check(const Json& value, const Json* old, const Schema& schema) {
    // What was there before and is no different now was accepted once.
    if (old && *old == value) return;
    if (causes_->full()) return;
    if (value.is_null()) return null_value(value, schema);
    type(value, schema);
    if (schema.rules) rules(value, old, *schema.rules);
    below(value, old, schema);
  }

 private:
  FieldPath here() const { return FieldPath(path_.empty() ? "<nil>" : path_); }
  std::string in_body(std::string_view what) const {
    return path_ + " in body " + std::string(what);
  }

  void null_value(const Json& value, const Schema& schema) {
    if (!schema.nullable && (schema.type != ValueType::any || schema.int_or_string)) {
      causes_->type_invalid(here(), "null",
                            in_body("must be of type " + wanted_type(schema) + ": \"null\""));
    }
    if (schema.rules) allowed(value, *schema.rules);
  }

  void type(const Json& value, const Schema& schema) {
    if (has_type(value, schema)) return;
    const std::string is(type_of(value));
    causes_->type_invalid(
        here(), is, in_body("must be of type " + wanted_type(schema) + ": " + base::go_quote(is)));
  }

  static const SizeRules& sizes(const ValueRules& rules) {
    static const SizeRules kNone;
    return rules.size ? *rules.size : kNone;
  }

  void rules(const Json& value, const Json* old, const ValueRules& rules) {
    if (rules.joined) joined(value, old, *rules.joined);
    if (value.is_string()) text(value, rules);
    if (value.is_number()) {
      if (rules.number) number(value, *rules.number);
      range(value, rules);
    }
    if (value.is_array()) {
      const SizeRules& bounds = sizes(rules);
      size(value.get_array().size(), bounds.min_items, bounds.max_items, "items");
    }
    allowed(value, rules);
    if (value.is_object()) {
      const SizeRules& bounds = sizes(rules);
      size(value.get_object().size(), bounds.min_members, bounds.max_members, "properties");
      required(value, rules);
    }
  }

  void allowed(const Json& value, const ValueRules& rules) {
    if (rules.allowed.empty()) return;
    std::vector<std::string> texts;
    for (const Json& one : rules.allowed) {
      if (same_value(one, value)) return;
      texts.push_back(one.is_string() ? std::string(one.get_string()) : object::to_json(one));
    }
    causes_->not_supported(here(), value, texts);
  }

  void text(const Json& value, const ValueRules& rules) {
    const std::string_view text(value.get_string());
    const auto length = static_cast<std::int64_t>(characters(text));
    const SizeRules& bounds = sizes(rules);
    if (bounds.max_length && length > *bounds.max_length) {
      causes_->too_long(here(), static_cast<std::size_t>(*bounds.max_length));
    }
    if (bounds.min_length && length < *bounds.min_length) {
      causes_->invalid(
          here(), value,
          in_body("should be at least " + std::to_string(*bounds.min_length) + " chars long"));
    }
    if (rules.pattern && !rules.pattern->found_in(text)) {
      causes_->invalid(here(), value, in_body("should match '" + rules.pattern->text() + "'"));
    }
    if (!rules.format.empty() && !matches_format(rules.format, text)) {
      causes_->type_invalid(
          here(), text, in_body("must be of type " + rules.format + ": " + base::go_quote(text)));
    }
  }

  void number(const Json& value, const NumberRules& rules) {
    const double number = value.to_number<double>();
    const auto complain = [&](std::string_view what, double bound) {
      causes_->invalid(here(), value, in_body(std::string(what) + go_number(bound)));
    };
    if (rules.multiple_of && *rules.multiple_of != 0) {
      const double quotient = number / *rules.multiple_of;
      if (quotient != std::trunc(quotient)) {
        complain("should be a multiple of ", *rules.multiple_of);
      }
    }
    if (rules.maximum) {
      if (rules.below_maximum && number >= *rules.maximum) {
        complain("should be less than ", *rules.maximum);
      } else if (number > *rules.maximum) {
        complain("should be less than or equal to ", *rules.maximum);
      }
    }
    if (rules.minimum) {
      if (rules.above_minimum && number <= *rules.minimum) {
        complain("should be greater than ", *rules.minimum);
      } else if (number < *rules.minimum) {
        complain("should be greater than or equal to ", *rules.minimum);
      }
    }
  }

  void range(const Json& value, const ValueRules& rules) {
    if (!rules.format.empty() && !fits_format(rules.format, value)) {
      causes_->invalid(here(), value, in_body("must be in the range of format " + rules.format));
    }
  }

  void size(std::size_t size, const std::optional<std::int64_t>& least,
            const std::optional<std::int64_t>& most, std::string_view what) {
    const auto has = static_cast<std::int64_t>(size);
    if (most && has > *most) causes_->too_many(here(), *most);
    if (least && has < *least) {
      causes_->invalid(
          here(), Json(has),
          in_body("should have at least " + std::to_string(*least) + " " + std::string(what)));
    }
  }

  void required(const Json& value, const ValueRules& rules) {
    for (const std::string& name : rules.required) {
      if (!object::member(value, name)) {
        causes_->required(path_.empty() ? FieldPath(name) : FieldPath(path_).child(name));
      }
    }
  }

  // What `schema` has against the value.
  std::vector<base::StatusCause> against(const Json& value, const Json* old, const Schema& schema) {
    Causes causes;
    Checker(path_, causes).check(value, old, schema);
    return causes.take();
  }

  void mismatch(const std::string& what) {
    // kube-apiserver tells of these without a path.
    causes_->invalid(FieldPath("<nil>"), std::string_view(), base::go_quote(path_) + " " + what);
  }

  // Of schemas of which one would do: how many do, and what the nearest miss was.
  std::size_t matching(const Json& value, const std::vector<Schema>& schemas,
                       std::vector<base::StatusCause>& nearest) {
    std::size_t matches = 0;
    for (const Schema& schema : schemas) {
      std::vector<base::StatusCause> causes = against(value, nullptr, schema);
      if (causes.empty()) ++matches;
      if (nearest.empty() || causes.size() < nearest.size()) nearest = std::move(causes);
    }
    return matches;
  }

  void joined(const Json& value, const Json* old, const JoinedRules& rules) {
    if (!rules.any_of.empty()) {
      std::vector<base::StatusCause> nearest;
      if (matching(value, rules.any_of, nearest) == 0) {
        mismatch("must validate at least one schema (anyOf)");
        causes_->append(std::move(nearest));
      }
    }
    if (!rules.one_of.empty()) {
      std::vector<base::StatusCause> nearest;
      const std::size_t matches = matching(value, rules.one_of, nearest);
      if (matches == 0) {
        mismatch("must validate one and only one schema (oneOf). Found none valid");
        causes_->append(std::move(nearest));
      } else if (matches > 1) {
        mismatch("must validate one and only one schema (oneOf). Found " + std::to_string(matches) +
                 " valid alternatives");
      }
    }
    if (!rules.all_of.empty()) {
      std::size_t matches = 0;
      std::vector<base::StatusCause> all;
      for (const Schema& schema : rules.all_of) {
        std::vector<base::StatusCause> causes = against(value, old, schema);
        if (causes.empty()) ++matches;
        all.insert(all.end(), std::make_move_iterator(causes.begin()),
                   std::make_move_iterator(causes.end()));
      }
      if (!all.empty()) {
        mismatch(std::string("must validate all the schemas (allOf)") +
                 (matches == 0 ? ". None validated" : ""));
        causes_->append(std::move(all));
      }
    }
    if (rules.none_of && against(value, nullptr, *rules.none_of).empty()) {
      mismatch("must not validate the schema (not)");
    }
  }

  void below(const Json& value, const Json* old, const Schema& schema) {
    if (value.is_array() && schema.items()) {
      std::size_t index = 0;
      for (const Json& element : value.get_array()) {
        step('[' + std::to_string(index++) + ']', element, counterpart(element, old, schema),
             *schema.items());
      }
    }
    if (!value.is_object()) return;
    for (const auto& entry : value.get_object()) {
      const std::string_view name(entry.key().data(), entry.key().size());
      const Schema* known = schema.property(name);
      if (!known) known = schema.members();
      if (!known) continue;
      step((path_.empty() ? "" : ".") + std::string(name), entry.value(),
           old ? object::member(*old, name) : nullptr, *known);
    }
  }

  void step(const std::string& by, const Json& value, const Json* old, const Schema& schema) {
    const std::size_t size = path_.size();
    path_ += by;
    check(value, old, schema);
    path_.resize(size);
  }

  std::string path_;
  Causes* causes_;
};

// Calls `visit(value, schema, path)` for every value below that a schema describes.
template <class Visit>
void each_below(const Json& value, const Schema& schema, const std::string& path, Visit visit) {
  if (value.is_array() && schema.items()) {
    std::size_t index = 0;
    for (const Json& element : value.get_array()) {
      visit(element, *schema.items(), path + '[' + std::to_string(index++) + ']');
    }
  }
  if (!value.is_object()) return;
  for (const auto& entry : value.get_object()) {
    const std::string_view name(entry.key().data(), entry.key().size());
    const Schema* known = schema.property(name);
    if (!known) known = schema.members();
    if (known)
      visit(entry.value(), *known,
            path.empty() ? std::string(name) : path + '.' + std::string(name));
  }
}

// What makes an element of a list the same as another: the element, or its keys.
Json identity_of(const Json& element, const Schema& list) {
  if (list.list_type == catalog::ListType::set) return element;
  Json keys;
  boost::json::object& members = keys.emplace_object();
  for (const std::string& key : list.map_keys()) {
    if (const Json* value = object::member(element, key)) members[key] = *value;
  }
  return keys;
}

}  // namespace

void check_value(const Json& value, const Json* old, const Schema& schema, std::string path,
                 Causes& causes) {
  Checker(std::move(path), causes).check(value, old, schema);
}

void check_lists(const Json& value, const Schema& schema, std::string path, Causes& causes) {
  const bool unique =
      schema.list_type == catalog::ListType::set || schema.list_type == catalog::ListType::map;
  if (unique && value.is_array()) {
    std::set<std::string> seen;
    std::size_t index = 0;
    for (const Json& element : value.get_array()) {
      const Json identity = identity_of(element, schema);
      if (!seen.insert(object::to_json(identity)).second) {
        causes.duplicate(FieldPath(path).index(index), identity);
      }
      ++index;
    }
  }
  each_below(value, schema, path, [&](const Json& one, const Schema& below, std::string at) {
    check_lists(one, below, std::move(at), causes);
  });
}

void check_embedded(const Json& value, const Schema& schema, std::string path, Causes& causes) {
  if (schema.embedded && value.is_object()) {
    for (const std::string_view key : {"apiVersion", "kind"}) {
      if (object::text_at(value, key).empty()) {
        causes.required(FieldPath(path).child(key), "must not be empty");
      }
    }
  }
  each_below(value, schema, path, [&](const Json& one, const Schema& below, std::string at) {
    check_embedded(one, below, std::move(at), causes);
  });
}

void check_custom(const Json& object, const Json* old, const catalog::CustomKind& kind,
                  Causes& causes) {
  check_value(object, old, kind.schema, "", causes);
  check_embedded(object, kind.schema, "", causes);
  check_lists(object, kind.schema, "", causes);
}

}  // namespace limen::validation
