// ServiceManager: what starts this process is told how it fares, by the protocol of sd_notify(3):
// datagrams of KEY=VALUE lines to the socket NOTIFY_SOCKET names. systemd speaks it for units of
// Type=notify, and so do container runtimes and other supervisors.
//
// libsystemd would do the same, but brings four compression and crypto libraries into a process
// that holds keys, for one sendto(2).
//
// When nobody asked (no NOTIFY_SOCKET) every call does nothing. What cannot be delivered is lost
// without a word: the manager acts on the silence.
// Thread rule: any thread, but for of_environment(). Lifetime: free.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace limen::app {

class ServiceManager {
 public:
  // Nobody listens.
  ServiceManager() = default;
  ServiceManager(std::string socket, std::chrono::microseconds watchdog)
      : socket_(std::move(socket)), watchdog_(watchdog) {}

  // As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say, which are then taken out of the
  // environment: no process started from here speaks in this one's name. Before any thread is
  // started.
  static ServiceManager of_environment();

  // How long the manager waits for the next alive() before it takes this process for hung; zero
  // when it does not watch.
  std::chrono::microseconds watchdog() const { return watchdog_; }

  // Serving, for the first time or again after reloading(). `status` is one line that
  // `systemctl status` shows, its control characters as blanks; empty leaves the old one.
  void ready(std::string_view status) const;
  // The configuration is being read again; ready() ends that, whatever came of it.
  void reloading() const;
  // The clean stop has begun and ends within `limit`. The watchdog waits as long, too: the loops
  // that say alive() end before the process does.
  void stopping(std::chrono::microseconds limit) const;
  // Still at work; does not wait, not even for a manager that is slow to read.
  void alive() const;

 private:
  void tell(std::string_view message, int flags) const;

  std::string socket_;  // a path, or '@' and an abstract name; empty: nobody listens
  std::chrono::microseconds watchdog_{0};
};

}  // namespace limen::app
