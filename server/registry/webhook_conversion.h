// Conversions: custom objects turned from one version into another by their definition's webhook.
//
// Only for kinds whose versions differ by more than their name (CustomKind::converts()); objects
// that are of the wanted version already pass through. A webhook is asked about many objects at
// once with an apiextensions.k8s.io/v1 ConversionReview; of its answer everything but the objects'
// own fields, labels and annotations is checked or put back, as kube-apiserver does. The asking,
// parsing and checking happens on workers, never on a loop. Thread rule: tasks run on the loop they
// are given; everything else from any thread. Outlives every request.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "base/task.h"
#include "base/worker_pool.h"
#include "catalog/custom/definition.h"
#include "object/document.h"
#include "storage/store.h"

namespace limen::registry {

// One question to a webhook. `path` is what the URL of a service lacks.
struct WebhookCall {
  const catalog::ConversionWebhook& hook;
  std::string body;  // application/json
  std::size_t max_answer_bytes = 0;
  base::Deadline deadline;
  std::function<bool()> cancelled;  // any thread
};

struct WebhookAnswer {
  int status = 0;  // 0: there is no answer, `error` says why
  std::string body;
  std::string error;  // as a client may see it: no secrets
};

// How webhooks are reached: over TLS that is always verified, without following redirects. Blocks
// until there is an answer or the deadline is over; any thread, many at once. Never throws.
class WebhookClient {
 public:
  virtual ~WebhookClient() = default;
  virtual WebhookAnswer ask(const WebhookCall& call) = 0;
};

class Conversions {
 public:
  static constexpr std::chrono::seconds kTimeLimit{30};    // of one question
  static constexpr std::size_t kBatchBytes = 1024 * 1024;  // of objects in one question
  static constexpr std::size_t kBatchObjects = 500;
  static constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;

  // Whose objects, on whose behalf. `kind` is of any version and is kept alive by `held`.
  struct Scope {
    const catalog::CustomKind& kind;
    std::shared_ptr<const void> held;
    base::Executor& loop;
    base::Deadline deadline;
    std::shared_ptr<std::atomic<bool>> cancelled;
  };

  // Both outlive it.
  Conversions(WebhookClient& client, base::WorkerPool& workers)
      : client_(client), workers_(workers) {}

  // Stored objects as they are in `version` of the kind, in their order. Throws ApiError 500 with
  // what the webhook did wrong, 429 when too many questions wait.
  base::Task<std::vector<storage::ObjectPtr>> stored(Scope scope, std::string version,
                                                     std::vector<storage::ObjectPtr> objects);
  // One object, or what is left of one, in `version`; it is sent as it is.
  base::Task<object::Json> one(Scope scope, std::string version, object::Json object);

 private:
  class Batch;
  base::Task<void> run(const Scope& scope, std::shared_ptr<Batch> batch);

  WebhookClient& client_;
  base::WorkerPool& workers_;
};

// The apiVersion of stored text.
std::string_view stored_api_version(const storage::StoredObject& object);

}  // namespace limen::registry
