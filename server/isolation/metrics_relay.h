// Metrics of an isolated module: recorded in its process, told to the server, shown on the server's
// /metrics as if the module ran there.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "isolation/peer.h"
#include "modules/executor_thread.h"
#include "modules/metrics_scope.h"

namespace limen::isolation {

// In the module's process: gathers what is recorded and tells it kPause later at the latest, so
// that a call costs no message of its own. One a process. Any thread.
class MetricsRelay final : public modules::MetricsObserver {
 public:
  static constexpr std::chrono::milliseconds kPause{200};
  static constexpr std::size_t kMost = 1024;  // told at once when so many wait

  explicit MetricsRelay(std::function<void(const Message&)> tell);
  ~MetricsRelay() override;

  void created(const modules::MetricFamily& family) override;
  void series(std::uint64_t family, const std::vector<std::string>& values,
              std::uint64_t series) override;
  void recorded(Recording what, std::uint64_t series, double amount) override;
  void flush();

 private:
  void add(boost::json::array entry);

  const std::function<void(const Message&)> tell_;
  std::mutex mutex_;
  bool first_ = true;
  boost::json::array waiting_;
  modules::ExecutorThread timer_{"module-metrics"};
};

// In the server: repeats what was told. On one thread at a time.
class RelayedMetrics {
 public:
  explicit RelayedMetrics(modules::MetricsScope& scope) : scope_(scope) {}
  void take(const Message& message);

 private:
  void take(const boost::json::array& entry);

  modules::MetricsScope& scope_;
  std::map<std::int64_t, std::uint64_t> families_, series_;  // by the process's numbers
};

}  // namespace limen::isolation
