#include "app/own_pages.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/discovery/discovery.h"
#include "fairness/dump.h"
#include "observability/metrics.h"

namespace limen::app {

namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kMetricsText = "text/plain; version=0.0.4; charset=utf-8";

void answer(request::RequestContext& context, int status, std::string_view type, std::string body) {
  transport::ResponseHead head = context.new_head(status, type);
  head.add("X-Content-Type-Options", "nosniff");
  context.set_status(status);
  context.exchange().respond(std::move(head), std::move(body));
}

std::string_view raw_query(const request::RequestContext& context) {
  const std::string_view target = context.head().target;
  const std::size_t question = target.find('?');
  return question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
}

// The paths one can begin with, as kube-apiserver lists them: indented, whoever asks.
std::string index_of(const health::Health& health) {
  std::vector<std::string> paths = api::discovery_paths();
  for (std::string& path : health.paths()) paths.push_back(std::move(path));
  for (const char* path : {"/metrics", "/metrics/slis", "/openapi/v2", "/openapi/v3"}) {
    paths.emplace_back(path);
  }
  std::sort(paths.begin(), paths.end());
  std::string text = "{\n  \"paths\": [\n";
  for (const std::string& path : paths) text += "    \"" + path + "\",\n";
  text.resize(text.size() - 2);
  return text + "\n  ]\n}";
}

}  // namespace

bool answer_own_page(request::RequestContext& context, const health::Health& health,
                     const fairness::Fairness* fairness) {
  if (context.info.is_resource) return false;
  if (fairness != nullptr) {
    const bool details = !context.info.query.get("includeRequestDetails").empty();
    if (auto page = fairness::dump_page(*fairness, context.info.path, details)) {
      answer(context, 200, kPlainText, std::move(*page));
      return true;
    }
  }
  if (context.info.path == "/metrics") {
    answer(context, 200, kMetricsText, metrics::render());
    return true;
  }
  if (context.info.path == "/metrics/slis") {
    answer(context, 200, kMetricsText, health.indicators());
    return true;
  }
  if (context.info.path == "/") {
    context.respond(200, "application/json", index_of(health));
    return true;
  }
  auto result = health.answer(context.info.path, raw_query(context));
  if (!result) return false;
  answer(context, result->status, kPlainText, std::move(result->body));
  return true;
}

}  // namespace limen::app
