#include "observability/metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <stdexcept>
#include <type_traits>

#include "observability/retired_series.h"

namespace limen::metrics {

namespace {

using Labels = std::vector<std::string>;

const std::vector<double>& default_bounds() {
  static const std::vector<double> bounds = {
      0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
      0.025,    0.05,    0.1,      0.25,    0.5,    1,       2.5,    5,     10,     30,    60};
  return bounds;
}

bool is_name(std::string_view name, bool colon_allowed) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [colon_allowed](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colon_allowed && c == ':');
  });
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    out.append(buffer, end);
  }
}

void append_escaped(std::string& out, std::string_view text, bool quotes_too) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes_too) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

// `{a="x",b="y"}`, with `le` last when given; nothing when there is no label at all.
void append_labels(std::string& out, const Labels& names, const Labels& values,
                   std::string_view le = {}) {
  if (names.empty() && le.empty()) return;
  out += '{';
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ',';
    out += names[i];
    out += "=\"";
    append_escaped(out, values[i], true);
    out += '"';
  }
  if (!le.empty()) {
    if (!names.empty()) out += ',';
    out += "le=\"";
    out += le;
    out += '"';
  }
  out += '}';
}

void append_series(std::string& out, const std::string& name, const Labels& names,
                   const Labels& values, const Counter& counter) {
  out += name;
  append_labels(out, names, values);
  out += ' ';
  out += std::to_string(counter.value());
  out += '\n';
}

void append_series(std::string& out, const std::string& name, const Labels& names,
                   const Labels& values, const Gauge& gauge) {
  out += name;
  append_labels(out, names, values);
  out += ' ';
  append_number(out, gauge.value());
  out += '\n';
}

// The count is summed from the buckets read, so that a scrape never shows a +Inf bucket that
// differs from the count.
void append_series(std::string& out, const std::string& name, const Labels& names,
                   const Labels& values, const Histogram& histogram) {
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
    cumulative += histogram.bucket(i);
    std::string le = "+Inf";
    if (i < histogram.bounds().size()) {
      le.clear();
      append_number(le, histogram.bounds()[i]);
    }
    out += name;
    out += "_bucket";
    append_labels(out, names, values, le);
    out += ' ';
    out += std::to_string(cumulative);
    out += '\n';
  }
  out += name;
  out += "_sum";
  append_labels(out, names, values);
  out += ' ';
  append_number(out, histogram.sum());
  out += '\n';
  out += name;
  out += "_count";
  append_labels(out, names, values);
  out += ' ';
  out += std::to_string(cumulative);
  out += '\n';
}

struct LabelsLess {
  using is_transparent = void;
  template <class Left, class Right>
  bool operator()(const Left& left, const Right& right) const {
    return std::lexicographical_compare(
        left.begin(), left.end(), right.begin(), right.end(),
        [](std::string_view a, std::string_view b) { return a < b; });
  }
};

class AnyFamily {
 public:
  AnyFamily(Labels labels, std::string help) : labels_(std::move(labels)), help_(std::move(help)) {}
  AnyFamily(const AnyFamily&) = delete;
  AnyFamily& operator=(const AnyFamily&) = delete;
  virtual ~AnyFamily() = default;
  virtual std::string_view type() const = 0;
  virtual void render(const std::string& name, std::string& out) const = 0;
  virtual void retire(std::string_view label, std::string_view value) = 0;
  const Labels& labels() const { return labels_; }
  const std::string& help() const { return help_; }

 private:
  Labels labels_;
  std::string help_;
};

template <class Series>
class FamilyOf final : public AnyFamily, public Family<Series> {
 public:
  FamilyOf(Labels names, std::string help, std::vector<double> bounds)
      : AnyFamily(std::move(names), std::move(help)), bounds_(std::move(bounds)) {
    // A family without labels has its one series from the start, so that zero is shown as zero.
    if (labels().empty()) with(std::vector<std::string_view>{});
  }

  Series& with(std::initializer_list<std::string_view> values) override {
    return find(std::span(values.begin(), values.size()));
  }
  Series& with(const std::vector<std::string_view>& values) override { return find(values); }

  std::string_view type() const override {
    if constexpr (std::is_same_v<Series, Counter>) return "counter";
    if constexpr (std::is_same_v<Series, Gauge>) return "gauge";
    if constexpr (std::is_same_v<Series, Histogram>) return "histogram";
  }

  void render(const std::string& name, std::string& out) const override {
    const std::shared_lock lock(mutex_);
    for (const auto& [values, entry] : series_) {
      if (!entry.retired) append_series(out, name, labels(), values, *entry.series);
    }
  }

  void retire(std::string_view label, std::string_view value) override {
    const auto found = std::find(labels().begin(), labels().end(), label);
    if (found == labels().end()) return;
    const auto at = static_cast<std::size_t>(found - labels().begin());
    const std::unique_lock lock(mutex_);
    for (auto& [values, entry] : series_) entry.retired = entry.retired || values[at] == value;
  }

