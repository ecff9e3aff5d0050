#include "controllers/kubernetes_service.h"

#include <map>
#include <utility>

#include "base/address_range.h"
#include "controllers/active_namespace.h"
#include "controllers/names.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "validation/defaults.h"

namespace limen::controllers {

namespace {

using object::Json;

const storage::ResourceId kNamespaces_{"", "namespaces"};
const storage::ResourceId kServices{"", "services"};
const storage::ResourceId kEndpoints{"", "endpoints"};
const storage::ResourceId kSlices{"discovery.k8s.io", "endpointslices"};
constexpr std::string_view kHome = "default";
constexpr std::string_view kName = "kubernetes";
constexpr std::int64_t kServicePort = 443;

// Sets a member to what it must be. True when it was not.
bool make(boost::json::object& members, std::string_view key, const Json& wanted) {
  Json& value = members[key];
  if (value == wanted) return false;
  value = wanted;
  return true;
}

bool make_label(Json& object, std::string_view key, std::string_view wanted) {
  Json& labels = object::metadata(object)["labels"];
  if (!labels.is_object()) labels.emplace_object();
  return make(labels.get_object(), key,
              Json(boost::json::string_view(wanted.data(), wanted.size())));
}

Json made(std::string_view api_version, std::string_view kind) {
  Json object = boost::json::object();
  object::set_type(object, api_version, kind);
  object::set_metadata(object, "name", kName);
  object::set_metadata(object, "namespace", kHome);
  return object;
}

// Whom Endpoints name.
std::set<ServerAddress> addresses_in(const Json& endpoints) {
  std::set<ServerAddress> found;
  const Json* const subsets = object::member(endpoints, "subsets");
  if (subsets == nullptr || !subsets->is_array()) return found;
  for (const Json& subset : subsets->get_array()) {
    const Json* const ports = object::member(subset, "ports");
    const Json* const addresses = object::member(subset, "addresses");
    if (!ports || !ports->is_array() || !addresses || !addresses->is_array()) continue;
    for (const Json& port : ports->get_array()) {
      const std::int64_t number = object::int_or(object::member(port, "port"), 0);
      for (const Json& address : addresses->get_array()) {
        found.insert({std::string(object::text_at(address, "ip")), number});
      }
    }
  }
  return found;
}

}  // namespace

KubernetesService::KubernetesService(Scope& scope, Objects& objects, OwnService own,
                                     std::chrono::milliseconds silence)
    : scope_(scope),
      objects_(objects),
      own_(std::move(own)),
      silence_(silence),
      queue_(scope, kKubernetesService, [this](std::string key) { return look(std::move(key)); }),
      namespaces_(objects.store(), objects.loop(), kNamespaces_,
                  [this](const storage::StoredObject& ns, bool gone) {
                    if (!gone && ns.name == kHome) look_at_all();
                  }),
      services_(objects.store(), objects.loop(), kServices,
                [this](const storage::StoredObject& object, bool) { told(object); }),
      endpoints_(objects.store(), objects.loop(), kEndpoints,
                 [this](const storage::StoredObject& object, bool) { told(object); }),
      slices_(objects.store(), objects.loop(), kSlices,
              [this](const storage::StoredObject& object, bool) { told(object); }),
      live_(objects, silence, [this] { look_at_all(); }) {}

std::string_view KubernetesService::name() const { return kKubernetesService; }

void KubernetesService::start() {
  namespaces_.start();
  services_.start();
  endpoints_.start();
  slices_.start();
  if (silence_.count() == 0) return;
  live_.start();
  scope_.spawn(kKubernetesService, look_for_silence());
}

void KubernetesService::stop() {
  namespaces_.stop();
  services_.stop();
  endpoints_.stop();
  slices_.stop();
  live_.stop();
}

base::Task<void> KubernetesService::look_for_silence() {
  constexpr int kLooks = 6;  // in the time after which a server counts as gone
  while (!scope_.ending()) {
    co_await scope_.sleep(silence_ / kLooks);
    if (!scope_.ending()) live_.look();
  }
}

void KubernetesService::told(const storage::StoredObject& object) {
  if (object.ns == kHome && object.name == kName) look_at_all();
}

void KubernetesService::look_at_all() {
  queue_.add(kServices.resource);
  if (servers().empty()) return;
  queue_.add(kEndpoints.resource);
  queue_.add(kSlices.resource);
}

base::Task<bool> KubernetesService::look(std::string resource) {
  if (!is_active_namespace(objects_.store(), std::string(kHome))) co_return true;
  if (resource == kServices.resource) {
    const Correct correct = [this](Json& object) { return correct_service(object); };
    co_return co_await keep(kServices, "v1", "Service", correct);
  }
  Servers all = servers();
  if (all.empty()) co_return true;
  if (resource == kEndpoints.resource) {
    const Correct correct = [this, all](Json& object) { return correct_endpoints(object, all); };
    co_return co_await keep(kEndpoints, "v1", "Endpoints", correct);
  }
  const Correct correct = [this, all](Json& object) { return correct_slice(object, all); };
  co_return co_await keep(kSlices, "discovery.k8s.io/v1", "EndpointSlice", correct);
}

base::Task<bool> KubernetesService::keep(storage::ResourceId id, std::string api_version,
                                         std::string kind, Correct correct) {
  storage::Key key{std::move(id), std::string(kHome), std::string(kName)};
  const storage::ObjectPtr current = objects_.store().get(key);
  if (!current) {
    Json object = made(api_version, kind);
    correct(object);
    co_return co_await objects_.create(std::move(key), std::move(object));
  }
  const object::Document document = object::Document::parse(current->json);
  // Made anew when it has gone.
  if (!object::deletion_timestamp(document.root()).empty()) co_return true;
  Json object = object::mutable_copy(document.root());
  if (!correct(object)) co_return true;
  co_return co_await objects_.update(std::move(key), current->revision, std::move(object));
}

bool KubernetesService::correct_service(Json& service) const {
  const Json ports = boost::json::array{
      {{"name", "https"}, {"protocol", "TCP"}, {"port", kServicePort}, {"targetPort", own_.port}}};
  const bool is_new = object::member(service, "spec") == nullptr;
  if (is_new) {
    make_label(service, "component", "apiserver");
    make_label(service, "provider", kName);
  }
  boost::json::object& spec = object::object_at(service, "spec");
  bool changed = make(spec, "ports", ports);
  changed = make(spec, "type", "ClusterIP") || changed;
  if (!is_new) return changed;
  const std::string family(base::family_of(own_.cluster_ip));
  spec["clusterIP"] = own_.cluster_ip;
  spec["clusterIPs"] = boost::json::array{Json(own_.cluster_ip)};
  spec["ipFamilies"] = boost::json::array{Json(family)};
  spec["ipFamilyPolicy"] = "SingleStack";
  spec["sessionAffinity"] = "None";
  spec["internalTrafficPolicy"] = "Cluster";
  return true;
}

KubernetesService::Servers KubernetesService::servers() const {
  const ServerAddress own{own_.address, own_.port};
  Servers all;
  if (silence_.count() > 0) {
    const storage::ObjectPtr told =
        objects_.store().get({kEndpoints, std::string(kHome), std::string(kName)});
    all = live_.all(told ? addresses_in(object::Document::parse(told->json).root()) : Servers());
  }
  if (!own.address.empty()) all.insert(own);
  return all;
}

bool KubernetesService::correct_endpoints(Json& endpoints, const Servers& servers) const {
  std::map<std::int64_t, boost::json::array> by_port;
  for (const ServerAddress& one : servers) by_port[one.port].push_back(Json({{"ip", one.address}}));
  boost::json::array wanted;
  for (auto& [port, addresses] : by_port) {
    boost::json::object subset;
    subset["addresses"] = std::move(addresses);
    subset["ports"] =
        boost::json::array{Json({{"name", "https"}, {"port", port}, {"protocol", "TCP"}})};
    wanted.emplace_back(std::move(subset));
  }
  const bool labelled = make_label(endpoints, "endpointslice.kubernetes.io/skip-mirror", "true");
  return make(endpoints.get_object(), "subsets", wanted) || labelled;
}

bool KubernetesService::correct_slice(Json& slice, const Servers& servers) const {
  const ServerAddress first =
      own_.address.empty() ? *servers.begin() : ServerAddress{own_.address, own_.port};
  const std::string family(base::family_of(first.address));
  boost::json::array endpoints;
  for (const ServerAddress& one : servers) {
    if (one.port != first.port || base::family_of(one.address) != family) continue;
    boost::json::object endpoint;
    endpoint["addresses"] = boost::json::array{Json(one.address)};
    endpoint["conditions"] = {{"ready", true}};
    endpoints.emplace_back(std::move(endpoint));
  }
  bool changed = make_label(slice, "kubernetes.io/service-name", kName);
  boost::json::object& members = slice.get_object();
  changed = make(members, "addressType", Json(family)) || changed;
  changed = make(members, "endpoints", endpoints) || changed;
  const Json ports =
      boost::json::array{Json({{"name", "https"}, {"port", first.port}, {"protocol", "TCP"}})};
  return make(members, "ports", ports) || changed;
}

}  // namespace limen::controllers
