// OpenAPI documents: what kubectl's apply, explain and validation read.
#include "api/openapi/openapi.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "api/discovery/digest.h"
#include "api/openapi/descriptions.h"
#include "api/openapi/documents.h"
#include "api/openapi/operations.h"
#include "base/api_error.h"
#include "catalog/catalog.h"

namespace limen::api {
namespace {

using boost::json::value;

constexpr std::string_view kProtobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

Reply get(std::string_view path, std::string_view accept = "", std::string_view if_none_match = "",
          std::string_view hash = "") {
  const auto now = *base::parse_time("2026-11-24T00:00:00Z");
  auto reply = openapi_reply(path, accept, if_none_match, hash, now);
  if (!reply) throw std::runtime_error("no document at " + std::string(path));
  return *reply;
}

std::string header(const Reply& reply, std::string_view name) {
  for (const auto& [key, text] : reply.headers) {
    if (key == name) return text;
  }
  return {};
}

const value& apps() {
  static const value document = boost::json::parse(*get("/openapi/v3/apis/apps/v1").body);
  return document;
}

const value& core() {
  static const value document = boost::json::parse(*get("/openapi/v3/api/v1").body);
  return document;
}

const value& swagger() {
  static const value document = boost::json::parse(*get("/openapi/v2").body);
  return document;
}

const value& schema(const value& document, std::string_view type) {
  return document.at("components").at("schemas").at(type);
}

// A schema as text, without what it says for people.
std::string bare(value from) {
  if (from.is_object()) from.as_object().stable_erase("description");
  return boost::json::serialize(from);
}

void collect_references(const value& from, std::set<std::string>& found) {
  if (from.is_array()) {
    for (const value& item : from.as_array()) collect_references(item, found);
  }
  if (!from.is_object()) return;
  for (const auto& entry : from.as_object()) {
    if (entry.key() == "$ref" && entry.value().is_string()) {
      found.emplace(entry.value().as_string());
    }
    collect_references(entry.value(), found);
  }
}

// The names of the parameters of an operation.
std::set<std::string> parameter_names(const value& operation) {
  std::set<std::string> names;
  for (const value& parameter : operation.at("parameters").as_array()) {
    names.emplace(parameter.at("name").as_string());
  }
  return names;
}

TEST(OpenApi3, EveryDocumentParsesAndEveryReferenceResolves) {
  static constexpr std::string_view kPrefix = "#/components/schemas/";
  for (const catalog::GroupVersion& entry : catalog::group_versions()) {
    const value document = boost::json::parse(openapi3_document(entry));
    const auto& schemas = document.at("components").at("schemas").as_object();
    std::set<std::string> references;
    collect_references(document, references);
    EXPECT_FALSE(references.empty());
    for (const std::string& reference : references) {
      ASSERT_TRUE(reference.starts_with(kPrefix)) << reference;
      EXPECT_TRUE(schemas.contains(reference.substr(kPrefix.size()))) << reference;
    }
  }
}

TEST(OpenApi3, EveryResourceHasItsPathsAndItsSchema) {
  for (const catalog::GroupVersion& entry : catalog::group_versions()) {
    const value document = boost::json::parse(openapi3_document(entry));
    const auto& paths = document.at("paths").as_object();
    for (const catalog::Resource& resource : entry.resources) {
      const std::string collection = base_path(entry) +
                                     (resource.namespaced ? "/namespaces/{namespace}/" : "/") +
                                     std::string(resource.name);
      ASSERT_TRUE(paths.contains(collection)) << collection;
      EXPECT_EQ(paths.at(collection).as_object().contains("post"),
                resource.has(catalog::kVerbCreate));
      EXPECT_EQ(paths.contains(collection + "/{name}"), resource.has(catalog::kVerbGet));
      for (const catalog::Subresource& sub : resource.subresources) {
        EXPECT_TRUE(paths.contains(collection + "/{name}/" + std::string(sub.name)));
      }
      EXPECT_TRUE(
          document.at("components").at("schemas").as_object().contains(resource.type->name));
    }
  }
}

TEST(OpenApi3, OperationIdsAreUnique) {
  for (const catalog::GroupVersion& entry : catalog::group_versions()) {
    const value document = boost::json::parse(openapi3_document(entry));
    std::set<std::string> ids;
    for (const auto& path : document.at("paths").as_object()) {
      for (const auto& member : path.value().as_object()) {
        if (!member.value().is_object()) continue;
        const auto* id = member.value().as_object().if_contains("operationId");
        if (id == nullptr) continue;
        EXPECT_TRUE(ids.insert(std::string(id->as_string())).second) << *id;
      }
    }
    EXPECT_FALSE(ids.empty());
  }
}

TEST(OpenApi3, APatchTellsItsKindAndThatDryRunAndFieldValidationWork) {
  const value& patch =
      core().at("paths").at("/api/v1/namespaces/{namespace}/pods/{name}").at("patch");
  EXPECT_EQ(patch.at("x-kubernetes-action"), "patch");
  EXPECT_EQ(boost::json::serialize(patch.at("x-kubernetes-group-version-kind")),
            R"({"group":"","kind":"Pod","version":"v1"})");
  EXPECT_EQ(patch.at("operationId"), "patchCoreV1NamespacedPod");
  const auto names = parameter_names(patch);
  EXPECT_TRUE(names.contains("dryRun"));
  EXPECT_TRUE(names.contains("fieldValidation"));
  EXPECT_TRUE(names.contains("fieldManager"));
  EXPECT_TRUE(patch.at("requestBody")
                  .at("content")
                  .as_object()
                  .contains("application/strategic-merge-patch+json"));
}

TEST(OpenApi3, EveryStoredKindCanBePatchedWithFieldValidation) {
  for (const catalog::GroupVersion& entry : catalog::group_versions()) {
    const value document = boost::json::parse(openapi3_document(entry));
    for (const catalog::Resource& resource : entry.resources) {
      if (!resource.has(catalog::kVerbPatch)) continue;
      const std::string path = base_path(entry) +
                               (resource.namespaced ? "/namespaces/{namespace}/" : "/") +
                               std::string(resource.name) + "/{name}";
      const value& patch = document.at("paths").at(path).at("patch");
      EXPECT_TRUE(parameter_names(patch).contains("fieldValidation")) << path;
      EXPECT_EQ(patch.at("x-kubernetes-group-version-kind").at("kind").as_string(), resource.kind)
          << path;
    }
  }
}

TEST(OpenApi3, AKindCarriesItsGroupVersionKindAndWhatIsRequired) {
  const value& deployment = schema(apps(), "io.k8s.api.apps.v1.Deployment");
  EXPECT_EQ(boost::json::serialize(deployment.at("x-kubernetes-group-version-kind")),
            R"([{"group":"apps","kind":"Deployment","version":"v1"}])");
  const value& spec = schema(apps(), "io.k8s.api.apps.v1.DeploymentSpec");
  EXPECT_EQ(boost::json::serialize(spec.at("required")), R"(["selector","template"])");
  EXPECT_EQ(bare(spec.at("properties").at("replicas")), R"({"type":"integer","format":"int32"})");
}

TEST(OpenApi3, KindsAndFieldsAreDescribed) {
  const value& pod = schema(core(), "io.k8s.api.core.v1.Pod");
  EXPECT_TRUE(pod.at("description").as_string().starts_with("A group of containers"));
  EXPECT_TRUE(pod.at("properties").at("spec").at("description").is_string());
  const value& container = schema(core(), "io.k8s.api.core.v1.Container");
  EXPECT_EQ(container.at("properties").at("image").at("description"), "The image to run.");
  EXPECT_EQ(swagger()
                .at("definitions")
                .at("io.k8s.api.core.v1.Container")
                .at("properties")
                .at("image")
                .at("description"),
            "The image to run.");
}

TEST(OpenApi3, WhatAllKindsHaveIsDescribedByItsName) {
  const value& status = schema(core(), "io.k8s.api.core.v1.ComponentStatus");
  EXPECT_FALSE(status.as_object().contains("description"));
  EXPECT_TRUE(status.at("properties").at("kind").at("description").is_string());
}

TEST(OpenApi3, EveryDescriptionIsOfATypeOrFieldThereIs) {
  std::set<std::string> places;
  for (const catalog::Type& type : catalog::types()) {
    const std::string place(described_place(type));
    places.insert(place);
    for (const catalog::Field& field : type.fields)
      places.insert(place + "." + std::string(field.name));
  }
  for (const std::string_view place : described_places()) {
    EXPECT_TRUE(places.contains(std::string(place))) << place;
  }
}

TEST(OpenApi3, PatchKeysAreOnTheFields) {
  const value& spec = schema(apps(), "io.k8s.api.apps.v1.DeploymentSpec");
  EXPECT_EQ(bare(spec.at("properties").at("strategy")),
            R"({"allOf":[{"$ref":"#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy"}],)"
            R"("x-kubernetes-patch-strategy":"retainKeys"})");
  const value& pod = schema(core(), "io.k8s.api.core.v1.PodSpec");
  EXPECT_EQ(
      bare(pod.at("properties").at("volumes")),
      R"({"type":"array","items":{"$ref":"#/components/schemas/io.k8s.api.core.v1.Volume"},)"
      R"("x-kubernetes-list-map-keys":["name"],"x-kubernetes-list-type":"map",)"
      R"("x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge,retainKeys"})");
  EXPECT_EQ(
      bare(pod.at("properties").at("nodeSelector")),
      R"({"type":"object","additionalProperties":{"type":"string"},"x-kubernetes-map-type":"atomic"})");
}

TEST(OpenApi3, NamedScalarsHaveSchemas) {
  const std::string prefix = "io.k8s.apimachinery.pkg.";
  EXPECT_EQ(boost::json::serialize(schema(core(), prefix + "api.resource.Quantity")),
            R"({"oneOf":[{"type":"string"},{"type":"number"}]})");
  EXPECT_EQ(boost::json::serialize(schema(core(), prefix + "util.intstr.IntOrString")),
            R"({"format":"int-or-string","oneOf":[{"type":"integer"},{"type":"string"}]})");
  EXPECT_EQ(boost::json::serialize(schema(core(), prefix + "apis.meta.v1.Time")),
            R"({"type":"string","format":"date-time"})");
  EXPECT_EQ(boost::json::serialize(schema(core(), prefix + "apis.meta.v1.FieldsV1")),
            R"({"type":"object"})");
}

TEST(OpenApi3, AtomicTypesAndUnionsAreMarked) {
  EXPECT_EQ(schema(core(), "io.k8s.api.core.v1.SecretKeySelector").at("x-kubernetes-map-type"),
            "atomic");
  EXPECT_TRUE(
      schema(core(), "io.k8s.api.core.v1.SeccompProfile").at("x-kubernetes-unions").is_array());
}

TEST(OpenApi3, AMapOfListsIsWrittenAsOne) {
  const value document = boost::json::parse(*get("/openapi/v3/apis/authorization.k8s.io/v1").body);
  EXPECT_EQ(
      boost::json::serialize(schema(document, "io.k8s.api.authorization.v1.SubjectAccessReviewSpec")
                                 .at("properties")
                                 .at("extra")),
      R"({"type":"object","additionalProperties":{"type":"array","items":{"type":"string"}}})");
}

TEST(OpenApi3, TheIndexNamesEveryDocumentWithItsHash) {
  const Reply reply = get("/openapi/v3");
  EXPECT_EQ(reply.content_type, "application/json");
  const value index = boost::json::parse(*reply.body);
  const auto& paths = index.at("paths").as_object();
  EXPECT_EQ(paths.size(), catalog::group_versions().size());
  const std::string url(paths.at("apis/apps/v1").at("serverRelativeURL").as_string());
  const std::string hash = sha512_upper_hex(*get("/openapi/v3/apis/apps/v1").body);
  EXPECT_EQ(url, "/openapi/v3/apis/apps/v1?hash=" + hash);
  EXPECT_EQ(get("/openapi/v3", "", header(reply, "ETag")).status, 304);
}

TEST(OpenApi3, ADocumentUnderItsHashIsImmutableForAYear) {
  const std::string hash = sha512_upper_hex(*get("/openapi/v3/apis/apps/v1").body);
  const Reply reply = get("/openapi/v3/apis/apps/v1", "application/json", "", hash);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(header(reply, "Cache-Control"), "public, immutable");
  EXPECT_EQ(header(reply, "Expires"), "Wed, 24 Nov 2027 00:00:00 GMT");
  EXPECT_EQ(header(reply, "Vary"), "Accept");
  EXPECT_EQ(header(reply, "ETag"), '"' + hash + '"');
  EXPECT_EQ(header(get("/openapi/v3/apis/apps/v1"), "Cache-Control"), "");
}

TEST(OpenApi3, AStaleHashIsSentToTheCurrentOne) {
  const std::string hash = sha512_upper_hex(*get("/openapi/v3/apis/apps/v1").body);
  const Reply reply = get("/openapi/v3/apis/apps/v1", "", "", "OLD");
  EXPECT_EQ(reply.status, 301);
  EXPECT_EQ(reply.body, nullptr);
  EXPECT_EQ(header(reply, "Location"), "/openapi/v3/apis/apps/v1?hash=" + hash);
}

TEST(OpenApi3, AClientThatHasTheDocumentGets304) {
  const Reply first = get("/openapi/v3/apis/apps/v1");
  const Reply second = get("/openapi/v3/apis/apps/v1", "", header(first, "ETag"));
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, nullptr);
}

TEST(OpenApi3, AClientThatPrefersProtobufGetsItsJsonFallback) {
  const std::string v3 = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
  EXPECT_EQ(get("/openapi/v3/api/v1", v3 + ", application/json;q=0.5").content_type,
            "application/json");
  EXPECT_THROW(get("/openapi/v3/api/v1", v3), base::ApiError);
  EXPECT_THROW(get("/openapi/v3", "text/html"), base::ApiError);
}

TEST(OpenApi3, OtherPathsHaveNoDocument) {
  for (const char* path : {"/openapi", "/openapi/v3/apis/apps", "/openapi/v3/apis/apps/v2",
                           "/openapi/v3x", "/openapi/v2/", "/apis"}) {
    EXPECT_FALSE(openapi_reply(path, "", "", "", {}).has_value()) << path;
  }
}

TEST(Swagger2, ParsesAndEveryReferenceResolves) {
  static constexpr std::string_view kPrefix = "#/definitions/";
  EXPECT_EQ(swagger().at("swagger"), "2.0");
  const auto& definitions = swagger().at("definitions").as_object();
  std::set<std::string> references;
  collect_references(swagger(), references);
  for (const std::string& reference : references) {
    ASSERT_TRUE(reference.starts_with(kPrefix)) << reference;
    EXPECT_TRUE(definitions.contains(reference.substr(kPrefix.size()))) << reference;
  }
  EXPECT_EQ(definitions.at("io.k8s.apimachinery.pkg.util.intstr.IntOrString").at("type"), "string");
}

TEST(Swagger2, ExtensionsStandBesideAReference) {
  EXPECT_EQ(bare(swagger()
                     .at("definitions")
                     .at("io.k8s.api.apps.v1.DeploymentSpec")
                     .at("properties")
                     .at("strategy")),
            R"({"$ref":"#/definitions/io.k8s.api.apps.v1.DeploymentStrategy",)"
            R"("x-kubernetes-patch-strategy":"retainKeys"})");
}

// A message of the protobuf wire format: its length-delimited fields and numbers.
struct Message {
  std::vector<std::pair<std::uint32_t, std::string_view>> parts;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> numbers;

