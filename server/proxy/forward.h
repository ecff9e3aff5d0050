// Sends a request on to another HTTP/1.1 server and its answer back, on the request's own loop.
//
// Answers stream within bounded memory, as fast as the client takes them; a request's body is read
// whole first. An Upgrade that the target accepts (101) turns both connections into one raw tunnel
// that is closed both ways when either side ends; one that it refuses is answered with what the
// target said, and the client's connection is closed. Redirects are never followed. Hop-by-hop
// fields (RFC 9110 section 7.6.1) are not passed on, nor is anything the client has shown this
// server to say who it is: Authorization, Impersonate-* and X-Remote-* fields and a WebSocket's
// bearer token.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/api_error.h"
#include "base/executor.h"
#include "base/task.h"
#include "proxy/target.h"
#include "request/context.h"

namespace limen::proxy {

// What is done with an answer of 3xx that names a Location: 502 in its place, or it is passed on
// for the client to follow or not.
enum class Redirects { refuse, pass };

// A client's WebSocket that is not passed on but taken apart: the target sees a request for the
// upgrade `upgrade`, and what the client's messages hold goes there and back as plain bytes.
struct Unwrap {
  std::string protocol;  // the WebSocket subprotocol that is answered
  std::string upgrade;   // as in "SPDY/3.1"
};

struct ForwardRules {
  std::string method;                // empty: the request's own
  std::vector<std::string> dropped;  // request fields not passed on, a trailing "*" is a prefix
  std::vector<std::pair<std::string, std::string>>
      added;  // request fields set instead of the client's
  bool allow_upgrade = true;
  std::optional<Unwrap> unwrap;  // of a request that asks for a WebSocket
  Redirects redirects = Redirects::refuse;
  std::chrono::milliseconds connect_timeout{10'000};  // lookup, TCP and TLS together
  std::size_t max_body_bytes = 3 * 1024 * 1024;       // of the request; more: 413
  // Changes a field of the answer, or drops it by returning false. Null: fields pass as they are.
  std::function<bool(const std::string& name, std::string& value)> answer_field;
  // What is thrown when the target could not be reached; `why` is one clause. Null: 503 "error
  // trying to reach service: why".
  std::function<base::ApiError(const std::string& why)> unreachable;
  // What is thrown in the place of an answer that is not 2xx; `text` is its body, cut at 50,000
  // bytes. Null: it is passed on. Not asked about what an upgrade is answered with.
  std::function<base::ApiError(int status, const std::string& text)> refused;
};

// Whether the request asks for its connection to become something else (RFC 9110 section 7.8).
bool asks_upgrade(const transport::RequestHead& head);

// Ends when the exchange has been answered, or its tunnel closed. Throws ApiError when the target
// could not be reached (503) or spoke nonsense (502) before anything was answered. The request's
// loop, which must be one of the transport's.
base::Task<void> forward(request::RequestContext& context, Target target, ForwardRules rules);

struct Fetched {
  int status = 0;  // 0: not reached, `error` says why
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string error;
};

// One small request without a body of the server's own (discovery, availability), answer bounded by
// `max_bytes`, the whole by `timeout`. Resumes its awaiter on `loop`, which must outlive it; it may
// be any executor. Redirects are not followed. Never throws.
base::Task<Fetched> fetch(base::Executor& loop, std::string method, Target target,
                          std::vector<std::pair<std::string, std::string>> headers,
                          std::size_t max_bytes, std::chrono::milliseconds timeout);

}  // namespace limen::proxy
