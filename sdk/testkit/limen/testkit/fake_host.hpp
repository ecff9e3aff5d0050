// FakeHost: a server for one plugin, without a server.
//
// Its clock stands still until a test moves it, posted work waits until a test runs it, objects
// live in memory, HTTP requests are answered by a function of the test, and everything the module
// logs or counts is kept for the test to look at. A test drives it from one thread; a module may
// call it from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "limen/cpp/versions.hpp"
#include "limen/testkit/call_state.hpp"

namespace limen::testkit {

struct LogLine {
  int level;
  std::string message;
  Pairs fields;
  // "message key=value key=value"
  std::string text() const {
    std::string out = message;
    for (const auto& [key, value] : fields) out += " " + key + "=" + value;
    return out;
  }
};

struct HttpCall {
  std::string method{}, url{}, body{};
  Pairs headers{};
  std::string ca_file{}, client_cert_file{}, client_key_file{};
  std::string ca_pem{}, client_cert_pem{}, client_key_pem{}, tls_server_name{};
  std::chrono::nanoseconds timeout{0};
  std::uint64_t max_response_bytes = 0;
};
struct HttpReply {
  limen_status status = LIMEN_OK;
  int code = 200;
  std::string body{};
  Pairs headers{};
  std::string error{};
};

// What a module asked of the authorizers.
struct AccessQuestion {
  std::string user{}, verb{}, api_group{}, resource{}, subresource{}, ns{}, name{};
};

class FakeHost {
 public:
  // `without` lists table ids this host does not offer.
  explicit FakeHost(Json config = boost::json::object(), std::string instance = "test",
                    std::set<std::string> without = {})
      : config_(std::move(config)), instance_(std::move(instance)), without_(std::move(without)) {
    host_.struct_size = sizeof(host_);
    host_.abi_major = LIMEN_ABI_MAJOR;
    host_.abi_minor = LIMEN_ABI_MINOR;
    host_.version = "testkit";
    host_.ctx = this;
    host_.get_extension = &FakeHost::get_extension;
  }
  ~FakeHost() { cancel_open_work(); }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  const limen_host* raw() const { return &host_; }

