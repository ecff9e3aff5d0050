#include "pipeline/latencies.h"

#include <string>

#include "base/go_duration.h"

namespace limen::pipeline {

void Latencies::annotate(request::CallScope& scope, base::SteadyClock::duration total) const {
  if (total <= kSlowRequest) return;
  const auto tell = [&](std::string_view stage, base::SteadyClock::duration took) {
    scope.annotations.emplace_back("apiserver.latency.k8s.io/" + std::string(stage),
                                   base::go_duration(took));
  };
  for (std::size_t i = 0; i < count_; ++i) {
    if (laps_[i].second.count() > 0) tell(laps_[i].first, laps_[i].second);
  }
  tell("total", total);
}

}  // namespace limen::pipeline
