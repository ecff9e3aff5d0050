#include "aggregation/availability.h"

#include <algorithm>
#include <vector>

#include "base/strings.h"
#include "object/document.h"
#include "object/metadata.h"

namespace limen::aggregation {

namespace {

using object::Json;

const storage::ResourceId kServices{"", "services"};
const storage::ResourceId kEndpoints{"", "endpoints"};
const storage::ResourceId kSlices{"discovery.k8s.io", "endpointslices"};
constexpr std::string_view kServiceLabel = "kubernetes.io/service-name";

const boost::json::array& list_at(const Json& value, std::initializer_list<std::string_view> path) {
  static const boost::json::array kNone;
  const Json* found = object::find(value, path);
  return found && found->is_array() ? found->get_array() : kNone;
}

bool has_port(const boost::json::array& ports, std::string_view name) {
  return std::any_of(ports.begin(), ports.end(), [name](const Json& port) {
    return object::text_at(port, "name") == name && object::member(port, "port") != nullptr;
  });
}

// Unknown counts as ready.
bool is_ready(const Json& endpoint) {
  const Json* ready = object::find(endpoint, {"conditions", "ready"});
  return !ready || !ready->is_bool() || ready->get_bool();
}

bool slice_serves(const Json& slice, std::string_view port_name) {
  const boost::json::array& endpoints = list_at(slice, {"endpoints"});
  return std::any_of(endpoints.begin(), endpoints.end(), is_ready) &&
         has_port(list_at(slice, {"ports"}), port_name);
}

// Without the controller that mirrors them, Endpoints count as slices do.
bool endpoints_serve(const Json& endpoints, std::string_view port_name) {
  const boost::json::array& subsets = list_at(endpoints, {"subsets"});
  return std::any_of(subsets.begin(), subsets.end(), [port_name](const Json& subset) {
    return !list_at(subset, {"addresses"}).empty() &&
           has_port(list_at(subset, {"ports"}), port_name);
  });
}

bool is_of(const storage::StoredObject& slice, std::string_view service) {
  return std::any_of(slice.labels.begin(), slice.labels.end(), [service](const auto& label) {
    return label.first == kServiceLabel && label.second == service;
  });
}

// The name of the port, or nothing when the Service does not have it.
std::optional<std::string> port_name(const Json& service, std::int64_t wanted) {
  for (const Json& port : list_at(service, {"spec", "ports"})) {
    if (object::int_or(object::member(port, "port"), 0) != wanted) continue;
    return std::string(object::text_at(port, "name"));
  }
  return std::nullopt;
}

bool is_cluster_ip(const Json& service) {
  const Json* spec = object::member(service, "spec");
  const std::string_view type = spec ? object::text_at(*spec, "type") : std::string_view();
  return type.empty() || type == "ClusterIP";
}

std::optional<Availability> missing_endpoints(const storage::Store& store,
                                              const ServiceReference& wanted,
                                              const std::string& port, const std::string& where) {
  storage::ListOptions options;
  options.ns = wanted.ns;
  options.filter = [&wanted](const storage::StoredObject& one) { return is_of(one, wanted.name); };
  const storage::ListResult slices = store.list(kSlices, options);
  const storage::ObjectPtr endpoints = store.get({kEndpoints, wanted.ns, wanted.name});
  if (slices.objects.empty() && !endpoints) {
    return Availability{false, "EndpointsNotFound", "cannot find endpointslices for " + where};
  }
  bool serves = false;
  for (const storage::ObjectPtr& one : slices.objects) {
    serves = serves || slice_serves(object::Document::parse(one->json).root(), port);
  }
  if (slices.objects.empty()) {
    serves = endpoints_serve(object::Document::parse(endpoints->json).root(), port);
  }
  if (serves) return std::nullopt;
  return Availability{
      false, "MissingEndpoints",
      "endpointslices for " + where + " have no addresses with port name " + base::go_quote(port)};
}

}  // namespace

std::optional<Availability> missing_service(const storage::Store& store,
                                            const ApiService& service) {
  const ServiceReference& wanted = *service.service;
  const std::string where = "service/" + wanted.name + " in " + base::go_quote(wanted.ns);
  const storage::ObjectPtr stored = store.get({kServices, wanted.ns, wanted.name});
  if (!stored) return Availability{false, "ServiceNotFound", where + " is not present"};
  const object::Document document = object::Document::parse(stored->json);
  if (!is_cluster_ip(document.root())) return std::nullopt;
  const auto port = port_name(document.root(), wanted.port);
  if (!port) {
    return Availability{false, "ServicePortError",
                        where + " is not listening on port " + std::to_string(wanted.port)};
  }
  return missing_endpoints(store, wanted, *port, where);
}

Availability local_availability() {
  return {true, "Local", "Local APIServices are always available"};
}

Availability passed_availability() { return {true, "Passed", "all checks passed"}; }

}  // namespace limen::aggregation
