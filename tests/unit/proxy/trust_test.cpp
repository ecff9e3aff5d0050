// Whom a connection of the server's own trusts, and fetch().
#include <condition_variable>

#include "unit/proxy/support.h"

namespace limen::proxy::test {
namespace {

// An executor that is no I/O loop, with a thread of its own.
class PlainLoop final : public base::Executor {
 public:
  PlainLoop() : thread_([this] { run(); }) {}
  ~PlainLoop() override {
    post([this] { over_ = true; });
    thread_.join();
  }
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    changed_.notify_one();
  }
  TimerId post_at(base::Deadline, std::function<void()>) override { return 0; }
  void cancel_timer(TimerId) override {}
  bool is_current() const override { return std::this_thread::get_id() == thread_.get_id(); }

  Fetched get(const Target& target, std::size_t most = 1000,
              std::chrono::milliseconds timeout = kPatience) {
    std::promise<Fetched> got;
    post([&] { base::spawn(keep(target, most, timeout, got), [](std::exception_ptr) {}); });
    return got.get_future().get();
  }

 private:
  base::Task<void> keep(Target target, std::size_t most, std::chrono::milliseconds timeout,
                        std::promise<Fetched>& got) {
    std::vector<std::pair<std::string, std::string>> headers;
    headers.emplace_back("X-A", "b");
    std::string method = "GET";
    Fetched fetched = co_await fetch(*this, std::move(method), std::move(target),
                                     std::move(headers), most, timeout);
    EXPECT_TRUE(is_current());
    got.set_value(std::move(fetched));
  }
  void run() {
    while (!over_) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !work_.empty(); });
      std::vector<std::function<void()>> now;
      now.swap(work_);
      lock.unlock();
      for (const auto& one : now) one();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> work_;
  bool over_ = false;
  std::thread thread_;
};

class TrustTest : public ::testing::Test {
 protected:
  // A target with this certificate; `client_authority` demands one of its clients.
  Target target(const KeyPair& pair, const KeyPair* client_authority = nullptr) {
    scripted_ = std::make_unique<ScriptedTarget>([pair, client_authority](Accepted& peer) {
      if (!peer.start_tls(pair, client_authority)) return;
      peer.receive_head();
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      peer.at_end();
    });
    Target made;
    made.host = "127.0.0.1";
    made.port = scripted_->port();
    made.host_header = "target.example";
    made.tls.emplace();
    made.tls->ca_pem = transport::test::pem_of(authority_);
    made.tls->server_name = "target.example";
    return made;
  }
  static std::string key_pem(const KeyPair& pair) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
    PEM_write_bio_PrivateKey(out.get(), pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
  }

  const KeyPair authority_ = make_authority();
  const KeyPair good_ = make_server_certificate("DNS:target.example,IP:127.0.0.1", &authority_);
  std::unique_ptr<ScriptedTarget> scripted_;
  PlainLoop loop_;
};

TEST_F(TrustTest, AGoodCertificateIsTrustedByNameAndByAddress) {
  Target to = target(good_);
  EXPECT_EQ(loop_.get(to).body, "ok");
  to.tls->server_name = "127.0.0.1";
  EXPECT_EQ(loop_.get(to).status, 200);
}

TEST_F(TrustTest, ACertificateOfAnotherNameIsNot) {
  Target to = target(good_);
  for (const char* name : {"other.example", "127.0.0.2", "sub.target.example", "target"}) {
    to.tls->server_name = name;
    const Fetched got = loop_.get(to);
    EXPECT_EQ(got.status, 0) << name;
    EXPECT_NE(got.error.find("mismatch"), std::string::npos) << got.error;
  }
}

TEST_F(TrustTest, WithoutANameNothingIsVerified) {
  Target to = target(good_);
  to.tls->server_name.clear();
  EXPECT_EQ(loop_.get(to).error, "tls: no name to verify the certificate by");
}

