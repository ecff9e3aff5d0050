#include "controllers/api_services.h"

#include <chrono>
#include <utility>
#include <vector>

#include "aggregation/availability.h"
#include "base/time.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "observability/log.h"
#include "observability/metrics.h"
#include "registry/lifecycle.h"
#include "registry/strategies/custom.h"

namespace limen::controllers {

using aggregation::ApiService;
using aggregation::Availability;

// The attempts of one check; kept by whoever still waits.
struct Attempts {
  explicit Attempts(base::Executor& loop) : outcome(loop) {}
  std::size_t running = 0;
  base::OneShot<std::string> outcome;  // "" for a success, else why the last one failed
};

namespace {

using object::Json;

constexpr std::string_view kName = "api-services";
const storage::ResourceId kResource{"apiregistration.k8s.io", "apiservices"};
constexpr std::string_view kAvailable = "Available";
constexpr std::string_view kFailedCheck = "FailedDiscoveryCheck";
constexpr std::chrono::seconds kRecheck{30};
constexpr std::chrono::seconds kDocumentsAge{55};
constexpr std::chrono::seconds kAnswerTime{5};
constexpr std::size_t kAttempts = 5;
constexpr std::size_t kMaxCheckBytes = 4 * 1024 * 1024;

metrics::Gauge& unavailable_gauge(std::string_view name) {
  static auto& family =
      metrics::gauge("aggregator_unavailable_apiservice",
                     "APIServices which are marked as unavailable, by name.", {"name"});
  return family.with({name});
}

metrics::Counter& unavailable_counter(std::string_view name, std::string_view reason) {
  static auto& family = metrics::counter(
      "aggregator_unavailable_apiservice_total",
      "How often APIServices were marked as unavailable, by name and reason.", {"name", "reason"});
  return family.with({name, reason});
}

bool same_openapi(const aggregation::Route* left, const aggregation::Route* right) {
  const bool a = left && left->available, b = right && right->available;
  if (!a || !b) return a == b;
  const aggregation::RemoteDocuments& one = left->documents;
  const aggregation::RemoteDocuments& other = right->documents;
  if (one.openapi3_url != other.openapi3_url) return false;
  if (one.swagger == other.swagger) return true;
  if (!one.swagger || !other.swagger) return false;
  return *one.swagger == *other.swagger;
}

bool same_openapi(const aggregation::Routes& left, const aggregation::Routes& right) {
  const auto covered = [](const aggregation::Routes& one, const aggregation::Routes& other) {
    for (const aggregation::RoutePtr& route : one.remotes()) {
      const auto found = other.find(route->service.group, route->service.version);
      if (!same_openapi(route.get(), found.get())) return false;
    }
    return true;
  };
  return covered(left, right) && covered(right, left);
}

}  // namespace

ApiServices::ApiServices(Scope& scope, Objects& objects, const aggregation::RemoteServers* servers,
                         const Lead& lead)
    : scope_(scope),
      objects_(objects),
      servers_(servers),
      lead_(lead),
      published_(std::make_shared<const aggregation::Routes>()),
      local_(scope, kName, [this](std::string key) { return look(std::move(key)); }),
      remote_(scope, kName, [this](std::string key) { return look(std::move(key)); }),
      informer_(objects.store(), objects.loop(), kResource,
                [this](const storage::StoredObject& object, bool gone) { changed(object, gone); }),
      services_(objects.store(), objects.loop(), {"", "services"},
                [this](const storage::StoredObject& object, bool) {
                  service_changed(object.ns, object.name);
                }),
      endpoints_(objects.store(), objects.loop(), {"", "endpoints"},
                 [this](const storage::StoredObject& object, bool) {
                   service_changed(object.ns, object.name);
                 }),
      slices_(objects.store(), objects.loop(), {"discovery.k8s.io", "endpointslices"},
              [this](const storage::StoredObject& object, bool) {
                for (const auto& [key, value] : object.labels) {
                  if (key == "kubernetes.io/service-name") service_changed(object.ns, value);
                }
              }) {
  const storage::ListResult stored = objects.store().list(kResource, {});
  for (const storage::ObjectPtr& one : stored.objects) {
    const object::Document document = object::Document::parse(one->json);
    Known& known = known_[one->name];
    known.service = aggregation::read_api_service(document.root());
    known.availability = aggregation::read_availability(document.root());
  }
  publish();
}

ApiServices::~ApiServices() {
  aggregation::publish_routes(std::make_shared<const aggregation::Routes>());
}

std::string_view ApiServices::name() const { return kName; }

void ApiServices::start() {
  informer_.start();
  services_.start();
  endpoints_.start();
  slices_.start();
}

void ApiServices::look_at_all() {
  for (const auto& [name, known] : known_) look_soon(name, known);
  if (servers_) scope_.spawn(kName, look_now_and_then());
}

void ApiServices::take_over() {
  for (const auto& [name, known] : known_) look_soon(name, known);
}

void ApiServices::stop() {
  informer_.stop();
  services_.stop();
  endpoints_.stop();
  slices_.stop();
}

base::Task<void> ApiServices::look_now_and_then() {
  while (!scope_.ending()) {
    co_await scope_.sleep(kRecheck);
    for (const auto& [name, known] : known_) {
      if (known.service.service) look_soon(name, known);
    }
  }
}

void ApiServices::look_soon(const std::string& name, const Known& known) {
  (known.service.service ? remote_ : local_).add(name);
}

void ApiServices::changed(const storage::StoredObject& object, bool gone) {
  if (gone) {
    const auto found = known_.find(object.name);
    if (found == known_.end()) return;
    if (found->second.service.service) unavailable_gauge(object.name).set(0);
    known_.erase(found);
    return publish();
  }
  const object::Document document = object::Document::parse(object.json);
  ApiService service = aggregation::read_api_service(document.root());
  Availability availability = aggregation::read_availability(document.root());
  const auto [place, is_new] = known_.try_emplace(object.name);
  Known& known = place->second;
  const bool same_service = !is_new && known.service == service;
  if (same_service && known.availability == availability) return;
  if (!same_service) known.read_at = {};
  if (known.service.service && !service.service) unavailable_gauge(object.name).set(0);
  known.service = std::move(service);
  known.availability = std::move(availability);
  if (!same_service || known.service.service) publish();
  look_soon(object.name, known);
}

void ApiServices::service_changed(const std::string& ns, const std::string& name) {
  for (const auto& [key, known] : known_) {
    const auto& service = known.service.service;
    if (service && service->ns == ns && service->name == name) look_soon(key, known);
  }
}

void ApiServices::publish() {
  std::vector<aggregation::RoutePtr> remotes;
  std::vector<ApiService> local;
  for (const auto& [name, known] : known_) {
    if (!known.service.service || known.service.group.empty()) {
      local.push_back(known.service);
      continue;
    }
    auto route = std::make_shared<aggregation::Route>();
    route->service = known.service;
    route->available = known.availability.available;
    route->fresh = known.documents.fresh;
    route->documents = known.documents.documents;
    remotes.push_back(std::move(route));
  }
  auto next = std::make_shared<const aggregation::Routes>(remotes, local, openapi_version_);
  if (!same_openapi(*published_, *next)) {
    ++openapi_version_;
    next = std::make_shared<const aggregation::Routes>(std::move(remotes), local, openapi_version_);
  }
  published_ = next;
  aggregation::publish_routes(std::move(next));
}

base::Task<bool> ApiServices::look(std::string name) {
  const storage::ObjectPtr current = objects_.store().get({kResource, "", name});
  if (!current) co_return true;
  const object::Document document = object::Document::parse(current->json);
  const ApiService service = aggregation::read_api_service(document.root());
  if (!service.service) co_return co_await tell(current, aggregation::local_availability());
  if (!servers_) co_return true;
  std::optional<Availability> outcome = aggregation::missing_service(objects_.store(), service);
  if (!outcome) outcome = co_await ask(service);
  if (outcome->available) {
    co_await refresh_documents(name, service);
  } else {
    lost(name);
  }
  const bool told = co_await tell(current, *outcome);
  // The network may come back without an event.
  co_return told && outcome->reason != kFailedCheck;
}

base::Task<Availability> ApiServices::ask(ApiService service) {
  const auto attempts = std::make_shared<Attempts>(objects_.loop());
  attempts->running = kAttempts;
  for (std::size_t i = 0; i < kAttempts; ++i) scope_.spawn(kName, attempt(service, attempts));
  std::string problem = co_await attempts->outcome;
  if (problem.empty()) co_return aggregation::passed_availability();
  co_return Availability{false, std::string(kFailedCheck), std::move(problem)};
}

base::Task<void> ApiServices::attempt(ApiService service, std::shared_ptr<Attempts> attempts) {
  const auto url =
      std::make_shared<std::string>("https://" + service.server_name() + service.base_path());
  aggregation::HeaderList headers{{"Accept", "application/json"}};
  const proxy::Fetched fetched =
      co_await servers_->ask(objects_.loop(), service, service.base_path(), std::move(headers),
                             kMaxCheckBytes, kAnswerTime, url);
  std::string problem;
  if (fetched.status == 0) {
    problem =
        "failing or missing response from " + *url + ": Get \"" + *url + "\": " + fetched.error;
  } else if (fetched.status < 200 || fetched.status >= 300) {
    problem = "failing or missing response from " + *url + ": bad status from " + *url + ": " +
              std::to_string(fetched.status);
  }
  --attempts->running;
  if (problem.empty() || attempts->running == 0) attempts->outcome.set(std::move(problem));
}

// Before the condition is told, so that who waits for it finds the resources listed.
base::Task<void> ApiServices::refresh_documents(std::string name, ApiService service) {
  auto known = known_.find(name);
  if (known == known_.end() || !(known->second.service == service)) co_return;
  const base::Deadline now = base::SteadyClock::now();
  const bool old = known->second.read_at + kDocumentsAge < now;
  if (known->second.documents.fresh && !old) co_return;
  aggregation::KnownDocuments before = known->second.documents;
  aggregation::KnownDocuments read =
      co_await aggregation::read_documents(*servers_, objects_.loop(), service, std::move(before));
  known = known_.find(name);
  if (known == known_.end() || !(known->second.service == service)) co_return;
  limit_swagger(name, read);
  known->second.read_at = now;
  known->second.documents = std::move(read);
  publish();
}

// All parts are kept in memory and merged into one document.
void ApiServices::limit_swagger(const std::string& name, aggregation::KnownDocuments& read) const {
  if (!read.documents.swagger) return;
  std::size_t bytes = read.documents.swagger->size();
  for (const auto& [other, known] : known_) {
    const auto& swagger = known.documents.documents.swagger;
    if (other != name && swagger) bytes += swagger->size();
  }
  if (bytes <= aggregation::kMaxMergedSwaggerBytes) return;
  log::warn("an APIService's OpenAPI v2 is left out: too large with the others'",
            {{"apiservice", name}, {"bytes", std::to_string(bytes)}});
  read.documents.swagger.reset();
  read.swagger_tag.clear();
}

void ApiServices::lost(const std::string& name) {
  const auto known = known_.find(name);
  if (known == known_.end() || !known->second.documents.fresh) return;
  known->second.documents.fresh = false;
  publish();
}

base::Task<bool> ApiServices::tell(storage::ObjectPtr current, Availability availability) {
  const object::Document document = object::Document::parse(current->json);
  const bool is_remote = object::find(document.root(), {"spec", "service"}) != nullptr;
  if (is_remote) unavailable_gauge(current->name).set(availability.available ? 0 : 1);
  if (!lead_.here) co_return true;
  Json changed = object::mutable_copy(document.root());
  registry::set_condition(changed, kAvailable, availability.available, availability.reason,
                          availability.message,
                          base::format_time(std::chrono::system_clock::now()));
  if (registry::same_content(changed, document.root())) co_return true;
  if (is_remote) {
    const bool was = aggregation::read_availability(document.root()).available;
    if (!availability.available) unavailable_counter(current->name, availability.reason).add();
    if (was != availability.available) {
      log::info("an APIService's availability changed",
                {{"apiservice", current->name},
                 {"available", availability.available ? "true" : "false"},
                 {"reason", availability.reason},
                 {"message", availability.message}});
    }
  }
  // The event of this write shall tell nothing new.
  const auto known = known_.find(current->name);
  if (known != known_.end()) known->second.availability = std::move(availability);
  storage::Key key{kResource, "", current->name};
  const bool written =
      co_await objects_.update(std::move(key), current->revision, std::move(changed));
  if (written && is_remote) publish();
  co_return written;
}

}  // namespace limen::controllers
