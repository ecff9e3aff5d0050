// Event: one audit.k8s.io/v1 Event, as the text it will be (rows U2 and U3).
//
// What is small is written out at once, on the request's loop; the bodies stay shared pieces until
// the backend's own thread puts the line together. Immutable once made, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "audit/policy.h"
#include "base/time.h"
#include "request/context.h"

namespace limen::audit {

struct Event {
  std::string head;            // up to the bodies, without a comma at its end
  std::string request_object;  // JSON; empty: none
  std::vector<transport::BodyPiece> response_object;  // JSON in pieces; empty: none
  std::string tail;                                   // from the comma after the bodies
  bool omit_managed_fields = false;

  // Bytes it holds on to.
  std::size_t size() const;
  // One line of JSON, without the newline.
  std::string to_json() const;
  // The same as an item of an EventList, which does not repeat its type.
  std::string to_item() const;
  // Leaves the bodies out and says so in an annotation.
  void truncate();
};

// The event of `stage` of the request, with all its context and `context.audit` hold by now.
Event make_event(const request::RequestContext& context, Stage stage, base::SystemTime now);

// The event of a request that ended before its user was known. `message` stands in the place of the
// text that the client was told.
Event make_refusal(const request::RequestContext& context, AuditLevel level,
                   const base::ApiError& error, const std::string& message,
                   base::SystemTime received, base::SystemTime now);

// `Authentication failed, attempted: bearer, x509`: what a caller that nobody knows has presented
// (row A10).
std::string attempted_credentials(const request::RequestContext& context);

// Where a request came from: X-Forwarded-For, X-Real-Ip, the connection's peer. All but the last
// can be anything the client likes.
std::vector<std::string> source_ips(const transport::RequestHead& head,
                                    const transport::PeerInfo& peer);

}  // namespace limen::audit
