// LogBackend: events as JSON lines in a file or on standard output.
//
// One thread of its own writes what a bounded queue holds, in order, many lines with one call to
// the kernel. What finds the queue full is lost and counted, and the log says so. A line that
// cannot be written is lost likewise, unless `keep_trying`: then it is tried again every second,
// and the queue fills behind it. Lifetime: the destructor writes what still waits, for at most
// kDrainTime.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "audit/backend.h"
#include "audit/log_file.h"

namespace limen::audit {

struct LogOptions {
  std::string path;  // "-": standard output
  Rotation rotation;
  std::size_t max_events = 10'000;            // that may wait
  std::size_t max_bytes = 256 * 1024 * 1024;  // of waiting events; one event alone may be larger
  bool keep_trying = false;
  std::size_t max_event_bytes = 0;  // of a line; a longer one loses its bodies; 0: any
};

class LogBackend final : public Backend {
 public:
  static constexpr std::chrono::seconds kDrainTime{5};

  // Throws std::runtime_error with one sentence when the file cannot be opened.
  explicit LogBackend(LogOptions options);
  ~LogBackend() override;
  LogBackend(const LogBackend&) = delete;
  LogBackend& operator=(const LogBackend&) = delete;

  bool take(Event event) override;
  bool has_room() const override;
  void reopen() override;

 private:
  class Writer;
  // Shared with the writing thread: one that hangs in a write is left behind with it.
  std::shared_ptr<Writer> writer_;
};

}  // namespace limen::audit
