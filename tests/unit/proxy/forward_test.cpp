// forward: what goes on, what comes back, and what happens when either side does not behave.
#include "proxy/forward.h"

#include "unit/proxy/support.h"

namespace limen::proxy::test {
namespace {

std::string answer(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class ForwardTest : public ::testing::Test {
 protected:
  // Plays `script` for what is forwarded, and connects a client.
  Client& with(ScriptedTarget::Script script) {
    target_ = std::make_unique<ScriptedTarget>(std::move(script));
    server_.send_to(target_->port());
    return connect();
  }
  Client& connect() {
    client_ = std::make_unique<Client>(server_->secure_port());
    EXPECT_TRUE(client_->start_tls());
    return *client_;
  }
  // What the target was sent for `request`.
  std::string seen(const std::string& request) {
    std::string head;
    Client& client = with([&](Accepted& peer) {
      head = peer.receive_head();
      peer.send(answer("ok"));
    });
    client.send(request);
    EXPECT_EQ(transport::test::body_of(client.receive_answer()), "ok");
    target_.reset();
    return head;
  }

  std::unique_ptr<ScriptedTarget> target_;
  ForwardingServer server_;
  std::unique_ptr<Client> client_;
};

bool has_line(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != std::string::npos;
}
bool has_field(const std::string& head, const std::string& name) {
  return base::to_lower(head).find("\r\n" + base::to_lower(name) + ":") != std::string::npos;
}

TEST_F(ForwardTest, SendsTheRequestWithItsFieldsAndWhoAsked) {
  const std::string head = seen(get("/here", "Accept: a/b\r\nX-Forwarded-For: 192.0.2.9\r\n"));
  EXPECT_TRUE(head.starts_with("GET /there?x=1 HTTP/1.1\r\nHost: target.example\r\n")) << head;
  EXPECT_TRUE(has_line(head, "Accept: a/b"));
  EXPECT_TRUE(has_line(head, "X-Forwarded-For: 192.0.2.9, 127.0.0.1"));
  EXPECT_TRUE(has_line(head, "Audit-Id: audit-1"));
  EXPECT_TRUE(has_line(head, "Connection: close"));
  EXPECT_FALSE(has_field(head, "Content-Length"));
}

TEST_F(ForwardTest, NeverSendsWhatShowsWhoTheClientIs) {
  server_.rules.dropped = {"X-Secret-*", "Cookie"};
  server_.rules.added = {{"X-Remote-User", "ada"}, {"Accept", "c/d"}};
  const std::string head =
      seen(get("/",
               "Authorization: Bearer t\r\nImpersonate-User: root\r\nImpersonate-Extra-a: b\r\n"
               "X-Remote-User: root\r\nX-Remote-Group: g\r\nx-secret-1: s\r\nCookie: c\r\n"
               "Proxy-Authorization: p\r\nAccept: a/b\r\nX-Other: o\r\n"
               "Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.dA, x\r\n"));
  for (const char* name :
       {"Authorization", "Impersonate-User", "Impersonate-Extra-a", "X-Remote-Group", "X-Secret-1",
        "Cookie", "Proxy-Authorization", "Sec-WebSocket-Protocol"}) {
    EXPECT_FALSE(has_field(head, name)) << name;
  }
  EXPECT_TRUE(has_line(head, "X-Remote-User: ada"));
  EXPECT_EQ(head.find("root"), std::string::npos);
  EXPECT_TRUE(has_line(head, "Accept: c/d"));
  EXPECT_TRUE(has_line(head, "X-Other: o"));
}

TEST_F(ForwardTest, DropsWhatIsOfTheConnection) {
  const std::string head =
      seen(get("/",
               "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
               "Upgrade: h2c\r\nX-Stay: 1\r\n"));
  for (const char* name : {"X-Hop", "Keep-Alive", "TE", "Upgrade"}) {
    EXPECT_FALSE(has_field(head, name)) << name;
  }
  EXPECT_TRUE(has_line(head, "X-Stay: 1"));
}

TEST_F(ForwardTest, SendsABodyByItsLength) {
  std::string body;
  Client& client = with([&](Accepted& peer) {
    const std::string head = peer.receive_head();
    EXPECT_TRUE(has_line(head, "Content-Length: 11")) << head;
    EXPECT_FALSE(has_field(head, "Transfer-Encoding"));
    body = peer.receive_exactly(11);
    peer.send(answer("ok"));
  });
  client.send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n");
  EXPECT_TRUE(client.receive_answer().starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(body, "hello world");
}

TEST_F(ForwardTest, ABodyOverTheLimitIsRefusedAndNothingIsConnectedTo) {
  server_.rules.max_body_bytes = 4;
  Client& client = with([](Accepted& peer) { peer.send(answer("no")); });
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(client.receive_answer().starts_with("HTTP/1.1 413 "));
  EXPECT_EQ(target_->connections(), 0);
}

TEST_F(ForwardTest, AnswersWithTheTargetsFieldsAndItsOwnAuditId) {
  server_.rules.answer_field = [](const std::string& name, std::string& value) {
    if (name == "X-Change") value = "changed";
    return name != "X-Drop";
  };
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send(answer("body",
                     "X-Change: 1\r\nX-Drop: 1\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
                     "Cache-Control: max-age=5\r\nDate: never\r\nAudit-Id: theirs\r\n"
                     "Set-Cookie: a\r\nSet-Cookie: b\r\n"));
  });
  client.send(get("/"));
  const std::string got = client.receive_answer();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(got.ends_with("\r\n\r\nbody"));
  EXPECT_TRUE(has_line(got, "X-Change: changed"));
  EXPECT_TRUE(has_line(got, "Cache-Control: max-age=5"));
  EXPECT_TRUE(has_line(got, "Audit-Id: audit-1"));
  EXPECT_TRUE(has_line(got, "Set-Cookie: a"));
  EXPECT_TRUE(has_line(got, "Set-Cookie: b"));
  EXPECT_TRUE(has_line(got, "Content-Length: 4"));
  for (const char* absent : {"X-Drop", "X-Hop"}) EXPECT_FALSE(has_field(got, absent)) << absent;
  EXPECT_EQ(got.find("never"), std::string::npos);
  EXPECT_EQ(got.find("theirs"), std::string::npos);
  EXPECT_EQ(got.find("no-cache"), std::string::npos);
}

TEST_F(ForwardTest, TheClientsConnectionGoesOn) {
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer("ok"));
  });
  for (int i = 0; i < 3; ++i) {
    client.send(get("/"));
    EXPECT_EQ(transport::test::body_of(client.receive_answer()), "ok");
  }
  EXPECT_EQ(target_->connections(), 3);
}

