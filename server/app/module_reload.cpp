#include "app/module_reload.h"

#include <memory>
#include <stdexcept>
#include <utility>

#include "app/front_proxy.h"
#include "app/module_specs.h"
#include "app/reload_report.h"
#include "modules/self_lock.h"
#include "observability/log.h"

namespace limen::app {

namespace {

// What bring_up() refuses too.
void refuse_unusable(const config::ServerConfiguration& next) {
  for (const std::string& problem : {no_way_in(next), shared_proxy_authority(next)}) {
    if (!problem.empty()) throw std::runtime_error(problem);
  }
}

}  // namespace

void log_generation(const modules::Generation& generation) {
  for (const modules::InstanceInfo& instance : generation.instances()) {
    log::info("module", {{"kind", modules::kind_name(instance.kind)},
                         {"name", instance.name},
                         {"module", instance.id},
                         {"version", instance.version},
                         {"file", instance.file},
                         {"calls", instance.may_block ? "worker" : "inline"},
                         {"mode", instance.shadow ? "shadow" : "enforce"}});
  }
  if (generation.authorizers().empty()) {
    log::warn("no authorizers: the secure listener answers 403 to everybody");
  }
}

std::vector<std::string> module_warnings(const modules::GenerationSpec& spec,
                                         modules::Runtime& runtime) {
  std::vector<std::string> out;
  for (const std::string& why : modules::self_locks(spec, runtime.loader())) {
    out.push_back("an admission module may keep the cluster from recovering: " + why);
  }
  return out;
}

Reloadable modules_part(AccessControl& access, modules::Runtime& runtime,
                        std::function<void()> committed) {
  Reloadable part;
  part.name = "modules";
  part.keys = {"authenticators", "authorizers", "admission", "admissionConfigFile"};
  part.prepare = [&access, &runtime, committed = std::move(committed)](
                     const config::ServerConfiguration& next,
                     ReloadReport& report) -> ReloadCommit {
    refuse_unusable(next);
    const modules::GenerationSpec spec = generation_spec(next);
    std::shared_ptr<AccessControl::Prepared> prepared = access.prepare(spec);
    for (std::string& warning : module_warnings(spec, runtime)) {
      report.warnings.push_back(std::move(warning));
    }
    return [&access, prepared, committed](ReloadReport& done) {
      const modules::GenerationPtr before = access.generation();
      done.modules = modules::changes_between(before.get(), prepared->generation());
      access.commit(*prepared);
      try {
        committed();
      } catch (const std::exception& error) {
        done.warnings.emplace_back(error.what());
      }
    };
  };
  return part;
}

}  // namespace limen::app
