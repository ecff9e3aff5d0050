#include <gtest/gtest.h>

#include "support/custom_definition.h"
#include "unit/validation/support.h"
#include "validation/custom/formats.h"
#include "validation/custom/objects.h"

namespace limen::validation {
namespace {

Json parsed(std::string_view text) {
  return boost::json::parse(boost::json::string_view(text.data(), text.size()));
}

catalog::Schema schema_of(std::string_view text) { return catalog::compile_schema(parsed(text)); }

// The kind with `spec` as given.
catalog::DefinitionPtr with_spec(const std::string& spec) {
  return test::definition(test::definition_text(
      "Widget", "widgets", R"({"type":"object","properties":{"spec":)" + spec + "}}"));
}

// An object with that spec after decoding: what became of spec, and what was found.
std::string conformed(const std::string& schema, const std::string& spec, Lines* found = nullptr) {
  const catalog::DefinitionPtr definition = with_spec(schema);
  Json object = parsed(R"({"spec":)" + spec + R"(,"metadata":{"name":"x"}})");
  Conformance fits = conform_custom(object, *definition->kinds().front());
  if (found) *found = fits.unknown;
  return object::to_json(object.at("spec"));
}

Lines against(std::string_view schema, std::string_view value, std::string_view old = "") {
  Causes causes;
  const catalog::Schema compiled = schema_of(schema);
  const Json before = old.empty() ? Json() : parsed(old);
  check_value(parsed(value), old.empty() ? nullptr : &before, compiled, "spec", causes);
  check_embedded(parsed(value), compiled, "spec", causes);
  check_lists(parsed(value), compiled, "spec", causes);
  return lines(causes.take());
}

TEST(Pruning, DropsAndNamesWhatTheSchemaDoesNotKnow) {
  Lines found;
  EXPECT_EQ(conformed(R"({"type":"object","properties":{"a":{"type":"string"},"l":{"type":"array",
                         "items":{"type":"object","properties":{"b":{"type":"integer"}}}}}})",
                      R"({"a":"x","z":1,"l":[{"b":1,"c":2}]})", &found),
            R"({"a":"x","l":[{"b":1}]})");
  EXPECT_EQ(found, (Lines{R"(unknown field "spec.z")", R"(unknown field "spec.l[0].c")"}));
}

TEST(Pruning, KeepsWhatIsToBePreserved) {
  EXPECT_EQ(conformed(R"({"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":
                         {"a":{"type":"object","properties":{"b":{"type":"string"}}}}})",
                      R"({"z":{"y":1},"a":{"b":"x","c":1}})"),
            R"({"z":{"y":1},"a":{"b":"x"}})");
  EXPECT_EQ(
      conformed(R"({"type":"object","additionalProperties":{"type":"string"}})", R"({"any":"x"})"),
      R"({"any":"x"})");
}

TEST(Pruning, EmbeddedResourcesKeepTheirMetadata) {
  Lines found;
  EXPECT_EQ(
      conformed(R"({"type":"object","properties":{"t":{"type":"object",
                         "x-kubernetes-embedded-resource":true,"properties":{"spec":{"type":"object"}}}}})",
                R"({"t":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","odd":1},"z":1}})",
                &found),
      R"({"t":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}}})");
  EXPECT_EQ(found.size(), 2U);
}

TEST(Pruning, MetadataIsBroughtToItsType) {
  const catalog::DefinitionPtr definition = with_spec(R"({"type":"object"})");
  Json object = parsed(R"({"metadata":{"name":"x","odd":1}})");
  EXPECT_EQ(conform_custom(object, *definition->kinds().front()).unknown,
            Lines{R"(unknown field "metadata.odd")"});
  Json broken = parsed(R"({"metadata":{"name":"x","labels":"y"}})");
  EXPECT_FALSE(conform_custom(broken, *definition->kinds().front()).error.empty());
}

