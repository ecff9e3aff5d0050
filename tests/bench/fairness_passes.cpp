// What a request pays for API Priority and Fairness: classifying it, taking its seat and giving it
// back, while there are seats.
//
//   limen_fairness_bench [MILLISECONDS]      of a sample; 200 when not given
//
// Works in process: the bootstrap objects, no HTTP. The last of all schemas that are suggested is
// the one an ordinary user matches. Threads stand for I/O loops; all of them use one level.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "bench/allocations.h"
#include "fairness/fairness.h"
#include "support/inline_executor.h"
#include "validation/flow_control.h"

namespace limen::bench {
namespace {

struct Counted {
  std::uint64_t passes = 0, allocations = 0;
};

Counted pass(fairness::Fairness& fairness, const std::string& group,
             std::chrono::milliseconds time) {
  test::InlineExecutor loop;
  request::RequestInfo info;
  request::parse_request("GET", "/api/v1/namespaces/default/configmaps/one", info);
  const request::Identity user{"bench", "", {"testers", group}, {}};
  Counted counted;
  const auto once = [&] {
    fairness::Place place;
    if (fairness.enter(place, {info, user}, loop) == fairness::Decision::execute) ++counted.passes;
  };
  for (int i = 0; i < 1000; ++i) once();
  counted = {};
  const std::uint64_t before = allocations_of_thread();
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
    for (int i = 0; i < 1000; ++i) once();
  }
  counted.allocations = allocations_of_thread() - before;
  return counted;
}

void measure(const char* name, const std::string& group, unsigned threads,
             std::chrono::milliseconds time) {
  fairness::Fairness fairness(fairness::Options{});
  const auto& objects = validation::flow_control_objects();
  fairness.configure(objects.flow_schemas, objects.priority_levels);
  std::vector<Counted> counted(threads);
  std::vector<std::thread> running;
  for (unsigned i = 0; i < threads; ++i) {
    running.emplace_back([&, i] { counted[i] = pass(fairness, group, time); });
  }
  for (std::thread& thread : running) thread.join();
  Counted all;
  for (const Counted& one : counted) {
    all.passes += one.passes;
    all.allocations += one.allocations;
  }
  const double nanoseconds = std::chrono::duration<double, std::nano>(time).count() * threads /
                             static_cast<double>(all.passes);
  std::printf("{\"bench\":\"%s\",\"threads\":%u,\"done\":%llu,\"ns\":%.0f,\"allocations\":%.3f}\n",
              name, threads, static_cast<unsigned long long>(all.passes), nanoseconds,
              static_cast<double>(all.allocations) / static_cast<double>(all.passes));
}

}  // namespace
}  // namespace limen::bench

int main(int argc, char** argv) {
  const std::chrono::milliseconds time(argc > 1 ? std::atoi(argv[1]) : 200);
  limen::bench::measure("fairness_exempt", "system:masters", 1, time);
  limen::bench::measure("fairness_global_default", "system:authenticated", 1, time);
  limen::bench::measure("fairness_global_default", "system:authenticated", 2, time);
}
