// The secure listener: certificates, client certificates, versions, ALPN, and what is not TLS.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <mutex>
#include <string>

#include "unit/transport/support.h"

namespace limen::transport::test {
namespace {

// A handler that keeps what it saw of the peer.
class PeerKeeper {
 public:
  Handler handler() {
    return [this](std::shared_ptr<Exchange> exchange) {
      {
        const std::lock_guard lock(mutex_);
        peer_ = exchange->peer();
      }
      exchange->respond(ResponseHead(200), std::string("ok"));
    };
  }
  PeerInfo peer() {
    const std::lock_guard lock(mutex_);
    return peer_;
  }

 private:
  std::mutex mutex_;
  PeerInfo peer_;
};

std::string start_error(const std::function<void(ServerOptions&)>& change) {
  try {
    const TestServer server(echo(), change);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Tls, SpeaksVersions12And13) {
  PeerKeeper keeper;
  TestServer server(keeper.handler());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client client(server->secure_port());
    ASSERT_TRUE(client.start_tls({.version = version}));
    client.send(get("/"));
    EXPECT_EQ(body_of(client.receive_answer()), "ok");
    EXPECT_EQ(keeper.peer().tls_version, version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
  }
}

TEST(Tls, RefusesVersion11) {
  TestServer server(echo());
  Client client(server->secure_port());
  EXPECT_FALSE(client.start_tls({.version = TLS1_1_VERSION}));
  EXPECT_TRUE(eventually([&] { return server->counts().open_connections == 0; }));
}

TEST(Tls, AClientWithoutACertificateIsServed) {
  PeerKeeper keeper;
  TestServer server(keeper.handler());
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls());
  client.send(get("/"));
  EXPECT_EQ(body_of(client.receive_answer()), "ok");
  EXPECT_TRUE(keeper.peer().certificates_der.empty());
}

TEST(Tls, ACertificateOfAnUnknownAuthorityDoesNotFailTheHandshakeAndIsSeen) {
  const KeyPair stranger = make_certificate("stranger");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    PeerKeeper keeper;
    const KeyPair authority = make_certificate("authority");
    TestServer server(keeper.handler(), [&](ServerOptions& options) {
      static const Folder folder;
      options.secure->client_ca_file = folder.write_certificate("ca.crt", authority);
    });
    Client client(server->secure_port());
    ASSERT_TRUE(client.start_tls({.certificate = &stranger, .version = version}));
    client.send(get("/"));
    ASSERT_EQ(body_of(client.receive_answer()), "ok");
    ASSERT_EQ(keeper.peer().certificates_der.size(), 1U);
    EXPECT_EQ(keeper.peer().certificates_der[0], der_of(stranger));
  }
}

TEST(Tls, TheChainIsSeenAsItWasSent) {
  const KeyPair root = make_certificate("root");
  const KeyPair intermediate = make_certificate("intermediate", &root);
  const KeyPair leaf = make_certificate("leaf", &intermediate);
  PeerKeeper keeper;
  TestServer server(keeper.handler());
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls({.certificate = &leaf, .intermediate = &intermediate}));
  client.send(get("/"));
  ASSERT_EQ(body_of(client.receive_answer()), "ok");
  ASSERT_EQ(keeper.peer().certificates_der.size(), 2U);
  EXPECT_EQ(keeper.peer().certificates_der[0], der_of(leaf));
  EXPECT_EQ(keeper.peer().certificates_der[1], der_of(intermediate));
}

TEST(Tls, HintsAtTheAcceptableAuthorities) {
  const Folder folder;
  const KeyPair authority = make_certificate("the authority");
  TestServer server(echo(), [&](ServerOptions& options) {
    options.secure->client_ca_file = folder.write_certificate("ca.crt", authority);
  });
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls());
  const STACK_OF(X509_NAME)* names = SSL_get_client_CA_list(client.ssl());
  ASSERT_EQ(sk_X509_NAME_num(names), 1);
  EXPECT_EQ(X509_NAME_cmp(sk_X509_NAME_value(names, 0),
                          X509_get_subject_name(authority.certificate.get())),
            0);
}

