#include "controllers/token_cleaner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "base/time.h"
#include "catalog/catalog.h"
#include "controllers/deletion.h"
#include "controllers/names.h"
#include "object/metadata.h"
#include "observability/log.h"

namespace limen::controllers {

namespace {

using object::Json;
using std::chrono::nanoseconds;

const storage::ResourceId kSecretResource{"", "secrets"};
constexpr std::string_view kNamespace = "kube-system";
constexpr std::string_view kTokenType = "bootstrap.kubernetes.io/token";

// The wall clock may be set: an expiry that is further away is looked at again meanwhile.
constexpr std::chrono::hours kLongestWait{1};

// How long the token is still good for; nothing when it never expires. What is no time has passed.
std::optional<nanoseconds> time_left(const Json& secret) {
  const Json* const encoded = object::find(secret, {"data", "expiration"});
  if (!encoded || !encoded->is_string() || encoded->get_string().empty()) return std::nullopt;
  const auto text = base::base64_decode(encoded->get_string());
  if (text && text->empty()) return std::nullopt;
  const auto expires = text ? base::parse_time(*text) : std::nullopt;
  const base::SystemTime now = std::chrono::system_clock::now();
  return expires && *expires > now ? nanoseconds(*expires - now) : nanoseconds(0);
}

bool is_token(const Json& secret) {
  const Json* const type = object::find(secret, {"type"});
  return type && type->is_string() && type->get_string() == kTokenType;
}

}  // namespace

TokenCleaner::TokenCleaner(Scope& scope, Objects& objects)
    : objects_(objects),
      queue_(scope, kTokenCleaner, [this](std::string key) { return look(std::move(key)); }),
      secrets_(objects.store(), objects.loop(), kSecretResource,
               [this](const storage::StoredObject& object, bool) {
                 if (object.ns == kNamespace) queue_.add(object.name);
               }) {}

std::string_view TokenCleaner::name() const { return kTokenCleaner; }

void TokenCleaner::stop() {
  secrets_.stop();
  while (!timers_.empty()) forget_timer(timers_.begin()->first);
}

base::Task<bool> TokenCleaner::look(std::string secret) {
  forget_timer(secret);
  const storage::ObjectPtr current =
      objects_.store().get({kSecretResource, std::string(kNamespace), secret});
  if (!current) co_return true;
  const object::Document document = object::Document::parse(current->json);
  if (!is_token(document.root())) co_return true;
  const std::optional<nanoseconds> left = time_left(document.root());
  if (!left) co_return true;
  if (left->count() > 0) {
    look_again(secret, *left);
    co_return true;
  }
  if (object::deletion_timestamp(document.root()).empty()) {
    log::info("an expired bootstrap token is removed", {{"secret", secret}});
  }
  co_await delete_object(objects_, *catalog::find_resource("", "v1", "secrets"), current);
  co_return true;
}

void TokenCleaner::look_again(const std::string& secret, nanoseconds after) {
  const nanoseconds wait = std::min<nanoseconds>(after, kLongestWait);
  timers_[secret] = objects_.loop().post_at(base::SteadyClock::now() + wait, [this, secret] {
    timers_.erase(secret);
    queue_.add(secret);
  });
}

void TokenCleaner::forget_timer(const std::string& secret) {
  const auto found = timers_.find(secret);
  if (found == timers_.end()) return;
  objects_.loop().cancel_timer(found->second);
  timers_.erase(found);
}

}  // namespace limen::controllers
