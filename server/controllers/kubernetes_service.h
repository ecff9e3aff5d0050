// kubernetes-service: the Service default/kubernetes by which what runs in the cluster reaches this
// server, and its Endpoints and EndpointSlice (row M30).
//
// The Service has the first address of the range of service addresses. The two lists hold the
// addresses of all servers that are there (live_servers.h), which is this one where the store is
// not shared; without an address others can reach they are left alone. Servers may have different
// ports: Endpoints have a part for each, the EndpointSlice holds those of this server's port and
// family. Thread rule: as Controller.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/live_servers.h"
#include "controllers/objects.h"

namespace limen::controllers {

struct OwnService {
  std::string cluster_ip;  // empty: none is kept
  std::string address;     // of this server, as others reach it; empty: nobody knows
  std::int64_t port = 6443;
};

class KubernetesService final : public Controller {
 public:
  // `silence`: after how long a server that does not renew its lease has gone; 0: there is no
  // other.
  KubernetesService(Scope& scope, Objects& objects, OwnService own,
                    std::chrono::milliseconds silence);

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  // Puts right what is wrong with the object; false: nothing was.
  using Correct = std::function<bool(object::Json& object)>;

  using Servers = std::set<ServerAddress>;

  void told(const storage::StoredObject& object);
  base::Task<void> look_for_silence();
  // Those whose addresses are told; empty: nobody knows any.
  Servers servers() const;
  base::Task<bool> look(std::string resource);
  base::Task<bool> keep(storage::ResourceId id, std::string api_version, std::string kind,
                        Correct correct);
  bool correct_service(object::Json& service) const;
  bool correct_endpoints(object::Json& endpoints, const Servers& servers) const;
  bool correct_slice(object::Json& slice, const Servers& servers) const;

  Scope& scope_;
  Objects& objects_;
  const OwnService own_;
  const std::chrono::milliseconds silence_;
  KeyQueue queue_;
  Informer namespaces_, services_, endpoints_, slices_;
  LiveServers live_;
};

}  // namespace limen::controllers