TEST(Defaulting, FillsInWhatIsMissing) {
  const std::string schema = R"({"type":"object","properties":{"a":{"type":"string","default":"x"},
      "b":{"type":"object","default":{},"properties":{"c":{"type":"integer","default":1}}},
      "l":{"type":"array","items":{"type":"object","properties":{"d":{"type":"boolean","default":true}}}}}})";
  EXPECT_EQ(conformed(schema, R"({"l":[{}]})"), R"({"l":[{"d":true}],"a":"x","b":{"c":1}})");
  EXPECT_EQ(conformed(schema, R"({"a":"y","b":{"c":2}})"), R"({"a":"y","b":{"c":2}})");
}

TEST(Defaulting, NullsCountAsMissingUnlessTheyAreAllowed) {
  EXPECT_EQ(conformed(R"({"type":"object","properties":{"a":{"type":"string","default":"x"},
                         "b":{"type":"string"},"c":{"type":"string","nullable":true,"default":"y"}}})",
                      R"({"a":null,"b":null,"c":null})"),
            R"({"a":"x","c":null})");
}

TEST(Values, HaveTheirType) {
  EXPECT_EQ(
      against(R"({"type":"integer"})", R"("x")"),
      Lines{R"(spec: Invalid value: "string": spec in body must be of type integer: "string")"});
  EXPECT_EQ(
      against(R"({"type":"string"})", "1"),
      Lines{R"(spec: Invalid value: "integer": spec in body must be of type string: "integer")"});
  EXPECT_EQ(
      against(R"({"type":"array","items":{"type":"string"}})", "[null]"),
      Lines{R"(spec[0]: Invalid value: "null": spec[0] in body must be of type string: "null")"});
  EXPECT_EQ(against(R"({"type":"integer"})", "1.0"), Lines{});
  EXPECT_EQ(against(R"({"type":"number"})", "1"), Lines{});
  EXPECT_EQ(against(R"({"type":"string","nullable":true})", "null"), Lines{});
}

TEST(Values, MayBeIntegersOrStrings) {
  constexpr std::string_view kSchema = R"({"x-kubernetes-int-or-string":true,
      "anyOf":[{"type":"integer"},{"type":"string"}]})";
  EXPECT_EQ(against(kSchema, "1"), Lines{});
  EXPECT_EQ(against(kSchema, R"("50%")"), Lines{});
  const Lines lines = against(kSchema, "true");
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(
      lines.front(),
      R"(spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean")");
}

TEST(Values, KeepTheirBounds) {
  EXPECT_EQ(against(R"({"type":"integer","minimum":1,"maximum":10})", "0"),
            Lines{"spec: Invalid value: 0: spec in body should be greater than or equal to 1"});
  EXPECT_EQ(against(R"({"type":"integer","minimum":1,"maximum":10})", "11"),
            Lines{"spec: Invalid value: 11: spec in body should be less than or equal to 10"});
  EXPECT_EQ(against(R"({"type":"number","minimum":1,"exclusiveMinimum":true})", "1"),
            Lines{"spec: Invalid value: 1: spec in body should be greater than 1"});
  EXPECT_EQ(against(R"({"type":"integer","multipleOf":3})", "4"),
            Lines{"spec: Invalid value: 4: spec in body should be a multiple of 3"});
  EXPECT_EQ(against(R"({"type":"integer","format":"int32"})", "3000000000").size(), 1U);
}

TEST(Values, KeepTheirLengths) {
  EXPECT_EQ(against(R"({"type":"string","maxLength":2})", R"("äöü")"),
            Lines{"spec: Too long: may not be more than 2 bytes"});
  EXPECT_EQ(against(R"({"type":"string","minLength":1})", R"("")"),
            Lines{R"(spec: Invalid value: "": spec in body should be at least 1 chars long)"});
  EXPECT_EQ(against(R"({"type":"array","maxItems":1,"items":{"type":"integer"}})", "[1,2]"),
            Lines{"spec: Too many: must have at most 1 item"});
  EXPECT_EQ(against(R"({"type":"array","minItems":1,"items":{"type":"integer"}})", "[]"),
            Lines{"spec: Invalid value: 0: spec in body should have at least 1 items"});
  EXPECT_EQ(against(R"({"type":"object","minProperties":1})", "{}"),
            Lines{"spec: Invalid value: 0: spec in body should have at least 1 properties"});
}

