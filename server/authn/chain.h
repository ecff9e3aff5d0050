// The authenticator chain: the first that succeeds says who the request comes from.
//
// Rules of Kubernetes' union (rows A1 to A6): an error in one does not stop the chain and is never
// told to the client; a presented but bad credential never becomes anonymous;
// a revoked credential authenticates nobody; `system:authenticated` is added to everybody but the
// anonymous. One chain per generation; immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authn/authenticator.h"
#include "authn/revocations.h"
#include "authn/success_cache.h"

namespace limen::authn {

// The id of the module that answers for requests without a credential; it is asked last and only
// when none was presented, wherever it stands in the list.
inline constexpr std::string_view kAnonymousModule = "anonymous";

struct Entry {
  std::shared_ptr<Authenticator> authenticator;
  bool anonymous = false;  // made from the module `anonymous`
};

struct Outcome {
  bool authenticated = false;
  request::Identity identity;
  std::vector<std::string> audiences;
  std::string by;                       // the instance that succeeded
  std::vector<std::string> errors;      // "name: text", for the log and audit
  std::vector<std::string> challenges;  // what a 401 asks for, in the chain's order
};

// The audience a credential without audiences is good for when nothing else is said.
inline constexpr std::string_view kDefaultAudience = "https://kubernetes.default.svc.cluster.local";

struct ChainOptions {
  const Revocations* revocations = nullptr;  // null: none; outlives the chain
  // What this API calls itself in tokens: credentials bound to no audience are good for these.
  std::vector<std::string> api_audiences = {std::string(kDefaultAudience)};
  // True: every credential must be good for one of them. False: what they are is the modules' to
  // know, and a module is asked for other audiences only.
  bool asks_for_audiences = false;
};

class Chain {
 public:
  Chain() = default;
  explicit Chain(std::vector<Entry> entries, ChainOptions options = {});

  base::Task<Outcome> authenticate(const Credentials& presented, request::CallScope& scope) const;
  bool empty() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  base::Task<Result> ask(const Entry& entry, const Credentials& credentials,
                         request::CallScope& scope) const;

  std::vector<Entry> entries_;
  ChainOptions options_;
  std::shared_ptr<SuccessCache> successes_;  // null when no module answers by token alone
};

}  // namespace limen::authn
