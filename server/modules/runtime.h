// Runtime: loads modules, builds generations of them, swaps and retires them.
//
//   Runtime runtime({.folder = "/usr/lib/limen/modules"});
//   auto store_module = runtime.start_store(spec);       // then make the Store from it
//   runtime.offer_objects(store);
//   runtime.activate(runtime.build(generation_spec));    // serve with runtime.current()
//
// Thread rule: current() and retiring() from any thread; everything else from one thread at a time.
// A module's control functions (init, create, start, stop, destroy) run one after another on one
// thread of the Runtime; one that hangs in there is given up with its thread, and never harms the
// rest. Lifetime: outlives every generation and instance it made.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "modules/generation.h"
#include "modules/loader.h"
#include "modules/module_spec.h"
#include "modules/object_feed.h"
#include "storage/store.h"

namespace limen::modules {

class ModuleInstance;

struct RuntimeOptions {
  std::filesystem::path folder;                                       // modulePath
  std::string server_version = "limen";                               // what modules are told
  std::chrono::nanoseconds start_timeout = std::chrono::seconds(30);  // of one instance
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds(30);  // for the calls of an old one
  // How long requests may keep a generation that has been replaced; its instances are then stopped
  // all the same.
  std::chrono::nanoseconds pin_timeout = std::chrono::seconds(65);
  // Loads a module into a process of its own, for one instance; null: none can be isolated. Throws
  // LoadError. The source outlives what it returns.
  std::function<LoadedModulePtr(Kind kind, const ModuleSpec& spec, const ObjectSource& objects,
                                base::Deadline deadline)>
      isolate = nullptr;
  std::size_t workers = 16;  // threads for one instance that may block; started when needed
};

class Runtime {
 public:
  explicit Runtime(RuntimeOptions options);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  // Retires what is current and waits for it, at most the drain timeout.
  ~Runtime();

  Loader& loader();

  // Loads and starts a store module. The caller builds its adapter over the instance's table and
  // keeps the instance until the store is closed; then calls retire(). Throws LoadError.
  std::shared_ptr<ModuleInstance> start_store(const ModuleSpec& spec);
  // Stops and destroys an instance made by start_store; waits for its open calls.
  void retire(std::shared_ptr<ModuleInstance> instance);

  // What modules see as limen.objects/1. Without a store (`limen check`) it is empty and in sync.
  // `exists` tells whether there is such a resource; null: every one is believed.
  // Before the first build(); the store outlives the Runtime's instances.
  using ResourceExists = std::function<bool(std::string_view group, std::string_view resource)>;
  void offer_objects(storage::Store& store, ResourceExists exists = nullptr);

  // How modules learn the resource of a kind; without it none is known. Before the first build().
  void offer_kinds(ResourceOfKind resource_of);

  // How modules create objects; without it they do not. Before the first build().
  void offer_creation(ObjectCreator create);

  // Who is told when an authorizer says that it may answer differently from now on: on the module's
  // thread, often, and perhaps while it starts. Before the first build(); must not throw.
  void on_rights_changed(std::function<void()> told);

  // Makes every instance `spec` names and starts it; one whose spec has not changed is taken over
  // from the current generation. On an error nothing is left of the attempt, and the current
  // generation is as it was. A generation that is not activated is taken down by the next build()
  // or with the Runtime. Throws LoadError.
  GenerationPtr build(const GenerationSpec& spec);
  // Takes down now what the last build() made, unless it was activated.
  void discard();
  // Makes `next` current. The one before it is retired in the background when no request uses it
  // any more.
  void activate(GenerationPtr next);
  // Null before the first activate().
  GenerationPtr current() const;
  // The instances of old generations that are not taken down yet. Any thread.
  std::vector<InstanceInfo> retiring() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace limen::modules
