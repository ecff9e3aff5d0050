// ConversionClient: asks the webhooks that convert custom objects, over HTTPS.
//
// A URL is asked where it says; a Service where its endpoints are, by the name
// NAME.NAMESPACE.svc that its certificate must have. Answers are bounded, redirects are answers
// like any other, connections are kept for the next question. Thread rule: ask() from any worker,
// many at once; stop() once, before the store goes.
#pragma once

#include <memory>
#include <string>

#include "modules/executor_thread.h"
#include "modules/http_pool.h"
#include "registry/webhook_conversion.h"
#include "storage/store.h"

namespace limen::app {

class ConversionClient final : public registry::WebhookClient {
 public:
  // `store` has the Services and their endpoints, and outlives it.
  explicit ConversionClient(storage::Store& store);
  ~ConversionClient() override;

  registry::WebhookAnswer ask(const registry::WebhookCall& call) override;

 private:
  storage::Store& store_;
  modules::ExecutorThread timers_{"conversion"};
  const std::shared_ptr<modules::HttpPool> connections_;
};

}  // namespace limen::app
