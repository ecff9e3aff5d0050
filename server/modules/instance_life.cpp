// ModuleInstance: config check, start, and the end.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/strings.h"
#include "modules/config_schema.h"
#include "modules/module_instance.h"
#include "observability/log.h"

namespace limen::modules {

namespace {

// Instances whose module hangs: it may still touch them.
class GivenUp {
 public:
  static void add(std::shared_ptr<ModuleInstance> instance) {
    static auto* const all = new std::vector<std::shared_ptr<ModuleInstance>>;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    all->push_back(std::move(instance));
  }
};

std::string finding_text(const ModuleSpec& spec, const ConfigFinding& finding) {
  std::string out;
  if (spec.locate) {
    const std::string position = spec.locate(finding.pointer);
    if (!position.empty() && position != spec.position) out = "(" + position + ") ";
  }
  return out + "config" + finding.pointer + ": " + finding.message;
}

}  // namespace

object::Document ModuleInstance::check_config(Kind kind, const ModuleSpec& spec,
                                              const LoadedModule& module,
                                              const DescriptorInfo& descriptor,
                                              ControlThread& control, base::Deadline deadline) {
  const std::string who = label(kind, spec);
  object::DocumentBuilder builder;
  builder.root() = spec.config ? spec.config.root() : object::Json(nullptr);
  if (builder.root().is_null()) builder.root() = boost::json::object(builder.storage());
  std::vector<ConfigFinding> findings;
  if (!descriptor.config_schema.empty()) {
    findings = ConfigSchema::parse(descriptor.config_schema).check(builder.root());
  } else if (!builder.root().is_object() || !builder.root().get_object().empty()) {
    findings.push_back({"", "module " + descriptor.id + " takes no config"});
  }
  const object::Document config = builder.finish();
  if (findings.empty()) {
    auto own = module.judge(descriptor, config, control, deadline);
    if (!own) {
      throw LoadError(Gate::config, who + ": " + module.file().filename().string() +
                                        " did not judge its config in time");
    }
    for (const ConfigFinding& warning : own->warnings) {
      log::warn("module warns about its config",
                {{"name", spec.name}, {"warning", finding_text(spec, warning)}});
    }
    findings = std::move(own->errors);
  }
  if (findings.empty()) return config;
  std::vector<std::string> texts;
  for (const ConfigFinding& finding : findings) texts.push_back(finding_text(spec, finding));
  throw LoadError(who + ": " + base::join(texts, "; "), std::move(findings));
}

// What the control thread and the starter share; it outlives a start that hangs.
struct ModuleInstance::Attempt : std::enable_shared_from_this<Attempt> {
  std::shared_ptr<ModuleInstance> self;
  limen_call* handle = nullptr;
  const char* fault = nullptr;  // a broken plugin table
  limen_status status = LIMEN_E_INTERNAL;
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;  // with `how`: of a start() that was pending
  Ended how = Ended::completed;

