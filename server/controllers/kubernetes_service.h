// kubernetes-service: the Service default/kubernetes by which what runs in the cluster reaches this
// server, and its Endpoints and EndpointSlice (row M30).
//
// The Service has the first address of the range of service addresses. The two lists hold this
// server's address and nothing else; without an address others can reach they are left alone.
// Thread rule: as Controller.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/objects.h"

namespace limen::controllers {

struct OwnService {
  std::string cluster_ip;  // empty: none is kept
  std::string address;     // of this server, as others reach it; empty: nobody knows
  std::int64_t port = 6443;
};

class KubernetesService final : public Controller {
 public:
  KubernetesService(Scope& scope, Objects& objects, OwnService own);

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  bool idle() const override { return queue_.idle(); }
  void stop() override;

 private:
  // Puts right what is wrong with the object; false: nothing was.
  using Correct = std::function<bool(object::Json& object)>;

  void told(const storage::StoredObject& object);
  base::Task<bool> look(std::string resource);
  base::Task<bool> keep(storage::ResourceId id, std::string api_version, std::string kind,
                        Correct correct);
  bool correct_service(object::Json& service) const;
  bool correct_endpoints(object::Json& endpoints) const;
  bool correct_slice(object::Json& slice) const;

  Objects& objects_;
  const OwnService own_;
  KeyQueue queue_;
  Informer namespaces_, services_, endpoints_, slices_;
};

}  // namespace limen::controllers
