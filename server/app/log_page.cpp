#include "app/log_page.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace limen::app {

namespace {

constexpr std::size_t kMaxBody = 64 * 1024;
constexpr std::size_t kMaxOwn = 1000;  // sources with a level of their own

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 9 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<log::Level> level_of(std::string_view text) {
  if (is_number(text)) {
    return std::stoi(std::string(text)) >= 4 ? log::Level::debug : log::Level::info;
  }
  return log::level_of(text);
}

// One item; what is wrong with it, or nothing.
std::string change(log::Levels& levels, std::string_view item) {
  const std::size_t equals = item.rfind('=');
  const std::string_view word = item.substr(equals == std::string_view::npos ? 0 : equals + 1);
  const auto level = level_of(word);
  if (equals == std::string_view::npos) {
    if (!level) return "the level must be debug, info, warn or error";
    levels.all = *level;
    return {};
  }
  const std::string name(item.substr(0, equals));
  if (word.empty()) {
    levels.own.erase(name);
    return {};
  }
  const std::string problem = log::name_problem(name);
  if (!problem.empty()) return "the source " + problem;
  if (!level) return "the level of " + name + " must be debug, info, warn or error";
  if (levels.own.size() >= kMaxOwn) return "too many sources have a level of their own";
  levels.own[name] = *level;
  return {};
}

void answer(request::RequestContext& context, int status, std::string text) {
  transport::ResponseHead head = context.new_head(status, "text/plain");
  head.add("X-Content-Type-Options", "nosniff");
  context.set_status(status);
  context.exchange().respond(std::move(head), std::move(text));
}

void put(request::RequestContext& context, const std::string& body) {
  log::Levels levels = log::levels();
  const std::string problem = change_levels(levels, body);
  if (!problem.empty()) return answer(context, 400, problem + '\n');
  log::set_levels(levels);
  log::warn("the levels of the log were changed",
            {{"by", context.user.name}, {"levels", levels_text(levels)}});
  const std::string_view number = base::trim(body);
  if (is_number(number)) {
    return answer(context, 200,
                  "successfully set klog.logging.verbosity to " + std::string(number));
  }
  answer(context, 200, levels_text(levels));
}

}  // namespace

std::string levels_text(const log::Levels& levels) {
  std::string text(log::name_of(levels.all));
  text += '\n';
  for (const auto& [name, level] : levels.own) {
    text.append(name).append("=").append(log::name_of(level)) += '\n';
  }
  return text;
}

std::string change_levels(log::Levels& levels, std::string_view body) {
  std::string text(body);
  std::replace(text.begin(), text.end(), '\n', ',');
  bool any = false;
  for (const std::string_view part : base::split(text, ',')) {
    const std::string_view item = base::trim(part);
    if (item.empty()) continue;
    any = true;
    std::string problem = change(levels, item);
    if (!problem.empty()) return problem;
  }
  return any ? std::string() : "no level is given: write debug, info, warn or error";
}

base::Task<void> answer_log_page(request::RequestContext& context) {
  const std::string_view method = context.head().method;
  if (method == "PUT") {
    const std::string body = co_await context.read_body(kMaxBody);
    put(context, body);
  } else if (method == "GET" || method == "HEAD") {
    answer(context, 200, levels_text(log::levels()));
  } else {
    answer(context, 406, "unsupported http method\n");
  }
}

}  // namespace limen::app