  explicit Message(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::uint64_t key = varint(bytes);
      const auto field = static_cast<std::uint32_t>(key >> 3);
      if ((key & 7) == 0) {
        numbers.emplace_back(field, varint(bytes));
        continue;
      }
      if ((key & 7) != 2) throw std::runtime_error("unexpected wire type");
      const std::uint64_t size = varint(bytes);
      if (size > bytes.size()) throw std::runtime_error("a field is cut off");
      parts.emplace_back(field, bytes.substr(0, size));
      bytes.remove_prefix(size);
    }
  }
  static std::uint64_t varint(std::string_view& bytes) {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes.empty()) throw std::runtime_error("a number is cut off");
      const auto byte = static_cast<unsigned char>(bytes[0]);
      bytes.remove_prefix(1);
      out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return out;
    }
    throw std::runtime_error("a number is too long");
  }
  std::vector<std::string_view> all(std::uint32_t field) const {
    std::vector<std::string_view> out;
    for (const auto& [number, bytes] : parts) {
      if (number == field) out.push_back(bytes);
    }
    return out;
  }
  std::string_view one(std::uint32_t field) const {
    const auto found = all(field);
    return found.empty() ? std::string_view() : found[0];
  }
  Message in(std::uint32_t field) const { return Message(one(field)); }
  // The value of the NamedX entry in `field` with that name.
  Message named(std::uint32_t field, std::string_view name) const {
    for (const std::string_view bytes : all(field)) {
      const Message entry(bytes);
      if (entry.one(1) == name) return entry.in(2);
    }
    throw std::runtime_error("no entry " + std::string(name));
  }
};

