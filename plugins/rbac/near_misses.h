// What would nearly have allowed a request: for a person to whom a refusal is explained.
//
// Lives within one call; one thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "index.h"

namespace limen::rbac {

class NearMisses {
 public:
  // Of those in force for the request, and of those of other namespaces, no more than this each.
  static constexpr std::size_t kMost = 5;
  // How many bindings of each kind are looked at: an explanation is to cost a request, not a scan.
  static constexpr std::size_t kLookedAt = 2000;

  explicit NearMisses(const Attributes& attributes) : attributes_(attributes) {}

  // A binding that is in force for the request: rules that lack one thing. False: enough is known.
  bool add_here(const Binding& binding, const Subject& subject, const std::vector<Rule>* rules);
  // One of another namespace, whose role would allow. False: enough is known.
  bool add_elsewhere(const Binding& binding, const Subject& subject,
                     const std::vector<Rule>* rules);

  // A sentence each.
  std::vector<std::string> sentences() const;

 private:
  // True while there may be more to look at; counts.
  static bool look(std::size_t& looked) { return ++looked <= kLookedAt; }

  const Attributes attributes_;
  std::vector<std::string> here_, elsewhere_;
  std::size_t looked_here_ = 0, looked_elsewhere_ = 0;
};

}  // namespace limen::rbac
