#include "authn/success_cache.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "observability/metrics.h"

namespace limen::authn {

namespace {

using Key = std::array<unsigned char, 32>;
using ResultPtr = std::shared_ptr<const Result>;

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::size_t hash = 0;
    std::copy_n(key.begin(), sizeof(hash), reinterpret_cast<unsigned char*>(&hash));
    return hash;
  }
};

// A call under way, with copies of what it goes by: the request that caused it may end before.
struct Flight {
  Flight(base::Executor& loop, base::Deadline deadline) : scope(loop, deadline) {}
  ~Flight() { OPENSSL_cleanse(token.data(), token.size()); }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  Key key{};
  std::string token;
  std::vector<std::string> audiences;
  Credentials credentials;
  request::CallScope scope;
  std::shared_ptr<Authenticator> authenticator;
  std::vector<base::OneShot<ResultPtr>> waiting;
};
using FlightPtr = std::shared_ptr<Flight>;

struct Counts {
  metrics::Counter& hits;
  metrics::Counter& misses;
  metrics::Counter& fetched;
  metrics::Counter& failed;
  metrics::Gauge& active;
};

const Counts& counts() {
  static auto& requests =
      metrics::counter("authentication_token_cache_request_total",
                       "Token authentications by whether the success was known.", {"status"});
  static auto& fetches =
      metrics::counter("authentication_token_cache_fetch_total",
                       "Token authentications that a module was asked for.", {"status"});
  static auto& active = metrics::gauge("authentication_token_cache_active_fetch_count",
                                       "Token authentications under way.", {"status"});
  static const Counts all{requests.with({"hit"}), requests.with({"miss"}), fetches.with({"ok"}),
                          fetches.with({"error"}), active.with({"in_flight"})};
  return all;
}

}  // namespace

class SuccessCache::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(SuccessCacheOptions options) : options_(options) {
    if (RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1) {
      throw std::runtime_error("no random numbers are available");
    }
  }

  base::Task<Result> authenticate(std::shared_ptr<Authenticator> authenticator,
                                  const Credentials& credentials, request::CallScope& scope) {
    const Key key = key_of(authenticator->name(), credentials);
    const base::OneShot<ResultPtr> answer(scope.loop);
    FlightPtr started;
    {
      const std::lock_guard lock(mutex_);
      if (ResultPtr known = find(key)) {
        counts().hits.add();
        co_return *known;
      }
      const auto [place, fresh] = flights_.try_emplace(key);
      if (fresh)
        place->second = started = make_flight(key, std::move(authenticator), credentials, scope);
      place->second->waiting.push_back(answer);
    }
    counts().misses.add();
    if (started) {
      counts().active.add(1);
      base::spawn(fly(shared_from_this(), started), [](std::exception_ptr) {});
    }
    const ResultPtr result = co_await answer;
    co_return *result;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return known_.size();
  }

 private:
  struct Known {
    Key key;
    ResultPtr result;
    base::Deadline until;
  };

  // Each part with its length before it, so that no two credentials run together.
  Key key_of(const std::string& module, const Credentials& credentials) const {
    std::string text;
    const auto append = [&text](std::string_view part) {
      text += std::to_string(part.size()) + ":";
      text += part;
    };
    append(module);
    append(credentials.bearer_token);
    for (const std::string& audience : credentials.audiences) append(audience);
    Key key{};
    unsigned length = 0;
    const bool good = HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
                           reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                           key.data(), &length) != nullptr;
    OPENSSL_cleanse(text.data(), text.size());
    if (!good) throw std::runtime_error("HMAC-SHA256 failed");
    return key;
  }

  FlightPtr make_flight(const Key& key, std::shared_ptr<Authenticator> authenticator,
                        const Credentials& credentials, request::CallScope& scope) const {
    static const transport::RequestHead no_headers;
    static const transport::PeerInfo nobody;
    const auto limit =
        std::chrono::duration_cast<base::SteadyClock::duration>(options_.call_timeout);
    auto flight = std::make_shared<Flight>(scope.loop, base::SteadyClock::now() + limit);
    flight->key = key;
    flight->token = credentials.bearer_token;
    flight->credentials.bearer_token = flight->token;
    flight->audiences.assign(credentials.audiences.begin(), credentials.audiences.end());
    flight->credentials.audiences = flight->audiences;
    flight->credentials.head = &no_headers;
    flight->credentials.peer = &nobody;
    flight->authenticator = std::move(authenticator);
    return flight;
  }

  // Static, with copies as parameters: it outlives whoever called it.
  static base::Task<void> fly(std::shared_ptr<Impl> self, FlightPtr flight) {
    auto result = std::make_shared<Result>();
    try {
      *result = co_await flight->authenticator->authenticate(flight->credentials, flight->scope);
    } catch (const std::exception& error) {
      *result = {};
      result->verdict = Verdict::error;
      result->error = error.what();
    }
    self->land(*flight, std::move(result));
  }

  void land(Flight& flight, ResultPtr result) {
    std::vector<base::OneShot<ResultPtr>> waiting;
    {
      const std::lock_guard lock(mutex_);
      waiting.swap(flight.waiting);
      flights_.erase(flight.key);
      if (result->verdict == Verdict::authenticated && result->cache_for.count() > 0) {
        remember(flight.key, result);
      }
    }
    const bool good = result->verdict == Verdict::authenticated;
    (good ? counts().fetched : counts().failed).add();
    counts().active.add(-1);
    for (const auto& one : waiting) one.set(result);
  }

  ResultPtr find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    if (found->second->until <= base::SteadyClock::now()) {
      known_.erase(found->second);
      index_.erase(found);
      return nullptr;
    }
    known_.splice(known_.begin(), known_, found->second);
    return found->second->result;
  }

  void remember(const Key& key, ResultPtr result) {
    const auto time = std::min(result->cache_for, options_.longest);
    known_.push_front(
        {key, std::move(result),
         base::SteadyClock::now() + std::chrono::duration_cast<base::SteadyClock::duration>(time)});
    index_[key] = known_.begin();
    if (known_.size() <= options_.capacity) return;
    index_.erase(known_.back().key);
    known_.pop_back();
  }

  const SuccessCacheOptions options_;
  std::array<unsigned char, 32> secret_{};
  mutable std::mutex mutex_;
  std::list<Known> known_;  // the last used first
  std::unordered_map<Key, std::list<Known>::iterator, KeyHash> index_;
  std::unordered_map<Key, FlightPtr, KeyHash> flights_;
};

SuccessCache::SuccessCache(SuccessCacheOptions options) : impl_(std::make_shared<Impl>(options)) {}
SuccessCache::~SuccessCache() = default;

base::Task<Result> SuccessCache::authenticate(std::shared_ptr<Authenticator> authenticator,
                                              const Credentials& credentials,
                                              request::CallScope& scope) {
  return impl_->authenticate(std::move(authenticator), credentials, scope);
}

std::size_t SuccessCache::size() const { return impl_->size(); }

}  // namespace limen::authn
