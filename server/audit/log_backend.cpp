#include "audit/log_backend.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "audit/event_list.h"
#include "audit/losses.h"
#include "observability/log.h"

namespace limen::audit {

namespace {

constexpr std::string_view kName = "log";
constexpr std::size_t kWriteAtOnce = 1024 * 1024;  // bytes gathered before a write
constexpr std::chrono::seconds kRetryInterval{1};
constexpr std::string_view kTooLarge = "truncate";

}  // namespace

class LogBackend::Writer {
 public:
  explicit Writer(LogOptions options)
      : options_(std::move(options)), file_(options_.path, options_.rotation) {}

  bool take(Event event) {
    const std::size_t size = event.size();
    std::unique_lock lock(mutex_);
    if (!fits(size)) {
      lock.unlock();
      losses_.lose(1, "too many events wait to be written");
      return false;
    }
    bytes_ += size;
    queue_.push_back(std::move(event));
    if (queue_.size() == 1) wake_.notify_one();
    return true;
  }

  bool has_room() const {
    const std::lock_guard lock(mutex_);
    return fits(1);
  }

  void reopen() {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
    wake_.notify_one();
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || reopen_ || !queue_.empty(); });
      const bool reopen = std::exchange(reopen_, false);
      if (queue_.empty() && !reopen) break;
      std::deque<Event> events = std::exchange(queue_, {});
      bytes_ = 0;
      lock.unlock();
      open_again(reopen);
      write(events);
      lock.lock();
    }
    ended_ = true;
    over_.notify_all();
  }

  // False when the thread has not ended by then.
  bool stop(std::chrono::nanoseconds patience) {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
    return over_.wait_for(lock, patience, [this] { return ended_; });
  }

 private:
  bool fits(std::size_t size) const {
    return queue_.size() < options_.max_events &&
           (queue_.empty() || bytes_ + size <= options_.max_bytes);
  }

  void open_again(bool reopen) {
    if (reopen ? file_.reopen() : file_.follow()) return;
    losses_.complain(file_.trouble());
  }

  void write(std::deque<Event>& events) {
    std::string lines;
    std::size_t count = 0;
    for (Event& event : events) {
      auto text = fitted(event, options_.max_event_bytes, &Event::to_json);
      if (!text) {
        too_large_.lose(1, "an event is too large even without its bodies");
        continue;
      }
      const std::string line = *std::move(text) + '\n';
      if (file_.is_full(lines.size(), line.size())) {
        flush(lines, count);
        if (file_.is_full(0, line.size()) && !file_.rotate()) losses_.complain(file_.trouble());
      }
      lines += line;
      ++count;
      if (lines.size() >= kWriteAtOnce) flush(lines, count);
    }
    flush(lines, count);
  }

  void flush(std::string& lines, std::size_t& count) {
    if (count == 0) return;
    while (!file_.append(lines)) {
      if (!options_.keep_trying || !wait_to_retry()) {
        losses_.lose(count, file_.trouble());
        break;
      }
      losses_.complain(file_.trouble());
      open_again(false);
    }
    lines.clear();
    count = 0;
  }

  // False when there is no time left.
  bool wait_to_retry() {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, kRetryInterval, [this] { return stopping_; });
  }

  const LogOptions options_;
  LogFile file_;  // of the writing thread

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable over_;
  std::deque<Event> queue_;
  std::size_t bytes_ = 0;  // of what is queued
  bool reopen_ = false;
  bool stopping_ = false;
  bool ended_ = false;

  Losses losses_{kName};
  Losses too_large_{kTooLarge};
};

LogBackend::LogBackend(LogOptions options) : writer_(std::make_shared<Writer>(std::move(options))) {
  std::thread thread([writer = writer_] { writer->run(); });
  pthread_setname_np(thread.native_handle(), "limen-audit");
  thread.detach();
}

LogBackend::~LogBackend() {
  if (!writer_->stop(kDrainTime)) {
    log::error("the audit log does not take the last events", {});
  }
}

bool LogBackend::take(Event event) { return writer_->take(std::move(event)); }
bool LogBackend::has_room() const { return writer_->has_room(); }
void LogBackend::reopen() { writer_->reopen(); }

}  // namespace limen::audit
