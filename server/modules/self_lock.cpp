#include "modules/self_lock.h"

#include <algorithm>

#include "limen/limen.h"
#include "modules/load_error.h"
#include "modules/module_instance.h"

namespace limen::modules {

namespace {

// Which service they ask, and about what, is said by objects.
constexpr std::string_view kGuardThemselves[] = {"mutating-webhook", "validating-webhook"};

bool asks_elsewhere(const DescriptorInfo& descriptor) {
  return std::find(descriptor.required.begin(), descriptor.required.end(), LIMEN_HTTP) !=
         descriptor.required.end();
}

const object::Json* member(const object::Json* of, std::string_view key) {
  if (of == nullptr || !of->is_object()) return nullptr;
  return of->get_object().if_contains({key.data(), key.size()});
}

bool has_items(const object::Json* list) {
  return list != nullptr && list->is_array() && !list->get_array().empty();
}

bool leaves_something_out(const object::Document& config) {
  if (!config) return false;
  const object::Json* const root = &config.root();
  if (has_items(member(root, "exemptNamespaces"))) return true;
  if (has_items(member(member(root, "exemptions"), "namespaces"))) return true;
  // kube-apiserver's file for its image policy has the key in a section.
  for (const object::Json* const section : {root, member(root, "imagePolicy")}) {
    const object::Json* const allows = member(section, "defaultAllow");
    if (allows != nullptr && allows->is_bool() && allows->get_bool()) return true;
  }
  return false;
}

}  // namespace

std::string self_lock(const ModuleSpec& spec, const DescriptorInfo& descriptor) {
  if (spec.shadow || spec.failure_policy != FailurePolicy::fail) return {};
  if (!asks_elsewhere(descriptor) || leaves_something_out(spec.config)) return {};
  if (std::find(std::begin(kGuardThemselves), std::end(kGuardThemselves), descriptor.id) !=
      std::end(kGuardThemselves)) {
    return {};
  }
  return ModuleInstance::label(Kind::admission, spec) +
         " asks another service and has the failure policy Fail: while the service does not "
         "answer, nothing the module is asked about can be written, in kube-system and in the "
         "service's own namespace neither; leave those out in the module's config "
         "(exemptNamespaces, where it has that key), or set failurePolicy: Ignore";
}

std::vector<std::string> self_locks(const GenerationSpec& spec, Loader& loader) {
  std::vector<std::string> out;
  for (const ModuleSpec& entry : spec.admission) {
    try {
      const LoadedModulePtr module = loader.load(entry.module_name(), entry.pins);
      std::string why = self_lock(entry, module->choose(Kind::admission));
      if (!why.empty()) out.push_back(std::move(why));
    } catch (const LoadError&) {
      continue;  // said by whoever wants an instance of it
    }
  }
  return out;
}

}  // namespace limen::modules
