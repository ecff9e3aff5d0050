// ServerProcess: the composition root. Every room is made here, in one order, and taken down in the
// reverse of it; nothing else in the program knows more than its own room.
//
// start() makes: certificate, modules runtime, store, access control, housekeeping, API, pipeline
// and last the listeners, so that a refusal of any of them opens no port. stop() ends: readiness,
// listeners, what runs, housekeeping, modules, store.
// Thread rule: one control thread, but for reload(). Lifetime: until the process ends.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/reloader.h"
#include "base/executor.h"
#include "config/configuration.h"

namespace limen::app {

class ServerProcess {
 public:
  // `load` reads the configuration again, for a reload.
  ServerProcess(config::ServerConfiguration configuration, Reloader::Load load);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Comes up and logs how; ready when it returns. Throws std::runtime_error (modules::LoadError,
  // storage::DriverError, ...) with one sentence; everything made so far is taken down again.
  void start();

  // Takes in what the configuration says now, in the background; see Reloader. Any thread, after
  // start(). `done` may be null.
  void reload(std::string by, Reloader::Done done = nullptr);

  // The loops that serve, for somebody to see that they do. They stay until stop() has returned.
  std::vector<base::Executor*> loops();

  // The clean stop: not ready for shutdownDelay, then no new connections, then what runs gets
  // shutdownTimeout to end.
  void stop();

  // What stop() takes at the most, when modules and the disk do what they promise.
  std::chrono::microseconds stop_limit() const;

 private:
  class Rooms;
  config::ServerConfiguration configuration_;
  const Reloader::Load load_;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace limen::app
