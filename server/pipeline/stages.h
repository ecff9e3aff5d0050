// The pipeline's small synchronous stages.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "authz/chain.h"
#include "request/context.h"

namespace limen::pipeline {

// Keeps the client's Audit-ID or makes one. First of all, so that every answer bears it.
void assign_audit_id(request::RequestContext& context);

// Reads method and target into `context.info`. Throws 400 for a target that is not one.
void parse_target(request::RequestContext& context);

// True for requests that live as long as the client wants: watches and tunnels.
bool is_long_running(const request::RequestInfo& info);

// The time a request may take: `?timeout=` lowers `limit`, never raises it. Throws 400 on a value
// that is no duration (row R3).
std::chrono::nanoseconds allotted_time(const request::RequestInfo& info,
                                       std::chrono::nanoseconds limit);

// The bearer token of an Authorization header, or empty. Warns of a header whose second space makes
// it none (row A36).
std::string_view bearer_token(request::RequestContext& context);

// The token a browser presents in place of a header, as the WebSocket subprotocol
// `base64url.bearer.authorization.k8s.io.TOKEN` (row A35); empty when it presents none, or no other
// subprotocol beside it that could be answered with.
std::string websocket_token(const transport::RequestHead& head);

// Answers a request for which there is no room (row R5).
void refuse_overload(request::RequestContext& context);

// What answers a request that is not allowed: 403, or 500 when an authorizer failed.
base::ApiError refusal(const authz::Attributes& attributes, const authz::Outcome& outcome);

// Answers a request that is not allowed: 403, or 500 as plain text when an authorizer failed
// (row R14). Throws what was answered.
[[noreturn]] void refuse(request::RequestContext& context, const authz::Attributes& attributes,
                         const authz::Outcome& outcome);

}  // namespace limen::pipeline