TEST_F(ForwardTest, StreamsChunksAsTheyCome) {
  std::promise<void> first_read;
  Client& client = with([&](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    first_read.get_future().wait_for(kPatience);
    peer.send("6\r\nsecond\r\n0\r\n\r\n");
  });
  client.send(get("/"));
  EXPECT_TRUE(client.receive_until("first\r\n").ends_with("5\r\nfirst\r\n"));
  first_read.set_value();
  EXPECT_EQ(client.receive_until("0\r\n\r\n"), "6\r\nsecond\r\n0\r\n\r\n");
}

TEST_F(ForwardTest, ABodyUntilTheEndIsChunkedForTheClient) {
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.0 200 OK\r\n\r\nall of it");
    peer.end_sending();
  });
  client.send(get("/"));
  EXPECT_TRUE(client.receive_until("0\r\n\r\n").ends_with("9\r\nall of it\r\n0\r\n\r\n"));
}

TEST_F(ForwardTest, AnswersWithoutABodyKeepTheirForm) {
  std::vector<std::string> answers = {"HTTP/1.1 204 No Content\r\n\r\n",
                                      "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
                                      "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"};
  std::size_t at = 0;
  Client& client = with([&](Accepted& peer) {
    peer.receive_head();
    peer.send(answers[at++]);
  });
  client.send(get("/"));
  std::string got = client.receive_answer(false);
  EXPECT_TRUE(got.starts_with("HTTP/1.1 204 "));
  EXPECT_FALSE(has_field(got, "Content-Length"));
  client.send(get("/"));
  got = client.receive_answer(false);
  EXPECT_TRUE(got.starts_with("HTTP/1.1 304 "));
  EXPECT_TRUE(has_line(got, "ETag: \"a\""));
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  got = client.receive_answer(false);
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(has_line(got, "Content-Length: 77"));
}

TEST_F(ForwardTest, ASlowClientHoldsTheTargetBack) {
  constexpr std::size_t kMany = 64 * 1024 * 1024;
  std::atomic<std::size_t> sent{0};
  with([&](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kMany) + "\r\n\r\n");
    const std::string block(256 * 1024, 'x');
    while (sent < kMany && peer.send(block)) sent += block.size();
  });
  client_ = std::make_unique<Client>(server_->local_port(), 16 * 1024);
  client_->send(get("/"));
  client_->receive_until("\r\n\r\n");
  // It stands still long before all is sent.
  std::size_t before = 1;
  EXPECT_TRUE(eventually([&] {
    const std::size_t now = sent;
    const bool still = now == before && now > 0;
    before = now;
    ::usleep(100'000);
    return still;
  }));
  EXPECT_LT(sent, kMany / 2);
  EXPECT_EQ(client_->receive_exactly(kMany).size(), kMany);
}

// ---- targets that do not behave ----------------------------------------------------------------

TEST_F(ForwardTest, ATargetThatIsNotThereIs503) {
  server_.send_to(closed_port());
  Client& client = connect();
  client.send(get("/"));
  const std::string got = client.receive_answer();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 503 ")) << got;
  EXPECT_NE(got.find("error trying to reach service: dial tcp 127.0.0.1:"), std::string::npos);
  EXPECT_NE(got.find("connect: connection refused"), std::string::npos);
}

