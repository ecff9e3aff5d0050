// A request to the API as a test writes it, and its answer.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/access_chains.h"
#include "api/api.h"
#include "object/metadata.h"
#include "support/fake_exchange.h"
#include "support/inline_executor.h"
#include "unit/api/verbs_memory_store.h"

namespace limen::test {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Answered {
  int status = 0;
  std::string headers, text;
  object::Json json;  // null when the text is no JSON
  std::string message() const { return std::string(object::text_at(json, "message")); }
  std::string reason() const { return std::string(object::text_at(json, "reason")); }
  // The text at a dotted path ("metadata.name"), "" when missing.
  std::string at(std::string_view path) const {
    const object::Json* value = &json;
    for (const std::string_view step : base::split(path, '.')) {
      value = value->is_object() ? object::member(*value, step) : nullptr;
      if (!value) return {};
    }
    return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
  }
};

// A request that stays open.
struct Open {
  std::unique_ptr<request::RequestContext> context;
  std::shared_ptr<FakeExchange> exchange;
  std::shared_ptr<bool> done = std::make_shared<bool>(false);
  std::vector<object::Json> events() const {
    std::vector<object::Json> lines;
    for (const std::string_view line : base::split(exchange->streamed->text, '\n')) {
      if (!line.empty()) lines.push_back(boost::json::parse(line));
    }
    return lines;
  }
  // "ADDED a, MODIFIED b, ..."
  std::string story() const {
    std::string text;
    for (const object::Json& event : events()) {
      if (!text.empty()) text += ", ";
      text += std::string(object::text_at(event, "type"));
      const std::string_view name = object::name(*object::member(event, "object"));
      if (!name.empty()) text += " " + std::string(name);
    }
    return text;
  }
};

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
    Open open;
    open.exchange = std::make_shared<FakeExchange>(loop);
    open.exchange->slow_reader = slow_reader;
    open.exchange->request(method, target, std::move(headers));
    if (!body.empty()) open.exchange->body(std::move(body));
    open.context = std::make_unique<request::RequestContext>(
        open.exchange, base::SteadyClock::now() + std::chrono::seconds(60));
    open.context->user.name = "alice";
    open.context->user.groups = {"testers"};
    if (audit_level != request::AuditLevel::none) {
      open.context->audit = std::make_unique<request::AuditRecord>();
      open.context->audit->level = audit_level;
    }
    EXPECT_EQ(request::parse_request(method, open.exchange->head().target, open.context->info),
              request::TargetStatus::ok);
    if (!api) api = std::make_unique<api::Api>(api::ApiDependencies{store, options});
    base::spawn(api->serve(*open.context, chains),
                [context = open.context.get(), done = open.done](std::exception_ptr error) {
                  *done = true;
                  if (!error) return;
                  try {
                    std::rethrow_exception(error);
                  } catch (const base::ApiError& refusal) {
                    context->fail(refusal);
                  }
                });
    loop.run();
    return open;
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

  static Answered answer_of(const FakeExchange& exchange) {
    Answered answered;
    answered.status = exchange.status;
    answered.headers = exchange.answer_headers;
    answered.text = exchange.answer;
    boost::system::error_code error;
    answered.json = boost::json::parse(answered.text, error);
    if (error) answered.json = nullptr;
    return answered;
  }

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
  request::AuditLevel audit_level = request::AuditLevel::none;
  std::unique_ptr<api::Api> api;
  api::AccessChainsPtr chains = std::make_shared<api::AccessChains>();
};

}  // namespace limen::test
