// api-services: says of every APIService whether it is available, and publishes which group
// versions other servers answer for (aggregation/routes.h).
//
// A remote server is asked when its APIService, its Service or the endpoints of that change, and
// every 30 seconds: five attempts at the same time, the first that succeeds counts. One that
// answers is asked for its discovery and OpenAPI documents too, at most once a minute. Questions
// wait on the loop's tasks, never on its thread.
// Without `servers` remote APIServices keep the condition they have. Where several servers share
// the store each asks for itself, which it needs the documents for, and goes by the condition that
// the one that leads has written. Thread rule: as Controller.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "aggregation/api_service.h"
#include "aggregation/remote_documents.h"
#include "aggregation/remote_servers.h"
#include "aggregation/routes.h"
#include "controllers/controller.h"
#include "controllers/informer.h"
#include "controllers/key_queue.h"
#include "controllers/lead.h"
#include "controllers/objects.h"

namespace limen::controllers {

struct Attempts;

class ApiServices final : public Controller {
 public:
  // What is stored is published at once. `servers` outlives it; null: nobody is asked. So does
  // `lead`.
  ApiServices(Scope& scope, Objects& objects, const aggregation::RemoteServers* servers,
              const Lead& lead);
  // No group version is another server's any more.
  ~ApiServices() override;

  std::string_view name() const override;
  void start() override;
  void look_at_all() override;
  // Servers that do not answer hold nobody up.
  bool idle() const override { return local_.idle(); }
  void take_over() override;
  void stop() override;

 private:
  struct Known {
    aggregation::ApiService service;
    aggregation::Availability availability;  // as stored
    aggregation::KnownDocuments documents;
    base::Deadline read_at{};  // when the documents were asked for; long ago: never
  };

  void changed(const storage::StoredObject& object, bool gone);
  void look_soon(const std::string& name, const Known& known);
  void service_changed(const std::string& ns, const std::string& name);
  void publish();
  base::Task<void> look_now_and_then();
  base::Task<bool> look(std::string name);
  // Asks the server itself.
  base::Task<aggregation::Availability> ask(aggregation::ApiService service);
  base::Task<void> attempt(aggregation::ApiService service, std::shared_ptr<Attempts> attempts);
  base::Task<void> refresh_documents(std::string name, aggregation::ApiService service);
  void limit_swagger(const std::string& name, aggregation::KnownDocuments& read) const;
  void lost(const std::string& name);
  base::Task<bool> tell(storage::ObjectPtr current, aggregation::Availability availability);

  Scope& scope_;
  Objects& objects_;
  const aggregation::RemoteServers* const servers_;
  const Lead& lead_;
  std::map<std::string, Known> known_;
  std::shared_ptr<const aggregation::Routes> published_;
  std::uint64_t openapi_version_ = 0;
  KeyQueue local_, remote_;
  Informer informer_, services_, endpoints_, slices_;
};

}  // namespace limen::controllers