TEST(Values, MatchPatternsAndEnumsAndFormats) {
  EXPECT_EQ(against(R"({"type":"string","pattern":"^a+$"})", R"("b")"),
            Lines{R"(spec: Invalid value: "b": spec in body should match '^a+$')"});
  EXPECT_EQ(against(R"({"type":"string","enum":["a","b"]})", R"("c")"),
            Lines{R"(spec: Unsupported value: "c": supported values: "a", "b")"});
  EXPECT_EQ(
      against(R"({"type":"string","format":"date"})", R"("yesterday")"),
      Lines{R"(spec: Invalid value: "yesterday": spec in body must be of type date: "yesterday")"});
}

TEST(Values, HaveWhatIsRequired) {
  EXPECT_EQ(
      against(R"({"type":"object","required":["a"],"properties":{"a":{"type":"string"}}})", "{}"),
      Lines{"spec.a: Required value"});
}

TEST(Values, FitAlternatives) {
  constexpr std::string_view kOneOf = R"({"type":"object","properties":{"a":{"type":"string"},
      "b":{"type":"string"}},"oneOf":[{"required":["a"]},{"required":["b"]}]})";
  EXPECT_EQ(against(kOneOf, R"({"a":""})"), Lines{});
  EXPECT_EQ(
      against(kOneOf, "{}"),
      (Lines{
          R"(<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid)",
          "spec.a: Required value"}));
  EXPECT_EQ(
      against(kOneOf, R"({"a":"","b":""})"),
      Lines{
          R"(<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives)"});
  EXPECT_EQ(against(R"({"type":"string","not":{"enum":["x"]}})", R"("x")"),
            Lines{R"(<nil>: Invalid value: "": "spec" must not validate the schema (not))"});
  EXPECT_EQ(against(R"({"type":"integer","anyOf":[{"minimum":5},{"maximum":1}]})", "3").front(),
            R"(<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf))");
  EXPECT_EQ(against(R"({"type":"integer","allOf":[{"minimum":5},{"maximum":9}]})", "3").front(),
            R"(<nil>: Invalid value: "": "spec" must validate all the schemas (allOf))");
}

TEST(Values, ThatWereThereBeforeAreNotComplainedAbout) {
  constexpr std::string_view kSchema = R"({"type":"object","properties":{"a":{"type":"string",
      "maxLength":1},"b":{"type":"string","maxLength":1}}})";
  EXPECT_EQ(against(kSchema, R"({"a":"xx","b":"y"})", R"({"a":"xx","b":"z"})"), Lines{});
  EXPECT_EQ(against(kSchema, R"({"a":"xx","b":"yy"})", R"({"a":"xx","b":"z"})").size(), 1U);
}

TEST(Lists, ThatAreSetsOrMapsHaveEachElementOnce) {
  EXPECT_EQ(against(R"({"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}})",
                    R"(["a","b","a"])"),
            Lines{R"(spec[2]: Duplicate value: "a")"});
  EXPECT_EQ(
      against(R"({"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["n"],
                       "items":{"type":"object","properties":{"n":{"type":"string"}}}})",
              R"([{"n":"a"},{"n":"a","m":1}])"),
      Lines{R"(spec[1]: Duplicate value: {"n":"a"})"});
}

TEST(Embedded, ResourcesSayWhatTheyAre) {
  EXPECT_EQ(against(R"({"type":"object","x-kubernetes-embedded-resource":true,
                       "x-kubernetes-preserve-unknown-fields":true})",
                    R"({"kind":"Pod"})"),
            Lines{"spec.apiVersion: Required value: must not be empty"});
}

