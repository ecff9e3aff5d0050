// Requests with protobuf bodies, and their answers.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "object/decode.h"
#include "support/protobuf_message.h"
#include "unit/api/verbs_fixture.h"
#include "validation/protobuf/decode.h"

namespace limen::test {
namespace {

class ProtobufRequest : public ApiTest {
 protected:
  const Headers protobuf = {{"Content-Type", "application/vnd.kubernetes.protobuf"},
                            {"Accept", "application/vnd.kubernetes.protobuf,application/json"}};
  const Headers sent = {{"Content-Type", "application/vnd.kubernetes.protobuf"}};
  static Message config_map_message(const std::string& name) {
    return Message()
        .message(1, Message().bytes(1, name).bytes(2, "").bytes(3, "").message(8, Message()))
        .message(2, Message().bytes(1, "k").bytes(2, "v"));
  }
};

TEST_F(ProtobufRequest, ATypedClientCreatesAndReadsProtobuf) {
  const Answered answered =
      call("POST", config_maps, envelope("v1", "ConfigMap", config_map_message("a")), protobuf);
  EXPECT_EQ(answered.status, 201) << answered.text;
  const object::Json read = validation::protobuf::decode_body(
      answered.text, "ConfigMap", catalog::find_type("io.k8s.api.core.v1.ConfigMap"));
  EXPECT_EQ(object::name(read), "a");
  EXPECT_FALSE(object::uid(read).empty());
  EXPECT_EQ(read.at("data").at("k").as_string(), "v");
}

TEST_F(ProtobufRequest, ATypedClientCreatesAndReadsJsonWhenItAsksForIt) {
  const Answered answered = call("POST", config_maps + "?fieldValidation=Strict",
                                 envelope("v1", "ConfigMap", config_map_message("a")), sent);
  EXPECT_EQ(answered.status, 201) << answered.text;
  EXPECT_EQ(answered.at("metadata.name"), "a");
  EXPECT_EQ(answered.at("data.k"), "v");
}

TEST_F(ProtobufRequest, AnotherKindIsRefused) {
  const Answered answered =
      call("POST", config_maps, envelope("v1", "Secret", config_map_message("a")), protobuf);
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(store.writes, 0);
}

TEST_F(ProtobufRequest, AMalformedBodyIsABadRequest) {
  EXPECT_EQ(call("POST", config_maps, "garbage", protobuf).status, 400);
}

TEST_F(ProtobufRequest, DeleteOptionsAreTaken) {
  call("POST", config_maps, config_map("a"));
  const Message wrong = Message().message(2, Message().bytes(1, "another"));
  EXPECT_EQ(
      call("DELETE", config_maps + "/a", envelope("v1", "DeleteOptions", wrong), protobuf).status,
      409);
  const Message orphan = Message().bytes(4, "Orphan");
  EXPECT_EQ(call("DELETE", config_maps + "/a", envelope("v1", "DeleteOptions", orphan), sent)
                .at("metadata.finalizers"),
            "[\"orphan\"]");
}

TEST_F(ProtobufRequest, ADeletionIsAnsweredWithAStatus) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = call("DELETE", config_maps + "/a", {}, protobuf);
  EXPECT_EQ(answered.status, 200);
  const object::Json status = validation::protobuf::decode_body(
      answered.text, "Status", catalog::find_type("io.k8s.apimachinery.pkg.apis.meta.v1.Status"));
  EXPECT_EQ(object::text_at(status, "status"), "Success");
  EXPECT_EQ(status.at("details").at("name").as_string(), "a");
}

TEST_F(ProtobufRequest, PartialMetadataAreAMessageOfTheirOwn) {
  call("POST", config_maps, config_map("a"));
  const Answered answered = call("GET", config_maps + "/a", {},
                                 {{"Accept",
                                   "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;"
                                   "g=meta.k8s.io;v=v1,application/json"}});
  const auto body = validation::protobuf::open_envelope(answered.text);
  EXPECT_EQ(body.api_version, "meta.k8s.io/v1");
  EXPECT_EQ(body.kind, "PartialObjectMetadata");
  validation::protobuf::WireReader reader(body.raw);
  validation::protobuf::WireField field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.number, 1u);
  const object::Json metadata = validation::protobuf::decode_message(
      field.bytes, *catalog::find_type("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"));
  EXPECT_EQ(object::text_at(metadata, "name"), "a");
  EXPECT_FALSE(reader.next(field));
}

TEST_F(ProtobufRequest, AnswersToEqualObjectsAreEqualBytes) {
  call("POST", config_maps, config_map("a"));
  EXPECT_EQ(call("GET", config_maps + "/a", {}, protobuf).text,
            call("GET", config_maps + "/a", {}, protobuf).text);
}

