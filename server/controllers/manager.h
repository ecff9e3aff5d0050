// Manager: the housekeeping without which objects do not behave, when nobody else does it.
//
// Runs the controllers that are not disabled on one thread of its own. Each looks at what is
// stored, compares it with what should be, and writes the difference with compare-and-swap, again
// and again: it can be stopped and started at any moment, and two servers may run it side by side.
// Of several servers on one store that is shared one is elected (election.h) and keeps house; the
// others run only what feeds their own state from the store, or tells of themselves there.
// Thread rule: start() and stop() from one thread, once each; the rest from any.
// Lifetime: the store outlives it and still takes writes when stop() is called.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "controllers/authentication_trust.h"
#include "controllers/election.h"
#include "controllers/kubernetes_service.h"
#include "storage/store.h"

namespace limen::aggregation {
class RemoteServers;
}
namespace limen::registry {
class ServiceAllocator;
}
namespace limen::fairness {
class Fairness;
}

namespace limen::controllers {

struct Options {
  std::vector<std::string> disabled;  // see names.h; names that are none are ignored
  // Told of services that are written or removed without the API; outlives the manager. Null: none.
  registry::ServiceAllocator* services = nullptr;
  OwnService own_service = {};
  std::string service_range = {};  // CIDR; empty: its objects are not kept
  std::chrono::nanoseconds event_ttl = std::chrono::hours(0);  // 0: events stay
  std::string host = {};  // the name this server's lease is made of; empty: it has none
  // How API servers behind this one are asked; outlives the manager. Null: they are not.
  const aggregation::RemoteServers* remote_servers = nullptr;
  // Told of the objects that configure it; outlives the manager. Null: it is off.
  fairness::Fairness* fairness = nullptr;
  // Set while this server does what only one of several on the same store does: always, where the
  // store is not shared. Outlives the manager. Null: nobody asks.
  std::atomic<bool>* turn = nullptr;
  ElectionTiming election = {};
  // Of a shared store: a server whose identity lease does not change for so long has gone.
  std::chrono::milliseconds silence = std::chrono::seconds(30);
  // Of a shared store: so long an address or a port may be claimed before its service is stored.
  std::chrono::milliseconds claim_patience = std::chrono::minutes(5);
  // Of a shared store: so long a write may take on another server once it has been admitted.
  std::chrono::milliseconds write_time = std::chrono::seconds(2);
};

class Manager {
 public:
  explicit Manager(storage::Store& store, Options options = {});
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager();

  void start();
  // True once what a fresh server needs is there: the system namespaces, their service accounts,
  // the bootstrap policy, and aggregated roles filled in; by whichever server.
  bool synced() const;
  // Whether this server keeps house now; always true where the store is not shared.
  bool elected() const;

  // What cluster-authentication-trust and root-ca-publisher (a PEM bundle) tell from now on;
  // nothing before the first call.
  void change_authentication_trust(AuthenticationTrust trust);
  void change_root_ca(std::string bundle);

  // Ends what is going on and waits for it.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace limen::controllers
