// Metrics: counters, gauges and histograms on the server's /metrics.
//
// Create them in the constructor, look series with labels up once and keep them; recording is one
// call into the host. On a host without metrics everything here does nothing. Any thread, except
// creation.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "limen/cpp/text.hpp"
#include "limen/metrics.h"

namespace limen {

namespace detail {
struct Series {
  const limen_host* host = nullptr;
  const limen_metrics_api* api = nullptr;
  std::uint64_t id = 0;
};
}  // namespace detail

class Counter {
 public:
  static constexpr int kType = LIMEN_METRIC_COUNTER;
  Counter() = default;
  explicit Counter(detail::Series series) : series_(series) {}
  void add(double amount = 1) const {
    if (series_.api != nullptr) series_.api->add(series_.host, series_.id, amount);
  }

 private:
  detail::Series series_;
};

class Gauge {
 public:
  static constexpr int kType = LIMEN_METRIC_GAUGE;
  Gauge() = default;
  explicit Gauge(detail::Series series) : series_(series) {}
  void set(double value) const {
    if (series_.api != nullptr) series_.api->set(series_.host, series_.id, value);
  }
  void add(double amount) const {
    if (series_.api != nullptr) series_.api->add(series_.host, series_.id, amount);
  }

 private:
  detail::Series series_;
};

class Histogram {
 public:
  static constexpr int kType = LIMEN_METRIC_HISTOGRAM;
  Histogram() = default;
  explicit Histogram(detail::Series series) : series_(series) {}
  // Durations are in seconds.
  void observe(double value) const {
    if (series_.api != nullptr) series_.api->observe(series_.host, series_.id, value);
  }

 private:
  detail::Series series_;
};

// A metric with labels. with() finds the series of these values, in the order of the labels.
template <class Metric>
class Family {
 public:
  Family() = default;
  explicit Family(detail::Series family) : family_(family) {}
  Metric with(std::initializer_list<std::string_view> values) const {
    if (family_.api == nullptr) return Metric();
    const std::vector<limen_str> list = detail::to_abi_list(values);
    detail::Series series = family_;
    const limen_status status =
        family_.api->series(family_.host, family_.id, list.data(), list.size(), &series.id);
    if (status != LIMEN_OK) throw std::invalid_argument("metric: wrong number of label values");
    return Metric(series);
  }

 private:
  detail::Series family_;
};

class Metrics {
 public:
  Metrics() = default;
  Metrics(const limen_host* host, const limen_metrics_api* api) : host_(host), api_(api) {}

  // Throw std::invalid_argument for a name or labels that cannot be.
  Counter counter(std::string_view name, std::string_view help = {}) const {
    return family<Counter>(name, help, {}).with({});
  }
  Gauge gauge(std::string_view name, std::string_view help = {}) const {
    return family<Gauge>(name, help, {}).with({});
  }
  Histogram histogram(std::string_view name, std::string_view help = {}) const {
    return family<Histogram>(name, help, {}).with({});
  }
  template <class Metric>
  Family<Metric> family(std::string_view name, std::string_view help,
                        std::initializer_list<std::string_view> labels) const {
    if (api_ == nullptr) return Family<Metric>();
    const std::vector<limen_str> list = detail::to_abi_list(labels);
    detail::Series made{host_, api_, 0};
    const limen_status status = api_->create(host_, Metric::kType, to_abi(name), to_abi(help),
                                             list.data(), list.size(), &made.id);
    if (status != LIMEN_OK) {
      throw std::invalid_argument("metric \"" + std::string(name) + "\" cannot be created");
    }
    return Family<Metric>(made);
  }

 private:
  const limen_host* host_ = nullptr;
  const limen_metrics_api* api_ = nullptr;
};

}  // namespace limen
