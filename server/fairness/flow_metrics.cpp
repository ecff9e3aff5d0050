#include "fairness/flow_metrics.h"

#include <vector>

#include "observability/retired_series.h"

namespace limen::fairness {

namespace {

const std::vector<std::string> kFlow{"priority_level", "flow_schema"};

const std::vector<double>& bounds() {
  static const std::vector<double> all{0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30};
  return all;
}

metrics::Family<metrics::Counter>& rejections() {
  static auto& family = metrics::counter("apiserver_flowcontrol_rejected_requests_total",
                                         "Requests refused by API Priority and Fairness.",
                                         {"priority_level", "flow_schema", "reason"});
  return family;
}

metrics::Family<metrics::Counter>& dispatches() {
  static auto& family =
      metrics::counter("apiserver_flowcontrol_dispatched_requests_total",
                       "Requests that API Priority and Fairness let begin.", kFlow);
  return family;
}

metrics::Family<metrics::Gauge>& waiting_requests() {
  static auto& family =
      metrics::gauge("apiserver_flowcontrol_current_inqueue_requests",
                     "Requests waiting in the queues of API Priority and Fairness.", kFlow);
  return family;
}

metrics::Family<metrics::Gauge>& executing_requests() {
  static auto& family = metrics::gauge(
      "apiserver_flowcontrol_current_executing_requests",
      "Requests being served; watches until their initial state has been told.", kFlow);
  return family;
}

metrics::Family<metrics::Gauge>& executing_seats() {
  static auto& family = metrics::gauge("apiserver_flowcontrol_current_executing_seats",
                                       "Seats occupied by requests being served.", kFlow);
  return family;
}

metrics::Family<metrics::Histogram>& waits() {
  static auto& family = metrics::histogram("apiserver_flowcontrol_request_wait_duration_seconds",
                                           "Seconds a request waited in its queue.",
                                           {"priority_level", "flow_schema", "execute"}, bounds());
  return family;
}

metrics::Family<metrics::Histogram>& executions() {
  static auto& family = metrics::histogram("apiserver_flowcontrol_request_execution_seconds",
                                           "Seconds a request occupied its seats.",
                                           {"priority_level", "flow_schema", "type"}, bounds());
  return family;
}

double seconds(base::SteadyClock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

FlowMetrics::FlowMetrics(std::string_view level, std::string_view schema)
    : dispatched(dispatches().with({level, schema})),
      waiting(waiting_requests().with({level, schema})),
      executing(executing_requests().with({level, schema})),
      seats(executing_seats().with({level, schema})),
      level_(level),
      schema_(schema),
      waited_served_(waits().with({level, schema, "true"})),
      waited_in_vain_(waits().with({level, schema, "false"})),
      ran_regular_(executions().with({level, schema, "regular"})),
      ran_watch_(executions().with({level, schema, "watch"})) {}

void FlowMetrics::rejected(std::string_view reason) const {
  rejections().with({level_, schema_, reason}).add();
}

void FlowMetrics::waited(base::SteadyClock::duration time, bool served) const {
  (served ? waited_served_ : waited_in_vain_).observe(seconds(time));
}

void FlowMetrics::ran(base::SteadyClock::duration time, bool watch) const {
  (watch ? ran_watch_ : ran_regular_).observe(seconds(time));
}

void tell_seats(std::string_view level, std::int64_t nominal, std::int64_t least, std::int64_t most,
                std::int64_t current) {
  const std::vector<std::string> label{"priority_level"};
  static auto& nominal_seats = metrics::gauge("apiserver_flowcontrol_nominal_limit_seats",
                                              "Seats of a level by its shares.", label);
  static auto& least_seats = metrics::gauge("apiserver_flowcontrol_lower_limit_seats",
                                            "Seats a level does not lend.", label);
  static auto& most_seats = metrics::gauge("apiserver_flowcontrol_upper_limit_seats",
                                           "Seats of a level with all it may borrow.", label);
  static auto& current_seats = metrics::gauge("apiserver_flowcontrol_current_limit_seats",
                                              "Seats a level may use at this moment.", label);
  nominal_seats.with({level}).set(static_cast<double>(nominal));
  least_seats.with({level}).set(static_cast<double>(least));
  most_seats.with({level}).set(static_cast<double>(most));
  current_seats.with({level}).set(static_cast<double>(current));
}

void forget_level(std::string_view level) {
  metrics::retire_series("apiserver_flowcontrol_", "priority_level", level);
}

}  // namespace limen::fairness
