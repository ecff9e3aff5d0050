#include "modules/metrics_scope.h"

#include <algorithm>
#include <stdexcept>

#include "modules/host_scope.h"

namespace limen::modules {

namespace {

// [a-z_][a-z0-9_]*, as limen.metrics/1 promises.
bool is_metric_word(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::atomic<MetricsObserver*> the_observer{nullptr};

MetricsObserver* observer() { return the_observer.load(std::memory_order_relaxed); }

}  // namespace

void observe_metrics(MetricsObserver* observer) { the_observer.store(observer); }

limen_status MetricsScope::create(std::int32_t type, limen_str name, limen_str help,
                                  const limen_str* labels, std::size_t label_count,
                                  std::uint64_t* family) {
  if (family == nullptr || (labels == nullptr && label_count > 0) || label_count > 16 ||
      !is_metric_word(to_view(name))) {
    return LIMEN_E_INVALID;
  }
  std::vector<std::string> names = {"instance"};
  for (std::size_t i = 0; i < label_count; ++i) {
    if (!is_metric_word(to_view(labels[i]))) return LIMEN_E_INVALID;
    names.emplace_back(to_view(labels[i]));
  }
  Family made{type, "limen_module_" + std::string(to_view(name)), label_count};
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < families_.size(); ++i) {
    if (families_[i].name != made.name) continue;
    if (families_[i].type != type) return LIMEN_E_INVALID;
  }
  if (families_.size() >= kMaxFamilies) return LIMEN_E_UNAVAILABLE;
  try {
    if (type == LIMEN_METRIC_COUNTER) {
      made.counters = &metrics::counter(made.name, to_view(help), names);
    } else if (type == LIMEN_METRIC_GAUGE) {
      made.gauges = &metrics::gauge(made.name, to_view(help), names);
    } else if (type == LIMEN_METRIC_HISTOGRAM) {
      made.histograms = &metrics::histogram(made.name, to_view(help), names);
    } else {
      return LIMEN_E_INVALID;
    }
  } catch (const std::invalid_argument&) {
    return LIMEN_E_INVALID;  // the name is taken by something else
  }
  for (std::size_t i = 0; i < families_.size(); ++i) {
    if (families_[i].name == made.name) {
      *family = i + 1;
      return LIMEN_OK;
    }
  }
  if (!series_) series_ = std::make_unique<Series[]>(kMaxInstanceSeries);
  families_.push_back(std::move(made));
  *family = families_.size();
  if (MetricsObserver* const told = observer()) {
    names.erase(names.begin());
    told->created({*family, type, std::string(to_view(name)), std::string(to_view(help)), names});
  }
  return LIMEN_OK;
}

limen_status MetricsScope::series(std::uint64_t family, const limen_str* values,
                                  std::size_t value_count, std::uint64_t* out) {
  const std::lock_guard lock(mutex_);
  if (out == nullptr || family == 0 || family > families_.size()) return LIMEN_E_INVALID;
  Family& of = families_[family - 1];
  if (value_count != of.label_count || (values == nullptr && value_count > 0)) {
    return LIMEN_E_INVALID;
  }
  std::vector<std::string> key;
  for (std::size_t i = 0; i < value_count; ++i) key.emplace_back(to_view(values[i]));
  if (const auto found = of.known.find(key); found != of.known.end()) {
    *out = found->second;
    return LIMEN_OK;
  }
  const std::size_t index = series_count_.load(std::memory_order_relaxed);
  if (index >= kMaxInstanceSeries) return LIMEN_E_UNAVAILABLE;
  std::vector<std::string_view> labels = {instance_};
  labels.insert(labels.end(), key.begin(), key.end());
  Series& made = series_[index];
  if (of.counters != nullptr) made.counter = &of.counters->with(labels);
  if (of.gauges != nullptr) made.gauge = &of.gauges->with(labels);
  if (of.histograms != nullptr) made.histogram = &of.histograms->with(labels);
  series_count_.store(index + 1, std::memory_order_release);
  if (MetricsObserver* const told = observer()) told->series(family, key, index + 1);
  of.known.emplace(std::move(key), index + 1);
  *out = index + 1;
  return LIMEN_OK;
}

const MetricsScope::Series* MetricsScope::find(std::uint64_t series) const {
  if (series == 0 || series > series_count_.load(std::memory_order_acquire)) return nullptr;
  return &series_[series - 1];
}

void MetricsScope::add(std::uint64_t series, double amount) {
  const Series* found = find(series);
  if (found == nullptr) return;
  if (MetricsObserver* const told = observer()) {
    told->recorded(MetricsObserver::Recording::add, series, amount);
  }
  if (found->gauge != nullptr) found->gauge->add(amount);
  // Counters count whole things and only up; this also keeps a NaN out.
  if (found->counter != nullptr && amount > 0 && amount < 1e15) {
    found->counter->add(static_cast<std::uint64_t>(amount));
  }
}

void MetricsScope::set(std::uint64_t series, double value) {
  const Series* found = find(series);
  if (found == nullptr || found->gauge == nullptr) return;
  if (MetricsObserver* const told = observer()) {
    told->recorded(MetricsObserver::Recording::set, series, value);
  }
  found->gauge->set(value);
}

void MetricsScope::observe(std::uint64_t series, double value) {
  const Series* found = find(series);
  if (found == nullptr || found->histogram == nullptr) return;
  if (MetricsObserver* const told = observer()) {
    told->recorded(MetricsObserver::Recording::observe, series, value);
  }
  found->histogram->observe(value);
}

namespace {

limen_status create(const limen_host* host, std::int32_t type, limen_str name, limen_str help,
                    const limen_str* labels, std::size_t label_count,
                    std::uint64_t* family) noexcept {
  HostScope* scope = HostScope::of(host);
  if (scope == nullptr || scope->stage() != Stage::starting) return LIMEN_E_INVALID;
  return scope->metrics().create(type, name, help, labels, label_count, family);
}

limen_status series(const limen_host* host, std::uint64_t family, const limen_str* values,
                    std::size_t value_count, std::uint64_t* out) noexcept {
  HostScope* scope = HostScope::of(host);
  return scope == nullptr ? LIMEN_E_INVALID
                          : scope->metrics().series(family, values, value_count, out);
}

void add(const limen_host* host, std::uint64_t series_number, double amount) noexcept {
  if (HostScope* scope = HostScope::of(host)) scope->metrics().add(series_number, amount);
}

void set(const limen_host* host, std::uint64_t series_number, double value) noexcept {
  if (HostScope* scope = HostScope::of(host)) scope->metrics().set(series_number, value);
}

void observe(const limen_host* host, std::uint64_t series_number, double value) noexcept {
  if (HostScope* scope = HostScope::of(host)) scope->metrics().observe(series_number, value);
}

}  // namespace

const limen_metrics_api& metrics_table() {
  static constexpr limen_metrics_api table = {
      sizeof(limen_metrics_api), 0, create, series, add, set, observe};
  return table;
}

}  // namespace limen::modules
