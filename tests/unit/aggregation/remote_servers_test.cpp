#include "aggregation/remote_servers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/api_error.h"
#include "support/fake_exchange.h"
#include "unit/aggregation/remote_fixture.h"
#include "unit/aggregation/with_store.h"

namespace limen::aggregation {
namespace {

class RemoteServersTest : public test::WithStore {
 protected:
  RemoteServersTest() {
    auto options = remote_.options();
    options.forward = [this](request::RequestContext& context, proxy::Target target,
                             proxy::ForwardRules rules) -> base::Task<void> {
      forwarded_ = true;
      target_ = std::move(target);
      rules_ = std::move(rules);
      if (problem_) throw *problem_;
      context.respond(200, "text/plain", "from behind");
      co_return;
    };
    options.refuse_redirects = true;
    servers_ = std::make_unique<RemoteServers>(*store_, options);
    route_.service = test::remote_service();
    route_.available = true;
  }
  // Sends a request that has passed the pipeline.
  void serve(const std::string& method, const std::string& target,
             std::vector<std::pair<std::string, std::string>> headers = {}) {
    exchange_ = std::make_shared<test::FakeExchange>(loop_);
    exchange_->request(method, target, std::move(headers));
    request::RequestContext context(exchange_, base::SteadyClock::now() + std::chrono::hours(1));
    ASSERT_EQ(request::parse_request(method, target, context.info), request::TargetStatus::ok);
    context.user = user_;
    context.initialized = [this] { let_go_before_it_was_sent_ = !forwarded_; };
    bool done = false;
    base::spawn(servers_->serve(context, std::make_shared<Route>(route_)),
                [&](std::exception_ptr error) { done = !error; });
    loop_.run();
    EXPECT_TRUE(done);
  }
  std::vector<std::string> added(const std::string& name) const {
    std::vector<std::string> out;
    for (const auto& [key, value] : rules_.added) {
      if (key == name) out.push_back(value);
    }
    return out;
  }
  bool withholds(const std::string& name) const {
    return std::find(rules_.dropped.begin(), rules_.dropped.end(), name) != rules_.dropped.end();
  }