std::vector<std::string> hints_of(TestServer& server, const std::string& name = {}) {
  Client client(server->secure_port());
  std::vector<std::string> out;
  if (!client.start_tls({.server_name = name})) return out;
  const STACK_OF(X509_NAME)* names = SSL_get_client_CA_list(client.ssl());
  for (int i = 0; i < sk_X509_NAME_num(names); ++i) {
    char text[256] = {};
    X509_NAME_get_text_by_NID(sk_X509_NAME_value(names, i), NID_commonName, text, sizeof text);
    out.emplace_back(text);
  }
  return out;
}

TEST(Tls, HintsAtTheOfferedAuthoritiesToo) {
  const Folder folder;
  const KeyPair configured = make_certificate("configured");
  TestServer server(echo(), [&](ServerOptions& options) {
    options.secure->client_ca_file = folder.write_certificate("ca.crt", configured);
  });
  server->offer_authorities(pem_of(configured) + pem_of(make_certificate("offered")));
  server->reload_certificate();
  EXPECT_EQ(hints_of(server), (std::vector<std::string>{"configured", "offered"}));
  server->offer_authorities(pem_of(make_certificate("another")));
  server->reload_certificate();
  EXPECT_EQ(hints_of(server), (std::vector<std::string>{"configured", "another"}));
}

TEST(Tls, HintsAreTheSameForClientsThatAskForAName) {
  const Folder folder;
  const KeyPair pair = make_certificate("named");
  TestServer server(echo(), [&](ServerOptions& options) {
    options.secure->sni_certificates.push_back({folder.write_certificate("named.crt", pair),
                                                folder.write_key("named.key", pair),
                                                {"named.example"}});
  });
  server->offer_authorities(pem_of(make_certificate("offered")));
  server->reload_certificate();
  EXPECT_EQ(hints_of(server, "named.example"), std::vector<std::string>{"offered"});
  EXPECT_EQ(hints_of(server, "other.example"), std::vector<std::string>{"offered"});
}

TEST(Tls, HintsThatNoHandshakeCouldCarryAreLeftOut) {
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += pem_of(make_certificate(std::to_string(i) + std::string(60, 'x')));
  }
  TestServer server(echo());
  server->offer_authorities(many);
  server->reload_certificate();
  EXPECT_EQ(hints_of(server), std::vector<std::string>());
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls());
  client.send(get("/"));
  EXPECT_EQ(client.receive_answer().substr(0, 12), "HTTP/1.1 200");
}

TEST(Tls, TheServerNameIsSeen) {
  PeerKeeper keeper;
  TestServer server(keeper.handler());
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls({.server_name = "kubernetes.default"}));
  client.send(get("/"));
  client.receive_answer();
  EXPECT_EQ(keeper.peer().sni, "kubernetes.default");
}

TEST(Tls, ChoosesHttp11WhenTheClientOffersNothingBetter) {
  TestServer server(echo());
  Client client(server->secure_port());
  ASSERT_TRUE(client.start_tls({.alpn = "\x06spdy/3\x08http/1.1"}));
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
}

TEST(Tls, RefusesAClientThatOffersOnlyOtherProtocols) {
  TestServer server(echo());
  Client client(server->secure_port());
  EXPECT_FALSE(client.start_tls({.alpn = "\x06spdy/3"}));
  EXPECT_TRUE(eventually([&] { return server->counts().failed_handshakes == 1; }));
}

// Connects, asks once so that a ticket arrives, and gives the session back.
SSL_SESSION* first_session(TestServer& server, const TlsWish& wish) {
  Client client(server->secure_port());
  EXPECT_TRUE(client.start_tls(wish));
  client.send(get("/"));
  client.receive_answer();
  SSL_SESSION* session = SSL_get1_session(client.ssl());
  SSL_shutdown(client.ssl());  // OpenSSL does not resume a session that ended otherwise
  return session;
}

TEST(Tls, ASessionWithoutClientCertificateIsResumed) {
  TestServer server(echo());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_SESSION* session = first_session(server, {.version = version});
    Client again(server->secure_port());
    ASSERT_TRUE(again.start_tls({.version = version, .resume = session}));
    EXPECT_EQ(SSL_session_reused(again.ssl()), 1) << version;
    SSL_SESSION_free(session);
  }
}

