#include "app/reload_report.h"

#include <algorithm>

#include "base/time.h"
#include "object/metadata.h"

namespace limen::app {

namespace {

boost::json::array texts(const std::vector<std::string>& all) {
  return boost::json::array(all.begin(), all.end());
}

boost::json::object json_of(const modules::InstanceChange& change) {
  return {{"kind", modules::kind_name(change.kind)},
          {"name", change.name},
          {"change", modules::change_name(change.what)}};
}

void add_list(std::string& out, const object::Json& answer, std::string_view key,
              std::string_view before) {
  const object::Json* const list = answer.as_object().if_contains(key);
  if (list == nullptr || !list->is_array()) return;
  for (const object::Json& text : list->get_array()) {
    if (!text.is_string()) continue;
    out += before;
    out += std::string_view(text.get_string());
    out += '\n';
  }
}

// "  added    authorizer company": what stayed as it was is counted only.
void add_modules(std::string& out, const object::Json& answer) {
  const object::Json* const list = answer.as_object().if_contains("modules");
  if (list == nullptr || !list->is_array()) return;
  std::size_t kept = 0;
  for (const object::Json& module : list->get_array()) {
    std::string change(object::text_at(module, "change"));
    if (change == "kept") {
      ++kept;
      continue;
    }
    change.resize(std::max<std::size_t>(change.size(), 12), ' ');
    out += "  " + change + ' ' + std::string(object::text_at(module, "kind")) + ' ' +
           std::string(object::text_at(module, "name")) + '\n';
  }
  out += "  " + std::to_string(kept) + " carried over\n";
}

}  // namespace

boost::json::object to_json(const ReloadReport& report) {
  boost::json::array modules;
  for (const modules::InstanceChange& change : report.modules) modules.push_back(json_of(change));
  boost::json::object out = {{"apiVersion", "config.limen.io/v1"},
                             {"kind", "Reload"},
                             {"outcome", report.applied ? "applied" : "refused"},
                             {"by", report.by},
                             {"at", base::format_time(report.at)},
                             {"seconds", std::chrono::duration<double>(report.took).count()},
                             {"generation", report.generation},
                             {"problems", texts(report.problems)},
                             {"warnings", texts(report.warnings)},
                             {"needsRestart", texts(report.needs_restart)},
                             {"modules", std::move(modules)}};
  if (!report.applied) out["reason"] = report.reason;
  return out;
}

std::string reload_text(const object::Json& answer) {
  std::string out;
  if (object::text_at(answer, "outcome") == "applied") {
    const object::Json* const generation = answer.as_object().if_contains("generation");
    out = "applied: generation " +
          (generation == nullptr ? std::string("?") : boost::json::serialize(*generation)) +
          " of the modules serves\n";
    add_modules(out, answer);
  } else {
    out = "refused: the old configuration goes on serving\n";
    add_list(out, answer, "problems", "  ");
  }
  add_list(out, answer, "warnings", "warning: ");
  add_list(out, answer, "needsRestart", "needs a restart: ");
  return out;
}

}  // namespace limen::app
