// What the way to a module costs: an authorizer that allows everything, called in the server and in
// a process of its own.
//
//   limen_module_bench
//
// Works in process: the built module behind the server's own chain, without HTTP and TLS. The two
// are measured in turn; the ratio is the median of all turns.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <future>
#include <iostream>
#include <vector>

#include "isolation/remote_module.h"
#include "modules/executor_thread.h"
#include "modules/runtime.h"
#include "observability/log.h"

namespace limen::bench {
namespace {

constexpr int kTurns = 7;
constexpr int kCallsInServer = 200'000;
constexpr int kCallsAcross = 10'000;

modules::RuntimeOptions options() {
  modules::RuntimeOptions out;
  out.folder = LIMEN_MODULES_DIR;
  out.isolate = [](modules::Kind kind, const modules::ModuleSpec& spec,
                   const modules::ObjectSource& objects, base::Deadline deadline) {
    isolation::ProcessOptions process;
    process.program = LIMEN_MODULE_HOST;
    process.folder = LIMEN_MODULES_DIR;
    process.kind = kind;
    process.spec = spec;
    process.objects = &objects;
    return isolation::load_isolated(std::move(process), deadline);
  };
  return out;
}

class Asked {
 public:
  explicit Asked(modules::Isolation isolation) : runtime_(options()) {
    modules::ModuleSpec spec;
    spec.name = "always-allow";
    spec.isolation = isolation;
    modules::GenerationSpec all;
    all.authorizers.push_back(spec);
    runtime_.activate(runtime_.build(all));
  }

  // Nanoseconds a call, of `calls` one after another.
  double sample(int calls) {
    std::promise<double> result;
    loop_.post([&] { base::spawn(ask(calls, result), [](const std::exception_ptr&) {}); });
    return result.get_future().get();
  }

 private:
  base::Task<void> ask(int calls, std::promise<double>& result) {
    request::Identity user;
    user.name = "bench";
    user.groups = {"system:authenticated"};
    authz::Attributes attributes;
    attributes.user = &user;
    attributes.verb = "get";
    attributes.is_resource = true;
    attributes.version = "v1";
    attributes.resource = "configmaps";
    attributes.ns = "default";
    attributes.name = "one";
    request::CallScope scope(loop_, base::SteadyClock::now() + std::chrono::minutes(5));
    const auto now = runtime_.current();
    const auto began = base::SteadyClock::now();
    for (int i = 0; i < calls; ++i) {
      const authz::Result answer = co_await now->authorizers()[0]->authorize(attributes, scope);
      if (answer.verdict != authz::Verdict::allow) std::terminate();
    }
    const std::chrono::duration<double, std::nano> took = base::SteadyClock::now() - began;
    result.set_value(took.count() / calls);
  }

  modules::ExecutorThread loop_{"bench"};
  modules::Runtime runtime_;
};

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

void run() {
  Asked here(modules::Isolation::none);
  Asked across(modules::Isolation::process);
  here.sample(kCallsInServer / 10);
  across.sample(kCallsAcross / 10);
  std::vector<double> in_server, in_process, ratios;
  for (int turn = 0; turn < kTurns; ++turn) {
    in_server.push_back(here.sample(kCallsInServer));
    in_process.push_back(across.sample(kCallsAcross));
    ratios.push_back(in_process.back() / in_server.back());
  }
  std::printf("{\"bench\":\"module_call_in_server\",\"ns\":%.0f}\n", median(in_server));
  std::printf("{\"bench\":\"module_call_isolated\",\"us\":%.1f,\"to_in_server\":%.0f}\n",
              median(in_process) / 1000, median(ratios));
}

}  // namespace
}  // namespace limen::bench

int main() {
  try {
    limen::log::set_level(limen::log::Level::error);
    limen::bench::run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
