// The pipeline between fakes: callers known by their token, rights by a list, an answer that says
// who it is for.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/pipeline.h"
#include "support/fake_exchange.h"

namespace limen::pipeline {

using test::FakeExchange;
using test::InlineExecutor;

// Whoever sends "Bearer NAME" is NAME; nobody else is anybody.
class ByToken final : public authn::Authenticator {
 public:
  const std::string& name() const override { return name_; }
  base::Task<authn::Result> authenticate(const authn::Credentials& credentials,
                                         request::CallScope&) override {
    authn::Result result;
    result.challenges = {"Basic realm=\"test\""};
    if (credentials.bearer_token.empty()) co_return result;
    result.verdict = authn::Verdict::authenticated;
    result.identity.name = credentials.bearer_token;
    if (result.identity.name == "root") result.identity.groups = {"system:masters"};
    co_return result;
  }

 private:
  std::string name_ = "by-token";
};

// Allows what the test lists as "user verb resource name".
class ByList final : public authz::Authorizer {
 public:
  std::vector<std::string> allowed;
  std::string error;  // what fails beside
  const std::string& name() const override { return name_; }
  base::Task<authz::Result> authorize(const authz::Attributes& attributes,
                                      request::CallScope&) override {
    const std::string asked = attributes.user->name + " " + attributes.verb + " " +
                              (attributes.is_resource ? attributes.resource : attributes.path) +
                              (attributes.name.empty() ? "" : " " + attributes.name);
    for (const std::string& line : allowed)
      if (line == asked) co_return authz::Result{authz::Verdict::allow, "listed", ""};
    co_return authz::Result{authz::Verdict::no_opinion, "", error};
  }
  base::Task<authz::Rules> rules_for(const request::Identity&, const std::string&,
                                     request::CallScope&) override {
    co_return authz::Rules{};
  }

 private:
  std::string name_ = "by-list";
};

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    auto chains = std::make_shared<api::AccessChains>();
    chains->authn = authn::Chain({{std::make_shared<ByToken>(), false}});
    chains->authz = authz::Chain({list_});
    chains_ = chains;
  }

  std::shared_ptr<FakeExchange> send(std::string target,
                                     std::vector<std::pair<std::string, std::string>> headers = {},
                                     std::string method = "GET",
                                     transport::Listener listener = transport::Listener::secure) {
    if (!pipeline_) {
      pipeline_ = std::make_unique<Pipeline>(
          options_, [this] { return chains_; },
          [this](request::RequestContext& context, const api::AccessChainsPtr&) {
            return answer(context);
          },
          auditor_);
    }
    auto exchange = std::make_shared<FakeExchange>(loop_);
    exchange->request(std::move(method), std::move(target), std::move(headers));
    exchange->from(listener);
    pipeline_->handle(exchange);
    return exchange;
  }

  base::Task<void> answer(request::RequestContext& context) {
    ++dispatched_;
    seen_ = context.user;
    if (hold_ != nullptr) {
      const base::OneShot<int> hold =
          *hold_;  // gcc 12 loses `this` over `co_await *hold_` under UBSan
      co_await hold;
    }
    if (within_) within_(context);
    context.respond(200, "text/plain", "done as " + context.user.name);
  }

  InlineExecutor loop_;
  Options options_;
  std::shared_ptr<ByList> list_ = std::make_shared<ByList>();
  api::AccessChainsPtr chains_;
  audit::Auditor* auditor_ = nullptr;
  std::unique_ptr<Pipeline> pipeline_;
  base::OneShot<int>* hold_ = nullptr;
  std::function<void(request::RequestContext&)> within_;  // done by whoever answers
  int dispatched_ = 0;
  request::Identity seen_;
};

}  // namespace limen::pipeline