TEST(Formats, AreThoseOfOpenApi) {
  const std::vector<std::pair<const char*, const char*>> good = {
      {"ipv4", "10.0.0.1"},
      {"ipv6", "::1"},
      {"cidr", "10.0.0.0/8"},
      {"date", "2026-02-28"},
      {"date-time", "2026-02-28T01:02:03Z"},
      {"duration", "1h30m"},
      {"email", "a@b.c"},
      {"uuid", "123e4567-e89b-12d3-a456-426614174000"},
      {"uri", "https://x/y"},
      {"hostname", "a.example"},
      {"mac", "01:23:45:67:89:ab"},
      {"byte", "aGk="},
      {"isbn10", "0-306-40615-2"},
      {"isbn13", "978-0-306-40615-7"},
      {"creditcard", "4111 1111 1111 1111"},
      {"hexcolor", "#fff"},
      {"rgbcolor", "rgb(1, 2, 255)"}};
  for (const auto& [format, text] : good) {
    EXPECT_TRUE(is_known_format(format)) << format;
    EXPECT_TRUE(matches_format(format, text)) << format << " " << text;
  }
  const std::vector<std::pair<const char*, const char*>> bad = {{"ipv4", "10.0.0"},
                                                                {"ipv6", "10.0.0.1"},
                                                                {"cidr", "10.0.0.0/33"},
                                                                {"date", "2026-02-30"},
                                                                {"date-time", "now"},
                                                                {"duration", "soon"},
                                                                {"email", "a"},
                                                                {"uuid", "1"},
                                                                {"hostname", "-a"},
                                                                {"mac", "01"},
                                                                {"byte", "a"},
                                                                {"isbn10", "0306406153"},
                                                                {"creditcard", "4111111111111112"},
                                                                {"hexcolor", "#ff"},
                                                                {"rgbcolor", "rgb(1,2,256)"}};
  for (const auto& [format, text] : bad) {
    EXPECT_FALSE(matches_format(format, text)) << format << " " << text;
  }
  EXPECT_FALSE(is_known_format("colour"));
  EXPECT_TRUE(matches_format("colour", "anything"));
}

// --- definitions
// -----------------------------------------------------------------------------------

Lines defined(const std::string& schema, const std::string& version_more = "") {
  Json object = parsed(test::definition_text("Widget", "widgets", schema, version_more));
  return lines(
      validate_create(resource("apiextensions.k8s.io", "customresourcedefinitions"), object));
}

const std::string kVersion = "spec.versions[0].schema.openAPIV3Schema";

TEST(Definitions, AreAcceptedWhenTheyAreStructural) {
  EXPECT_EQ(defined(R"({"type":"object","properties":{"spec":{"type":"object","properties":{
      "port":{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]},
      "any":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
      "map":{"type":"object","additionalProperties":{"type":"string"}},
      "list":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["n"],
        "items":{"type":"object","required":["n"],"properties":{"n":{"type":"string"}}}},
      "d":{"type":"integer","default":3,"minimum":1}}}}})"),
            Lines{});
}

TEST(Definitions, SayOfEveryFieldWhatItIs) {
  EXPECT_EQ(
      defined(R"({"properties":{"a":{"description":"no type"}}})"),
      (Lines{kVersion + ".type: Required value: must not be empty at the root",
             kVersion + ".properties[a].type: Required value: must not be empty for specified "
                        "object fields"}));
  EXPECT_EQ(defined(R"({"type":"object","properties":{"a":{"type":"array"}}})"),
            Lines{kVersion + ".properties[a].items: Required value: must be specified"});
  EXPECT_EQ(
      defined(R"({"type":"object","properties":{"a":{"type":"text"}}})"),
      Lines{
          kVersion +
          R"(.properties[a].type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string")"});
}

TEST(Definitions, RestrictOnlyValuesBelowAlternatives) {
  EXPECT_EQ(
      defined(
          R"({"type":"object","properties":{"a":{"type":"integer","anyOf":[{"type":"integer"}]}}})"),
      Lines{kVersion + ".properties[a].anyOf[0].type: Forbidden: must be empty to be structural"});
  EXPECT_EQ(defined(R"({"type":"object","oneOf":[{"properties":{"a":{"minimum":1}}}]})"),
            Lines{kVersion + ".properties[a]: Required value: because it is defined in " +
                  kVersion + ".oneOf[0].properties[a]"});
}

TEST(Definitions, HaveDefaultsThatFit) {
  EXPECT_EQ(defined(R"({"type":"object","properties":{"a":{"type":"integer","default":"x"}}})"),
            Lines{kVersion + R"(.properties[a].default: Invalid value: "string": )" + kVersion +
                  R"(.properties[a].default in body must be of type integer: "string")"});
}

TEST(Definitions, HaveOneStorageVersionAndASchema) {
  Json object = parsed(test::definition_text("Widget", "widgets", R"({"type":"object"})"));
  object.at("spec").at("versions").as_array()[0].as_object()["storage"] = false;
  object.at("spec").at("versions").as_array()[0].as_object().erase("schema");
  const Lines found =
      lines(validate_create(resource("apiextensions.k8s.io", "customresourcedefinitions"), object));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], kVersion + ": Required value: schemas are required");
  EXPECT_TRUE(found[1].ends_with("must have exactly one version marked as storage version"));
}