TEST_F(TrustTest, TheSubjectAloneIsNoName) {
  const KeyPair named = transport::test::make_certificate("target.example", &authority_);
  EXPECT_EQ(loop_.get(target(named)).status, 0);
}

TEST_F(TrustTest, AnotherAuthoritysCertificateIsNot) {
  const KeyPair other = make_authority();
  const KeyPair bad = make_server_certificate("DNS:target.example", &other);
  Target to = target(bad);
  EXPECT_EQ(loop_.get(to).status, 0);
  to.tls->skip_verify = true;
  EXPECT_EQ(loop_.get(to).status, 200);
}

TEST_F(TrustTest, AuthoritiesThatAreNoneTrustNobody) {
  Target to = target(good_);
  to.tls->ca_pem = "nonsense";
  EXPECT_EQ(loop_.get(to).error, "the certificate authorities to trust cannot be read");
}

TEST_F(TrustTest, AClientCertificateIsShown) {
  const KeyPair client = transport::test::make_certificate("limen", &authority_);
  Target to = target(good_, &authority_);
  EXPECT_EQ(loop_.get(to).status, 0);
  to.tls->client_cert_pem = transport::test::pem_of(client);
  to.tls->client_key_pem = key_pem(client);
  EXPECT_EQ(loop_.get(to).status, 200);
  to.tls->client_key_pem = key_pem(good_);
  EXPECT_EQ(loop_.get(to).error, "the client certificate or its key cannot be used");
}

TEST_F(TrustTest, APlainTargetIsNoTlsTarget) {
  scripted_ = std::make_unique<ScriptedTarget>([](Accepted& peer) {
    peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.at_end();
  });
  Target to;
  to.host = "127.0.0.1";
  to.port = scripted_->port();
  to.tls.emplace();
  to.tls->ca_pem = transport::test::pem_of(authority_);
  to.tls->server_name = "127.0.0.1";
  const Fetched got = loop_.get(to);
  EXPECT_EQ(got.status, 0);
  EXPECT_TRUE(got.error.starts_with("tls: ")) << got.error;
}

// ---- fetch -------------------------------------------------------------------------------------

class FetchTest : public ::testing::Test {
 protected:
  Target plain(ScriptedTarget::Script script) {
    scripted_ = std::make_unique<ScriptedTarget>(std::move(script));
    Target made;
    made.host = "localhost";
    made.port = scripted_->port();
    made.host_header = "h";
    made.path = "/apis?a=b";
    return made;
  }
  std::unique_ptr<ScriptedTarget> scripted_;
  PlainLoop loop_;
};

TEST_F(FetchTest, GetsStatusFieldsAndBody) {
  std::string head;
  const Fetched got = loop_.get(plain([&](Accepted& peer) {
    head = peer.receive_head();
    peer.send(
        "HTTP/1.1 404 Not Found\r\nX-B: c\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nno\r\n0\r\n\r\n");
  }));
  EXPECT_EQ(head, "GET /apis?a=b HTTP/1.1\r\nHost: h\r\nX-A: b\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(got.status, 404);
  EXPECT_EQ(got.body, "no");
  ASSERT_EQ(got.headers.size(), 2u);
  EXPECT_EQ(got.headers[0].second, "c");
  EXPECT_EQ(got.error, "");
}

TEST_F(FetchTest, AnAnswerHasALimit) {
  const auto script = [](Accepted& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  };
  EXPECT_EQ(loop_.get(plain(script), 5).body, "hello");
  const Fetched got = loop_.get(plain(script), 4);
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(got.error, "the answer is too large");
}

TEST_F(FetchTest, ATargetThatDoesNotAnswerIsGivenUp) {
  const Fetched got =
      loop_.get(plain([](Accepted& peer) { peer.at_end(); }), 100, std::chrono::milliseconds(50));
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(got.error, "context deadline exceeded");
}

}  // namespace
}  // namespace limen::proxy::test
