#include "modules/runtime.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "modules/abi_authenticator.h"
#include "modules/abi_authorizer.h"
#include "modules/abi_controller.h"
#include "modules/abi_token_issuer.h"
#include "modules/control_thread.h"
#include "modules/module_instance.h"
#include "modules/retirer.h"
#include "observability/log.h"

namespace limen::modules {

namespace {

using InstancePtr = std::shared_ptr<ModuleInstance>;

// Whether an instance of the running generation may go on for `spec`: nothing it was made from has
// changed, its module's file above all. (Where it stands in the configuration does not matter.)
bool unchanged(const ModuleInstance& instance, Kind kind, const ModuleSpec& spec,
               const LoadedModulePtr& module) {
  const ModuleSpec& old = instance.spec();
  return instance.kind() == kind && old.name == spec.name && instance.module() == module &&
         old.timeout == spec.timeout && old.max_calls == spec.max_calls &&
         old.failure_policy == spec.failure_policy && old.pins == spec.pins &&
         old.shadow == spec.shadow && old.isolation == spec.isolation &&
         old.memory_limit == spec.memory_limit && old.config.root() == spec.config.root() &&
         instance.running();
}

void refuse_duplicates(Kind kind, const std::vector<ModuleSpec>& specs) {
  std::set<std::string> names;
  for (const ModuleSpec& spec : specs) {
    if (names.insert(spec.name).second) continue;
    throw LoadError(Gate::config, ModuleInstance::label(kind, spec) +
                                      ": this name stands in the list already: give every instance "
                                      "a name of its own");
  }
}

}  // namespace

class Runtime::Impl {
 public:
  explicit Impl(RuntimeOptions options)
      : options_(std::move(options)),
        loader_(options_.folder),
        retirer_([this](const InstancePtr& instance) { retire(instance); }) {}

  ~Impl() {
    // Order: what is current retires first; the members then end in reverse order.
    retire_unused();
    const GenerationPtr last = current_.exchange(nullptr);
    if (last != nullptr) {
      for (auto it = last->modules_.rbegin(); it != last->modules_.rend(); ++it) retire(*it);
    }
  }

  Loader& loader() { return loader_; }
  void offer(storage::Store& store, ResourceExists exists) {
    objects_.store = &store;
    objects_.exists = std::move(exists);
  }

  void offer_kinds(ResourceOfKind resource_of) { objects_.resource_of = std::move(resource_of); }
  void offer_creation(ObjectCreator create) { objects_.create = std::move(create); }

  void on_rights_changed(std::function<void()> told) { rights_changed_ = std::move(told); }

  LoadedModulePtr load(Kind kind, const ModuleSpec& spec) {
    const std::lock_guard lock(control_mutex_);
    try {
      const base::Deadline deadline = base::SteadyClock::now() + options_.start_timeout;
      return spec.isolation == Isolation::process ? isolated(kind, spec, deadline)
                                                  : load_file(spec, deadline);
    } catch (const LoadError& error) {
      throw error.located(ModuleInstance::label(kind, spec));
    }
  }

  InstancePtr start(Kind kind, const ModuleSpec& spec, const LoadedModulePtr& module) {
    const std::lock_guard lock(control_mutex_);
    const base::Deadline deadline = base::SteadyClock::now() + options_.start_timeout;
    const DescriptorInfo* descriptor = nullptr;
    try {
      descriptor = &module->choose(kind);
    } catch (const LoadError& error) {
      throw error.located(ModuleInstance::label(kind, spec));
    }
    ModuleInstance::Setup setup{
        kind,
        spec,
        module,
        descriptor,
        ModuleInstance::check_config(kind, spec, *module, *descriptor, control_, deadline),
        &objects_,
        options_.server_version,
        std::max<std::size_t>(options_.workers, 1),
        rights_changed_,
        last_number_ + 1};
    auto instance = std::make_shared<ModuleInstance>(std::move(setup));
    instance->start(control_, deadline);
    return instance;
  }

