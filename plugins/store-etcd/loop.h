// Loop: the one thread on which the driver thinks.
//
// What gRPC's threads bring and what the server asks for is posted here, so that nothing else of
// the module needs a lock. Thread rule: post() from any thread; after() on the loop itself;
// start(), end() and join() once each.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace limen_etcd {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Loop {
 public:
  using Task = std::function<void()>;

  ~Loop() { join(); }

  void start();
  // Runs `task` soon, after what was posted before it. Dropped once the loop has ended.
  void post(Task task);
  // Runs `task` when `time` has passed.
  void after(milliseconds time, Task task);
  // The loop ends after the task that is running; what is still to be run is dropped.
  void end();
  void join();

 private:
  void run();
  // Waits for work; what was posted.
  std::deque<Task> take();
  void run_timers();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> posted_;
  bool gone_ = false;

  std::multimap<Clock::time_point, Task> timers_;  // the loop's own
  bool ended_ = false;                             // the loop's own
  std::thread thread_;
};

}  // namespace limen_etcd
