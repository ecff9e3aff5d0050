#include "pipeline/request_metrics.h"

#include <string>
#include <unordered_map>

#include "observability/metrics.h"
#include "pipeline/stages.h"

namespace limen::pipeline {

namespace {

// One thread's remembered series, so that counting takes no lock and no search through labels.
template <class Series>
class SeriesCache {
 public:
  template <class Make>
  Series& get(const std::string& key, Make make) {
    const auto found = series_.find(key);
    if (found != series_.end()) return *found->second;
    Series& made = make();
    if (series_.size() < metrics::kMaxSeries) series_.emplace(key, &made);
    return made;
  }

 private:
  std::unordered_map<std::string, Series*> series_;
};

// What a stranger may write into a path must not become a label: only answers of a known resource
// keep their names.
bool has_known_resource(const request::RequestContext& context) {
  return context.info.is_resource && context.status() != 404 && context.status() != 403 &&
         context.status() != 401;
}

// Set of verbs a client cannot extend.
std::string_view verb_label(const request::RequestContext& context) {
  static constexpr std::string_view kVerbs[] = {"get",    "list",  "watch",  "create",
                                                "update", "patch", "delete", "deletecollection",
                                                "post",   "put",   "head",   "options"};
  for (std::string_view verb : kVerbs)
    if (context.info.verb == verb) return verb;
  return "other";
}

std::string_view code_label(int code, std::string& buffer) {
  buffer = std::to_string(code);
  return buffer;
}

}  // namespace

void record_request(const request::RequestContext& context, base::SteadyClock::duration took) {
  static auto& totals =
      metrics::counter("apiserver_request_total", "Requests answered.",
                       {"verb", "group", "version", "resource", "subresource", "code"});
  static auto& durations =
      metrics::histogram("apiserver_request_duration_seconds",
                         "Seconds from a request's head to the end of its work.", {"verb"});
  thread_local SeriesCache<metrics::Counter> counters;
  thread_local SeriesCache<metrics::Histogram> histograms;
  thread_local std::string key;
  thread_local std::string code;

  const request::RequestInfo& info = context.info;
  const std::string_view verb = verb_label(context);
  const bool known = has_known_resource(context);
  key.assign(verb);
  key += '/';
  key += code_label(context.status(), code);
  if (known) {
    for (const std::string* part :
         {&info.group, &info.version, &info.resource, &info.subresource}) {
      key += '/';
      key += *part;
    }
  }
  counters
      .get(key,
           [&]() -> metrics::Counter& {
             if (!known) return totals.with({verb, "", "", "", "", code});
             return totals.with(
                 {verb, info.group, info.version, info.resource, info.subresource, code});
           })
      .add();
  if (is_long_running(info)) return;
  key.assign(verb);
  histograms.get(key, [&]() -> metrics::Histogram& { return durations.with({verb}); })
      .observe(std::chrono::duration<double>(took).count());
}

namespace {

double seconds(base::SteadyClock::duration took) {
  return std::chrono::duration<double>(took).count();
}

// A counter and a histogram of one result of a stage.
struct Attempts {
  metrics::Counter& count;
  metrics::Histogram& duration;

