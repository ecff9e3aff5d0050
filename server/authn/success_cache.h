// SuccessCache: one call to an authenticator for all requests that come with one token (row A5).
//
// Requests that arrive while a token is being judged wait for that judgement; a success is reused
// for as long as the module said, at most `longest`; a failure is never reused. The call belongs to
// no request: when the client that caused it goes, the others still get their answer. Tokens are
// kept as HMACs under a key of this cache. Any thread. One cache a chain, so that a new
// configuration begins with an empty one.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "authn/authenticator.h"

namespace limen::authn {

struct SuccessCacheOptions {
  std::size_t capacity = 4096;
  std::chrono::nanoseconds longest = std::chrono::seconds(10);
  std::chrono::nanoseconds call_timeout = std::chrono::seconds(30);
};

class SuccessCache {
 public:
  explicit SuccessCache(SuccessCacheOptions options = {});
  ~SuccessCache();
  SuccessCache(const SuccessCache&) = delete;
  SuccessCache& operator=(const SuccessCache&) = delete;

  // What `authenticator`, which is by_token() and outlives the chain's requests, says of the
  // credentials' token. Resumes on the scope's loop.
  base::Task<Result> authenticate(std::shared_ptr<Authenticator> authenticator,
                                  const Credentials& credentials, request::CallScope& scope);
  std::size_t size() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // a call under way keeps it
};

}  // namespace limen::authn