  static void run(Attempt& attempt) noexcept {
    ModuleInstance& self = *attempt.self;
    const limen_plugin* plugin = self.setup_.module->create(
        self.scope_.host(), self.setup_.descriptor->index, self.name().c_str());
    if (plugin == nullptr) {
      attempt.fault = "create() returned nothing";
      return;
    }
    if (plugin->struct_size < sizeof(limen_plugin) || plugin->start == nullptr ||
        plugin->stop == nullptr || plugin->destroy == nullptr || plugin->get_extension == nullptr) {
      attempt.fault = "create() returned an incomplete plugin table";
      return;
    }
    self.plugin_ = plugin;
    self.scope_.set_stage(Stage::starting);
    attempt.status = plugin->start(plugin, attempt.handle);
  }
};

void ModuleInstance::fail_start(const std::string& why) const {
  throw LoadError(Gate::start, label(setup_.kind, setup_.spec) + ": " +
                                   setup_.module->file().filename().string() + " " +
                                   setup_.descriptor->version + " did not start: " + why);
}

void ModuleInstance::keep_for_ever() {
  log::error("module instance hangs in its own code; it is kept until the process ends",
             {{"kind", kind_name(setup_.kind)}, {"name", name()}});
  GivenUp::add(shared_from_this());
}

Ended ModuleInstance::await_start(Call& call, Attempt& attempt, base::Deadline deadline) {
  CallTable& table = CallTable::get();
  const std::shared_ptr<Attempt> shared = attempt.shared_from_this();
  const bool waiting = table.wait(call, [shared](Ended how) {
    const std::lock_guard lock(shared->mutex);
    shared->ended = true;
    shared->how = how;
    shared->changed.notify_all();
  });
  if (!waiting) return Ended::completed;
  std::unique_lock lock(attempt.mutex);
  if (!attempt.changed.wait_until(lock, deadline, [&] { return attempt.ended; })) {
    lock.unlock();
    table.abandon(attempt.handle);  // ends the wait, unless the module has just done so
    lock.lock();
    attempt.changed.wait(lock, [&] { return attempt.ended; });
  }
  return attempt.how;
}

void ModuleInstance::create_and_start(ControlThread& control, base::Deadline deadline) {
  auto attempt = std::make_shared<Attempt>();
  attempt->self = shared_from_this();
  CallLease call = open_control(deadline);
  if (!call) fail_start(call.refusal());
  attempt->handle = call->handle();
  if (!control.run([attempt] { Attempt::run(*attempt); }, deadline)) {
    call.orphaned();
    keep_for_ever();
    scope_.set_stage(Stage::stopped);  // nothing of it may be touched any more
    fail_start("start() did not return in time");
  }
  if (attempt->fault != nullptr) {
    CallTable::get().finish_open(*call, LIMEN_E_INTERNAL);
    fail_start(attempt->fault);
  }
  if (attempt->status != LIMEN_PENDING) {
    CallTable::get().finish_open(*call, attempt->status);
  } else {
    if (await_start(*call, *attempt, deadline) == Ended::deadline) {
      call.orphaned();
      fail_start("start() was not complete in time");
    }
  }
  const std::string error = error_of(*call);
  if (!error.empty()) fail_start(error);
  started_ = true;
}

void ModuleInstance::find_tables() {
  const std::string id(kind_id(setup_.kind));
  table_ = extension(id.c_str());
  if (table_ == nullptr) fail_start("it has no table " + id);
  // Every table begins with its size.
  const std::uint32_t size = *static_cast<const std::uint32_t*>(table_);
  const auto too_short = [&](std::size_t wanted) {
    if (size < wanted) fail_start("its table " + id + " is shorter than version 1.0 of it");
  };
  switch (setup_.kind) {
    case Kind::authenticator:
      too_short(sizeof(limen_authenticator));
      if (static_cast<const limen_authenticator*>(table_)->authenticate == nullptr) {
        fail_start("its table has no authenticate()");
      }
      break;
    case Kind::authorizer:
      too_short(sizeof(limen_authorizer));
      if (static_cast<const limen_authorizer*>(table_)->authorize == nullptr) {
        fail_start("its table has no authorize()");
      }
      break;
    case Kind::admission: {
      too_short(sizeof(limen_admission));
      const auto* table = static_cast<const limen_admission*>(table_);
      if (table->admit == nullptr && table->validate == nullptr) {
        fail_start("its table has neither admit() nor validate()");
      }
      break;
    }
    case Kind::store:
      break;  // judged by the store's adapter
  }
}

void ModuleInstance::start(ControlThread& control, base::Deadline deadline) {
  try {
    create_and_start(control, deadline);
    find_tables();
    scope_.set_stage(Stage::running);
    started_at_ = std::chrono::system_clock::now();
    if (!scope_.objects().wait_synced(deadline)) {
      fail_start("its view of stored objects was not complete in time");
    }
  } catch (const LoadError&) {
    retire(control, deadline + std::chrono::seconds(1));
    throw;
  }
}

bool ModuleInstance::begin_retire(ControlThread& control, base::Deadline deadline) {
  scope_.set_stage(Stage::stopping);
  bool over = true;
  const std::shared_ptr<ModuleInstance> self = shared_from_this();
  if (plugin_ != nullptr && started_) {
    over = control.run([self]() noexcept { self->plugin_->stop(self->plugin_); }, deadline);
  }
  CallTable::get().fire_cancel_all(*this);
  return over;
}

bool ModuleInstance::drain(base::Deadline deadline) {
  bool over = callers_.stop(deadline);
  over = scope_.stop(deadline) && over;
  while (over && open_calls() > 0) {
    over = base::SteadyClock::now() < deadline;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return over;
}

bool ModuleInstance::end_retire(ControlThread& control, bool drained, base::Deadline deadline) {
  bool over = drained;
  const std::shared_ptr<ModuleInstance> self = shared_from_this();
  if (over && plugin_ != nullptr) {
    over = control.run([self]() noexcept { self->plugin_->destroy(self->plugin_); }, deadline);
    if (over) plugin_ = nullptr;
  }
  scope_.set_stage(Stage::stopped);
  if (!over) keep_for_ever();
  return over;
}

bool ModuleInstance::retire(ControlThread& control, base::Deadline deadline) {
  if (scope_.stage() == Stage::stopped) return true;
  const bool stopped = begin_retire(control, deadline);
  const bool drained = drain(deadline) && stopped;
  return end_retire(control, drained, deadline);
}

}  // namespace limen::modules