  void record(base::SteadyClock::duration took) {
    count.add();
    duration.observe(seconds(took));
  }
};

// Milliseconds to seconds, doubling.
std::vector<double> doubling_bounds() {
  std::vector<double> bounds;
  for (int i = 0; i < 15; ++i) bounds.push_back(0.001 * (1 << i));
  return bounds;
}

Attempts authentication_attempts(std::string_view result) {
  return {
      metrics::counter("authentication_attempts", "Authentication attempts by result.", {"result"})
          .with({result}),
      metrics::histogram("authentication_duration_seconds",
                         "Seconds that authentication took, by result.", {"result"},
                         doubling_bounds())
          .with({result})};
}

Attempts authorization_attempts(std::string_view result) {
  return {metrics::counter("authorization_attempts_total", "Authorization attempts by result.",
                           {"result"})
              .with({result}),
          metrics::histogram("authorization_duration_seconds",
                             "Seconds that authorization took, by result.", {"result"},
                             doubling_bounds())
              .with({result})};
}

}  // namespace

void record_authentication(const authn::Outcome& outcome, base::SteadyClock::duration took) {
  static Attempts success = authentication_attempts("success");
  static Attempts failure = authentication_attempts("failure");
  static auto& by_module =
      metrics::counter("limen_authenticated_requests_total",
                       "Requests authenticated, by module instance.", {"module"});
  thread_local SeriesCache<metrics::Counter> modules;
  (outcome.authenticated ? success : failure).record(took);
  if (outcome.authenticated) {
    modules.get(outcome.by, [&]() -> metrics::Counter& { return by_module.with({outcome.by}); })
        .add();
  }
}

namespace {

// A counter and a histogram with the same labels.
struct Timed {
  metrics::Family<metrics::Counter>& attempts;
  metrics::Family<metrics::Histogram>& durations;

  void record(std::string_view mode, bool allowed, base::SteadyClock::duration took) {
    const std::string_view decision = allowed ? "allowed" : "denied";
    attempts.with({mode, decision}).add();
    durations.with({mode, decision}).observe(seconds(took));
  }
};

}  // namespace

void record_impersonation(std::string_view mode, bool allowed, base::SteadyClock::duration took) {
  static Timed timed{metrics::counter("apiserver_impersonation_attempts_total",
                                      "Modes of impersonation that were tried, by decision.",
                                      {"mode", "decision"}),
                     metrics::histogram("apiserver_impersonation_attempts_duration_seconds",
                                        "Seconds that trying a mode of impersonation took.",
                                        {"mode", "decision"})};
  timed.record(mode, allowed, took);
}

void record_impersonation_question(std::string_view mode, bool allowed,
                                   base::SteadyClock::duration took) {
  static Timed timed{
      metrics::counter("apiserver_impersonation_authorization_attempts_total",
                       "Questions about impersonation to the authorizers, by decision.",
                       {"mode", "decision"}),
      metrics::histogram("apiserver_impersonation_authorization_attempts_duration_seconds",
                         "Seconds that a question about impersonation took.",
                         {"mode", "decision"})};
  timed.record(mode, allowed, took);
}

void record_authorization(const authz::Outcome& outcome, base::SteadyClock::duration took) {
  static Attempts allowed = authorization_attempts("allowed");
  static Attempts denied = authorization_attempts("denied");
  static Attempts no_opinion = authorization_attempts("no-opinion");
  static Attempts failed = authorization_attempts("error");
  static auto& decisions =
      metrics::counter("apiserver_authorization_decisions_total",
                       "Decisions by the module instance that made them.", {"name", "decision"});
  thread_local SeriesCache<metrics::Counter> series;
  const std::string_view decision =
      outcome.allowed ? "allowed" : (!outcome.error.empty() ? "error" : "denied");
  thread_local std::string key;
  key.assign(outcome.by).append("/").append(decision);
  series.get(key,
             [&]() -> metrics::Counter& {
               return decisions.with({outcome.by, decision});
             })
      .add();
  Attempts& attempts = outcome.allowed          ? allowed
                       : !outcome.error.empty() ? failed
                       : outcome.denied         ? denied
                                                : no_opinion;
  attempts.record(took);
}

LongRunning::LongRunning(const request::RequestContext& context) {
  static auto& running = metrics::gauge(
      "apiserver_longrunning_requests",
      "Requests at work that live as long as their client wants: watches, logs, streams and "
      "proxies.",
      {"verb", "subresource"});
  static constexpr std::string_view kSubresources[] = {"attach", "exec", "portforward", "proxy",
                                                       "log"};
  std::string_view subresource;
  for (const std::string_view known : kSubresources) {
    if (context.info.subresource == known) subresource = known;
  }
  gauge_ = &running.with({verb_label(context), subresource});
  gauge_->add(1);
}

LongRunning::~LongRunning() { gauge_->add(-1); }

}  // namespace limen::pipeline
