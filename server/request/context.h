// RequestContext: one request on its way, from its parsed head to its answer.
//
// Made by the pipeline, passed by reference through every stage, alive until the request's task
// ends. For the request's loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/api_error.h"
#include "base/task.h"
#include "request/audit_record.h"
#include "request/call_scope.h"
#include "request/identity.h"
#include "request/live_requests.h"
#include "request/request_info.h"
#include "transport/http.h"

namespace limen::request {

// By which a request was classified (row R6). Views of what lives as long as the request.
struct FlowIds {
  std::string_view schema_uid, level_uid;
};

class RequestContext {
 public:
  RequestContext(std::shared_ptr<transport::Exchange> exchange, base::Deadline deadline);

  transport::Exchange& exchange() const { return *exchange_; }
  const std::shared_ptr<transport::Exchange>& shared_exchange() const { return exchange_; }
  const transport::RequestHead& head() const { return exchange_->head(); }

  RequestInfo info;
  Identity user;                         // who the request acts as (after impersonation)
  std::optional<Identity> impersonator;  // who asked, when the request acts as somebody else
  std::string audit_id;
  // For requests that live long: what they rest on, and where they can be ended from.
  LiveRequests::Grounds grounds;
  LiveRequests* live = nullptr;
  std::optional<FlowIds> flow;  // told with every answer
  // What a watch calls once it has told its initial state or another server answers it; null:
  // nobody waits for that.
  std::function<void()> initialized;
  CallScope scope;                     // loop, deadline, cancel, warnings, audit annotations
  std::unique_ptr<AuditRecord> audit;  // null: the request is not recorded

  // Adds a Warning header to the answer (RFC 9111 299 form); duplicates are dropped, long sets are
  // cut as kube-apiserver does (row R9).
  void warn(std::string text);

  // True when the answer is for a person to read, by `?pretty=` or the User-Agent of curl, wget or
  // a browser: indented JSON then.
  bool wants_pretty() const;

  // More headers for whatever the answer will be: name and value.
  std::vector<std::pair<std::string, std::string>> headers;

  // A response head with what every answer bears: Audit-Id, Cache-Control, Content-Type, `headers`,
  // warnings.
  transport::ResponseHead new_head(int status, std::string_view content_type) const;
  // Answers at once. Each is the request's only answer.
  void respond(int status, std::string_view content_type, std::string body);
  void respond_json(int status, std::string body) {
    respond(status, "application/json", std::move(body));
  }
  void fail(const base::ApiError& error);
  // The same, answered as plain text.
  void fail(const base::ApiError& error, std::string text);
  // The Status that fail() answers with.
  std::string status_text(const base::ApiError& error) const;
  int status() const { return status_; }  // what was answered; 0 before
  void set_status(int status);            // for answers sent through the exchange directly

  // Reads the whole body, at most `limit` bytes. Throws 413 with kube-apiserver's text, 400 for a
  // malformed or cut body, 504 when it does not arrive in time.
  base::Task<std::string> read_body(std::size_t limit);

 private:
  std::shared_ptr<transport::Exchange> exchange_;
  int status_ = 0;
};

}  // namespace limen::request
