// AuditSender: sends audit events to the server a kubeconfig leads to, over HTTPS.
//
// The kubeconfig and the files it names are read for every request, so that new credentials count
// from the next one on. Redirects are answers like any other, and any but 2xx means that nothing
// was stored. Thread rule: send() from any thread, many at once.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "modules/executor_thread.h"
#include "modules/http_pool.h"

namespace limen::app {

class AuditSender {
 public:
  static constexpr std::chrono::seconds kTimeout{30};  // of one request

  explicit AuditSender(std::string kubeconfig);
  ~AuditSender();
  AuditSender(const AuditSender&) = delete;
  AuditSender& operator=(const AuditSender&) = delete;

  // POSTs a JSON body. Returns why it was not taken, with nothing secret; empty: it was. Gives up
  // soon after `give_up` became true. Blocks, never throws.
  std::string send(const std::string& body, const std::atomic<bool>& give_up);

 private:
  const std::string kubeconfig_;
  modules::ExecutorThread timers_{"audit-timers"};
  const std::shared_ptr<modules::HttpPool> connections_;
};

// What is wrong with the kubeconfig of an audit webhook, as a sentence; empty: nothing.
std::string audit_webhook_problem(const std::string& kubeconfig);

}  // namespace limen::app
