// The defaults of a LimitRange, filled into the containers of a pod. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "common/pod_resources.h"
#include "limen/cpp/plugin.hpp"

namespace limen::limit_ranger {

// Containers of one pod while defaults are filled in, and what was.
class Filling {
 public:
  explicit Filling(AdmissionCall& call);

  // `range` is a LimitRange. What an earlier one gave is not changed by a later one.
  void fill(const Node& range);
  // Records the edits and the annotation that tells of them.
  Result<void> finish();

 private:
  struct Container {
    std::string name, pointer, word;  // word: "container" or "init container"
    plugins::Amounts requests, limits;
    std::vector<std::string> new_requests{}, new_limits{};
  };
  static void fill_list(plugins::Amounts& there, const plugins::Amounts& defaults,
                        std::vector<std::string>& filled);
  Result<void> set(const Container& container, const char* list, const plugins::Amounts& amounts,
                   const std::vector<std::string>& names);

  AdmissionCall& call_;
  std::vector<Container> containers_;
  std::vector<std::string> told_;
};

}  // namespace limen::limit_ranger