  // Others may start or stop while an instance drains: one whose calls take long delays no reload.
  void retire(const InstancePtr& instance) {
    const auto until = [this] { return base::SteadyClock::now() + options_.drain_timeout; };
    bool over = false;
    {
      const std::lock_guard lock(control_mutex_);
      if (instance->stopping()) return;
      over = instance->begin_retire(control_, until());
    }
    over = instance->drain(until()) && over;
    const std::lock_guard lock(control_mutex_);
    instance->end_retire(control_, over, until());
  }

  GenerationPtr build(const GenerationSpec& spec) {
    retire_unused();
    refuse_duplicates(Kind::authenticator, spec.authenticators);
    refuse_duplicates(Kind::authorizer, spec.authorizers);
    refuse_duplicates(Kind::admission, spec.admission);
    auto next = std::make_shared<Generation>();
    std::vector<InstancePtr> fresh;
    try {
      for (const ModuleSpec& entry : spec.authenticators) {
        const InstancePtr made = take_or_start(Kind::authenticator, entry, *next, fresh);
        auto authenticator = std::make_shared<AbiAuthenticator>(made);
        if (entry.shadow) {
          next->shadows_.authenticators.push_back(std::move(authenticator));
          continue;
        }
        next->authenticators_.push_back(
            {std::move(authenticator), made->descriptor().id, made->config()});
        if (next->token_issuer_ == nullptr) next->token_issuer_ = AbiTokenIssuer::of(made);
      }
      for (const ModuleSpec& entry : spec.authorizers) {
        const InstancePtr made = take_or_start(Kind::authorizer, entry, *next, fresh);
        auto& list = entry.shadow ? next->shadows_.authorizers : next->authorizers_;
        list.push_back(std::make_shared<AbiAuthorizer>(made));
      }
      for (const ModuleSpec& entry : spec.admission) {
        const InstancePtr made = take_or_start(Kind::admission, entry, *next, fresh);
        auto& list = entry.shadow ? next->shadows_.admission : next->admission_;
        list.push_back(std::make_shared<AbiController>(made));
      }
    } catch (...) {
      for (auto it = fresh.rbegin(); it != fresh.rend(); ++it) retire(*it);
      throw;
    }
    next->number_ = ++last_number_;
    unused_ = std::move(fresh);
    return next;
  }

  void discard() { retire_unused(); }

  std::vector<InstanceInfo> retiring() const { return retirer_.instances(); }

  void activate(GenerationPtr next) {
    const GenerationPtr old = current_.exchange(next);
    if (next != nullptr) {
      std::erase_if(unused_, [&](const InstancePtr& instance) {
        return std::find(next->modules_.begin(), next->modules_.end(), instance) !=
               next->modules_.end();
      });
    }
    if (old == nullptr || old == next) return;
    std::vector<InstancePtr> leaving;
    for (const InstancePtr& instance : old->modules_) {
      const bool stays = next != nullptr && std::find(next->modules_.begin(), next->modules_.end(),
                                                      instance) != next->modules_.end();
      if (!stays) leaving.push_back(instance);
    }
    if (leaving.empty()) return;
    retirer_.add(old, std::move(leaving), base::SteadyClock::now() + options_.pin_timeout);
  }

  GenerationPtr current() const { return current_.load(std::memory_order_acquire); }

 private:
  // Takes down what the last build() made and nobody activated.
  void retire_unused() {
    for (auto it = unused_.rbegin(); it != unused_.rend(); ++it) retire(*it);
    unused_.clear();
  }

  LoadedModulePtr isolated(Kind kind, const ModuleSpec& spec, base::Deadline deadline) {
    if (kind == Kind::store || !options_.isolate) {
      throw LoadError(Gate::open,
                      spec.module_name() + ".so cannot be isolated: " +
                          (kind == Kind::store ? "a store lives in the server"
                                               : "this program starts no module processes"));
    }
    return options_.isolate(kind, spec, objects_, deadline);
  }

