// Session: one plugin of a module, on a watched host, asked one question after another.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "samples.h"
#include "watched.h"

namespace limen::module_check {

// A module file, opened and judged as far as its entry and its descriptors go. Stays loaded.
class Loaded {
 public:
  // Faults are reported; false: the file cannot be used at all.
  bool open(const std::string& file);
  const limen_module_entry_t& entry() const { return *entry_; }
  const limen_factory& factory() const { return *factory_; }
  const limen_descriptor& descriptor(std::uint32_t index) const {
    return *factory_->descriptor(index);
  }
  // Balanced by leave().
  bool enter(const std::string& file);
  void leave();

 private:
  const limen_module_entry_t* entry_ = nullptr;
  const limen_factory* factory_ = nullptr;
};

// What somebody who waits for an answer sees.
std::string told(const testkit::Reply& reply);

class Session {
 public:
  struct Options {
    bool guard = false;      // inputs cannot be read once their call has ended
    bool keep_calls = true;  // so that later use of them is found out; costs memory
    bool keep_host = true;
  };
  Session(const Loaded& module, std::uint32_t index, testkit::Json config, Options options);
  Session(const Loaded& module, std::uint32_t index, testkit::Json config);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // create() and start(). Why not, when they fail; empty: it runs.
  std::string start();
  // One question, brought to its end; `cancelled`: the client goes as soon as it has begun. [any]
  testkit::Reply ask(const Sample& sample, bool cancelled = false);
  // stop() and destroy(). Calls that are still open then are a fault.
  void stop();

  WatchedHost& host() { return *host_; }
  const limen_descriptor& descriptor() const { return descriptor_; }
  // The tables of its kind, null for other kinds.
  const limen_authenticator* authenticator() const { return authenticator_; }
  const limen_authorizer* authorizer() const { return authorizer_; }
  const limen_admission* admission() const { return admission_; }
  const void* table(const char* id) const { return plugin_->get_extension(plugin_, id); }
  // Voluntary waits of this thread inside the module since the session began.
  long waits() const { return waits_; }

 private:
  using CallPtr = std::unique_ptr<WatchedCall>;
  template <class Body>
  testkit::Reply run(const char* name, bool cancelled, Body&& body);
  limen_status finish(WatchedCall& call, limen_status status);
  bool wait_outside(WatchedCall& call);
  void put_away(CallPtr call);
  void wait_for_open_calls();

  const Loaded& module_;
  const limen_descriptor& descriptor_;
  const std::uint32_t index_;
  const Options options_;
  std::unique_ptr<WatchedHost> host_;
  const limen_plugin* plugin_ = nullptr;
  bool started_ = false;
  const limen_authenticator* authenticator_ = nullptr;
  const limen_authorizer* authorizer_ = nullptr;
  const limen_admission* admission_ = nullptr;
  std::atomic<long> waits_{0};
  std::atomic<int> patience_ms_{1000};
  std::mutex mutex_;
  std::vector<CallPtr> kept_;
};

}  // namespace limen::module_check
