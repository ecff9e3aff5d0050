// Routes: which group versions another server answers for, and what it last said of them.
//
// An immutable snapshot, swapped as a whole when an APIService or a remote server's documents
// change; requests go on with the one they looked into. While no APIService names a service a
// request pays for one relaxed load. Thread rule: any thread; publish_routes() by one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aggregation/api_service.h"

namespace limen::aggregation {

// The last good documents of a remote group version.
struct RemoteDocuments {
  // Resources as aggregated discovery lists them: the text of a JSON array.
  std::string resources = "[]";
  // Where its OpenAPI v3 document lies, with its hash: /openapi/v3/apis/GROUP/VERSION?hash=...;
  // empty: it has none.
  std::string openapi3_url;
  // Its part of a Swagger 2.0 document (see swagger.h); null: it has none.
  std::shared_ptr<const std::string> swagger;
};

// A group version another server answers for.
struct Route {
  ApiService service;
  bool available = false;
  bool fresh = false;  // the resources are what the server says now
  RemoteDocuments documents;
};
using RoutePtr = std::shared_ptr<const Route>;

class Routes {
 public:
  Routes() = default;
  // `local` are the APIServices that name no service. `openapi_version` is another one whenever
  // what is merged of OpenAPI may differ.
  Routes(std::vector<RoutePtr> remotes, const std::vector<ApiService>& local,
         std::uint64_t openapi_version);

  // Null when this server answers itself.
  RoutePtr find(std::string_view group, std::string_view version) const;
  const std::vector<RoutePtr>& remotes() const { return remotes_; }  // by group, then version
  // As the APIService says, or default_priority() without one.
  Priority priority(std::string_view group, std::string_view version) const;
  std::uint64_t openapi_version() const { return openapi_version_; }

 private:
  std::vector<RoutePtr> remotes_;
  std::map<std::pair<std::string, std::string>, Priority> priorities_;
  std::uint64_t openapi_version_ = 0;
};

// The snapshot of now; never null.
std::shared_ptr<const Routes> routes();
void publish_routes(std::shared_ptr<const Routes> snapshot);

// The route of a path (decoded): /apis/GROUP/VERSION and what is below it, and the OpenAPI v3
// document of such a group version. Null when this server answers itself.
RoutePtr route_of(std::string_view path);

}  // namespace limen::aggregation
