// Authenticator: one way of saying who a request comes from.
//
// Implementations are modules (through the modules room) and, in tests, fakes. Any thread; one
// instance serves many requests at once. The zero value of a result is "no opinion".
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"
#include "request/call_scope.h"
#include "request/identity.h"
#include "transport/http.h"

namespace limen::authn {

// Borrowed views of the request; valid until the call's task is complete.
struct Credentials {
  std::string_view method;
  std::string_view path;                         // decoded
  std::string_view query;                        // raw
  std::string_view bearer_token;                 // empty when none was presented
  const transport::RequestHead* head = nullptr;  // every header
  const transport::PeerInfo* peer = nullptr;     // source, SNI, certificates
  std::span<const std::string> audiences;        // wanted audiences; empty: the server's own
};

enum class Verdict { no_opinion, authenticated, error };

struct Result {
  Verdict verdict = Verdict::no_opinion;
  request::Identity identity;           // when authenticated
  std::vector<std::string> audiences;   // those of the wanted ones the credential is good for
  std::string error;                    // for the log, never for the client
  std::vector<std::string> challenges;  // WWW-Authenticate values for a 401 (RFC 9110 11.6.1)
  std::vector<std::string> warnings;    // for the client, with a success
  std::vector<std::pair<std::string, std::string>> annotations;  // audit, whatever the verdict
  std::chrono::nanoseconds cache_for{0};  // how long a success may be reused; see by_token()
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual const std::string& name() const = 0;
  // True when the answer depends on the bearer token and the wanted audiences alone, so that one
  // call may answer several requests and a success may be reused.
  virtual bool by_token() const { return false; }
  virtual base::Task<Result> authenticate(const Credentials& credentials,
                                          request::CallScope& scope) = 0;
};

}  // namespace limen::authn
