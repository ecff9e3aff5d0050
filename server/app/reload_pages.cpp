#include "app/reload_pages.h"

#include <memory>
#include <string>
#include <utility>

#include "base/time.h"

namespace limen::app {

namespace {

constexpr std::size_t kMaxBody = 4096;  // nothing in it is read

boost::json::object json_of(const modules::InstanceInfo& instance) {
  boost::json::object out = {{"kind", modules::kind_name(instance.kind)},
                             {"name", instance.name},
                             {"module", instance.module},
                             {"id", instance.id},
                             {"version", instance.version},
                             {"file", instance.file},
                             {"mode", instance.shadow ? "shadow" : "enforce"},
                             {"generation", instance.generation},
                             {"started", base::format_time(instance.started)},
                             {"calls", instance.calls},
                             {"hanging", instance.hanging}};
  out["state"] = instance.refusal.empty() ? "serving" : "not called";
  if (!instance.refusal.empty()) out["why"] = instance.refusal;
  return out;
}

// Several may have been asked of at once; the answer is the same for all.
base::Task<ReloadReport> reloaded(Reloader& reloader, std::string by, base::Executor& loop) {
  const base::OneShot<ReloadReport> answer(loop);
  reloader.request(std::move(by), [answer](const ReloadReport& report) { answer.set(report); });
  co_return co_await answer;
}

void refuse_method(request::RequestContext& context, std::string_view allowed) {
  context.headers.emplace_back("Allow", std::string(allowed));
  context.fail(base::ApiError::method_not_supported());
}

}  // namespace

boost::json::object module_state(const modules::Runtime& runtime, const Reloader& reloader) {
  boost::json::object out = {{"apiVersion", "config.limen.io/v1"}, {"kind", "ModuleState"}};
  boost::json::array serving, ending;
  if (const modules::GenerationPtr now = runtime.current()) {
    out["generation"] = now->number();
    for (const modules::InstanceInfo& one : now->instances()) serving.push_back(json_of(one));
  }
  for (const modules::InstanceInfo& one : runtime.retiring()) {
    boost::json::object gone = json_of(one);
    gone["state"] = "ending";
    ending.push_back(std::move(gone));
  }
  out["modules"] = std::move(serving);
  out["ending"] = std::move(ending);
  const auto last = reloader.last();
  out["lastReload"] = last ? boost::json::value(to_json(*last)) : boost::json::value(nullptr);
  const std::vector<std::string> restart = reloader.needs_restart();
  out["needsRestart"] = boost::json::array(restart.begin(), restart.end());
  return out;
}

base::Task<void> ReloadPages::answer(request::RequestContext& context) const {
  if (context.info.path == kModulesPath) {
    if (context.head().method != "GET") co_return refuse_method(context, "GET");
    context.respond_json(200, boost::json::serialize(module_state(runtime, reloader)));
    co_return;
  }
  if (context.head().method != "POST") co_return refuse_method(context, "POST");
  static_cast<void>(co_await context.read_body(kMaxBody));
  const ReloadReport report = co_await reloaded(reloader, context.user.name, context.scope.loop);
  // A reload that took longer than the request may take has been answered with a 504.
  if (context.exchange().responded()) co_return;
  context.respond_json(report.applied ? 200 : 422, boost::json::serialize(to_json(report)));
}

}  // namespace limen::app
