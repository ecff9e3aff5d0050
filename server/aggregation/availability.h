// Whether a remote API server can be there at all, as the objects tell: the Service is there, has
// the port and, when it is of type ClusterIP, endpoints that are ready.
//
// Reasons and messages are kube-aggregator's. Free functions, any thread.
#pragma once

#include <optional>
#include <string>

#include "aggregation/api_service.h"
#include "storage/store.h"

namespace limen::aggregation {

// What is in the way. Nothing: the server itself has to be asked.
std::optional<Availability> missing_service(const storage::Store& store, const ApiService& service);

// Of an APIService that names no service.
Availability local_availability();
// Of one whose server answered.
Availability passed_availability();

}  // namespace limen::aggregation
