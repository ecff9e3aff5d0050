#include "aggregation/remote_documents.h"

#include <chrono>
#include <optional>
#include <utility>

#include "aggregation/remote_discovery.h"
#include "aggregation/swagger.h"
#include "base/strings.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::aggregation {

namespace {

constexpr std::chrono::seconds kDiscoveryTime{5};
constexpr std::chrono::seconds kSwaggerTime{30};
constexpr std::string_view kAggregatedForms =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

std::string_view field(const proxy::Fetched& fetched, std::string_view name) {
  for (const auto& [key, value] : fetched.headers) {
    if (base::iequals(key, name)) return value;
  }
  return {};
}

// Empty for what is no JSON.
object::Document parsed(const std::string& text) {
  try {
    return object::Document::parse(text);
  } catch (const object::DecodeError&) {
    return {};
  }
}

// Nothing: the server could not be asked, or answered what nobody understands.
base::Task<std::optional<std::string>> read_resources(const RemoteServers& servers,
                                                      base::Executor& loop, ApiService service) {
  HeaderList accept{{"Accept", std::string(kAggregatedForms)}};
  proxy::Fetched fetched = co_await servers.ask(loop, service, "/apis", std::move(accept),
                                                kMaxDiscoveryBytes, kDiscoveryTime);
  if (fetched.status == 0) co_return std::nullopt;
  if (fetched.status == 200) {
    const object::Document document = parsed(fetched.body);
    if (object::kind(document.root()) == "APIGroupDiscoveryList") {
      // Without the group version in it there is one, but it has no resources.
      co_return resources_of(document.root(), service.group, service.version).value_or("[]");
    }
  }
  HeaderList json{{"Accept", "application/json"}};
  fetched = co_await servers.ask(loop, service, service.base_path(), std::move(json),
                                 kMaxDiscoveryBytes, kDiscoveryTime);
  if (fetched.status != 200) co_return std::nullopt;
  co_return resources_of_list(parsed(fetched.body).root(), service.group, service.version);
}

}  // namespace

base::Task<KnownDocuments> read_documents(const RemoteServers& servers, base::Executor& loop,
                                          ApiService service, KnownDocuments before) {
  KnownDocuments known = std::move(before);
  auto resources = co_await read_resources(servers, loop, service);
  known.fresh = resources.has_value();
  if (!resources) co_return known;
  known.documents.resources = std::move(*resources);

  HeaderList json{{"Accept", "application/json"}};
  const proxy::Fetched index = co_await servers.ask(loop, service, "/openapi/v3", json,
                                                    kMaxOpenApiIndexBytes, kDiscoveryTime);
  known.documents.openapi3_url.clear();
  if (index.status == 200) {
    known.documents.openapi3_url = openapi3_url(parsed(index.body).root(), service.base_path());
  }

  if (!known.swagger_tag.empty()) json.emplace_back("If-None-Match", known.swagger_tag);
  const proxy::Fetched swagger =
      co_await servers.ask(loop, service, "/openapi/v2", json, kMaxSwaggerBytes, kSwaggerTime);
  if (swagger.status == 304) co_return known;
  known.documents.swagger.reset();
  known.swagger_tag.clear();
  if (swagger.status != 200) co_return known;
  auto part = swagger_part(swagger.body, service.base_path());
  if (!part) co_return known;
  known.documents.swagger = std::make_shared<const std::string>(std::move(*part));
  known.swagger_tag = field(swagger, "ETag");
  co_return known;
}

}  // namespace limen::aggregation
