// Metrics in the Prometheus text format (version 0.0.4).
//
// A family is created once, by name; asking again for the same name gives the same family. A series
// (a family with label values) lives for ever once asked for: callers keep the reference and pay one
// relaxed atomic addition an event. Label values must come from bounded sets; a family holds at most
// kMaxSeries and counts the rest under "other". Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace limen::metrics {

inline constexpr std::size_t kMaxSeries = 2000;

class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount) {
    double old = value_.load(std::memory_order_relaxed);
    while (!value_.compare_exchange_weak(old, old + amount, std::memory_order_relaxed)) {
    }
  }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Fixed buckets from 5 us to 60 s unless the family says otherwise.
class Histogram {
 public:
  explicit Histogram(const std::vector<double>& bounds);
  void observe(double value);
  const std::vector<double>& bounds() const { return bounds_; }
  std::uint64_t bucket(std::size_t index) const;   // not cumulative; index bounds().size() is +Inf
  std::uint64_t count() const;
  double sum() const;

 private:
  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> buckets_;
  std::atomic<double> sum_{0};
};

template <class Series>
class Family {
 public:
  virtual ~Family() = default;
  // The series of these label values, in the family's label order.
  virtual Series& with(std::initializer_list<std::string_view> values) = 0;
  virtual Series& with(const std::vector<std::string_view>& values) = 0;
};

// The family of this name. A name that is no metric name, a label that is no label name, or a name
// that already belongs to a family of another type or with other labels is refused with
// std::invalid_argument. A `with` of the wrong length is padded with empty values or cut.
Family<Counter>& counter(std::string_view name, std::string_view help,
                         const std::vector<std::string>& labels = {});
Family<Gauge>& gauge(std::string_view name, std::string_view help,
                     const std::vector<std::string>& labels = {});
Family<Histogram>& histogram(std::string_view name, std::string_view help,
                             const std::vector<std::string>& labels = {},
                             const std::vector<double>& bounds = {});

// Runs `fn` before each render(), to bring gauges up to date that are read and not pushed. It must
// not render and must not block.
void before_render(std::function<void()> fn);

// The process's own numbers (CPU time, resident memory, open files, threads, start time) under the
// names every Prometheus client uses. Once at start.
void register_process_metrics();

// Every family as text, families and series in name order.
std::string render();

}  // namespace limen::metrics
