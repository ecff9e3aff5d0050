// Latencies: how long the stages of one request took, told in the audit event of a slow one (row
// U4).
//
// One request, its loop's thread. A request that is not audited is not timed.
#pragma once

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/executor.h"
#include "request/call_scope.h"

namespace limen::pipeline {

// Requests that took longer have their latencies told.
inline constexpr std::chrono::milliseconds kSlowRequest{500};

class Latencies {
 public:
  void start(base::Deadline now) { last_ = now; }
  // The stage that ends here; the next begins. `stage` is a literal.
  void lap(std::string_view stage, base::Deadline now = base::SteadyClock::now()) {
    if (count_ < laps_.size()) laps_[count_++] = {stage, now - last_};
    last_ = now;
  }

  // Adds `apiserver.latency.k8s.io/STAGE` and `.../total` to the annotations of a slow request.
  void annotate(request::CallScope& scope, base::SteadyClock::duration total) const;

 private:
  std::array<std::pair<std::string_view, base::SteadyClock::duration>, 4> laps_;
  std::size_t count_ = 0;
  base::Deadline last_;
};

}  // namespace limen::pipeline