Json with_conversion(const std::string& conversion) {
  Json object = parsed(test::definition_text("Widget", "widgets", R"({"type":"object"})"));
  object.at("spec").as_object()["conversion"] = boost::json::parse(conversion);
  return object;
}
Lines converted(const std::string& conversion) {
  return lines(validate_create(resource("apiextensions.k8s.io", "customresourcedefinitions"),
                               with_conversion(conversion)));
}
std::string webhook(const std::string& client, const std::string& versions = R"(["v1"])") {
  return R"({"strategy":"Webhook","webhook":{"clientConfig":)" + client +
         R"(,"conversionReviewVersions":)" + versions + "}}";
}

TEST(Definitions, MayNameAWebhookThatConverts) {
  EXPECT_EQ(converted(webhook(R"({"url":"https://hook.test:8443/convert"})")), Lines{});
  EXPECT_EQ(
      converted(webhook(R"({"service":{"namespace":"a","name":"b","path":"/c/d","port":443}})",
                        R"(["v2","v1beta1"])")),
      Lines{});
}

TEST(Definitions, SayOfAWebhookWhereItIs) {
  const std::string path = "spec.conversion.webhookClientConfig";
  EXPECT_EQ(converted(R"({"strategy":"Webhook"})"),
            (Lines{path + ": Required value: required when strategy is set to Webhook",
                   "spec.conversion.conversionReviewVersions: Required value"}));
  EXPECT_EQ(converted(webhook("{}")),
            Lines{path + ": Required value: exactly one of url or service is required"});
  EXPECT_EQ(converted(webhook(R"({"url":"https://a","service":{"namespace":"a","name":"b"}})")),
            Lines{path + ": Required value: exactly one of url or service is required"});
  EXPECT_EQ(
      converted(webhook(R"({"url":"http://me@a/b?c#d"})")),
      (Lines{path + R"(.url: Invalid value: "http": 'https' is the only allowed URL scheme; )"
                    "desired format: https://host[/path]",
             path + R"(.url: Invalid value: "me": user information is not permitted in the URL)",
             path + R"(.url: Invalid value: "d": fragments are not permitted in the URL)",
             path + R"(.url: Invalid value: "c": query parameters are not permitted in the URL)"}));
  EXPECT_EQ(
      converted(webhook(R"({"service":{"port":70000,"path":"c/D"}})")),
      (Lines{path + ".service.name: Required value: service name is required",
             path + ".service.namespace: Required value: service namespace is required",
             path + ".service.port: Invalid value: 70000: port is not valid: must be between 1 and "
                    "65535, inclusive",
             path + R"(.service.path: Invalid value: "c/D": must start with a '/')",
             path + R"(.service.path: Invalid value: "c/D": segment[0] may not be empty)",
             path + R"(.service.path: Invalid value: "c/D": segment[1]: a lowercase RFC 1123 )"
                    "subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
                    "must start and end with an alphanumeric character (e.g. 'example.com', regex "
                    "used for validation is "
                    R"('[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'))"}));
}

TEST(Definitions, SayWhichReviewsAWebhookKnows) {
  const std::string path = "spec.conversion.conversionReviewVersions";
  const std::string url = R"({"url":"https://a"})";
  EXPECT_EQ(converted(webhook(url, R"(["v1","v1"])")),
            Lines{path + R"([1]: Invalid value: "v1": duplicate version)"});
  EXPECT_EQ(converted(webhook(url, R"(["v7"])")),
            Lines{path + R"(: Invalid value: ["v7"]: must include at least one of v1, v1beta1)"});
  EXPECT_EQ(
      converted(R"({"strategy":"None","webhook":{"clientConfig":{"url":"https://a"},
                    "conversionReviewVersions":["v1"]}})"),
      (Lines{"spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is "
             "not set to Webhook",
             path + ": Forbidden: should not be set when strategy is not set to Webhook"}));
}

TEST(Definitions, ThatAreEstablishedKeepAGoodBundle) {
  const auto& definitions = resource("apiextensions.k8s.io", "customresourcedefinitions");
  const Json good = with_conversion(webhook(R"({"url":"https://a"})"));
  const Json bad = with_conversion(webhook(R"({"url":"https://a","caBundle":"eHl6"})"));
  EXPECT_EQ(
      lines(validate_update(definitions, bad, good)),
      Lines{"spec.conversion.webhookClientConfig.caBundle: Invalid value: \"eHl6\": unable to "
            "load root certificates: data does not contain any valid RSA or ECDSA "
            "certificates"});
  EXPECT_EQ(lines(validate_update(definitions, bad, bad)), Lines{});
  Json fresh = good;
  fresh.at("status").as_object().erase("conditions");
  EXPECT_EQ(lines(validate_update(definitions, bad, fresh)), Lines{});
}

TEST(Definitions, DoNotChangeWhatObjectsAreStoredBy) {
  const auto& definitions = resource("apiextensions.k8s.io", "customresourcedefinitions");
  const Json old = parsed(test::definition_text("Widget", "widgets", R"({"type":"object"})"));
  Json changed(old);
  changed.at("spec").as_object()["scope"] = "Cluster";
  EXPECT_EQ(lines(validate_update(definitions, changed, old)),
            Lines{R"(spec.scope: Invalid value: "Cluster": field is immutable)"});
  Json without(old);
  without.at("spec").at("versions").as_array()[0].as_object()["name"] = "v2";
  EXPECT_EQ(
      lines(validate_update(definitions, without, old)),
      (Lines{R"(status.storedVersions: Invalid value: ["v1"]: must have the storage version v2)",
             R"(status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was )"
             "previously a storage version, and must remain in spec.versions until a storage "
             "migration ensures no data remains persisted in v1 and removes v1 from "
             "status.storedVersions"}));
}

TEST(Definitions, OfProtectedGroupsNeedApproval) {
  Json object = parsed(test::definition_text("Widget", "widgets", R"({"type":"object"})"));
  object.at("spec").as_object()["group"] = "x.k8s.io";
  object.at("metadata").as_object()["name"] = "widgets.x.k8s.io";
  const auto& definitions = resource("apiextensions.k8s.io", "customresourcedefinitions");
  const Lines found = lines(validate_create(definitions, object));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].starts_with(
      "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups"));
  // Who changes something else is not asked.
  Json changed(object);
  changed.at("metadata").as_object()["annotations"] = boost::json::object{{"other", "x"}};
  EXPECT_EQ(lines(validate_update(definitions, changed, object)), Lines{});
  changed.at("metadata").at("annotations").as_object()["api-approved.kubernetes.io"] = "yes";
  EXPECT_EQ(lines(validate_update(definitions, changed, object)),
            Lines{"metadata.annotations[api-approved.kubernetes.io]: Invalid value: \"yes\": "
                  "protected groups must have approval annotation \"api-approved.kubernetes.io\" "
                  "with either a URL or a reason starting with \"unapproved\", see "
                  "https://github.com/kubernetes/enhancements/pull/1111"});
}

TEST(Definitions, ShowColumnsAndScaleWhereTheyAre) {
  EXPECT_EQ(
      defined(
          R"({"type":"object"})",
          R"(,"subresources":{"scale":{"specReplicasPath":".status.x","statusReplicasPath":".status.y"}},
                       "additionalPrinterColumns":[{"name":"a","type":"odd","jsonPath":"x"}])"),
      (Lines{"spec.versions[0].subresources.scale.specReplicasPath: Invalid value: "
             "\".status.x\": should be a json path under .spec",
             "spec.versions[0].additionalPrinterColumns[0].type: Invalid value: \"odd\": must be "
             "one of boolean,date,integer,number,string",
             "spec.versions[0].additionalPrinterColumns[0].jsonPath: Invalid value: \"x\": is not "
             "a json path that can be shown"}));
}

}  // namespace
}  // namespace limen::validation
