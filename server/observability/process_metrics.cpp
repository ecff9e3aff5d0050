// The process's numbers, read from /proc when they are asked for.
#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "observability/metrics.h"

namespace limen::metrics {

namespace {

double cpu_seconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_bytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                             &std::fclose);
  long total = 0;
  long resident = 0;
  if (!file || std::fscanf(file.get(), "%ld %ld", &total, &resident) != 2) return 0;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double entries_in(const char* path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path), &closedir);
  if (!folder) return 0;
  double count = 0;
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count;
}

}  // namespace

void register_process_metrics() {
  static Gauge& cpu =
      gauge("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
          .with({});
  static Gauge& memory =
      gauge("process_resident_memory_bytes", "Resident memory size in bytes.").with({});
  static Gauge& files = gauge("process_open_fds", "Number of open file descriptors.").with({});
  static Gauge& threads = gauge("process_threads", "Number of threads of the process.").with({});
  static Gauge& start =
      gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
          .with({});
  start.set(static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::system_clock::now().time_since_epoch())
                                    .count()) /
            1000.0);
  before_render([] {
    cpu.set(cpu_seconds());
    memory.set(resident_bytes());
    files.set(entries_in("/proc/self/fd"));
    threads.set(entries_in("/proc/self/task"));
  });
}

}  // namespace limen::metrics
