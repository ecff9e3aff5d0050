// ApiService: one APIService object (apiregistration.k8s.io/v1) as requests and discovery go by it.
//
// An object that names a service leaves its group version to the API server behind that service;
// one that names none says that this server serves the group version itself. Plain data; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "object/document.h"

namespace limen::aggregation {

// Where an extension API server is found, as the object names it.
struct ServiceReference {
  std::string ns, name;
  std::int64_t port = 443;
  bool operator==(const ServiceReference&) const = default;
};

// Where a group version stands among others: higher comes first.
struct Priority {
  std::int64_t group = 0, version = 0;
  bool operator==(const Priority&) const = default;
};

// The condition Available of an APIService.
struct Availability {
  bool available = false;
  std::string reason, message;
  bool operator==(const Availability&) const = default;
};

struct ApiService {
  std::string name;  // VERSION.GROUP
  std::string group, version;
  Priority priority;
  std::optional<ServiceReference> service;  // none: served here
  std::string ca_pem;                       // empty: the system's authorities
  bool skip_verify = false;                 // spec.insecureSkipTLSVerify
  bool operator==(const ApiService&) const = default;

  // The path all its requests begin with: /apis/GROUP/VERSION, /api/v1 of the core group.
  std::string base_path() const;
  // The name its server's certificate has to be for: SERVICE.NAMESPACE.svc; "" when served here.
  std::string server_name() const;
};

// Reads a valid object; what is missing reads as empty.
ApiService read_api_service(const object::Json& object);
// The condition Available; not available without a reason when there is none.
Availability read_availability(const object::Json& object);

std::string api_service_name(std::string_view group, std::string_view version);

// What a group version without an APIService counts as: kube-apiserver's table for what is built
// in, 1000 and 100 for everything else, as custom resources have it.
Priority default_priority(std::string_view group, std::string_view version);

}  // namespace limen::aggregation
