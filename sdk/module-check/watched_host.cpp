// The tables of the host, and when each may be used.
#include <cstring>
#include <set>

#include "report.h"
#include "watched.h"

namespace limen::module_check {

extern const limen_call_api kWatchedCalls;

namespace {

void check_text(const char* what, limen_str text) {
  if ((text.ptr == nullptr && text.len != 0) || !is_utf8(to_view(text))) {
    fault("utf8", std::string(what) + " was given text that is not UTF-8");
  }
}

template <class Table>
const Table& real(WatchedHost& self, const char* id) {
  const limen_host* const host = self.fake().raw();
  return *static_cast<const Table*>(host->get_extension(host, id));
}

// ---- log and metrics: judged, not kept

constexpr limen_log_api kLog = {sizeof(limen_log_api), 0,
                                [](const limen_host* host, std::int32_t) -> std::int32_t {
                                  WatchedHost::use(host, "limen.log/1");
                                  return 1;
                                },
                                [](const limen_host* host, std::int32_t, limen_str message,
                                   const limen_pair* pairs, std::size_t count) {
                                  WatchedHost::use(host, "limen.log/1");
                                  check_text("a log line", message);
                                  for (std::size_t i = 0; i < count; ++i) {
                                    check_text("a log line", pairs[i].key);
                                    check_text("a log line", pairs[i].value);
                                  }
                                }};

constexpr limen_metrics_api kMetrics = {
    sizeof(limen_metrics_api),
    0,
    [](const limen_host* host, std::int32_t, limen_str name, limen_str help,
       const limen_str* labels, std::size_t count, std::uint64_t* family) -> limen_status {
      WatchedHost::use_in_start(host, "limen.metrics/1 create()");
      check_text("a metric's name", name);
      check_text("a metric's help", help);
      for (std::size_t i = 0; i < count; ++i) check_text("a metric's label", labels[i]);
      *family = count;  // so that series() can tell whether it is given as many values
      return LIMEN_OK;
    },
    [](const limen_host* host, std::uint64_t family, const limen_str* values, std::size_t count,
       std::uint64_t* series) -> limen_status {
      WatchedHost::use(host, "limen.metrics/1");
      for (std::size_t i = 0; i < count; ++i) check_text("a metric's label", values[i]);
      *series = 1;
      return family == count ? LIMEN_OK : LIMEN_E_INVALID;
    },
    [](const limen_host* host, std::uint64_t, double) {
      WatchedHost::use(host, "limen.metrics/1");
    },
    [](const limen_host* host, std::uint64_t, double) {
      WatchedHost::use(host, "limen.metrics/1");
    },
    [](const limen_host* host, std::uint64_t, double) {
      WatchedHost::use(host, "limen.metrics/1");
    }};

// ---- clock, config, executor, http, rights, access, versions: passed on

constexpr limen_clock_api kClock = {
    sizeof(limen_clock_api), 0,
    [](const limen_host* host) {
      WatchedHost& self = WatchedHost::use(host, "limen.clock/1");
      return real<limen_clock_api>(self, LIMEN_CLOCK).monotonic_ns(self.fake().raw());
    },
    [](const limen_host* host) {
      WatchedHost& self = WatchedHost::use(host, "limen.clock/1");
      return real<limen_clock_api>(self, LIMEN_CLOCK).unix_ns(self.fake().raw());
    }};

constexpr limen_config_api kConfig = {
    sizeof(limen_config_api), 0,
    [](const limen_host* host) {
      WatchedHost& self = WatchedHost::use(host, "limen.config/1");
      return real<limen_config_api>(self, LIMEN_CONFIG).root(self.fake().raw());
    },
    [](const limen_host* host) {
      WatchedHost& self = WatchedHost::use(host, "limen.config/1");
      return real<limen_config_api>(self, LIMEN_CONFIG).instance_name(self.fake().raw());
    }};

constexpr limen_executor_api kExecutor = {
    sizeof(limen_executor_api), 0,
    [](const limen_host* host, void (*fn)(void*, limen_status), void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.executor/1");
      return real<limen_executor_api>(self, LIMEN_EXECUTOR).post(self.fake().raw(), fn, arg);
    },
    [](const limen_host* host, std::int64_t delay, void (*fn)(void*, limen_status), void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.executor/1");
      return real<limen_executor_api>(self, LIMEN_EXECUTOR)
          .post_after(self.fake().raw(), delay, fn, arg);
    }};

constexpr limen_http_api kHttp = {
    sizeof(limen_http_api), 0,
    [](const limen_host* host, limen_call* parent, const limen_http_request* request,
       void (*done)(void*, limen_status, const limen_http_response*), void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.http/1");
      check_text("a request's URL", request->url);
      return real<limen_http_api>(self, LIMEN_HTTP)
          .send(self.fake().raw(), parent, request, done, arg);
    }};

constexpr limen_rights_api kRights = {sizeof(limen_rights_api), 0, [](const limen_host* host) {
                                        WatchedHost::use(host, "limen.rights/1");
                                      }};

constexpr limen_access_api kAccess = {
    sizeof(limen_access_api), 0,
    [](const limen_host* host, limen_call* call, const limen_attributes* attributes,
       void (*done)(void*, limen_status, const limen_access_answer*), void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.access/1");
      return real<limen_access_api>(self, LIMEN_ACCESS)
          .ask(self.fake().raw(), call, attributes, done, arg);
    }};

constexpr limen_versions_api kVersions = {
    sizeof(limen_versions_api), 0,
    [](const limen_host* host, limen_call* call, std::int32_t (*each)(void*, const limen_version*),
       void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.versions/1");
      return real<limen_versions_api>(self, LIMEN_VERSIONS)
          .list(self.fake().raw(), call, each, arg);
    },
    [](const limen_host* host, limen_call* call, limen_str json, const limen_version* target,
       void (*done)(void*, limen_status, const limen_node*, limen_str), void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.versions/1");
      check_text("an object to convert", json);
      return real<limen_versions_api>(self, LIMEN_VERSIONS)
          .convert(self.fake().raw(), call, json, target, done, arg);
    }};

// ---- objects: read as they are, written in word only

constexpr limen_objects_api kObjects = {
    sizeof(limen_objects_api),
    0,
    [](const limen_host* host, limen_str group, limen_str version, limen_str resource,
       void (*fn)(void*, std::int32_t, const limen_node*), void* arg) {
      WatchedHost& self = WatchedHost::use_in_start(host, "limen.objects/1 subscribe()");
      return real<limen_objects_api>(self, LIMEN_OBJECTS)
          .subscribe(self.fake().raw(), group, version, resource, fn, arg);
    },
    [](const limen_host* host) {
      WatchedHost& self = WatchedHost::use(host, "limen.objects/1");
      return real<limen_objects_api>(self, LIMEN_OBJECTS).synced(self.fake().raw());
    },
    [](const limen_host* host, limen_str group, limen_str resource, limen_str ns, limen_str name,
       const limen_node** out) {
      WatchedHost& self = WatchedHost::use(host, "limen.objects/1");
      return real<limen_objects_api>(self, LIMEN_OBJECTS)
          .get(self.fake().raw(), group, resource, ns, name, out);
    },
    [](const limen_host* host, limen_str group, limen_str resource, limen_str ns,
       limen_str selector, std::int32_t (*each)(void*, const limen_node*), void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.objects/1");
      check_text("a label selector", selector);
      return real<limen_objects_api>(self, LIMEN_OBJECTS)
          .list(self.fake().raw(), group, resource, ns, selector, each, arg);
    },
    [](const limen_host* host, limen_str, limen_str, limen_str, limen_str, limen_str label,
       limen_str value) -> limen_status {
      WatchedHost::use(host, "limen.objects/1").count_write();
      check_text("a label", label);
      check_text("a label", value);
      return LIMEN_OK;
    },
    [](const limen_host* host, limen_str, limen_str, limen_str, limen_str, limen_str,
       limen_str status, void (*done)(void*, limen_status), void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.objects/1");
      self.count_write();
      check_text("a status", status);
      return real<limen_executor_api>(self, LIMEN_EXECUTOR).post(self.fake().raw(), done, arg);
    },
    [](const limen_host* host, limen_str, limen_str, limen_str, limen_str, limen_str json,
       void (*done)(void*, limen_status), void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.objects/1");
      self.count_write();
      check_text("a new object", json);
      return real<limen_executor_api>(self, LIMEN_EXECUTOR).post(self.fake().raw(), done, arg);
    },
    [](const limen_host* host, limen_str group, limen_str version, limen_str kind,
       void (*tell)(void*, limen_str, std::int32_t), void* arg) {
      WatchedHost& self = WatchedHost::use(host, "limen.objects/1");
      return real<limen_objects_api>(self, LIMEN_OBJECTS)
          .resource_of(self.fake().raw(), group, version, kind, tell, arg);
    }};

struct Offered {
  const char* id;
  const void* table;
};

const void* get_extension(const limen_host* host, const char* id) {
  static const Offered kOffered[] = {
      {LIMEN_CALL, &kWatchedCalls}, {LIMEN_NODE, &testkit::kNodeApi}, {LIMEN_LOG, &kLog},
      {LIMEN_METRICS, &kMetrics},   {LIMEN_CLOCK, &kClock},           {LIMEN_CONFIG, &kConfig},
      {LIMEN_OBJECTS, &kObjects},   {LIMEN_EXECUTOR, &kExecutor},     {LIMEN_HTTP, &kHttp},
      {LIMEN_RIGHTS, &kRights},     {LIMEN_ACCESS, &kAccess},         {LIMEN_VERSIONS, &kVersions}};
  WatchedHost::use(host, "get_extension()");
  for (const Offered& one : kOffered) {
    if (id != nullptr && std::strcmp(id, one.id) == 0) return one.table;
  }
  return nullptr;
}

}  // namespace

WatchedHost::WatchedHost(testkit::Json config) : fake_(std::move(config), "check") {
  host_.struct_size = sizeof(host_);
  host_.abi_major = LIMEN_ABI_MAJOR;
  host_.abi_minor = LIMEN_ABI_MINOR;
  host_.version = "limen-module-check";
  host_.ctx = this;
  host_.get_extension = &get_extension;
}

WatchedHost& WatchedHost::use(const limen_host* host, const char* what) {
  WatchedHost& self = *static_cast<WatchedHost*>(host->ctx);
  const Phase phase = self.phase_;
  if (phase == Phase::destroyed) {
    fault("use-after-stop",
          std::string(what) + " was used after destroy(): end every thread and timer in stop()");
  } else if (phase == Phase::created) {
    fault("services-in-create",
          std::string(what) + " was used before start(): create() only allocates");
  }
  return self;
}

WatchedHost& WatchedHost::use_in_start(const limen_host* host, const char* what) {
  WatchedHost& self = use(host, what);
  if (self.phase_ == Phase::running) {
    fault("start-only", std::string(what) + " was used after start() had completed");
  }
  return self;
}

}  // namespace limen::module_check