 private:
  Series& find(std::span<const std::string_view> given) {
    if (given.size() == labels().size()) {
      const std::shared_lock lock(mutex_);
      const auto found = series_.find(given);
      if (found != series_.end() && !found->second.retired) return *found->second.series;
    }
    Labels values(given.begin(), given.end());
    values.resize(labels().size());
    const std::unique_lock lock(mutex_);
    const auto found = series_.find(values);
    if (found != series_.end()) {
      found->second.retired = false;
      return *found->second.series;
    }
    // The last place is kept for "other", which then takes everything that no longer fits.
    if (series_.size() + 1 >= kMaxSeries) values.assign(labels().size(), "other");
    std::unique_ptr<Series>& slot = series_[std::move(values)].series;
    if (!slot) {
      if constexpr (std::is_same_v<Series, Histogram>) {
        slot = std::make_unique<Histogram>(bounds_);
      } else {
        slot = std::make_unique<Series>();
      }
    }
    return *slot;
  }

  struct Entry {
    std::unique_ptr<Series> series;
    bool retired = false;
  };

  const std::vector<double> bounds_;
  mutable std::shared_mutex mutex_;
  std::map<Labels, Entry, LabelsLess> series_;
};

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<AnyFamily>, std::less<>> families;
  std::mutex collectors_mutex;
  std::vector<std::function<void()>> collectors;
};

// Never destroyed: counters are touched by threads that may outlive main.
Registry& registry() {
  static auto* const instance = new Registry;
  return *instance;
}

void check_names(std::string_view name, const Labels& labels) {
  if (!is_name(name, true)) {
    throw std::invalid_argument("\"" + std::string(name) + "\" is not a metric name");
  }
  for (const std::string& label : labels) {
    if (!is_name(label, false) || label == "le" || label.starts_with("__")) {
      throw std::invalid_argument("metric " + std::string(name) + ": \"" + label +
                                  "\" cannot be a label name");
    }
  }
}

template <class Series>
Family<Series>& family(std::string_view name, std::string_view help, const Labels& labels,
                       const std::vector<double>& bounds) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = all.families.find(name);
  if (found != all.families.end()) {
    auto* same = dynamic_cast<FamilyOf<Series>*>(found->second.get());
    if (same == nullptr) {
      throw std::invalid_argument("metric " + std::string(name) + " exists already as a " +
                                  std::string(found->second->type()));
    }
    if (same->labels() != labels) {
      throw std::invalid_argument("metric " + std::string(name) +
                                  " exists already with other labels");
    }
    return *same;
  }
  check_names(name, labels);
  auto created = std::make_unique<FamilyOf<Series>>(labels, std::string(help), bounds);
  Family<Series>& result = *created;
  all.families.emplace(std::string(name), std::move(created));
  return result;
}

}  // namespace

Histogram::Histogram(const std::vector<double>& bounds)
    : bounds_(bounds.empty() ? default_bounds() : bounds) {
  std::sort(bounds_.begin(), bounds_.end());
  buckets_ = std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1);
}

void Histogram::observe(double value) {
  const auto at = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  buckets_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
  double old = sum_.load(std::memory_order_relaxed);
  while (!sum_.compare_exchange_weak(old, old + value, std::memory_order_relaxed)) {
  }
}

std::uint64_t Histogram::bucket(std::size_t index) const {
  return index <= bounds_.size() ? buckets_[index].load(std::memory_order_relaxed) : 0;
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) total += bucket(i);
  return total;
}

double Histogram::sum() const { return sum_.load(std::memory_order_relaxed); }

Family<Counter>& counter(std::string_view name, std::string_view help,
                         const std::vector<std::string>& labels) {
  return family<Counter>(name, help, labels, {});
}

Family<Gauge>& gauge(std::string_view name, std::string_view help,
                     const std::vector<std::string>& labels) {
  return family<Gauge>(name, help, labels, {});
}

Family<Histogram>& histogram(std::string_view name, std::string_view help,
                             const std::vector<std::string>& labels,
                             const std::vector<double>& bounds) {
  return family<Histogram>(name, help, labels, bounds);
}

void retire_series(std::string_view prefix, std::string_view label, std::string_view value) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  for (auto one = all.families.lower_bound(prefix);
       one != all.families.end() && one->first.starts_with(prefix); ++one) {
    one->second->retire(label, value);
  }
}

void before_render(std::function<void()> fn) {
  Registry& all = registry();
  const std::lock_guard lock(all.collectors_mutex);
  all.collectors.push_back(std::move(fn));
}

std::string render() {
  Registry& all = registry();
  {
    const std::lock_guard lock(all.collectors_mutex);
    for (const auto& collect : all.collectors) collect();
  }
  std::string out;
  const std::lock_guard lock(all.mutex);
  for (const auto& [name, family] : all.families) {
    out += "# HELP " + name + ' ';
    append_escaped(out, family->help(), false);
    out += "\n# TYPE " + name + ' ';
    out += family->type();
    out += '\n';
    family->render(name, out);
  }
  return out;
}

}  // namespace limen::metrics