TEST(Tls, AClientWithACertificateShowsItAgainRatherThanResume) {
  const KeyPair root = make_certificate("root");
  const KeyPair leaf = make_certificate("leaf", &root);
  PeerKeeper keeper;
  TestServer server(keeper.handler());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsWish wish{.certificate = &leaf, .intermediate = &root, .version = version};
    SSL_SESSION* session = first_session(server, wish);
    wish.resume = session;
    Client again(server->secure_port());
    ASSERT_TRUE(again.start_tls(wish));
    EXPECT_EQ(SSL_session_reused(again.ssl()), 0) << version;
    again.send(get("/"));
    again.receive_answer();
    EXPECT_EQ(keeper.peer().certificates_der.size(), 2U) << version;
    SSL_SESSION_free(session);
  }
}

TEST(Tls, PlainHttpOnTheTlsPortIsToldSo) {
  TestServer server(echo());
  for (const char* method : {"GET / ", "HEAD / ", "POST / ", "PUT / ", "OPTIONS / "}) {
    Client client(server->secure_port());
    client.send(std::string(method) + "HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.receive_all(),
              "HTTP/1.0 400 Bad Request\r\n\r\n"
              "Client sent an HTTP request to an HTTPS server.\n")
        << method;
  }
}

TEST(Tls, OtherBytesOnTheTlsPortEndTheConnection) {
  TestServer server(echo());
  Client client(server->secure_port());
  client.send("SSH-2.0-OpenSSH_9.2\r\n");
  EXPECT_EQ(client.receive_all().find("HTTP"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return server->counts().failed_handshakes == 1; }));
}

TEST(Tls, AHandshakeThatDoesNotEndIsCut) {
  TestServer server(echo(),
                    [](ServerOptions& options) { options.limits.handshake = milliseconds(50); });
  Client silent(server->secure_port());
  EXPECT_EQ(silent.receive_all(), "");
  Client started(server->secure_port());
  started.send(std::string("\x16\x03\x01", 3));
  EXPECT_EQ(started.receive_all(), "");
}

TEST(Tls, GarbageAfterTheHandshakeEndsOnlyItsConnection) {
  TestServer server(echo());
  Client good(server->secure_port());
  ASSERT_TRUE(good.start_tls());
  Client bad(server->secure_port());
  ASSERT_TRUE(bad.start_tls());
  const std::string garbage(100, '\x17');
  ::send(SSL_get_fd(bad.ssl()), garbage.data(), garbage.size(), MSG_NOSIGNAL);
  EXPECT_EQ(bad.receive_all(), "");
  good.send(get("/"));
  EXPECT_EQ(body_of(good.receive_answer()), "GET / ");
}

TEST(Tls, NewConnectionsSeeAReloadedCertificateAndOldOnesLiveOn) {
  TestServer server(echo());
  Client old_client(server->secure_port());
  ASSERT_TRUE(old_client.start_tls());
  const KeyPair fresh = make_certificate("fresh");
  server.folder().write_certificate("tls.crt", fresh);
  server.folder().write_key("tls.key", fresh);
  server->reload_certificate();
  Client new_client(server->secure_port());
  ASSERT_TRUE(new_client.start_tls());
  EXPECT_EQ(X509_cmp(SSL_get0_peer_certificate(new_client.ssl()), fresh.certificate.get()), 0);
  old_client.send(get("/old"));
  EXPECT_EQ(body_of(old_client.receive_answer()), "GET /old ");
}

TEST(Tls, AFailedReloadKeepsTheOldCertificate) {
  TestServer server(echo());
  server.folder().write("tls.crt", "not a certificate");
  EXPECT_THROW(server->reload_certificate(), std::runtime_error);
  Client client(server->secure_port());
  EXPECT_TRUE(client.start_tls());
}

TEST(Start, NamesACertificateThatIsMissing) {
  EXPECT_EQ(start_error([](ServerOptions& options) { options.secure->cert_file = "/no/tls.crt"; }),
            "cannot read the TLS certificate /no/tls.crt: No such file or directory");
}

