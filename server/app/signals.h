// Signals, taken by one thread that waits for them.
//
// SIGTERM and SIGINT ask for the clean stop, SIGHUP for a reload. They are blocked before the first
// thread starts, so that every thread inherits that and wait() is the only one to see them.
#pragma once

namespace limen::app {

enum class Signal { stop, reload };

class Signals {
 public:
  // Blocks the three and ignores SIGPIPE; before any thread is started.
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits for the next one.
  Signal wait() const;

  // From now on SIGTERM and SIGINT do what they do by default: a second one cuts a stop short.
  void let_go() const;
};

}  // namespace limen::app
