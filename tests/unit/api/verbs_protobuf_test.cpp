// Requests with protobuf bodies.
#include "support/protobuf_message.h"
#include "unit/api/verbs_fixture.h"

namespace limen::test {
namespace {

class ProtobufRequest : public ApiTest {
 protected:
  const Headers protobuf = {{"Content-Type", "application/vnd.kubernetes.protobuf"},
                            {"Accept", "application/vnd.kubernetes.protobuf,application/json"}};
  static Message config_map_message(const std::string& name) {
    return Message()
        .message(1, Message().bytes(1, name).bytes(2, "").bytes(3, "").message(8, Message()))
        .message(2, Message().bytes(1, "k").bytes(2, "v"));
  }
};

TEST_F(ProtobufRequest, ATypedClientCreatesAndReadsJson) {
  const Answered answered = call("POST", config_maps + "?fieldValidation=Strict",
                                 envelope("v1", "ConfigMap", config_map_message("a")), protobuf);
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
  EXPECT_EQ(call("DELETE", config_maps + "/a", envelope("v1", "DeleteOptions", orphan), protobuf)
                .at("metadata.finalizers"),
            "[\"orphan\"]");
}

}  // namespace
}  // namespace limen::test
