#include "isolation/metrics_relay.h"

#include "isolation/codec.h"
#include "modules/host_scope.h"

namespace limen::isolation {

using boost::json::array;

MetricsRelay::MetricsRelay(std::function<void(const Message&)> tell) : tell_(std::move(tell)) {
  modules::observe_metrics(this);
}

MetricsRelay::~MetricsRelay() { modules::observe_metrics(nullptr); }

void MetricsRelay::created(const modules::MetricFamily& family) {
  add({"f", family.number, family.type, family.name, family.help, to_json(family.labels)});
}

void MetricsRelay::series(std::uint64_t family, const std::vector<std::string>& values,
                          std::uint64_t series) {
  add({"s", series, family, to_json(values)});
}

void MetricsRelay::recorded(Recording what, std::uint64_t series, double amount) {
  add({"r", series, static_cast<int>(what), amount});
}

void MetricsRelay::add(array entry) {
  bool full = false;
  bool begins = false;
  {
    const std::lock_guard lock(mutex_);
    begins = waiting_.empty();
    waiting_.push_back(std::move(entry));
    full = waiting_.size() >= kMost;
  }
  if (full) return flush();
  if (begins) timer_.post_at(base::SteadyClock::now() + kPause, [this] { flush(); });
}

void MetricsRelay::flush() {
  Message message;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return;
    message["op"] = "metrics";
    message["first"] = first_;
    message["entries"] = std::move(waiting_);
    waiting_ = {};
    first_ = false;
    // Within the lock: a later batch must not overtake this one.
    tell_(message);
  }
}

void RelayedMetrics::take(const Message& message) {
  if (flag_of(message, "first")) {  // a new process counts from the beginning
    families_.clear();
    series_.clear();
  }
  const auto* entries = message.if_contains("entries");
  if (entries == nullptr || !entries->is_array()) return;
  for (const auto& entry : entries->get_array()) {
    if (entry.is_array()) take(entry.get_array());
  }
}

// An entry that makes no sense is nothing: the process that sent it is not trusted to be sane.
void RelayedMetrics::take(const array& entry) {
  const auto number = [&](std::size_t index) -> std::int64_t {
    if (index >= entry.size() || !entry[index].is_int64()) return 0;
    return entry[index].get_int64();
  };
  const auto texts = [&](std::size_t index) {
    Message holder;
    if (index < entry.size()) holder["x"] = entry[index];
    return texts_of(holder, "x");
  };
  const auto views = [](const Texts& all) {
    std::vector<limen_str> out;
    for (const std::string& one : all) out.push_back(modules::to_limen(one));
    return out;
  };
  if (entry.empty() || !entry[0].is_string()) return;
  const std::string_view what = entry[0].get_string();
  if (what == "f" && entry.size() == 6 && entry[3].is_string() && entry[4].is_string()) {
    const Texts labels = texts(5);
    const std::vector<limen_str> names = views(labels);
    std::uint64_t family = 0;
    if (scope_.create(static_cast<std::int32_t>(number(2)),
                      modules::to_limen(std::string_view(entry[3].get_string())),
                      modules::to_limen(std::string_view(entry[4].get_string())), names.data(),
                      names.size(), &family) == LIMEN_OK) {
      families_[number(1)] = family;
    }
  } else if (what == "s" && families_.contains(number(2))) {
    const Texts labels = texts(3);
    const std::vector<limen_str> values = views(labels);
    std::uint64_t series = 0;
    if (scope_.series(families_[number(2)], values.data(), values.size(), &series) == LIMEN_OK) {
      series_[number(1)] = series;
    }
  } else if (what == "r" && entry.size() == 4 && entry[3].is_double()) {
    const auto found = series_.find(number(1));
    if (found == series_.end()) return;
    const double amount = entry[3].get_double();
    switch (static_cast<modules::MetricsObserver::Recording>(number(2))) {
      case modules::MetricsObserver::Recording::add:
        return scope_.add(found->second, amount);
      case modules::MetricsObserver::Recording::set:
        return scope_.set(found->second, amount);
      case modules::MetricsObserver::Recording::observe:
        return scope_.observe(found->second, amount);
    }
  }
}

}  // namespace limen::isolation