  // Loading runs a module's init(), so it happens on the control thread and may hang.
  LoadedModulePtr load_file(const ModuleSpec& spec, base::Deadline deadline) {
    struct Attempt {
      LoadedModulePtr module;
      std::exception_ptr error;
    };
    if (loader_hangs_) {
      throw LoadError(Gate::open,
                      "no module can be loaded any more, because one hangs in being "
                      "opened: restart the server without it");
    }
    auto attempt = std::make_shared<Attempt>();
    const bool over = control_.run(
        [this, attempt, name = spec.module_name(), pins = spec.pins] {
          try {
            attempt->module = loader_.load(name, pins);
          } catch (...) {
            attempt->error = std::current_exception();
          }
        },
        deadline);
    if (!over) {
      loader_hangs_ = true;  // its thread is still in there
      throw LoadError(Gate::open, spec.module_name() +
                                      ".so did not return from being opened: "
                                      "restart the server without it");
    }
    if (attempt->error) std::rethrow_exception(attempt->error);
    return std::move(attempt->module);
  }

  InstancePtr take_or_start(Kind kind, const ModuleSpec& spec, Generation& next,
                            std::vector<InstancePtr>& fresh) {
    const bool isolated = spec.isolation == Isolation::process;
    // A process holds one instance: its module is loaded for it alone, when there is to be one.
    LoadedModulePtr module = isolated ? nullptr : load(kind, spec);
    if (const GenerationPtr now = current()) {
      for (const InstancePtr& instance : now->modules_) {
        if (!unchanged(*instance, kind, spec, isolated ? instance->module() : module)) continue;
        if (isolated && !instance->module()->file_is_the_same()) continue;
        next.modules_.push_back(instance);
        return instance;
      }
    }
    if (isolated) module = load(kind, spec);
    InstancePtr made = start(kind, spec, module);
    fresh.push_back(made);
    next.modules_.push_back(made);
    return made;
  }

  const RuntimeOptions options_;
  std::mutex control_mutex_;  // one control function of any module at a time
  ControlThread control_;
  Loader loader_;
  bool loader_hangs_ = false;
  std::uint64_t last_number_ = 0;  // of the generations
  ObjectSource objects_;
  std::function<void()> rights_changed_;
  std::atomic<GenerationPtr> current_{nullptr};
  std::vector<InstancePtr> unused_;  // of the last build, until it is activated
  Retirer retirer_;                  // last: its thread uses what stands above
};

Runtime::Runtime(RuntimeOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Runtime::~Runtime() = default;

Loader& Runtime::loader() { return impl_->loader(); }

std::shared_ptr<ModuleInstance> Runtime::start_store(const ModuleSpec& spec) {
  return impl_->start(Kind::store, spec, impl_->load(Kind::store, spec));
}

void Runtime::retire(std::shared_ptr<ModuleInstance> instance) { impl_->retire(instance); }

void Runtime::offer_objects(storage::Store& store, ResourceExists exists) {
  impl_->offer(store, std::move(exists));
}

void Runtime::offer_kinds(ResourceOfKind resource_of) {
  impl_->offer_kinds(std::move(resource_of));
}

void Runtime::offer_creation(ObjectCreator create) { impl_->offer_creation(std::move(create)); }

void Runtime::on_rights_changed(std::function<void()> told) {
  impl_->on_rights_changed(std::move(told));
}

GenerationPtr Runtime::build(const GenerationSpec& spec) { return impl_->build(spec); }
void Runtime::activate(GenerationPtr next) { impl_->activate(std::move(next)); }
void Runtime::discard() { impl_->discard(); }
GenerationPtr Runtime::current() const { return impl_->current(); }
std::vector<InstanceInfo> Runtime::retiring() const { return impl_->retiring(); }

}  // namespace limen::modules
