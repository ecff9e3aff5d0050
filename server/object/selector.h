// Selectors: which objects a list or watch wants, by label or by field.
//
// Parsed once a request, matched against every object. The text forms, the canonical forms and the
// error texts are those of kube-apiserver. Immutable once parsed: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "object/document.h"

namespace limen::object {

// Labels as objects carry them: sorted by key, keys unique.
using Labels = std::vector<std::pair<std::string, std::string>>;

// A text or object that is no selector. what() is for the client (400).
class SelectorError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class SelectorOp : std::uint8_t {
  equals,
  double_equals,
  not_equals,
  in,
  not_in,
  exists,
  does_not_exist,
  greater_than,
  less_than
};

class LabelSelector {
 public:
  struct Requirement {
    std::string key;
    SelectorOp op = SelectorOp::exists;
    std::vector<std::string> values;  // sorted, unique
    bool matches(const Labels& labels) const;
  };

  LabelSelector() = default;  // everything
  static LabelSelector nothing();
  // `a=b,c!=d,e in (f,g),!h`; empty text selects everything. Throws SelectorError.
  static LabelSelector parse(std::string_view text);
  // A metav1.LabelSelector: null selects nothing, {} everything. Throws SelectorError.
  static LabelSelector from_object(const Json& selector);

  bool matches(const Labels& labels) const;
  bool matches_everything() const { return !nothing_ && requirements_.empty(); }
  bool matches_nothing() const { return nothing_; }
  const std::vector<Requirement>& requirements() const { return requirements_; }  // sorted by key
  // The canonical text; parse(to_string()) selects the same.
  std::string to_string() const;

 private:
  std::vector<Requirement> requirements_;
  bool nothing_ = false;
};

class FieldSelector {
 public:
  struct Requirement {
    std::string field;
    std::string value;
    bool negated = false;
  };

  FieldSelector() = default;  // everything
  // `metadata.name=x,status.phase!=Running` with `\\`, `\,` and `\=` escapes. Throws SelectorError.
  static FieldSelector parse(std::string_view text);

  // `value_of(field)` is the object's value; "" when it has none.
  bool matches(const std::function<std::string_view(std::string_view)>& value_of) const;
  bool matches_everything() const { return requirements_.empty(); }
  const std::vector<Requirement>& requirements() const { return requirements_; }
  // The value an object's `field` must equal, or null when not fixed to one.
  const std::string* exact(std::string_view field) const;
  std::string to_string() const;

 private:
  std::vector<Requirement> requirements_;
};

}  // namespace limen::object