TEST(Start, NamesAKeyThatIsMissing) {
  EXPECT_EQ(start_error([](ServerOptions& options) { options.secure->key_file = "/no/tls.key"; }),
            "cannot read the TLS private key /no/tls.key: No such file or directory");
}

TEST(Start, NamesACertificateThatIsNone) {
  const Folder folder;
  const std::string file = folder.write("bad.crt", "hello");
  EXPECT_EQ(start_error([&](ServerOptions& options) { options.secure->cert_file = file; }),
            "cannot use the TLS certificate " + file + ": no start line");
}

TEST(Start, NamesAKeyThatIsNone) {
  const Folder folder;
  const std::string file = folder.write("bad.key", "hello");
  const std::string error =
      start_error([&](ServerOptions& options) { options.secure->key_file = file; });
  EXPECT_TRUE(error.starts_with("cannot use the TLS private key " + file + ": ")) << error;
}

TEST(Start, RefusesAnEncryptedKeyWithoutAsking) {
  const Folder folder;
  const KeyPair pair = make_certificate("x");
  const std::string cert = folder.write_certificate("x.crt", pair);
  const std::string key = folder.write_key("x.key", pair, "secret");
  const std::string error = start_error([&](ServerOptions& options) {
    options.secure->cert_file = cert;
    options.secure->key_file = key;
  });
  EXPECT_TRUE(error.starts_with("cannot use the TLS private key " + key + ": ")) << error;
}

TEST(Start, RefusesAKeyOfAnotherCertificate) {
  const Folder folder;
  const std::string key = folder.write_key("other.key", make_certificate("other"));
  const std::string error =
      start_error([&](ServerOptions& options) { options.secure->key_file = key; });
  EXPECT_TRUE(
      error.starts_with("the TLS private key " + key + " does not belong to the certificate "))
      << error;
}

TEST(Start, NamesAClientAuthorityFileThatIsNone) {
  const Folder folder;
  const std::string file = folder.write("ca.crt", "hello");
  const std::string error =
      start_error([&](ServerOptions& options) { options.secure->client_ca_file = file; });
  EXPECT_TRUE(error.starts_with("cannot use the client CA file " + file + ": ")) << error;
}

TEST(Start, SaysThatAPortIsInUse) {
  TestServer first(echo());
  const std::uint16_t port = first->secure_port();
  EXPECT_EQ(start_error([&](ServerOptions& options) { options.secure->port = port; }),
            "cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
  EXPECT_EQ(start_error([&](ServerOptions& options) { options.local->port = port; }),
            "cannot listen on 127.0.0.1:" + std::to_string(port) + ": Address already in use");
}

TEST(Start, NamesAnAddressThatIsNone) {
  EXPECT_EQ(start_error([](ServerOptions& options) { options.secure->address = "localhost"; }),
            "cannot listen on localhost:0: \"localhost\" is not an IP address");
}

TEST(Start, RefusesALocalListenerThatOthersCanReach) {
  const std::string error =
      start_error([](ServerOptions& options) { options.local->address = "0.0.0.0"; });
  EXPECT_TRUE(error.starts_with("the local listener's address 0.0.0.0 is not a loopback address"))
      << error;
  EXPECT_EQ(start_error([](ServerOptions& options) {
              options.local->address = "0.0.0.0";
              options.local->allow_non_loopback = true;
            }),
            "");
}

TEST(Start, EitherListenerMayBeOff) {
  TestServer only_local(echo(), [](ServerOptions& options) { options.secure.reset(); });
  EXPECT_EQ(only_local->secure_port(), 0);
  Client client(only_local->local_port());
  client.send(get("/"));
  EXPECT_EQ(body_of(client.receive_answer()), "GET / ");
  TestServer only_secure(echo(), [](ServerOptions& options) { options.local.reset(); });
  EXPECT_EQ(only_secure->local_port(), 0);
}

TEST(Start, ListensOnIpv6) {
  TestServer server(echo(), [](ServerOptions& options) { options.local->address = "::1"; });
  EXPECT_NE(server->local_port(), 0);
}

}  // namespace
}  // namespace limen::transport::test
