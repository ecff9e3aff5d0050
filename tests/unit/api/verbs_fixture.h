// Requests to the API as a test writes them, over a store in memory.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/api_client.h"
#include "unit/api/verbs_memory_store.h"

namespace limen::test {

class ApiTest : public ::testing::Test {
 protected:
  Answered call(const std::string& method, const std::string& target, std::string body = {},
                Headers headers = {}) {
    Open open = start(method, target, std::move(body), std::move(headers));
    loop.run();
    EXPECT_TRUE(*open.done) << method << " " << target << " is still waiting";
    return answer_of(*open.exchange);
  }

  Open start(const std::string& method, const std::string& target, std::string body = {},
             Headers headers = {}) {
    if (!api) api = std::make_unique<api::Api>(api::ApiDependencies{store, options});
    return ApiClient{*api, loop, chains, slow_reader, audit_level, upgradable}.start(
        method, target, std::move(body), std::move(headers));
  }

  // The client goes away; a watch that nobody ends would keep itself alive.
  void end(const Open& open) {
    open.exchange->cancel();
    loop.run();
    EXPECT_TRUE(*open.done);
  }

  // For what is done by another thread and comes back to the loop.
  void run_until_done(const Open& open) {
    const auto until = base::SteadyClock::now() + std::chrono::seconds(60);
    while (!*open.done && base::SteadyClock::now() < until) {
      loop.run();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(*open.done);
  }

  static Answered answer_of(const FakeExchange& exchange) { return ApiClient::answer_of(exchange); }

  // Two controllers at most: what a test needs of admission.
  void admit_with(std::vector<std::shared_ptr<admission::Controller>> controllers) {
    auto made = std::make_shared<api::AccessChains>();
    made->admission = admission::Chain(std::move(controllers));
    chains = made;
  }

  static std::string config_map(const std::string& name, const std::string& more = "") {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + "\"" + more +
           R"(},"data":{"k":"v"}})";
  }
  static std::string pod(const std::string& name, const std::string& spec_more = "") {
    return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
           R"("},"spec":{"containers":[{"name":"c","image":"nginx:1"}])" + spec_more + "}}";
  }

  const std::string config_maps = "/api/v1/namespaces/default/configmaps";
  const std::string pods = "/api/v1/namespaces/default/pods";
  InlineExecutor loop;
  MemoryStore store;
  api::ApiOptions options;
  bool slow_reader = false;
  bool upgradable = false;
  request::AuditLevel audit_level = request::AuditLevel::none;
  std::unique_ptr<api::Api> api;
  api::AccessChainsPtr chains = std::make_shared<api::AccessChains>();
};

}  // namespace limen::test
