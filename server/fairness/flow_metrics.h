// What is counted of one flow schema at one level. Names and labels are kube-apiserver's
// (apiserver_flowcontrol_*), so that dashboards keep working. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "observability/metrics.h"

namespace limen::fairness {

class FlowMetrics {
 public:
  FlowMetrics(std::string_view level, std::string_view schema);

  void rejected(std::string_view reason) const;
  // How long a request waited until it was served or refused.
  void waited(base::SteadyClock::duration time, bool served) const;
  void ran(base::SteadyClock::duration time, bool watch) const;

  metrics::Counter& dispatched;
  metrics::Gauge& waiting;
  metrics::Gauge& executing;
  metrics::Gauge& seats;

 private:
  const std::string level_, schema_;
  metrics::Histogram& waited_served_;
  metrics::Histogram& waited_in_vain_;
  metrics::Histogram& ran_regular_;
  metrics::Histogram& ran_watch_;
};

// The seats of a level: by its shares, its bounds, and at this moment.
void tell_seats(std::string_view level, std::int64_t nominal, std::int64_t least, std::int64_t most,
                std::int64_t current);

// Nothing is shown of a level that is no more, until there is one of its name again.
void forget_level(std::string_view level);

}  // namespace limen::fairness