TEST_F(ForwardTest, ThePlaceOfTheErrorCanBeTakenByAnother) {
  server_.send_to(closed_port());
  server_.rules.unreachable = [](const std::string& why) {
    return base::ApiError(500, "", "error dialing backend: " + why);
  };
  Client& client = connect();
  client.send(get("/"));
  const std::string got = client.receive_answer();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 500 "));
  EXPECT_NE(got.find("error dialing backend: dial tcp 127.0.0.1:"), std::string::npos);
}

TEST_F(ForwardTest, ANameThatNobodyHasIs503) {
  server_.send_to(1);
  server_.target.host = "nobody.invalid";
  Client& client = connect();
  client.send(get("/"));
  const std::string got = client.receive_answer();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 503 "));
  EXPECT_NE(got.find("dial tcp: lookup nobody.invalid: "), std::string::npos) << got;
}

TEST_F(ForwardTest, AnAddressOutOfReachIsNotConnectedTo) {
  Client& client = with([](Accepted& peer) { peer.send(answer("no")); });
  server_.target.reach = Reach::global_unicast;
  for (const char* host : {"127.0.0.1", "::ffff:127.0.0.1", "localhost"}) {
    server_.target.host = host;
    client.send(get("/"));
    const std::string got = client.receive_answer();
    EXPECT_TRUE(got.starts_with("HTTP/1.1 503 ")) << host;
    EXPECT_NE(got.find("address not allowed"), std::string::npos) << got;
  }
  EXPECT_EQ(target_->connections(), 0);
}

TEST_F(ForwardTest, NonsenseIs502) {
  for (const char* nonsense :
       {"garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"}) {
    Client& client = with([&](Accepted& peer) {
      peer.receive_head();
      peer.send(nonsense);
    });
    client.send(get("/"));
    EXPECT_TRUE(client.receive_answer().starts_with("HTTP/1.1 502 ")) << nonsense;
  }
}

TEST_F(ForwardTest, AHeadWithoutEndIs502) {
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\n");
    const std::string line = "A: " + std::string(1000, 'x') + "\r\n";
    while (peer.send(line)) {
    }
  });
  client.send(get("/"));
  EXPECT_TRUE(client.receive_answer().starts_with("HTTP/1.1 502 "));
}

TEST_F(ForwardTest, AnEndBeforeAnAnswerIs503) {
  Client& client = with([](Accepted& peer) { peer.receive_head(); });
  client.send(get("/"));
  EXPECT_TRUE(client.receive_answer().starts_with("HTTP/1.1 503 "));
}

TEST_F(ForwardTest, ABodyThatBreaksOffBreaksOffForTheClient) {
  for (const char* broken :
       {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\nnonsense\r\n"}) {
    Client& client = with([&](Accepted& peer) {
      peer.receive_head();
      peer.send(broken);
      peer.end_sending();
    });
    client.send(get("/"));
    client.receive_until("part");
    const std::string rest = client.receive_all();
    EXPECT_EQ(rest.find("0\r\n\r\n"), std::string::npos) << broken;
    EXPECT_FALSE(client.proper_end()) << broken;
  }
}

TEST_F(ForwardTest, AClientThatGoesTakesTheTargetsConnectionWithIt) {
  std::promise<bool> ended;
  Client& client = with([&](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    ended.set_value(peer.at_end());
  });
  client.send(get("/"));
  client.receive_until("first");
  client.reset();
  EXPECT_EQ(ended.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(eventually([&] { return server_.finished() == 1; }));
}

// ---- redirects and refusals --------------------------------------------------------------------

TEST_F(ForwardTest, ARedirectIsNeverFollowed) {
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  client.send(get("/"));
  EXPECT_TRUE(client.receive_answer().starts_with("HTTP/1.1 502 "));
  server_.rules.redirects = Redirects::pass;
  client.send(get("/"));
  const std::string got = client.receive_answer();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 302 "));
  EXPECT_TRUE(has_line(got, "Location: http://127.0.0.1:1/"));
  EXPECT_EQ(target_->connections(), 2);
}

TEST_F(ForwardTest, ARefusalCanBecomeAnError) {
  server_.rules.refused = [](int status, const std::string& text) {
    return base::ApiError::bad_request(std::to_string(status) + " " + text);
  };
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nno such");
  });
  client.send(get("/"));
  const std::string got = client.receive_answer();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 400 "));
  EXPECT_NE(got.find(R"("message":"404 no such")"), std::string::npos) << got;
}

TEST_F(ForwardTest, OfARefusalOnlySoMuchIsRead) {
  server_.rules.refused = [](int, const std::string& text) {
    return base::ApiError::bad_request(std::to_string(text.size()));
  };
  Client& client = with([](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 500 Oops\r\n\r\n");
    while (peer.send(std::string(1000, 'x'))) {
    }
  });
  client.send(get("/"));
  EXPECT_NE(client.receive_answer().find(R"("message":"50000")"), std::string::npos);
}

}  // namespace
}  // namespace limen::proxy::test