// What a typed controller does all day: it reads, changes nothing and writes back.
TEST_F(ProtobufRequest, WhatIsWrittenBackAsItWasReadIsNoChange) {
  std::ifstream file(std::string(LIMEN_SOURCE_DIR) + "/tests/e2e/manifests/ten-kinds.yaml");
  const std::string manifest((std::istreambuf_iterator<char>(file)), {});
  std::size_t kinds = 0;
  for (std::size_t at = 0; at < manifest.size();) {
    const std::size_t end = std::min(manifest.find("\n---\n", at), manifest.size());
    const object::Json made =
        object::decode(manifest.substr(at, end - at), object::Format::yaml).value;
    at = end + 5;
    if (!made.is_object()) continue;
    const auto [group, version] = object::split_api_version(object::api_version(made));
    const catalog::Resource* resource = catalog::find_kind(group, version, object::kind(made));
    ASSERT_TRUE(resource) << object::kind(made);
    if (group == "rbac.authorization.k8s.io") continue;  // nobody here may grant anything
    std::string list = group.empty() ? "/api/" : "/apis/" + std::string(group) + "/";
    list += version;
    if (resource->namespaced) list += "/namespaces/shop";
    list += "/" + std::string(resource->name);
    const Answered created = call("POST", list, object::to_json(made));
    ASSERT_EQ(created.status, 201) << created.text;
    const std::string one = list + "/" + std::string(object::name(made));
    const Answered read = call("GET", one, {}, protobuf);
    const Answered written = call("PUT", one, read.text, sent);
    EXPECT_EQ(written.status, 200) << written.text;
    EXPECT_EQ(written.json, created.json);
    ++kinds;
  }
  EXPECT_GE(kinds, 7U);
}

TEST_F(ProtobufRequest, CborIsNegotiatedAway) {
  const std::string accepted =
      "application/json, application/yaml, application/vnd.kubernetes.protobuf";
  const Answered body = call("POST", config_maps, "\xA0", {{"Content-Type", "application/cbor"}});
  EXPECT_EQ(body.status, 415);
  EXPECT_EQ(body.reason(), "UnsupportedMediaType");
  EXPECT_EQ(body.message(),
            "the body of the request was in an unknown format - accepted media types include: " +
                accepted);
  EXPECT_EQ(store.writes, 0);
  const Answered answer = call("GET", config_maps, {}, {{"Accept", "application/cbor"}});
  EXPECT_EQ(answer.status, 406);
  EXPECT_EQ(answer.reason(), "NotAcceptable");
  EXPECT_EQ(answer.message(), "only the following media types are accepted: " + accepted);
  const Headers both = {{"Accept", "application/cbor,application/json"}};
  EXPECT_EQ(call("GET", config_maps, {}, both).at("kind"), "ConfigMapList");
}

// Reads a stream of frames byte by byte, knowing no more of protobuf than its wire format.
class FrameReader {
 public:
  explicit FrameReader(std::string_view stream) : rest_(stream) {}

  struct Frame {
    std::string type;               // WatchEvent.type
    std::string api_version, kind;  // of the envelope within
    std::string name, revision;     // of the object's metadata
    std::string annotation;         // its first annotation, KEY=VALUE
  };

  bool at_end() const { return rest_.empty(); }

  Frame next() {
    const std::string_view length = take(rest_, 4);
    std::size_t size = 0;
    for (const char c : length) size = size << 8 | static_cast<unsigned char>(c);
    std::string_view event = take(rest_, size);
    Frame frame;
    frame.type = bytes(event, 1);
    std::string raw_extension = bytes(event, 2);
    EXPECT_TRUE(event.empty()) << "something follows the event's object";
    std::string_view extension = raw_extension;
    const std::string body = bytes(extension, 1);
    EXPECT_TRUE(extension.empty());
    std::string_view rest = body;
    EXPECT_EQ(take(rest, 4), std::string_view("k8s\0", 4));
    const std::string type_meta = bytes(rest, 1);
    std::string_view type = type_meta;
    frame.api_version = bytes(type, 1);
    frame.kind = bytes(type, 2);
    const std::string raw = bytes(rest, 2);
    EXPECT_EQ(rest, std::string_view("\x1a\0\x22\0", 4));  // no encoding, no type of its content
    read_object(raw, frame);
    return frame;
  }