  test::FakeRemote remote_;
  test::InlineExecutor loop_;
  std::unique_ptr<RemoteServers> servers_;
  Route route_;
  request::Identity user_{"jane", "u-1", {"dev"}, {}};
  std::shared_ptr<test::FakeExchange> exchange_;
  bool forwarded_ = false;
  bool let_go_before_it_was_sent_ = false;
  proxy::Target target_;
  proxy::ForwardRules rules_;
  std::optional<base::ApiError> problem_;
};

const storage::Key kService{{"", "services"}, "ns", "svc"};
const std::string kPath = "/apis/a.example.com/v1/namespaces/x/widgets/a";

TEST_F(RemoteServersTest, SendsTheRequestOnWithTheCallersIdentity) {
  put(kService, test::kExternalService);
  servers_->show_certificate("our certificate", "our key");
  serve("GET", kPath + "?limit=5&x=%2F");
  EXPECT_EQ(exchange_->answer, "from behind");
  EXPECT_EQ(target_.host, "remote.example.com");
  EXPECT_EQ(target_.port, 8443);
  EXPECT_EQ(target_.path, kPath + "?limit=5&x=%2F");
  ASSERT_TRUE(target_.tls);
  EXPECT_EQ(target_.tls->server_name, "svc.ns.svc");
  EXPECT_EQ(target_.tls->ca_pem, "the authority");
  EXPECT_EQ(target_.tls->client_cert_pem, "our certificate");
  EXPECT_EQ(target_.tls->client_key_pem, "our key");
  EXPECT_FALSE(target_.tls->skip_verify);
  EXPECT_EQ(added("X-Remote-User"), std::vector<std::string>{"jane"});
  EXPECT_EQ(added("X-Remote-Uid"), std::vector<std::string>{"u-1"});
  EXPECT_EQ(added("X-Remote-Group"), std::vector<std::string>{"dev"});
  EXPECT_EQ(added("X-Forwarded-Uri"), std::vector<std::string>{kPath});
  EXPECT_EQ(rules_.redirects, proxy::Redirects::refuse);
}

TEST_F(RemoteServersTest, AWatchTakesNoSeatHereWhileAnotherServerAnswersIt) {
  put(kService, test::kExternalService);
  serve("GET", kPath + "?watch=1");
  EXPECT_TRUE(forwarded_);
  EXPECT_TRUE(let_go_before_it_was_sent_);
}

TEST_F(RemoteServersTest, KeepsWhatAClientSaysOfItselfFromTheServerBehind) {
  put(kService, test::kExternalService);
  servers_->withhold({"X-Proxy-User", "X-Proxy-Extra-*"});
  serve("GET", kPath);
  for (const char* name : {"Authorization", "X-Remote-*", "X_Remote*", "Impersonate-*",
                           "X-Forwarded-Uri", "X-Proxy-User", "X-Proxy-Extra-*"}) {
    EXPECT_TRUE(withholds(name)) << name;
  }
}

TEST_F(RemoteServersTest, AsksForThePathThatWasAuthorized) {
  put(kService, test::kExternalService);
  serve("GET", "/apis/a.example.com/v1/w%C3%A9/a%20b%3Fc%25");
  EXPECT_EQ(target_.path, "/apis/a.example.com/v1/w%C3%A9/a%20b%3Fc%25");
}

TEST_F(RemoteServersTest, NobodyBecomesAnotherByALineBreakInTheirName) {
  put(kService, test::kExternalService);
  user_.name = "jane\r\nX-Remote-Group: system:masters";
  serve("GET", kPath);
  EXPECT_FALSE(forwarded_);
  EXPECT_EQ(exchange_->status, 503);
  EXPECT_EQ(exchange_->answer,
            "error trying to reach service: net/http: invalid header field value for "
            "\"X-Remote-User\"\n");
}

TEST_F(RemoteServersTest, IsUnavailableWhileTheConditionSaysSo) {
  put(kService, test::kExternalService);
  route_.available = false;
  serve("GET", kPath);
  EXPECT_FALSE(forwarded_);
  EXPECT_EQ(exchange_->status, 503);
  EXPECT_EQ(exchange_->answer, "service unavailable\n");
}

TEST_F(RemoteServersTest, IsUnavailableWhenTheServiceLeadsNowhere) {
  serve("GET", kPath);
  EXPECT_FALSE(forwarded_);
  EXPECT_EQ(exchange_->status, 503);
  EXPECT_EQ(exchange_->answer, "service unavailable\n");
}

TEST_F(RemoteServersTest, SaysWhyTheServerCouldNotBeReached) {
  put(kService, test::kExternalService);
  problem_ = base::ApiError::service_unavailable("connection refused");
  serve("GET", kPath);
  EXPECT_EQ(exchange_->status, 503);
  EXPECT_EQ(exchange_->answer, "error trying to reach service: connection refused\n");
}

TEST_F(RemoteServersTest, AsksItsOwnQuestionsAsTheAggregator) {
  put(kService, test::kExternalService);
  remote_.answer("/apis", 200, "yes");
  const auto where = std::make_shared<std::string>();
  proxy::Fetched answer;
  base::spawn(
      [&]() -> base::Task<void> {
        answer = co_await servers_->ask(loop_, test::remote_service(), "/apis", {}, 100,
                                        std::chrono::seconds(1), where);
      }(),
      [](std::exception_ptr) {});
  loop_.run();
  EXPECT_EQ(answer.body, "yes");
  EXPECT_EQ(*where, "https://remote.example.com:8443/apis");
  EXPECT_EQ(remote_.asked("/apis")[0].headers,
            (HeaderList{{"X-Remote-User", "system:kube-aggregator"},
                        {"X-Remote-Group", "system:masters"}}));
}

}  // namespace
}  // namespace limen::aggregation
