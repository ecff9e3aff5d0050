// WebSockets: handshake, frames, and clients that break the protocol.
#include "transport/websocket.h"

#include <gtest/gtest.h>

namespace limen::transport {
namespace {

std::string masked(unsigned first, std::string_view payload, std::size_t size_bytes = 0) {
  std::string frame(1, static_cast<char>(first));
  const std::size_t size = payload.size();
  if (size_bytes == 0) size_bytes = size < 126 ? 1 : size <= 0xFFFF ? 2 : 8;
  frame += static_cast<char>(0x80U | (size_bytes == 1 ? size : size_bytes == 2 ? 126 : 127));
  if (size_bytes > 1) {
    for (std::size_t i = size_bytes; i-- > 0;) {
      frame += static_cast<char>((std::uint64_t{size} >> (8 * i)) & 0xFFU);
    }
  }
  const std::string mask = "\x11\x22\x33\x44";
  frame += mask;
  for (std::size_t i = 0; i < size; ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

// Writes down what a reader tells.
class Told final : public FrameReader::Events {
 public:
  std::string text;
  void on_payload(std::string_view bytes) override { text += bytes; }
  void on_message_end() override { text += '|'; }
  void on_ping(std::string_view payload) override { text += "<ping " + std::string(payload) + ">"; }
  void on_close(std::uint16_t code) override { text += "<close " + std::to_string(code) + ">"; }
};

std::string read(const std::string& bytes, std::uint64_t most = 1 << 20) {
  FrameReader reader(most);
  Told told;
  if (!reader.feed(bytes, told)) told.text += "!" + std::to_string(reader.close_code());
  return told.text;
}

TEST(WebSocket, AcceptsAKeyAsRfc6455Shows) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, ReadsFramesOfEverySize) {
  EXPECT_EQ(read(masked(0x81, "Hello")), "Hello|");
  EXPECT_EQ(read(masked(0x82, "")), "|");
  for (const std::size_t size : {125u, 126u, 65535u, 65536u, 100000u}) {
    const std::string payload(size, 'x');
    EXPECT_EQ(read(masked(0x82, payload)), payload + "|");
  }
}

TEST(WebSocket, ReadsTheSameHoweverTheBytesAreCut) {
  const std::string bytes = masked(0x01, "Hel") + masked(0x89, "p") + masked(0x80, "lo") +
                            masked(0x82, std::string(300, 'y')) + masked(0x88, "\x03\xE8");
  const std::string whole = read(bytes);
  EXPECT_EQ(whole, "Hel<ping p>lo|" + std::string(300, 'y') + "|<close 1000>");
  FrameReader reader(1000);
  Told told;
  for (const char byte : bytes) EXPECT_TRUE(reader.feed({&byte, 1}, told));
  EXPECT_EQ(told.text, whole);
}

TEST(WebSocket, NothingIsReadAfterAClose) {
  EXPECT_EQ(read(masked(0x88, "") + masked(0x81, "late")), "<close 1005>");
  EXPECT_EQ(read(masked(0x88, "\x0F\xA0why") + "nonsense"), "<close 4000>");
}

TEST(WebSocket, PongsAreOfNoInterest) {
  EXPECT_EQ(read(masked(0x8A, "x") + masked(0x81, "a")), "a|");
}

TEST(WebSocket, BreachesOfTheProtocolEndIt) {
  EXPECT_EQ(read(std::string("\x81\x02hi", 4) + "12345678"), "!1002") << "not masked";
  EXPECT_EQ(read(masked(0xC1, "x")), "!1002") << "a reserved bit";
  EXPECT_EQ(read(masked(0x83, "x")), "!1002") << "an unknown opcode";
  EXPECT_EQ(read(masked(0x8B, "x")), "!1002") << "an unknown control opcode";
  EXPECT_EQ(read(masked(0x80, "x")), "!1002") << "a continuation of nothing";
  EXPECT_EQ(read(masked(0x01, "a") + masked(0x81, "b")), "a!1002") << "a message in a message";
  EXPECT_EQ(read(masked(0x09, "x")), "!1002") << "a ping in pieces";
  EXPECT_EQ(read(masked(0x89, std::string(126, 'x'))), "!1002") << "a long ping";
  EXPECT_EQ(read(masked(0x81, "x", 2)), "!1002") << "a size that is not the shortest";
  EXPECT_EQ(read(masked(0x81, std::string(200, 'x'), 8)), "!1002");
  EXPECT_EQ(read(masked(0x88, "x")), "!1002") << "half a close code";
  EXPECT_EQ(read(masked(0x88, std::string("\x03\xED", 2))), "!1002") << "1005 is never sent";
}

TEST(WebSocket, AFrameHasALimit) {
  EXPECT_EQ(read(masked(0x82, "12345678"), 8), "12345678|");
  EXPECT_EQ(read(masked(0x82, "123456789"), 8), "!1009");
  EXPECT_EQ(read("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                 "mask",
                 8),
            "!1009");
}

TEST(WebSocket, WritesFramesOfEverySize) {
  const auto frame = [](std::size_t size) {
    std::string out;
    append_frame(out, Opcode::binary, std::string(size, 'x'));
    return out;
  };
  EXPECT_EQ(frame(0), std::string("\x82\x00", 2));
  EXPECT_EQ(frame(125).substr(0, 2), "\x82\x7D");
  EXPECT_EQ(frame(126).substr(0, 4), std::string("\x82\x7E\x00\x7E", 4));
  EXPECT_EQ(frame(65536).substr(0, 10), std::string("\x82\x7F\0\0\0\0\0\x01\0\0", 10));
  EXPECT_EQ(frame(65536).size(), 65546u);
}

class Handshake : public testing::Test {
 protected:
  RequestHead head_;
  void SetUp() override {
    head_.method = "GET";
    head_.headers = {{"Connection", "keep-alive, Upgrade"},
                     {"Upgrade", "WebSocket"},
                     {"Sec-WebSocket-Version", "13"},
                     {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  }
};

TEST_F(Handshake, IsGoodWhenAllIsThere) {
  EXPECT_TRUE(asks_websocket(head_));
  EXPECT_EQ(websocket_problem(head_), "");
}

TEST_F(Handshake, IsBadWithoutVersionKeyOrMethod) {
  head_.headers[3].value = "c2hvcnQ=";
  EXPECT_NE(websocket_problem(head_), "");
  head_.headers[3].value = "dGhlIHNhbXBsZSBub25jZQ==";
  head_.headers[2].value = "8";
  EXPECT_NE(websocket_problem(head_), "");
  head_.headers[2].value = "13";
  head_.method = "POST";
  EXPECT_NE(websocket_problem(head_), "");
  head_.headers.erase(head_.headers.begin());
  EXPECT_FALSE(asks_websocket(head_));
}

TEST_F(Handshake, AProtocolThatBearsATokenIsNotOffered) {
  head_.headers.push_back(
      {"Sec-WebSocket-Protocol", "base64url.bearer.authorization.k8s.io.dA, a.b ,SPDY/3.1+x"});
  EXPECT_EQ(websocket_protocols(head_), (std::vector<std::string>{"a.b", "SPDY/3.1+x"}));
}

}  // namespace
}  // namespace limen::transport
