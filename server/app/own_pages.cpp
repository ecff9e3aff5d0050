#include "app/own_pages.h"

#include <string>
#include <utility>

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

}  // namespace

bool answer_own_page(request::RequestContext& context, const health::Health& health) {
  if (context.info.is_resource) return false;
  if (context.info.path == "/metrics") {
    answer(context, 200, kMetricsText, metrics::render());
    return true;
  }
  auto result = health.answer(context.info.path, raw_query(context));
  if (!result) return false;
  answer(context, result->status, kPlainText, std::move(result->body));
  return true;
}

}  // namespace limen::app
