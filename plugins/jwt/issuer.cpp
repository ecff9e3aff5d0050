#include "issuer.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "common/jose/json_object.h"

namespace limen::plugins::jwt {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds kTimeout(10);
constexpr std::size_t kMaxConfigurationBytes = 256 * 1024;

std::string text_member(const json::object& object, const char* name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    throw std::runtime_error(std::string("its configuration has no text \"") + name + "\"");
  }
  return std::string(value->get_string());
}

// Where the keys are, by the provider's own word.
std::string jwks_uri_of(std::string_view text, const std::string& issuer) {
  const json::object configuration = jose::parse_object(text);
  if (text_member(configuration, "issuer") != issuer) {
    // OpenID Connect Discovery section 4.3: else one provider could speak for another.
    throw std::runtime_error("its configuration is of another issuer");
  }
  std::string uri = text_member(configuration, "jwks_uri");
  if (!uri.starts_with("https://")) throw std::runtime_error("its jwks_uri is no https URL");
  return uri;
}

void require_answer(const HttpResponse& response) {
  if (response.status != LIMEN_OK) {
    throw std::runtime_error("it cannot be reached: " + std::string(response.error));
  }
  if (response.code != 200) {
    throw std::runtime_error("it answered with status " + std::to_string(response.code));
  }
}

}  // namespace

Issuer::Issuer(Host& host, IssuerOptions options)
    : host_(host),
      options_(std::move(options)),
      fetches_(host.metrics().family<Counter>(
          "key_fetches_total", "Attempts to fetch an issuer's keys.", {"issuer", "outcome"})),
      fetched_at_(host.metrics().family<Gauge>(
          "keys_fetched_timestamp_seconds",
          "When an issuer's keys were fetched last, in seconds since 1970.", {"issuer"})) {}

Result<void> Issuer::start() {
  schedule(0);
  return {};
}

KeysPtr Issuer::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

Verified Issuer::verify(const jose::Jws& jws) const {
  const KeysPtr keys = this->keys();
  if (keys == nullptr) return Verified::unknown_key;
  bool named = false;
  for (const jose::Jwk& one : *keys) {
    if (!jws.key_id.empty() && one.key_id != jws.key_id) continue;
    named = true;
    if (one.key.verify(jws)) return Verified::yes;
  }
  return named ? Verified::no : Verified::unknown_key;
}

Result<void> Issuer::refetch(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = host_.clock().unix_seconds();
    if (!fetching_ && now - last_fetch_ < kMinFetchSeconds) {
      return Error{"the token is signed with a key that the issuer does not have", LIMEN_E_INVALID};
    }
    if (waiting_.size() >= kMaxWaiting) {
      return Error{"too many tokens wait for the issuer's keys", LIMEN_E_UNAVAILABLE};
    }
    waiting_.push_back(std::move(then));
  }
  if (begin_fetch()) fetch();
  return {};
}

// Looks every kMinFetchSeconds whether it is time to fetch again.
void Issuer::schedule(std::int64_t seconds) {
  const Result<void> posted = host_.executor().post_after(std::chrono::seconds(seconds), [this] {
    if (is_due() && begin_fetch()) fetch();
    schedule(kMinFetchSeconds);
  });
  if (!posted.ok()) {
    host_.log().warn("the issuer's keys will not be fetched any more", {{"issuer", options_.url}});
  }
}

bool Issuer::is_due() const {
  const std::lock_guard lock(mutex_);
  const std::int64_t age = host_.clock().unix_seconds() - last_fetch_;
  return age >= (failed_ ? kMinFetchSeconds : options_.refresh_seconds);
}

bool Issuer::begin_fetch() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(fetching_, true)) return false;
  last_fetch_ = host_.clock().unix_seconds();
  return true;
}

Result<void> Issuer::get(const std::string& url, Http::Done done) const {
  HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", "application/json"}};
  request.ca_pem = options_.ca_pem;
  request.ca_file = options_.ca_file;
  request.timeout = kTimeout;
  request.max_response_bytes = std::max(kMaxConfigurationBytes, jose::kMaxKeySetBytes);
  return host_.http().send(request, nullptr, std::move(done));
}

void Issuer::fetch() {
  const Result<void> sent = get(options_.discovery_url, [this](const HttpResponse& response) {
    got_configuration(response);
  });
  if (!sent.ok()) finish(sent.error().message);
}

void Issuer::got_configuration(const HttpResponse& response) {
  try {
    require_answer(response);
    const Result<void> sent = get(jwks_uri_of(response.body, options_.url),
                                  [this](const HttpResponse& keys) { got_keys(keys); });
    if (!sent.ok()) throw std::runtime_error(sent.error().message);
  } catch (const std::exception& error) {
    finish(error.what());
  }
}

void Issuer::got_keys(const HttpResponse& response) {
  try {
    require_answer(response);
    auto keys = std::make_shared<const std::vector<jose::Jwk>>(
        jose::parse_jwks(response.body, options_.algorithms));
    if (keys->empty()) throw std::runtime_error("its key set holds no key that could be used");
    {
      const std::lock_guard lock(mutex_);
      keys_ = std::move(keys);
    }
    finish({});
  } catch (const std::exception& error) {
    finish(error.what());
  }
}

void Issuer::finish(const std::string& error) {
  std::vector<std::function<void()>> waiting;
  bool has_keys = false;
  {
    const std::lock_guard lock(mutex_);
    fetching_ = false;
    failed_ = !error.empty();
    waiting.swap(waiting_);
    has_keys = keys_ != nullptr;
  }
  if (error.empty()) {
    fetches_.with({options_.url, "success"}).add();
    fetched_at_.with({options_.url}).set(static_cast<double>(host_.clock().unix_seconds()));
  } else {
    fetches_.with({options_.url, "failure"}).add();
    host_.log().error(has_keys ? "the issuer's keys cannot be fetched, the last good ones stay"
                               : "the issuer's keys cannot be fetched, its tokens are refused",
                      {{"issuer", options_.url}, {"error", error}});
  }
  for (const auto& one : waiting) one();
}

}  // namespace limen::plugins::jwt
