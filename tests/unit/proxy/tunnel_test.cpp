// Upgrades: two connections become one tunnel, or neither does.
#include "transport/websocket.h"
#include "unit/proxy/support.h"

namespace limen::proxy::test {
namespace {

const std::string kUpgrade = "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n";
const std::string kSwitched =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
    "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n";

class TunnelTest : public ::testing::Test {
 protected:
  Client& with(ScriptedTarget::Script script, bool local = false) {
    target_ = std::make_unique<ScriptedTarget>(std::move(script));
    server_.send_to(target_->port());
    client_ = std::make_unique<Client>(local ? server_->local_port() : server_->secure_port());
    if (!local) {
      EXPECT_TRUE(client_->start_tls());
    }
    return *client_;
  }

  std::unique_ptr<ScriptedTarget> target_;
  ForwardingServer server_;
  std::unique_ptr<Client> client_;
};

TEST_F(TunnelTest, CarriesBytesBothWaysOnBothListeners) {
  for (const bool local : {false, true}) {
    std::string head;
    Client& client = with(
        [&](Accepted& peer) {
          head = peer.receive_head();
          peer.send(kSwitched + "hello");
          EXPECT_EQ(peer.receive_exactly(4), "ping");
          peer.send("pong");
          EXPECT_TRUE(peer.at_end());
        },
        local);
    client.send(get("/", kUpgrade + "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n"));
    const std::string answer = client.receive_until("\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << answer;
    EXPECT_NE(answer.find("\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"), std::string::npos);
    EXPECT_NE(answer.find("\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n"),
              std::string::npos);
    EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
    EXPECT_EQ(answer.find("Transfer-Encoding"), std::string::npos);
    EXPECT_EQ(client.receive_exactly(5), "hello");
    client.send("ping");
    EXPECT_EQ(client.receive_exactly(4), "pong");
    client.close();
    target_.reset();
    EXPECT_NE(head.find("\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"), std::string::npos);
  }
  EXPECT_TRUE(eventually([&] { return server_.finished() == 2; }));
  EXPECT_EQ(server_.statuses(), (std::vector<int>{101, 101}));
}

TEST_F(TunnelTest, BytesThatCameWithTheRequestGoThroughTheTunnel) {
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send(kSwitched);
    EXPECT_EQ(peer.receive_exactly(5), "early");
    peer.send("got it");
  });
  client.send(get("/", kUpgrade) + "early");
  client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive_exactly(6), "got it");
}

TEST_F(TunnelTest, WhatFollowsARequestThatWasRefusedIsNoRequestOfTheTarget) {
  // CVE-2018-1002105: a second request behind a refused upgrade must not reach the target.
  std::string rest;
  Client& client = with([&](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    rest = peer.receive_some();
  });
  client.send(get("/", kUpgrade) + get("/second"));
  const std::string got = client.receive_all();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 403 Forbidden\r\n")) << got;
  EXPECT_NE(got.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(got.find("HTTP/1.1", 8), std::string::npos);
  target_.reset();
  EXPECT_EQ(rest, "");
}

TEST_F(TunnelTest, AnUpgradeAnsweredAsIfItWereNoneIsAnError) {
  for (const char* line : {"200 OK", "302 Found"}) {
    Client& client = with([&](Accepted& peer) {
      peer.receive_head();
      peer.send("HTTP/1.1 " + std::string(line) +
                "\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nok");
    });
    client.send(get("/", kUpgrade));
    const std::string got = client.receive_answer();
    EXPECT_TRUE(got.starts_with("HTTP/1.1 500 ")) << got;
    EXPECT_NE(got.find("invalid upgrade response: status code " + std::string(line).substr(0, 3)),
              std::string::npos);
  }
}

TEST_F(TunnelTest, WithoutLeaveToUpgradeTheRequestIsAPlainOne) {
  server_.rules.allow_upgrade = false;
  std::string head;
  Client& client = with([&](Accepted& peer) {
    head = peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  client.send(get("/", kUpgrade));
  EXPECT_TRUE(client.receive_answer().starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(head.find("Upgrade"), std::string::npos);
}

TEST_F(TunnelTest, TheTargetsEndEndsTheClient) {
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send(kSwitched + "last words");
  });
  client.send(get("/", kUpgrade));
  client.receive_until("\r\n\r\n");
  EXPECT_EQ(client.receive_all(), "last words");
  EXPECT_TRUE(client.proper_end());
  EXPECT_TRUE(eventually([&] { return server_.finished() == 1; }));
}

TEST_F(TunnelTest, TheClientsEndLetsTheTargetSayItsLastWords) {
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send(kSwitched);
    EXPECT_EQ(peer.receive_until("end"), "the end");
    EXPECT_TRUE(peer.at_end());
    peer.send("goodbye");
  });
  client.send(get("/", kUpgrade));
  client.receive_until("\r\n\r\n");
  client.send("the end");
  client.end_sending();
  EXPECT_EQ(client.receive_all(), "goodbye");
}

TEST_F(TunnelTest, ALostClientIsTheTargetsEnd) {
  for (const bool short_lived : {false, true}) {
    server_.short_lived = short_lived;
    const int before = server_.finished();
    std::promise<void> ended;
    Client& client = with([&](Accepted& peer) {
      peer.receive_head();
      peer.send(kSwitched);
      peer.at_end();
      ended.set_value();
    });
    client.send(get("/", kUpgrade));
    client.receive_until("\r\n\r\n");
    client.reset();
    EXPECT_EQ(ended.get_future().wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(eventually([&] { return server_.finished() == before + 1; }));
  }
}

TEST_F(TunnelTest, ALostTargetIsTheClientsEnd) {
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send(kSwitched);
    peer.receive_exactly(1);
    peer.reset();
  });
  client.send(get("/", kUpgrade));
  client.receive_until("\r\n\r\n");
  client.send("x");
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(eventually([&] { return server_.finished() == 1; }));
}

