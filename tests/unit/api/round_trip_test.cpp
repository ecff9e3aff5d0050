// Random objects of every built-in kind, brought to each form that is served and back again.
//
// The seed is printed with a failure; LIMEN_SEED sets another.
#include <cstdlib>

#include "api/json_layout.h"
#include "api/protobuf_answer.h"
#include "object/decode.h"
#include "support/random_object.h"
#include "unit/api/verbs_fixture.h"
#include "validation/protobuf/decode.h"
#include "validation/protobuf/encode.h"
#include "validation/schema.h"

namespace limen::test {
namespace {

namespace protobuf = validation::protobuf;
using object::Json;

constexpr int kRounds = 6;

std::uint64_t seed() {
  const char* given = std::getenv("LIMEN_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20261130;
}

std::string titled(const catalog::Resource& resource) {
  return object::group_version(resource.group, resource.version) + " " + std::string(resource.kind);
}

// Equal as JSON text: 1.0 is 1, and the order of members is nobody's.
Json reread(const Json& value) { return boost::json::parse(object::to_json(value)); }

template <class Check>
void for_every_kind(const Check& check) {
  std::uint64_t number = seed();
  for (const catalog::GroupVersion& version : catalog::group_versions()) {
    for (const catalog::Resource& resource : version.resources) {
      if (!resource.type || resource.type->fields.empty()) continue;
      for (int round = 0; round < kRounds; ++round) {
        SCOPED_TRACE(titled(resource) + ", seed " + std::to_string(number));
        Choices choices(number++);
        check(resource, RandomObject(choices).of(resource));
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(RoundTrip, TheTypedFormOfAnObjectIsItself) {
  for_every_kind([](const catalog::Resource& resource, const Json& made) {
    const Json first = object::decode(object::to_json(made), object::Format::json).value;
    Json typed = object::mutable_copy(first);
    const validation::Conformance fits = validation::conform(typed, *resource.type);
    EXPECT_EQ(fits.error, "") << first;
    EXPECT_TRUE(fits.unknown.empty()) << fits.unknown.front();
    EXPECT_EQ(object::to_json(typed), object::to_json(first));
  });
}

TEST(RoundTrip, YamlSaysWhatJsonSays) {
  for_every_kind([](const catalog::Resource&, const Json& made) {
    const std::string yaml = api::to_yaml(made);
    const object::Decoded back = object::decode(yaml, object::Format::yaml);
    EXPECT_TRUE(back.duplicates.empty());
    EXPECT_EQ(reread(back.value), reread(made)) << yaml;
  });
}

TEST(RoundTrip, ProtobufSaysWhatJsonSays) {
  for_every_kind([](const catalog::Resource& resource, const Json& made) {
    if (!api::has_protobuf(resource, nullptr)) return;
    const std::string body = api::protobuf_body(object::to_json(made));
    const Json back = protobuf::decode_body(body, resource.kind, resource.type);
    EXPECT_EQ(reread(back), reread(made));
  });
}

TEST(RoundTrip, AMessageReadAndWrittenIsTheSameBytes) {
  for_every_kind([](const catalog::Resource& resource, const Json& made) {
    if (!api::has_protobuf(resource, nullptr)) return;
    const std::string message = protobuf::encode_message(made, *resource.type);
    const Json read = protobuf::decode_message(message, *resource.type);
    EXPECT_EQ(protobuf::encode_message(read, *resource.type), message);
  });
}

// Chance may pass a field by; this does not.
TEST(RoundTrip, EveryFieldOfEveryTypeGoesThroughProtobuf) {
  Choices choices(seed());
  RandomObject random(choices);
  for (const catalog::Type& type : catalog::types()) {
    // The server's version alone is never sent so.
    if (type.name == "io.k8s.apimachinery.pkg.version.Info") continue;
    for (const catalog::Field& field : type.fields) {
      if (field.number == 0) {
        const bool own = field.name == "apiVersion" || field.name == "kind";
        EXPECT_TRUE(own) << type.name << " " << field.name;
        continue;
      }
      const Json made = boost::json::object{
          {boost::json::string_view(field.name.data(), field.name.size()), random.of(field, 4)}};
      const std::string message = protobuf::encode_message(made, type);
      EXPECT_EQ(reread(protobuf::decode_message(message, type)), reread(made))
          << type.name << " " << field.name;
    }
  }
}

// What a store holds is answered in protobuf as it is in JSON, alone and in a list.
class ServedRoundTrip : public ApiTest {};

TEST_F(ServedRoundTrip, AnAnswerIsTheSameInBothForms) {
  const Headers in_protobuf = {{"Accept", "application/vnd.kubernetes.protobuf"}};
  std::uint64_t number = seed();
  for (const catalog::GroupVersion& version : catalog::group_versions()) {
    for (const catalog::Resource& resource : version.resources) {
      const bool as_stored =
          resource.storage_group == resource.group && resource.storage_version == resource.version;
      if (!resource.stored() || !as_stored || !api::has_protobuf(resource, nullptr)) continue;
      SCOPED_TRACE(titled(resource) + ", seed " + std::to_string(number));
      Choices choices(number++);
      Json made = RandomObject(choices).of(resource);
      object::set_metadata(made, "resourceVersion", "");
      object::set_metadata(made, "namespace", resource.namespaced ? "default" : "");
      store.put({std::string(resource.storage_group), std::string(resource.name)},
                object::canonical(made));
      std::string list = resource.group.empty() ? "/api/v1/" : "/apis/";
      if (!resource.group.empty())
        list += object::group_version(resource.group, resource.version) + "/";
      if (resource.namespaced) list += "namespaces/default/";
      list += resource.name;
      const Answered json = call("GET", list + "/x");
      const Answered binary = call("GET", list + "/x", {}, in_protobuf);
      ASSERT_EQ(json.status, 200) << json.text;
      ASSERT_EQ(binary.status, 200) << binary.text;
      EXPECT_NE(binary.headers.find("Content-Type: application/vnd.kubernetes.protobuf\r\n"),
                std::string::npos)
          << binary.headers;
      EXPECT_EQ(reread(protobuf::decode_body(binary.text, resource.kind, resource.type)),
                reread(json.json));
      const Answered all = call("GET", list, {}, in_protobuf);
      const std::string list_kind = std::string(resource.kind) + "List";
      const catalog::Type* list_type =
          catalog::find_type(std::string(resource.type->name) + "List");
      ASSERT_TRUE(list_type);
      EXPECT_EQ(reread(protobuf::decode_body(all.text, list_kind, list_type)),
                reread(call("GET", list).json));
    }
  }
}

}  // namespace
}  // namespace limen::test
