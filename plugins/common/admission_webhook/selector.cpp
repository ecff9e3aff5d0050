#include "common/admission_webhook/selector.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/go_quote.h"

namespace limen::webhooks {

Labels labels_of(const Node& object) {
  Labels out;
  for (const auto& [key, value] : object.at("/metadata/labels")) {
    out.emplace(key, value.string_or(""));
  }
  return out;
}

Selector::Selector(const Node& label_selector) {
  for (const auto& [key, value] : label_selector["matchLabels"]) {
    requirements_.push_back({Requirement::Op::in, std::string(key), {value.string_or("")}});
  }
  for (const auto& [key, expression] : label_selector["matchExpressions"]) add(expression);
}

void Selector::add(const Node& expression) {
  using Op = Requirement::Op;
  static constexpr std::pair<std::string_view, Op> kOps[] = {{"In", Op::in},
                                                             {"NotIn", Op::not_in},
                                                             {"Exists", Op::exists},
                                                             {"DoesNotExist", Op::does_not_exist}};
  const std::string_view name = expression["operator"].view_or("");
  const auto* found = std::find_if(std::begin(kOps), std::end(kOps),
                                   [&](const auto& row) { return row.first == name; });
  if (found == std::end(kOps)) {
    fault_ = plugins::go_quote(name) + " is not a valid label selector operator";
    return;
  }
  Requirement one{found->second, expression["key"].string_or(""), expression["values"].strings()};
  const bool lists = one.op == Op::in || one.op == Op::not_in;
  if (one.key.empty() || lists == one.values.empty()) {
    fault_ = "the requirement of the label " + plugins::go_quote(one.key) + " is not complete";
    return;
  }
  requirements_.push_back(std::move(one));
}

bool Selector::holds(const Requirement& one, const Labels& labels) {
  const auto found = labels.find(one.key);
  const bool has = found != labels.end();
  const auto listed = [&] {
    return std::find(one.values.begin(), one.values.end(), found->second) != one.values.end();
  };
  switch (one.op) {
    case Requirement::Op::in:
      return has && listed();
    case Requirement::Op::not_in:
      return !has || !listed();
    case Requirement::Op::exists:
      return has;
    case Requirement::Op::does_not_exist:
      return !has;
  }
  return false;
}

bool Selector::matches(const Labels& labels) const {
  return fault_.empty() && std::all_of(requirements_.begin(), requirements_.end(),
                                       [&](const Requirement& one) { return holds(one, labels); });
}

}  // namespace limen::webhooks