TEST(SwaggerProtobuf, HoldsEveryDefinitionAndPathOfTheJson) {
  const Reply reply = get("/openapi/v2", kProtobuf);
  EXPECT_EQ(reply.content_type, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  const Message document(*reply.body);
  EXPECT_EQ(document.one(1), "2.0");
  EXPECT_EQ(document.in(2).one(1), "Kubernetes");
  EXPECT_EQ(document.in(9).all(1).size(), swagger().at("definitions").as_object().size());
  EXPECT_EQ(document.in(8).all(2).size(), swagger().at("paths").as_object().size());
}

TEST(SwaggerProtobuf, ADefinitionHasItsPropertiesReferencesAndExtensions) {
  const Reply reply = get("/openapi/v2", kProtobuf);
  const Message definitions = Message(*reply.body).in(9);
  const Message deployment = definitions.named(1, "io.k8s.api.apps.v1.Deployment");
  EXPECT_EQ(deployment.in(22).one(1), "object");
  EXPECT_EQ(deployment.named(31, "x-kubernetes-group-version-kind").one(2),
            "[{\"group\":\"apps\",\"kind\":\"Deployment\",\"version\":\"v1\"}]\n");
  const Message spec = definitions.named(1, "io.k8s.api.apps.v1.DeploymentSpec");
  EXPECT_EQ(spec.all(19).size(), 2U);
  const Message strategy = spec.in(25).named(1, "strategy");
  EXPECT_EQ(strategy.one(1), "#/definitions/io.k8s.api.apps.v1.DeploymentStrategy");
  EXPECT_EQ(strategy.named(31, "x-kubernetes-patch-strategy").one(2), "\"retainKeys\"\n");
  const Message containers =
      definitions.named(1, "io.k8s.api.core.v1.PodSpec").in(25).named(1, "containers");
  EXPECT_EQ(containers.in(22).one(1), "array");
  EXPECT_EQ(containers.in(23).in(1).one(1), "#/definitions/io.k8s.api.core.v1.Container");
  const Message limits =
      definitions.named(1, "io.k8s.api.core.v1.ResourceRequirements").in(25).named(1, "limits");
  EXPECT_EQ(limits.in(21).in(1).one(1),
            "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity");
}

TEST(SwaggerProtobuf, APatchHasDryRunWhereKubectlLooksForIt) {
  const Reply reply = get("/openapi/v2", kProtobuf);
  const Message path =
      Message(*reply.body).in(8).named(2, "/api/v1/namespaces/{namespace}/pods/{name}");
  const Message patch = path.in(8);
  EXPECT_EQ(patch.named(13, "x-kubernetes-group-version-kind").one(2),
            "{\"group\":\"\",\"kind\":\"Pod\",\"version\":\"v1\"}\n");
  std::set<std::string_view> query;
  bool has_body = false;
  for (const std::string_view item : patch.all(8)) {
    const Message parameter = Message(item).in(1);
    has_body = has_body || parameter.in(1).one(2) == "body";
    query.insert(parameter.in(2).in(3).one(4));
  }
  EXPECT_TRUE(has_body);
  EXPECT_TRUE(query.contains("dryRun"));
  EXPECT_TRUE(query.contains("fieldValidation"));
  // The path's own parameters.
  std::set<std::string_view> in_path;
  for (const std::string_view item : path.all(9)) {
    in_path.insert(Message(item).in(1).in(2).in(4).one(4));
  }
  EXPECT_TRUE(in_path.contains("name"));
  EXPECT_TRUE(in_path.contains("namespace"));
}

TEST(Swagger2, TheFormFollowsAcceptAndEachHasItsOwnTag) {
  const Reply json = get("/openapi/v2", "application/json");
  const Reply protobuf =
      get("/openapi/v2", std::string(kProtobuf) + ";q=1, application/json;q=0.1");
  EXPECT_EQ(json.content_type, "application/json");
  EXPECT_NE(header(json, "ETag"), header(protobuf, "ETag"));
  EXPECT_EQ(get("/openapi/v2", kProtobuf, header(protobuf, "ETag")).status, 304);
  EXPECT_EQ(get("/openapi/v2", kProtobuf, header(json, "ETag")).status, 200);
  EXPECT_THROW(get("/openapi/v2", "application/xml"), base::ApiError);
}

}  // namespace
}  // namespace limen::api