TEST_F(TunnelTest, ADrainEndsIt) {
  std::promise<void> ended;
  Client& client = with([&](Accepted& peer) {
    peer.receive_head();
    peer.send(kSwitched);
    peer.at_end();
    ended.set_value();
  });
  client.send(get("/", kUpgrade));
  client.receive_until("\r\n\r\n");
  server_->drain(kPatience);
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(ended.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(server_.finished(), 1);
}

TEST_F(TunnelTest, MuchGoesThroughUnchanged) {
  constexpr std::size_t kMany = 8 * 1024 * 1024;
  std::string all(kMany, '\0');
  for (std::size_t i = 0; i < kMany; ++i) all[i] = static_cast<char>((i * 2654435761U) >> 13U);
  Client& client = with([&](Accepted& peer) {
    peer.receive_head();
    peer.send(kSwitched);
    const std::string got = peer.receive_exactly(kMany);
    EXPECT_TRUE(got == all);
    peer.send(got);
  });
  client.send(get("/", kUpgrade));
  client.receive_until("\r\n\r\n");
  client.send(all);
  EXPECT_TRUE(client.receive_exactly(kMany) == all);
}

TEST_F(TunnelTest, ATargetThatDoesNotReadHoldsTheClientBack) {
  std::promise<void> go_on;
  std::atomic<std::size_t> sent{0};
  constexpr std::size_t kMany = 64 * 1024 * 1024;
  Client& client = with(
      [&](Accepted& peer) {
        peer.receive_head();
        peer.send(kSwitched);
        go_on.get_future().wait_for(kPatience);
        EXPECT_EQ(peer.receive_exactly(kMany).size(), kMany);
        peer.send("all");
      },
      true);
  client.send(get("/", kUpgrade));
  client.receive_until("\r\n\r\n");
  std::thread sender([&] {
    const std::string block(256 * 1024, 'x');
    while (sent < kMany && client.send(block)) sent += block.size();
  });
  std::size_t before = 1;
  EXPECT_TRUE(eventually([&] {
    const std::size_t now = sent;
    const bool still = now == before && now > 0;
    before = now;
    ::usleep(100'000);
    return still;
  }));
  EXPECT_LT(sent, kMany / 2);
  go_on.set_value();
  sender.join();
  EXPECT_EQ(client.receive_exactly(3), "all");
}

// ---- WebSockets --------------------------------------------------------------------------------

const std::string kWebSocket =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string masked(transport::Opcode opcode, std::string payload) {
  std::string frame;
  transport::append_frame(frame, opcode, payload);
  const std::size_t at = frame.size() - payload.size();
  frame[1] = static_cast<char>(frame[1] | '\x80');
  const std::string mask = "\x01\x02\x03\x04";
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
  }
  return frame.substr(0, at) + mask + payload;
}

TEST_F(TunnelTest, AWebSocketPassesThroughAsItIs) {
  std::string head;
  Client& client = with([&](Accepted& peer) {
    head = peer.receive_head();
    peer.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    peer.send(peer.receive_exactly(11));
  });
  client.send(get("/", kWebSocket +
                           "Sec-WebSocket-Protocol: "
                           "base64url.bearer.authorization.k8s.io.dA, v5.channel.k8s.io\r\n"));
  const std::string answer = client.receive_until("\r\n\r\n");
  EXPECT_NE(answer.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            std::string::npos);
  client.send(masked(transport::Opcode::binary, "hello"));
  EXPECT_EQ(client.receive_exactly(11), masked(transport::Opcode::binary, "hello"));
  EXPECT_NE(head.find("\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), std::string::npos);
  EXPECT_NE(head.find("\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n"), std::string::npos);
}

TEST_F(TunnelTest, AWebSocketCanBeTakenApart) {
  server_.rules.unwrap = Unwrap{"SPDY/3.1+portforward.k8s.io", "SPDY/3.1"};
  server_.rules.method = "POST";
  server_.rules.added = {{"X-Stream-Protocol-Version", "portforward.k8s.io"}};
  std::string head;
  Client& client = with([&](Accepted& peer) {
    head = peer.receive_head();
    peer.send(kSwitched + "one");
    EXPECT_EQ(peer.receive_exactly(5), "hello");
    peer.send("two");
    EXPECT_TRUE(peer.at_end());
  });
  client.send(get("/", kWebSocket + "Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n"));
  const std::string answer = client.receive_until("\r\n\r\n");
  EXPECT_NE(answer.find("\r\nUpgrade: websocket\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            std::string::npos);
  EXPECT_NE(answer.find("\r\nSec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n"),
            std::string::npos);
  EXPECT_EQ(client.receive_exactly(5), "\x82\x03one");
  client.send(masked(transport::Opcode::ping, "p") + masked(transport::Opcode::binary, "hel") +
              masked(transport::Opcode::binary, "lo"));
  EXPECT_EQ(client.receive_exactly(3), "\x8A\x01p");
  EXPECT_EQ(client.receive_exactly(5), "\x82\x03two");
  client.send(masked(transport::Opcode::close, "\x03\xE8"));
  EXPECT_EQ(client.receive_exactly(4), "\x88\x02\x03\xE8");
  target_.reset();
  EXPECT_TRUE(head.starts_with("POST ")) << head;
  EXPECT_NE(head.find("\r\nUpgrade: SPDY/3.1\r\n"), std::string::npos);
  EXPECT_EQ(head.find("WebSocket"), std::string::npos);
}

}  // namespace
}  // namespace limen::proxy::test
