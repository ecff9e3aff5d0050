// What a server behind an APIService says of itself, from anywhere: discovery in both forms, the
// index of its OpenAPI v3, and an OpenAPI v2 document that is joined with this server's own. What
// is taken over has the right types throughout, and the joined document refers to nothing that the
// remote one had and the joined one lost.
//
// The first byte chooses the document.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "aggregation/remote_discovery.h"
#include "aggregation/swagger.h"
#include "api/openapi/swagger_protobuf.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace {

using namespace limen;
using object::Json;

constexpr std::string_view kGroup = "a.example.com";
constexpr std::string_view kVersion = "v1";
constexpr std::string_view kBase = "/apis/a.example.com/v1";
constexpr std::string_view kReference = "#/definitions/";

void require(bool holds) {
  if (!holds) std::abort();
}

Json parsed(std::string_view text) {
  try {
    return object::decode(text, object::Format::json).value;
  } catch (const object::DecodeError&) {
    return {};
  }
}

void require_texts(const Json* list) {
  require(list && list->is_array());
  for (const Json& one : list->get_array()) require(one.is_string());
}

// The merged document of discovery is put together from such texts without another look.
void check_resources(const std::optional<std::string>& resources) {
  if (!resources) return;
  const Json list = boost::json::parse(*resources);
  require(list.is_array() && list.get_array().size() <= aggregation::kMaxListedResources);
  for (const Json& one : list.get_array()) {
    require(!object::text_at(one, "resource").empty());
    require_texts(object::member(one, "verbs"));
    const std::string_view scope = object::text_at(one, "scope");
    require(scope == "Cluster" || scope == "Namespaced");
    const Json* subresources = object::member(one, "subresources");
    if (!subresources) continue;
    require(subresources->is_array());
    for (const Json& sub : subresources->get_array()) require_texts(object::member(sub, "verbs"));
  }
}

void check_index(const Json& index) {
  const std::string url = aggregation::openapi3_url(index, kBase);
  require(url.empty() || url.starts_with("/openapi/v3/apis/a.example.com/v1"));
  for (const char c : url) require(c > ' ' && c < 0x7f);
}

// Definitions that are referred to.
void collect(const Json& value, std::set<std::string>& names) {
  if (value.is_array()) {
    for (const Json& one : value.get_array()) collect(one, names);
  } else if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      const bool reference = member.key() == "$ref" && member.value().is_string();
      if (!reference) {
        collect(member.value(), names);
        continue;
      }
      const std::string_view text = member.value().get_string();
      if (text.starts_with(kReference)) names.emplace(text.substr(kReference.size()));
    }
  }
}

std::size_t dangling(const Json& document) {
  std::set<std::string> names;
  collect(document, names);
  const Json* definitions = object::member(document, "definitions");
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (!object::member(*definitions, name)) ++count;
  }
  return count;
}

constexpr const char* kOwn =
    R"({"swagger":"2.0","info":{"title":"own","version":"1"},"paths":{"/apis/":{"get":{"responses":{
    "200":{"description":"OK","schema":{"$ref":"#/definitions/Meta"}}}}}},"definitions":{
    "Meta":{"type":"object","properties":{"name":{"type":"string"}}},
    "Spec":{"type":"object","properties":{"meta":{"$ref":"#/definitions/Meta"}}}}})";

void check_swagger(std::string_view text) {
  const auto part = aggregation::swagger_part(text, kBase);
  if (!part) return;
  const Json taken = boost::json::parse(*part);
  const Json* paths = object::member(taken, "paths");
  require(paths && paths->is_object() && !paths->get_object().empty());
  for (const auto& path : paths->get_object()) require(path.key().starts_with(kBase));

  // Twice: its own definitions are then in its way, and count as the same.
  const auto shared = std::make_shared<const std::string>(*part);
  const std::shared_ptr<const std::string> parts[] = {shared, shared};
  const std::string merged = aggregation::merge_swagger(kOwn, {parts, 1});
  const Json whole = boost::json::parse(merged);
  require(object::member(*object::member(whole, "paths"), "/apis/"));
  for (const auto& path : paths->get_object()) {
    require(object::member(*object::member(whole, "paths"), path.key()));
  }
  require(dangling(whole) <= dangling(taken));
  require(dangling(boost::json::parse(aggregation::merge_swagger(kOwn, parts))) <=
          2 * dangling(taken));
  require(!api::swagger_to_protobuf(whole).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      check_resources(aggregation::resources_of(parsed(text), kGroup, kVersion));
      break;
    case 1:
      check_resources(aggregation::resources_of_list(parsed(text), kGroup, kVersion));
      break;
    case 2:
      check_index(parsed(text));
      break;
    default:
      check_swagger(text);
  }
  return 0;
}

#include "replay_main.h"