 private:
  static std::string_view take(std::string_view& from, std::size_t size) {
    EXPECT_LE(size, from.size()) << "the stream is cut";
    const std::string_view taken = from.substr(0, size);
    from.remove_prefix(taken.size());
    return taken;
  }
  static std::uint64_t varint(std::string_view& from) {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(from, 1).at(0));
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  }
  // The bytes of the next field, which must be `number`.
  static std::string bytes(std::string_view& from, std::uint64_t number) {
    EXPECT_EQ(varint(from), number << 3 | 2);
    return std::string(take(from, varint(from)));
  }
  static void read_object(std::string_view object, Frame& frame) {
    const std::string metadata = bytes(object, 1);
    std::string_view rest = metadata;
    while (!rest.empty()) {
      const std::uint64_t tag = varint(rest);
      if ((tag & 7) == 0) {
        varint(rest);
        continue;
      }
      ASSERT_EQ(tag & 7, 2u);
      const std::string value(take(rest, varint(rest)));
      if (tag >> 3 == 1) frame.name = value;
      if (tag >> 3 == 6) frame.revision = value;
      if (tag >> 3 != 12) continue;
      std::string_view entry = value;
      frame.annotation = bytes(entry, 1);
      frame.annotation += "=" + bytes(entry, 2);
    }
  }

  std::string_view rest_;
};

class ProtobufWatch : public ProtobufRequest {
 protected:
  const Headers accept = {
      {"Accept", "application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch"}};
};

TEST_F(ProtobufWatch, EveryEventIsAFrameOfItsOwn) {
  call("POST", config_maps, config_map("a"));
  const Open open = start("GET", config_maps + "?watch=1", {}, accept);
  call("POST", config_maps, config_map("b"));
  call("PUT", config_maps + "/b", config_map("b", R"(,"labels":{"x":"y"})"));
  call("DELETE", config_maps + "/a");
  EXPECT_NE(open.exchange->answer_headers.find(
                "Content-Type: application/vnd.kubernetes.protobuf;stream=watch\r\n"),
            std::string::npos)
      << open.exchange->answer_headers;
  FrameReader reader(open.exchange->streamed->text);
  std::string story;
  while (!reader.at_end() && !HasFailure()) {
    const FrameReader::Frame frame = reader.next();
    EXPECT_EQ(frame.api_version, "v1");
    EXPECT_EQ(frame.kind, "ConfigMap");
    story += frame.type + " " + frame.name + " " + frame.revision + "; ";
  }
  EXPECT_EQ(story, "ADDED a 2; ADDED b 3; MODIFIED b 4; DELETED a 5; ");
  end(open);
}

TEST_F(ProtobufWatch, TwoWatchersOfOneLoopAreToldTheSameInTheirOwnViews) {
  const Open first = start("GET", config_maps + "?watch=1", {}, accept);
  const Open second = start("GET", config_maps + "?watch=1", {}, accept);
  const Open partial = start("GET", config_maps + "?watch=1", {},
                             {{"Accept",
                               "application/vnd.kubernetes.protobuf;stream=watch;"
                               "as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}});
  call("POST", config_maps, config_map("a"));
  EXPECT_EQ(first.exchange->streamed->text, second.exchange->streamed->text);
  const FrameReader::Frame frame = FrameReader(partial.exchange->streamed->text).next();
  EXPECT_EQ(frame.kind, "PartialObjectMetadata");
  EXPECT_EQ(frame.api_version, "meta.k8s.io/v1");
  EXPECT_EQ(frame.name, "a");
  for (const Open* open : {&first, &second, &partial}) end(*open);
}

TEST_F(ProtobufWatch, TheEndOfTheInitialEventsIsMarked) {
  call("POST", config_maps, config_map("a"));
  const Open open = start("GET",
                          config_maps +
                              "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true"
                              "&resourceVersionMatch=NotOlderThan",
                          {}, accept);
  FrameReader reader(open.exchange->streamed->text);
  EXPECT_EQ(reader.next().type, "ADDED");
  const FrameReader::Frame mark = reader.next();
  EXPECT_EQ(mark.type, "BOOKMARK");
  EXPECT_EQ(mark.kind, "ConfigMap");
  EXPECT_EQ(mark.revision, "2");
  EXPECT_EQ(mark.annotation, "k8s.io/initial-events-end=true");
  EXPECT_TRUE(reader.at_end());
  end(open);
}

TEST_F(ProtobufWatch, AnErrorIsAFrameWithAStatus) {
  call("POST", config_maps, config_map("a"));
  call("POST", config_maps, config_map("b"));
  store.forgotten = 3;
  const Open open = start("GET", config_maps + "?watch=1&resourceVersion=2", {}, accept);
  ASSERT_EQ(open.exchange->status, 200);
  std::string_view event = open.exchange->streamed->text;
  // A length in four bytes, WatchEvent.type, WatchEvent.object, RawExtension.raw, the envelope.
  const std::size_t at = event.find("k8s");
  ASSERT_NE(at, std::string_view::npos);
  EXPECT_EQ(event.substr(4, 7), std::string_view("\x0a\x05"
                                                 "ERROR"));
  const object::Json status = validation::protobuf::decode_body(
      event.substr(at), "Status",
      catalog::find_type("io.k8s.apimachinery.pkg.apis.meta.v1.Status"));
  EXPECT_EQ(status.at("code").as_int64(), 410);
  EXPECT_TRUE(*open.done);
}

}  // namespace
}  // namespace limen::test
