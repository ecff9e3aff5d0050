#include <gtest/gtest.h>

#include "api/gzip.h"
#include "api/json_layout.h"
#include "api/negotiation.h"
#include "base/api_error.h"
#include "base/json_text.h"
#include "object/decode.h"

namespace limen::api {
namespace {

std::string refusal(const std::function<void()>& step, int code) {
  try {
    step();
  } catch (const base::ApiError& error) {
    EXPECT_EQ(error.code(), code);
    return error.message();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

TEST(Negotiation, NoAcceptHeaderMeansJson) {
  const Output output = negotiate_output("", Answer::object, true);
  EXPECT_EQ(output.encoding, Encoding::json);
  EXPECT_EQ(output.view, View::object);
}

TEST(Negotiation, ProtobufClientsGetProtobufOfBuiltInKinds) {
  const Output output = negotiate_output("application/vnd.kubernetes.protobuf, application/json",
                                         Answer::object, true);
  EXPECT_EQ(output.encoding, Encoding::protobuf);
  EXPECT_EQ(output.content_type(), "application/vnd.kubernetes.protobuf");
  EXPECT_EQ(negotiate_output("application/vnd.kubernetes.protobuf;stream=watch,application/json",
                             Answer::watch, true)
                .encoding,
            Encoding::protobuf);
}

TEST(Negotiation, ProtobufClientsGetTheirJsonFallbackForOtherKinds) {
  const Output output = negotiate_output("application/vnd.kubernetes.protobuf, application/json",
                                         Answer::object, false);
  EXPECT_EQ(output.encoding, Encoding::json);
}

TEST(Negotiation, WhatOnlySpeaksProtobufIsNotAcceptableForOtherKinds) {
  EXPECT_EQ(
      refusal([] { negotiate_output("application/vnd.kubernetes.protobuf", Answer::list, false); },
              406),
      "only the following media types are accepted: application/json, application/yaml");
}

TEST(Negotiation, ATableHasNoProtobufForm) {
  const std::string_view table = "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io";
  refusal([&] { negotiate_output(table, Answer::list, true); }, 406);
  EXPECT_EQ(negotiate_output(std::string(table) + ",application/json", Answer::list, true).encoding,
            Encoding::json);
}

TEST(Negotiation, PartialMetadataHaveAProtobufForm) {
  const Output output = negotiate_output(
      "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
      Answer::list, true);
  EXPECT_EQ(output.encoding, Encoding::protobuf);
  EXPECT_EQ(output.view, View::partial_list);
}

TEST(Negotiation, WhatOnlySpeaksCborIsToldWhatIsServed) {
  EXPECT_EQ(refusal([] { negotiate_output("application/cbor", Answer::object, true); }, 406),
            "only the following media types are accepted: application/json, application/yaml, "
            "application/vnd.kubernetes.protobuf");
  EXPECT_EQ(refusal([] { negotiate_output("application/cbor-seq", Answer::watch, true); }, 406),
            "only the following media types are accepted: application/json;stream=watch, "
            "application/vnd.kubernetes.protobuf;stream=watch");
}

TEST(Negotiation, CborClientsGetTheirFallback) {
  EXPECT_EQ(negotiate_output("application/cbor, application/vnd.kubernetes.protobuf;q=0.9, "
                             "application/json;q=0.5",
                             Answer::object, true)
                .encoding,
            Encoding::protobuf);
  EXPECT_EQ(negotiate_output("application/cbor, application/json", Answer::object, false).encoding,
            Encoding::json);
}

TEST(Negotiation, ACborBodyIsOfAnUnknownType) {
  for (const std::string_view type : {"application/cbor", "application/apply-patch+cbor"}) {
    EXPECT_EQ(refusal([&] { body_format(type); }, 415),
              "the body of the request was in an unknown format - accepted media types include: "
              "application/json, application/yaml, application/vnd.kubernetes.protobuf");
  }
}

TEST(Negotiation, KubectlsTableRequestIsATable) {
  const Output output = negotiate_output(
      "application/json;as=Table;v=v1;g=meta.k8s.io,"
      "application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
      Answer::list, true);
  EXPECT_EQ(output.view, View::table);
  EXPECT_EQ(output.meta_version, "v1");
}

TEST(Negotiation, AnUnknownViewFallsThroughToTheNextClause) {
  const Output output = negotiate_output(
      "application/json;as=Graph;v=v1;g=meta.k8s.io,application/json", Answer::object, true);
  EXPECT_EQ(output.view, View::object);
}

TEST(Negotiation, AViewOfAnUnknownGroupAloneIsNotAcceptable) {
  refusal(
      [] { negotiate_output("application/json;as=Table;v=v1;g=example.com", Answer::list, true); },
      406);
}

TEST(Negotiation, TheHigherQualityWins) {
  EXPECT_EQ(negotiate_output("application/json;q=0.2, application/yaml;q=0.9", Answer::object, true)
                .encoding,
            Encoding::yaml);
  EXPECT_EQ(negotiate_output("*/*;q=0.8, application/yaml", Answer::object, true).encoding,
            Encoding::yaml);
}

TEST(Negotiation, QualityZeroIsARefusal) {
  refusal([] { negotiate_output("application/json;q=0", Answer::object, true); }, 406);
}

TEST(Negotiation, AnythingMeansJson) {
  EXPECT_EQ(negotiate_output("text/html, application/xhtml+xml, */*;q=0.8", Answer::object, true)
                .encoding,
            Encoding::json);
  EXPECT_EQ(negotiate_output("application/*", Answer::object, true).encoding, Encoding::json);
}

TEST(Negotiation, AListCannotBeOnePartialObject) {
  EXPECT_EQ(refusal(
                [] {
                  negotiate_output("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
                                   Answer::list, true);
                },
                406),
            "you requested PartialObjectMetadata, but the requested object is a list");
}

TEST(Negotiation, AWatchIsNeverYaml) {
  refusal([] { negotiate_output("application/yaml", Answer::watch, true); }, 406);
}

TEST(Negotiation, ABodyWithoutATypeIsJson) {
  EXPECT_EQ(body_format(""), BodyFormat::json);
  EXPECT_EQ(body_format("application/json; charset=utf-8"), BodyFormat::json);
  EXPECT_EQ(body_format("application/yaml"), BodyFormat::yaml);
  EXPECT_EQ(body_format("application/vnd.kubernetes.protobuf"), BodyFormat::protobuf);
}

TEST(Negotiation, AnUnknownBodyTypeIsNamedWithWhatIsTaken) {
  EXPECT_EQ(refusal([] { body_format("text/plain"); }, 415),
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json, application/yaml, application/vnd.kubernetes.protobuf");
}

TEST(Negotiation, GzipIsTakenWhenOfferedAndNotRefused) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, gzip;q=1.0"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("br"));
}

TEST(JsonLayout, IndentsAsGoDoes) {
  EXPECT_EQ(base::indent_json(R"({"a":{},"b":[1,"x,{"],"c":{"d":"\"}"}})"),
            "{\n  \"a\": {},\n  \"b\": [\n    1,\n    \"x,{\"\n  ],\n  \"c\": {\n"
            "    \"d\": \"\\\"}\"\n  }\n}");
}

TEST(JsonLayout, YamlReadsBackAsTheSameValue) {
  const object::Json value = boost::json::parse(
      R"({"s":"text","n":"1","b":"yes","e":"","l":[{"a":1,"b":[]},[1,[2]],"x"],"o":{},"f":1.5,
          "t":true,"z":null,"m":"two\nlines","c":"a: b","d":"-","u":"\u00fc"})");
  const std::string yaml = to_yaml(value);
  EXPECT_EQ(object::decode(yaml, object::Format::yaml).value, value) << yaml;
}

TEST(JsonLayout, YamlKeepsPlainWordsPlain) {
  EXPECT_EQ(to_yaml(boost::json::parse(R"({"kind":"Pod","items":[{"name":"a","size":2}]})")),
            "kind: Pod\nitems:\n- name: a\n  size: 2\n");
}

TEST(GzipBody, IsAGzipStream) {
  Gzip gzip;
  gzip.add(std::string(300'000, 'x'));
  gzip.add("end");
  const std::string body = gzip.finish();
  ASSERT_GT(body.size(), 18u);
  EXPECT_LT(body.size(), 10'000u);
  EXPECT_EQ(static_cast<unsigned char>(body[0]), 0x1F);
  EXPECT_EQ(static_cast<unsigned char>(body[1]), 0x8B);
  // The trailer holds the length of what was compressed (RFC 1952).
  const auto byte = [&](std::size_t back) {
    return static_cast<std::size_t>(static_cast<unsigned char>(body[body.size() - back]));
  };
  EXPECT_EQ(byte(4) | byte(3) << 8 | byte(2) << 16 | byte(1) << 24, 300'003u);
}

}  // namespace
}  // namespace limen::api
