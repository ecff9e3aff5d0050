// Issuer: one OpenID provider and the keys it signs with at present.
//
// Its configuration and keys are fetched in the background, again and again, and when a token names
// a key that is not known; but never more often than every kMinFetchSeconds, whatever tokens
// arrive. A provider that is down, slow or talks nonsense leaves the last good keys in use. Thread
// rule: any thread; start() once.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/jose/jwk.h"
#include "options.h"

namespace limen::plugins::jwt {

inline constexpr std::int64_t kMinFetchSeconds = 10;
inline constexpr std::size_t kMaxWaiting = 256;  // tokens that wait for a fetch

using KeysPtr = std::shared_ptr<const std::vector<jose::Jwk>>;

enum class Verified {
  yes,
  no,           // a key of that name, or every key, says no
  unknown_key,  // no key has the token's name, or there are no keys yet
};

class Issuer {
 public:
  Issuer(Host& host, IssuerOptions options);

  const IssuerOptions& options() const { return options_; }
  // Begins to fetch.
  Result<void> start();
  Verified verify(const jose::Jws& jws) const;
  // Calls `then` once the keys have been fetched anew, or at once with an error when that cannot be
  // now: too soon after the last time, or too many wait.
  Result<void> refetch(std::function<void()> then);

 private:
  KeysPtr keys() const;
  void schedule(std::int64_t seconds);
  bool is_due() const;
  bool begin_fetch();
  void fetch();
  void got_configuration(const HttpResponse& response);
  void got_keys(const HttpResponse& response);
  void finish(const std::string& error);
  Result<void> get(const std::string& url, Http::Done done) const;

  Host& host_;
  const IssuerOptions options_;
  Family<Counter> fetches_;
  Family<Gauge> fetched_at_;
  mutable std::mutex mutex_;
  KeysPtr keys_;  // null before the first success
  bool fetching_ = false, failed_ = false;
  std::int64_t last_fetch_ = 0;  // seconds since 1970, of its beginning
  std::vector<std::function<void()>> waiting_;
};

}  // namespace limen::plugins::jwt
