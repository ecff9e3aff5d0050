// Keeps the claims of services (registry/service_claims.h) of one kind, addresses or ports, as the
// services are: each has its claims, and a claim without a service goes.
//
// Where several servers share the store a claim is made before its service, so one without a
// service is left alone for a while, unless it is that of a service seen to go. Thread rule: the
// loop's thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/executor.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

class ServiceClaims {
 public:
  struct Kind {
    storage::ResourceId id;
    std::set<std::string> (*of)(const object::Json& service);  // the names of its claims
    std::string (*make)(const std::string& name, const std::string& service);
  };
  // `name` is the controller's. `patience`: how long a claim may be there before its service; 0: it
  // never is.
  ServiceClaims(Scope& scope, Objects& objects, std::string_view name, Kind kind,
                std::chrono::milliseconds patience);

  void start();
  bool idle() const { return queue_.idle(); }
  void stop();

 private:
  using Names = std::set<std::string>;

  void told_service(const storage::StoredObject& service, bool gone);
  void told_claim(const storage::StoredObject& claim, bool gone);
  base::Task<void> look_at_waiting();
  base::Task<bool> look(std::string name);
  base::Task<bool> make(std::string name, std::string service);
  // Whether a claim that no service has is to go now.
  bool is_over(const storage::StoredObject& claim, const std::string& service);

  struct Left {
    std::string service;
    storage::Revision revision = 0;
  };
  struct Waiting {
    storage::Revision revision = 0;
    base::Deadline since{};
  };

  Scope& scope_;
  Objects& objects_;
  const std::string_view name_;
  const Kind kind_;
  const std::chrono::milliseconds patience_;
  KeyQueue queue_;
  Informer services_, claims_;
  std::map<std::string, Names> held_;           // by the service's namespace/name
  std::map<std::string, std::string> holders_;  // the service, by claim
  std::map<std::string, Left> left_;            // claims that services seen here had
  std::map<std::string, Waiting> waiting_;      // claims that no service has
};

}  // namespace limen::controllers
