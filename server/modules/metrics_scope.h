// MetricsScope: the metrics of one module instance ("limen.metrics/1").
//
// Names get the prefix "limen_module_", series the label "instance" in front. Families and series
// are numbers to the module; a number it was not given does nothing. Any thread; recording takes no
// lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "limen/limen.h"
#include "observability/metrics.h"

namespace limen::modules {

// A family as its module made it.
struct MetricFamily {
  std::uint64_t number = 0;
  std::int32_t type = 0;
  std::string name, help;           // the name without prefix
  std::vector<std::string> labels;  // without "instance"
};

// Is told of everything modules record, in a process that has no /metrics of its own. Any thread,
// within the recording; must not throw.
class MetricsObserver {
 public:
  enum class Recording : std::uint8_t { add = 1, set = 2, observe = 3 };
  virtual ~MetricsObserver() = default;
  virtual void created(const MetricFamily& family) = 0;
  virtual void series(std::uint64_t family, const std::vector<std::string>& values,
                      std::uint64_t series) = 0;
  virtual void recorded(Recording what, std::uint64_t series, double amount) = 0;
};
// One for the process, before its first instance; null: nobody. It outlives the instances.
void observe_metrics(MetricsObserver* observer);

class MetricsScope {
 public:
  static constexpr std::size_t kMaxFamilies = 256;
  static constexpr std::size_t kMaxInstanceSeries = 2048;

  explicit MetricsScope(std::string instance) : instance_(std::move(instance)) {}

  limen_status create(std::int32_t type, limen_str name, limen_str help, const limen_str* labels,
                      std::size_t label_count, std::uint64_t* family);
  limen_status series(std::uint64_t family, const limen_str* values, std::size_t value_count,
                      std::uint64_t* out);
  void add(std::uint64_t series, double amount);
  void set(std::uint64_t series, double value);
  void observe(std::uint64_t series, double value);

 private:
  struct Series {
    metrics::Counter* counter = nullptr;  // exactly one of the three
    metrics::Gauge* gauge = nullptr;
    metrics::Histogram* histogram = nullptr;
  };
  struct Family {
    std::int32_t type;
    std::string name;
    std::size_t label_count;
    metrics::Family<metrics::Counter>* counters = nullptr;
    metrics::Family<metrics::Gauge>* gauges = nullptr;
    metrics::Family<metrics::Histogram>* histograms = nullptr;
    std::map<std::vector<std::string>, std::uint64_t> known = {};  // label values -> series
  };
  const Series* find(std::uint64_t series) const;

  const std::string instance_;
  std::mutex mutex_;
  std::vector<Family> families_;              // number is the index plus one
  std::unique_ptr<Series[]> series_;          // made with the first family
  std::atomic<std::size_t> series_count_{0};  // numbers 1 to this are valid
};

}  // namespace limen::modules