  // ---- time and work
  std::chrono::nanoseconds now() const { return std::chrono::nanoseconds(monotonic_ns_.load()); }
  // Also moves the wall clock, which starts at 2026-01-01T00:00:00Z.
  void advance(std::chrono::nanoseconds by) {
    const std::int64_t until = monotonic_ns_ + by.count();
    for (;;) {
      run_ready();
      const std::int64_t next = next_timer();
      if (next > until) break;
      monotonic_ns_ = std::max(next, monotonic_ns_.load());
    }
    monotonic_ns_ = until;
    run_ready();
  }
  // Sets the wall clock without moving the monotonic one.
  void set_unix_time(std::chrono::seconds time) {
    unix_offset_ns_ = std::chrono::nanoseconds(time).count() - monotonic_ns_;
  }
  // How often the plugin said that its answers may have changed (rights.h).
  std::size_t rights_changes() const { return rights_changes_; }
  // Posted work and timers that have not run yet.
  std::size_t pending_jobs() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return jobs_.size();
  }
  // Runs what is due until nothing is. Returns how much ran.
  std::size_t run_ready() {
    std::size_t ran = 0;
    for (;;) {
      Job job{};
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        auto due = jobs_.begin();
        while (due != jobs_.end() && due->when > monotonic_ns_) ++due;
        if (due == jobs_.end()) return ran;
        job = *due;
        jobs_.erase(due);
      }
      job.run(job.arg, LIMEN_OK);
      ++ran;
    }
  }
  // Has somebody else act once so much time has passed on the clock.
  void later(std::chrono::nanoseconds delay, std::function<void()> act) {
    struct Act {
      std::function<void()> act;
      static void run(void* raw, limen_status status) {
        const std::unique_ptr<Act> self(static_cast<Act*>(raw));
        if (status == LIMEN_OK) self->act();
      }
    };
    auto job = std::make_unique<Act>(Act{std::move(act)});
    if (enqueue(delay.count(), &Act::run, job.get()) == LIMEN_OK) job.release();
  }
  // When the next timer is due; INT64_MAX for none.
  std::int64_t next_timer() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::int64_t next = INT64_MAX;
    for (const Job& job : jobs_) next = std::min(next, job.when);
    return next;
  }
  // As the host does after stop(): everything that waits is told so, nothing new is taken.
  void cancel_open_work() {
    std::deque<Job> jobs;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
      jobs.swap(jobs_);
      subscriptions_.clear();
    }
    for (const Job& job : jobs) job.run(job.arg, LIMEN_E_CANCELLED);
  }

  // ---- objects
  // Creates or replaces an object; subscribers hear of it at once. Returns the stored value.
  const Json& put(const std::string& group, const std::string& resource, const Json& object) {
    const Json& stored = *documents_.emplace_back(std::make_unique<Json>(object));
    const auto key = key_of(group, resource, stored);
    const bool existed = objects_.count(key) != 0;
    objects_[key] = &stored;
    tell(group, resource, existed ? LIMEN_OBJECT_MODIFIED : LIMEN_OBJECT_ADDED, &stored);
    return stored;
  }
  void remove(const std::string& group, const std::string& resource, const std::string& ns,
              const std::string& name) {
    const auto found = objects_.find({group, resource, ns, name});
    if (found == objects_.end()) return;
    const Json* last = found->second;
    objects_.erase(found);
    tell(group, resource, LIMEN_OBJECT_DELETED, last);
  }
  bool contains(const std::string& group, const std::string& resource, const std::string& ns,
                const std::string& name) const {
    return objects_.count({group, resource, ns, name}) != 0;
  }
  // Null when there is none. Good until the object is changed or removed.
  const Json* find(const std::string& group, const std::string& resource, const std::string& ns,
                   const std::string& name) const {
    const auto found = objects_.find({group, resource, ns, name});
    return found == objects_.end() ? nullptr : found->second;
  }
  // Makes a kind known, in every version.
  void serve_kind(const std::string& group, const std::string& kind, const std::string& resource,
                  bool namespaced) {
    kinds_[{group, kind}] = {resource, namespaced};
  }
  // In which versions a resource ("scale" of one: "deployments/scale") may be written, best first.
  // Without it that of the request is the only one.
  void serve_versions(const std::string& resource, std::vector<ObjectVersion> versions) {
    versions_[resource] = std::move(versions);
  }
  // How objects become those of another version; what it throws is told as the reason why not.
  // Without it they differ in apiVersion and kind alone.
  void answer_conversion(std::function<Json(Json object, const ObjectVersion& target)> convert) {
    convert_ = std::move(convert);
  }
  // Tells new subscriptions what there is; the kit does it after start().
  void begin_subscriptions() {
    for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
      Subscription& one = subscriptions_[i];
      if (one.begun) continue;
      one.begun = true;
      const Subscription copy = one;
      for (const auto& [key, object] : objects_) {
        if (std::get<0>(key) == copy.group && std::get<1>(key) == copy.resource) {
          copy.fn(copy.arg, LIMEN_OBJECT_ADDED, to_node(object));
        }
      }
      copy.fn(copy.arg, LIMEN_OBJECT_SYNCED, nullptr);
    }
  }

  // ---- HTTP
  void answer_http(std::function<HttpReply(const HttpCall&)> answer) {
    answer_ = std::move(answer);
  }

  // ---- rights
  // Whom the authorizers allow what; without it they allow nothing.
  void answer_access(std::function<bool(const AccessQuestion&)> allowed) {
    allowed_ = std::move(allowed);
  }
  // Runs before a status is written, so that a test can be somebody else who is first.
  void before_status_write(std::function<void()> act) { before_write_ = std::move(act); }

  // ---- what the module did
  std::vector<LogLine> logs() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return logs_;
  }
  // Every line so far as one text, to look for words in it.
  std::string log_text() const {
    std::string all;
    for (const LogLine& line : logs()) all += line.text() + "\n";
    return all;
  }
  // The value of a series, such as "defaulted_total" or "calls_total{ok}"; histograms give their
  // sum.
  double metric(const std::string& series) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = values_.find(series);
    return found == values_.end() ? 0 : found->second;
  }

 private:
  struct Job {
    std::int64_t when;
    void (*run)(void*, limen_status);
    void* arg;
  };
  struct Subscription {
    std::string group, resource;
    void (*fn)(void*, std::int32_t, const limen_node*);
    void* arg;
    bool begun = false;
  };
  struct MetricFamily {
    std::int32_t type;
    std::string name;
    std::vector<std::string> labels;
  };
  using ObjectKey = std::tuple<std::string, std::string, std::string, std::string>;

  static FakeHost& of(const limen_host* host) { return *static_cast<FakeHost*>(host->ctx); }

  static std::string meta(const Json& object, std::string_view key) {
    boost::system::error_code error;
    const Json* found = object.find_pointer("/metadata/" + std::string(key), error);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
  }
  static ObjectKey key_of(const std::string& group, const std::string& resource,
                          const Json& object) {
    return {group, resource, meta(object, "namespace"), meta(object, "name")};
  }
  void tell(const std::string& group, const std::string& resource, std::int32_t event,
            const Json* object) {
    const std::deque<Subscription> now = subscriptions_;
    for (const Subscription& one : now) {
      if (one.begun && one.group == group && one.resource == resource) {
        one.fn(one.arg, event, to_node(object));
      }
    }
  }

  limen_status enqueue(std::int64_t delay_ns, void (*fn)(void*, limen_status), void* arg) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_) return LIMEN_E_UNAVAILABLE;
    jobs_.push_back({monotonic_ns_ + delay_ns, fn, arg});
    return LIMEN_OK;
  }

  // ---- the tables
  static std::int32_t log_enabled(const limen_host*, std::int32_t) { return 1; }
  static void log_write(const limen_host* host, std::int32_t level, limen_str message,
                        const limen_pair* pairs, std::size_t count) {
    LogLine line{level, detail::text(message), {}};
    for (std::size_t i = 0; i < count; ++i) {
      line.fields.emplace_back(detail::text(pairs[i].key), detail::text(pairs[i].value));
    }
    const std::lock_guard<std::mutex> lock(of(host).mutex_);
    of(host).logs_.push_back(std::move(line));
  }

  static limen_status metric_create(const limen_host* host, std::int32_t type, limen_str name,
                                    limen_str, const limen_str* labels, std::size_t count,
                                    std::uint64_t* family) {
    FakeHost& self = of(host);
    MetricFamily wanted{type, detail::text(name), detail::texts({labels, count})};
    const std::lock_guard<std::mutex> lock(self.mutex_);
    for (std::size_t i = 0; i < self.families_.size(); ++i) {
      const MetricFamily& known = self.families_[i];
      if (known.name != wanted.name) continue;
      *family = i;
      return known.type == type && known.labels == wanted.labels ? LIMEN_OK : LIMEN_E_INVALID;
    }
    *family = self.families_.size();
    self.families_.push_back(std::move(wanted));
    return LIMEN_OK;
  }
  static limen_status metric_series(const limen_host* host, std::uint64_t family,
                                    const limen_str* values, std::size_t count,
                                    std::uint64_t* series) {
    FakeHost& self = of(host);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    if (family >= self.families_.size() || self.families_[family].labels.size() != count) {
      return LIMEN_E_INVALID;
    }
    std::string name = self.families_[family].name;
    for (std::size_t i = 0; i < count; ++i) {
      name += (i == 0 ? "{" : ",") + detail::text(values[i]);
    }
    if (count != 0) name += "}";
    *series = self.series_.size();
    self.series_.push_back(name);
    return LIMEN_OK;
  }
  static void metric_add(const limen_host* host, std::uint64_t series, double amount) {
    FakeHost& self = of(host);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    self.values_[self.series_.at(series)] += amount;
  }
  static void metric_set(const limen_host* host, std::uint64_t series, double value) {
    FakeHost& self = of(host);
    const std::lock_guard<std::mutex> lock(self.mutex_);
    self.values_[self.series_.at(series)] = value;
  }

  static limen_status objects_subscribe(const limen_host* host, limen_str group, limen_str,
                                        limen_str resource,
                                        void (*fn)(void*, std::int32_t, const limen_node*),
                                        void* arg) {
    of(host).subscriptions_.push_back(
        {detail::text(group), detail::text(resource), fn, arg, false});
    return LIMEN_OK;
  }
  static std::int32_t objects_synced(const limen_host* host) {
    for (const Subscription& one : of(host).subscriptions_)
      if (!one.begun) return 0;
    return 1;
  }
  static limen_status objects_get(const limen_host* host, limen_str group, limen_str resource,
                                  limen_str ns, limen_str name, const limen_node** out) {
    const auto& objects = of(host).objects_;
    const auto found = objects.find(
        {detail::text(group), detail::text(resource), detail::text(ns), detail::text(name)});
    if (found == objects.end()) return LIMEN_E_NOT_FOUND;
    *out = to_node(found->second);
    detail::node_retain(*out);
    return LIMEN_OK;
  }
  // Understands equality selectors (a=b, a!=b) and existence (a, !a).
  static bool matches(const Json& object, std::string_view selector) {
    boost::system::error_code error;
    const Json* labels = object.find_pointer("/metadata/labels", error);
    while (!selector.empty()) {
      const std::size_t comma = selector.find(',');
      std::string_view term = selector.substr(0, comma);
      selector = comma == std::string_view::npos ? "" : selector.substr(comma + 1);
      const std::size_t equals = term.find('=');
      const bool exists_only = equals == std::string_view::npos;
      const bool negated =
          exists_only ? term.front() == '!' : equals > 0 && term[equals - 1] == '!';
      std::string_view key =
          exists_only ? term.substr(negated ? 1 : 0) : term.substr(0, equals - (negated ? 1 : 0));
      const Json* value = labels != nullptr && labels->is_object()
                              ? labels->get_object().if_contains(key)
                              : nullptr;
      std::string_view wanted = exists_only ? "" : term.substr(equals + 1);
      if (!wanted.empty() && wanted.front() == '=') wanted.remove_prefix(1);
      const bool met = value != nullptr && (exists_only || value->get_string() == wanted);
      if (met == negated) return false;
    }
    return true;
  }
  static limen_status objects_list(const limen_host* host, limen_str group, limen_str resource,
                                   limen_str ns, limen_str selector,
                                   std::int32_t (*each)(void*, const limen_node*), void* arg) {
    if (to_view(selector).find('(') != std::string_view::npos) return LIMEN_E_INVALID;
    for (const auto& [key, object] : of(host).objects_) {
      if (std::get<0>(key) != to_view(group) || std::get<1>(key) != to_view(resource)) continue;
      if (ns.len != 0 && std::get<2>(key) != to_view(ns)) continue;
      if (matches(*object, to_view(selector)) && each(arg, to_node(object)) == 0) break;
    }
    return LIMEN_OK;
  }

  static limen_status objects_set_label(const limen_host* host, limen_str group, limen_str resource,
                                        limen_str ns, limen_str name, limen_str label,
                                        limen_str value) {
    FakeHost& self = of(host);
    const auto found = self.objects_.find(
        {detail::text(group), detail::text(resource), detail::text(ns), detail::text(name)});
    if (found == self.objects_.end()) return LIMEN_E_NOT_FOUND;
    Json changed = *found->second;
    boost::json::object& metadata = changed.as_object().at("metadata").as_object();
    if (!metadata["labels"].is_object()) metadata["labels"].emplace_object();
    metadata["labels"].as_object()[to_view(label)] = to_view(value);
    self.put(detail::text(group), detail::text(resource), changed);
    return LIMEN_OK;
  }

  struct WriteEnd {
    limen_status outcome;
    void (*done)(void*, limen_status);
    void* arg;
    static void run(void* raw, limen_status status) {
      const std::unique_ptr<WriteEnd> self(static_cast<WriteEnd*>(raw));
      self->done(self->arg, status == LIMEN_OK ? self->outcome : status);
    }
  };
  limen_status end_write(limen_status outcome, void (*done)(void*, limen_status), void* arg) {
    auto end = std::make_unique<WriteEnd>(WriteEnd{outcome, done, arg});
    const limen_status status = enqueue(0, &WriteEnd::run, end.get());
    if (status == LIMEN_OK) end.release();
    return status;
  }
  static limen_status objects_update_status(const limen_host* host, limen_str group,
                                            limen_str resource, limen_str ns, limen_str name,
                                            limen_str version, limen_str status_json,
                                            void (*done)(void*, limen_status), void* arg) {
    FakeHost& self = of(host);
    const auto found = self.objects_.find(
        {detail::text(group), detail::text(resource), detail::text(ns), detail::text(name)});
    if (found == self.objects_.end()) return LIMEN_E_NOT_FOUND;
    boost::system::error_code error;
    const Json status = boost::json::parse(to_view(status_json), error);
    if (error || !status.is_object() || version.len == 0) return LIMEN_E_INVALID;
    if (self.before_write_) self.before_write_();
    const auto now = self.objects_.find(found->first);
    if (now == self.objects_.end()) return self.end_write(LIMEN_E_NOT_FOUND, done, arg);
    if (meta(*now->second, "resourceVersion") != to_view(version)) {
      return self.end_write(LIMEN_E_CONFLICT, done, arg);
    }
    Json changed = *now->second;
    changed.as_object()["status"] = status;
    changed.as_object().at("metadata").as_object()["resourceVersion"] =
        std::to_string(++self.last_version_);
    self.put(detail::text(group), detail::text(resource), changed);
    return self.end_write(LIMEN_OK, done, arg);
  }
  static limen_status objects_create(const limen_host* host, limen_str group, limen_str resource,
                                     limen_str ns, limen_str name, limen_str json,
                                     void (*done)(void*, limen_status), void* arg) {
    FakeHost& self = of(host);
    boost::system::error_code error;
    Json object = boost::json::parse(to_view(json), error);
    if (error || !object.is_object() || meta(object, "name") != to_view(name)) {
      return LIMEN_E_INVALID;
    }
    if (self.objects_.count(
            {detail::text(group), detail::text(resource), detail::text(ns), detail::text(name)})) {
      return self.end_write(LIMEN_E_CONFLICT, done, arg);
    }
    object.as_object().at("metadata").as_object()["resourceVersion"] =
        std::to_string(++self.last_version_);
    self.put(detail::text(group), detail::text(resource), object);
    return self.end_write(LIMEN_OK, done, arg);
  }

  static limen_status objects_resource_of(const limen_host* host, limen_str group, limen_str,
                                          limen_str kind,
                                          void (*tell)(void*, limen_str, std::int32_t), void* arg) {
    const auto& kinds = of(host).kinds_;
    const auto found = kinds.find({detail::text(group), detail::text(kind)});
    if (found == kinds.end()) return LIMEN_E_NOT_FOUND;
    tell(arg, to_abi(found->second.first), found->second.second ? 1 : 0);
    return LIMEN_OK;
  }

  struct AccessJob {
    FakeHost* host;
    AccessQuestion question;
    void (*done)(void*, limen_status, const limen_access_answer*);
    void* arg;
    static void run(void* raw, limen_status status) {
      const std::unique_ptr<AccessJob> self(static_cast<AccessJob*>(raw));
      limen_access_answer answer{};
      answer.struct_size = sizeof(answer);
      answer.verdict = LIMEN_VERDICT_NO_OPINION;
      if (status == LIMEN_OK && self->host->allowed_ && self->host->allowed_(self->question)) {
        answer.verdict = LIMEN_ALLOW;
      }
      self->done(self->arg, status, &answer);
    }
  };
  static limen_status access_ask(const limen_host* host, limen_call*,
                                 const limen_attributes* attributes,
                                 void (*done)(void*, limen_status, const limen_access_answer*),
                                 void* arg) {
    if (attributes == nullptr || attributes->user == nullptr) return LIMEN_E_INVALID;
    AccessQuestion question;
    question.user = detail::text(attributes->user->name);
    question.verb = detail::text(attributes->verb);
    question.api_group = detail::text(attributes->api_group);
    question.resource = detail::text(attributes->resource);
    question.subresource = detail::text(attributes->subresource);
    question.ns = detail::text(attributes->ns);
    question.name = detail::text(attributes->name);
    auto job = std::make_unique<AccessJob>(AccessJob{&of(host), std::move(question), done, arg});
    const limen_status status = of(host).enqueue(0, &AccessJob::run, job.get());
    if (status == LIMEN_OK) job.release();
    return status;
  }

  // As the request names it.
  static ObjectVersion requested(const limen_admission_input& input) {
    const limen_attributes& about = *input.attributes;
    ObjectVersion out{detail::text(about.api_group), detail::text(about.api_version),
                      detail::text(about.api_group), detail::text(about.api_version),
                      detail::text(input.kind)};
    const Json* const object = to_json(input.object);
    if (about.subresource.len == 0 || object == nullptr || !object->is_object()) return out;
    const Json* api = object->get_object().if_contains("apiVersion");
    if (api == nullptr || !api->is_string()) return out;
    const std::string text(api->get_string());
    const std::size_t slash = text.find('/');
    out.kind_group = slash == std::string::npos ? "" : text.substr(0, slash);
    out.kind_version = slash == std::string::npos ? text : text.substr(slash + 1);
    const Json* kind = object->get_object().if_contains("kind");
    if (out.kind.empty() && kind != nullptr && kind->is_string()) out.kind = kind->get_string();
    return out;
  }
  std::vector<ObjectVersion> versions_of(const limen_admission_input& input) const {
    ObjectVersion first = requested(input);
    std::string name = detail::text(input.attributes->resource);
    if (input.attributes->subresource.len != 0) {
      name += "/" + detail::text(input.attributes->subresource);
    }
    std::vector<ObjectVersion> others;
    const auto found = versions_.find(name);
    if (found != versions_.end()) others = found->second;
    std::vector<ObjectVersion> all;
    for (const ObjectVersion& one : others) {
      const bool own = one.api_group == first.api_group && one.api_version == first.api_version;
      if (own) first = one;
    }
    all.push_back(first);
    for (const ObjectVersion& one : others) {
      const bool own = one.api_group == first.api_group && one.api_version == first.api_version;
      if (!own) all.push_back(one);
    }
    return all;
  }
  static limen_status versions_list(const limen_host* host, limen_call* call,
                                    std::int32_t (*each)(void*, const limen_version*), void* arg) {
    const limen_admission_input* const input = CallState::of(call).admission;
    if (input == nullptr) return LIMEN_E_UNSUPPORTED;
    for (const ObjectVersion& one : of(host).versions_of(*input)) {
      const limen_version row = Versions::to_row(one);
      if (each(arg, &row) == 0) break;
    }
    return LIMEN_OK;
  }
  struct ConversionJob {
    FakeHost* host;
    Json object;
    ObjectVersion target;
    void (*done)(void*, limen_status, const limen_node*, limen_str);
    void* arg;
    static void run(void* raw, limen_status status) {
      const std::unique_ptr<ConversionJob> self(static_cast<ConversionJob*>(raw));
      std::string error;
      if (status == LIMEN_OK) {
        try {
          if (self->host->convert_) {
            self->object = self->host->convert_(std::move(self->object), self->target);
          } else {
            self->object.as_object()["apiVersion"] = self->target.kind_api_version();
            self->object.as_object()["kind"] = self->target.kind;
          }
        } catch (const std::exception& thrown) {
          error = thrown.what();
          status = LIMEN_E_INTERNAL;
        }
      }
      if (status != LIMEN_OK) return self->done(self->arg, status, nullptr, to_abi(error));
      // Kept for ever, like every other document: the module may retain it.
      const Json& kept =
          *self->host->documents_.emplace_back(std::make_unique<Json>(std::move(self->object)));
      self->done(self->arg, status, to_node(&kept), to_abi(error));
    }
  };
  static limen_status versions_convert(
      const limen_host* host, limen_call* call, limen_str json, const limen_version* target,
      void (*done)(void*, limen_status, const limen_node*, limen_str), void* arg) {
    if (CallState::of(call).admission == nullptr) return LIMEN_E_UNSUPPORTED;
    boost::system::error_code error;
    Json object = boost::json::parse(to_view(json), error);
    if (error || !object.is_object() || target == nullptr) return LIMEN_E_INVALID;
    auto job = std::make_unique<ConversionJob>(
        ConversionJob{&of(host), std::move(object), Versions::from_row(*target), done, arg});
    const limen_status status = of(host).enqueue(0, &ConversionJob::run, job.get());
    if (status == LIMEN_OK) job.release();
    return status;
  }

  static limen_status executor_post(const limen_host* host, void (*fn)(void*, limen_status),
                                    void* arg) {
    return of(host).enqueue(0, fn, arg);
  }
  static limen_status executor_post_after(const limen_host* host, std::int64_t delay_ns,
                                          void (*fn)(void*, limen_status), void* arg) {
    return of(host).enqueue(delay_ns, fn, arg);
  }

  struct HttpJob {
    FakeHost* host;
    HttpCall call;
    void (*done)(void*, limen_status, const limen_http_response*);
    void* arg;
    static void run(void* raw, limen_status status) {
      const std::unique_ptr<HttpJob> self(static_cast<HttpJob*>(raw));
      HttpReply reply;
      reply.status = status;
      if (status == LIMEN_OK && self->host->answer_) {
        reply = self->host->answer_(self->call);
      } else if (status == LIMEN_OK) {
        reply.status = LIMEN_E_UNAVAILABLE;
      }
      std::vector<limen_pair> headers;
      for (const auto& [key, value] : reply.headers)
        headers.push_back({to_abi(key), to_abi(value)});
      limen_http_response out{};
      out.struct_size = sizeof(out);
      out.code = reply.code;
      out.headers = headers.data();
      out.header_count = headers.size();
      out.body = to_abi(reply.body);
      out.error = to_abi(reply.error);
      self->done(self->arg, reply.status, &out);
    }
  };
  static limen_status http_send(const limen_host* host, limen_call*,
                                const limen_http_request* request,
                                void (*done)(void*, limen_status, const limen_http_response*),
                                void* arg) {
    HttpCall call;
    call.method = detail::text(request->method);
    call.url = detail::text(request->url);
    call.body = detail::text(request->body);
    call.ca_file = detail::text(request->ca_file);
    call.client_cert_file = detail::text(request->client_cert_file);
    call.client_key_file = detail::text(request->client_key_file);
    call.ca_pem = detail::text(request->ca_pem);
    call.client_cert_pem = detail::text(request->client_cert_pem);
    call.client_key_pem = detail::text(request->client_key_pem);
    call.tls_server_name = detail::text(request->tls_server_name);
    call.timeout = std::chrono::nanoseconds(request->timeout_ns);
    call.max_response_bytes = request->max_response_bytes;
    for (std::uint32_t i = 0; i < request->header_count; ++i) {
      call.headers.emplace_back(detail::text(request->headers[i].key),
                                detail::text(request->headers[i].value));
    }
    auto job = std::make_unique<HttpJob>(HttpJob{&of(host), std::move(call), done, arg});
    const limen_status status = of(host).enqueue(0, &HttpJob::run, job.get());
    if (status == LIMEN_OK) job.release();
    return status;
  }

  static const void* get_extension(const limen_host* host, const char* raw_id) {
    static constexpr limen_log_api kLog{sizeof(limen_log_api), 0, &log_enabled, &log_write};
    static constexpr limen_metrics_api kMetrics{sizeof(limen_metrics_api),
                                                0,
                                                &metric_create,
                                                &metric_series,
                                                &metric_add,
                                                &metric_set,
                                                &metric_add};
    static constexpr limen_clock_api kClock{
        sizeof(limen_clock_api), 0, [](const limen_host* h) { return of(h).monotonic_ns_.load(); },
        [](const limen_host* h) { return of(h).monotonic_ns_ + of(h).unix_offset_ns_; }};
    static constexpr limen_config_api kConfig{
        sizeof(limen_config_api), 0, [](const limen_host* h) { return to_node(&of(h).config_); },
        [](const limen_host* h) { return of(h).instance_.c_str(); }};
    static constexpr limen_objects_api kObjects{sizeof(limen_objects_api),
                                                0,
                                                &objects_subscribe,
                                                &objects_synced,
                                                &objects_get,
                                                &objects_list,
                                                &objects_set_label,
                                                &objects_update_status,
                                                &objects_create,
                                                &objects_resource_of};
    static constexpr limen_executor_api kExecutor{sizeof(limen_executor_api), 0, &executor_post,
                                                  &executor_post_after};
    static constexpr limen_http_api kHttp{sizeof(limen_http_api), 0, &http_send};
    static constexpr limen_rights_api kRights{sizeof(limen_rights_api), 0,
                                              [](const limen_host* h) { ++of(h).rights_changes_; }};
    static constexpr limen_access_api kAccess{sizeof(limen_access_api), 0, &access_ask};
    static constexpr limen_versions_api kVersions{sizeof(limen_versions_api), 0, &versions_list,
                                                  &versions_convert};
    const std::string id = raw_id;
    if (of(host).without_.count(id) != 0) return nullptr;
    if (id == LIMEN_CALL) return &kCallApi;
    if (id == LIMEN_NODE) return &kNodeApi;
    if (id == LIMEN_LOG) return &kLog;
    if (id == LIMEN_METRICS) return &kMetrics;
    if (id == LIMEN_CLOCK) return &kClock;
    if (id == LIMEN_CONFIG) return &kConfig;
    if (id == LIMEN_OBJECTS) return &kObjects;
    if (id == LIMEN_EXECUTOR) return &kExecutor;
    if (id == LIMEN_HTTP) return &kHttp;
    if (id == LIMEN_RIGHTS) return &kRights;
    if (id == LIMEN_ACCESS) return &kAccess;
    if (id == LIMEN_VERSIONS) return &kVersions;
    return nullptr;
  }

  limen_host host_{};
  Json config_;
  std::string instance_;
  std::map<std::pair<std::string, std::string>, std::pair<std::string, bool>> kinds_;
  std::map<std::string, std::vector<ObjectVersion>> versions_;
  std::function<Json(Json, const ObjectVersion&)> convert_;
  std::function<bool(const AccessQuestion&)> allowed_;
  std::function<void()> before_write_;
  std::int64_t last_version_ = 1000;  // resourceVersions that writes give
  std::set<std::string> without_;
  std::atomic<std::int64_t> monotonic_ns_{1'000'000'000};
  std::atomic<std::size_t> rights_changes_{0};
  std::atomic<std::int64_t> unix_offset_ns_{1'767'225'600'000'000'000 - 1'000'000'000};
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::deque<Job> jobs_;
  std::deque<Subscription> subscriptions_;
  std::deque<std::unique_ptr<Json>> documents_;
  std::map<ObjectKey, const Json*> objects_;
  std::function<HttpReply(const HttpCall&)> answer_;
  std::vector<LogLine> logs_;
  std::vector<MetricFamily> families_;
  std::vector<std::string> series_;
  std::map<std::string, double> values_;
};

}  // namespace limen::testkit
