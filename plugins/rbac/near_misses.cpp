#include "near_misses.h"

#include <algorithm>

namespace limen::rbac {

namespace {

// One more than is shown is kept, to know that there are more.
void append(const std::vector<std::string>& from, std::vector<std::string>& to) {
  const std::size_t shown = std::min(from.size(), NearMisses::kMost);
  to.insert(to.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(shown));
  if (from.size() > shown) to.emplace_back("more of the kind, which are not shown");
}

}  // namespace

bool NearMisses::add_here(const Binding& binding, const Subject& subject,
                          const std::vector<Rule>* rules) {
  if (!look(looked_here_)) return false;
  if (rules == nullptr) return true;  // the reason tells of it
  for (std::size_t i = 0; i < rules->size() && here_.size() <= kMost; ++i) {
    const std::string lack = shortfall((*rules)[i], attributes_);
    if (lack.empty()) continue;
    here_.push_back(describe(binding, subject) + ": rules[" + std::to_string(i) + "] " + lack);
  }
  return here_.size() <= kMost;
}

bool NearMisses::add_elsewhere(const Binding& binding, const Subject& subject,
                               const std::vector<Rule>* rules) {
  if (!look(looked_elsewhere_)) return false;
  if (rules == nullptr) return true;
  const auto would = [&](const Rule& rule) { return allows(rule, attributes_); };
  if (!std::any_of(rules->begin(), rules->end(), would)) return true;
  elsewhere_.push_back(describe(binding, subject) + ": allows it, but in the namespace \"" +
                       binding.ns + "\" only");
  return elsewhere_.size() <= kMost;
}

std::vector<std::string> NearMisses::sentences() const {
  std::vector<std::string> all;
  append(here_, all);
  append(elsewhere_, all);
  if (std::max(looked_here_, looked_elsewhere_) > kLookedAt) {
    all.push_back("only the first " + std::to_string(kLookedAt) +
                  " bindings that name the user were looked at");
  }
  return all;
}

}  // namespace limen::rbac
