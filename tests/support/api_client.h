// A request to the API without a network, and its answer.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/access_chains.h"
#include "api/api.h"
#include "object/metadata.h"
#include "support/fake_exchange.h"
#include "support/inline_executor.h"

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

// One who asks, on a loop of their own. One thread.
struct ApiClient {
  const api::Api& api;
  InlineExecutor& loop;
  api::AccessChainsPtr chains;
  bool slow_reader = false;
  request::AuditLevel audit_level = request::AuditLevel::none;
  bool upgradable = false;

  // Throws std::invalid_argument for a target that is none.
  Open start(const std::string& method, const std::string& target, std::string body = {},
             Headers headers = {}) const {
    Open open;
    open.exchange = std::make_shared<FakeExchange>(loop);
    open.exchange->slow_reader = slow_reader;
    open.exchange->upgradable = upgradable;
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
    if (request::parse_request(method, open.exchange->head().target, open.context->info) !=
        request::TargetStatus::ok) {
      throw std::invalid_argument(target);
    }
    base::spawn(api.serve(*open.context, chains),
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
};

}  // namespace limen::test
