// What a run measured, as one JSON line.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace limen::bench {

// User and system seconds of a process and its children that ended, from /proc; 0 when there is
// none.
inline double cpu_seconds(const std::vector<int>& pids) {
  double total = 0;
  for (const int pid : pids) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const std::size_t end = text.rfind(')');
    if (end == std::string::npos) continue;
    std::istringstream fields(text.substr(end + 2));
    std::string skip;
    for (int i = 0; i < 11; ++i) fields >> skip;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    total += (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return total;
}

struct Latencies {
  std::vector<std::uint32_t> micros;
  double percentile(double share) {
    if (micros.empty()) return 0;
    const auto at = static_cast<std::size_t>(share * static_cast<double>(micros.size() - 1));
    std::nth_element(micros.begin(), micros.begin() + static_cast<std::ptrdiff_t>(at),
                     micros.end());
    return micros[at];
  }
};

// `bytes`: what was received for all of them, answers' heads included; 0 is not told.
inline void print_result(const std::string& name, std::size_t connections, std::size_t done,
                         std::size_t errors, double seconds, double cpu, Latencies& latencies,
                         std::size_t bytes = 0) {
  const std::string size =
      bytes == 0 || done == 0 ? "" : ",\"answer_bytes\":" + std::to_string(bytes / done);
  std::printf(
      "{\"bench\":\"%s\",\"connections\":%zu,\"done\":%zu,\"errors\":%zu,\"per_second\":%.0f,"
      "\"server_cpu_us\":%.2f,\"p50_us\":%.0f,\"p99_us\":%.0f%s}\n",
      name.c_str(), connections, done, errors, static_cast<double>(done) / seconds,
      done == 0 ? 0.0 : cpu * 1e6 / static_cast<double>(done), latencies.percentile(0.5),
      latencies.percentile(0.99), size.c_str());
  std::fflush(stdout);
}

}  // namespace limen::bench
