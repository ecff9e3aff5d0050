#include "controllers/resource_quotas.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "catalog/custom/custom_catalog.h"
#include "controllers/names.h"
#include "controllers/quota_value.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/writes_under_way.h"

namespace limen::controllers {

namespace {

using object::Json;
using quota::Amounts;
using quota::GroupResource;
using std::chrono::milliseconds;

const storage::ResourceId kQuotas{"", "resourcequotas"};

const storage::ResourceId kDefinitions{"apiextensions.k8s.io", "customresourcedefinitions"};

// A definition is told to everybody; what is served by it is known a little later.
constexpr milliseconds kAfterDefinition{50};
constexpr milliseconds kNow{0};
constexpr milliseconds kPoll{2};  // whether the writes under way have ended

std::string key_of(const storage::StoredObject& object) { return object.ns + "/" + object.name; }

// Of what is not served there are no objects, and to follow it would leave an empty collection in
// the store for ever: a quota may name whatever it likes.
bool is_stored(const GroupResource& of) {
  const catalog::ResourcePtr found = catalog::lookup_any(of.group, of.resource);
  return found && found->stored();
}

// The objects themselves tell what they use; of other resources it is enough to know how many.
bool uses_differ(const GroupResource& of) {
  return quota::is_pods(of) || quota::is_services(of) || quota::is_volume_claims(of) ||
         quota::is_device_claims(of);
}

// Whether what was written of the object may mean that it uses less than before.
bool may_use_less(const GroupResource& of, const storage::StoredObject& object) {
  if (object.revision == object.create_revision) return false;
  if (!quota::is_pods(of)) return uses_differ(of);
  const object::Document document = object::Document::parse(object.json);
  const std::string_view phase = QuotaValue(&document.root()).at("/status/phase").view_or("");
  return phase == "Succeeded" || phase == "Failed";
}

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void set_amounts(Json& status, std::string_view key, const Amounts& amounts) {
  boost::json::object& list = object::object_at(status, key);
  list.clear();
  for (const auto& [name, amount] : amounts) list[name] = amount.to_string();
}

}  // namespace

Amounts reckon_usage(const storage::Store& store, const std::string& ns, const Amounts& hard,
                     const std::vector<quota::ScopeRule>& scopes, std::int64_t now) {
  Amounts out;
  for (const GroupResource& of : quota::resources_counted(hard)) {
    const std::set<std::string> names = quota::names_counted(of, hard);
    for (const std::string& name : names) out.try_emplace(name);
    if (store.count({of.group, of.resource}) == 0) continue;
    storage::ListOptions options;
    options.ns = ns;
    const storage::ListResult list = store.list({of.group, of.resource}, options);
    const auto count = [&](const Amounts& used) {
      for (const auto& [name, amount] : used) {
        if (names.contains(name)) out[name] += amount;
      }
    };
    if (!uses_differ(of)) {
      if (!scopes.empty()) continue;  // these are in none
      const Quantity number = Quantity::whole(static_cast<std::int64_t>(list.objects.size()));
      for (const std::string& name : names) out[name] += number;
      continue;
    }
    for (const storage::ObjectPtr& object : list.objects) {
      const object::Document document = object::Document::parse(object->json);
      const QuotaValue value(&document.root());
      if (quota::in_all_scopes(of, scopes, value)) count(quota::usage(of, value, now));
    }
  }
  return out;
}

// A quota as it is stored.
struct ResourceQuotas::Quota {
  storage::ObjectPtr object;  // null: it has gone
  object::Document document;
  std::vector<quota::ScopeRule> scopes;
  Amounts wanted, hard, used;

  // The status tells what the spec says.
  bool is_settled() const {
    return wanted == hard && QuotaValue(&document.root()).at("/status/used").is_object();
  }
};

ResourceQuotas::ResourceQuotas(Scope& scope, Objects& objects, milliseconds write_time)
    : scope_(scope),
      objects_(objects),
      write_time_(write_time),
      queue_(scope, kResourceQuota, [this](std::string key) { return look(std::move(key)); }),
      quotas_(objects.store(), objects.loop(), kQuotas,
              [this](const storage::StoredObject& object, bool gone) { quota_told(object, gone); }),
      definitions_(objects.store(), objects.loop(), kDefinitions,
                   [this](const storage::StoredObject&, bool) { definition_told(); }) {}

std::string_view ResourceQuotas::name() const { return kResourceQuota; }

void ResourceQuotas::start() {
  quotas_.start();
  definitions_.start();
  arm_all();
}

void ResourceQuotas::stop() {
  quotas_.stop();
  definitions_.stop();
  objects_.loop().cancel_timer(std::exchange(follow_timer_, 0));
  for (const auto& [of, informer] : informers_) informer->stop();
  for (auto& [key, known] : known_) objects_.loop().cancel_timer(std::exchange(known.timer, 0));
  objects_.loop().cancel_timer(std::exchange(timer_, 0));
}

// ---- what may need attention

void ResourceQuotas::quota_told(const storage::StoredObject& object, bool gone) {
  const std::string key = key_of(object);
  if (gone) {
    const auto found = known_.find(key);
    if (found == known_.end()) return;
    objects_.loop().cancel_timer(found->second.timer);
    known_.erase(found);
    return follow();
  }
  const object::Document document = object::Document::parse(object.json);
  const QuotaValue quota(&document.root());
  const auto [there, is_new] = known_.try_emplace(key);
  Known& known = there->second;
  std::string spec = quota["spec"].to_json();
  const bool changed = is_new || known.spec != spec;
  if (changed) {
    known.spec = std::move(spec);
    known.counted = quota::resources_counted(quota::read_amounts(quota.at("/spec/hard")));
    follow();
  }
  ask(key, changed ? kNow : milliseconds(kAfterWrites));
}

void ResourceQuotas::object_told(const GroupResource& of, const storage::StoredObject& object,
                                 bool gone) {
  if (starting_) return;
  const std::string prefix = object.ns + "/";
  std::vector<std::string> concerned;
  for (auto one = known_.lower_bound(prefix); one != known_.end(); ++one) {
    if (!one->first.starts_with(prefix)) break;
    if (one->second.counted.contains(of)) concerned.push_back(one->first);
  }
  if (concerned.empty()) return;
  const bool less = gone || may_use_less(of, object);
  for (const std::string& key : concerned) ask(key, less ? kNow : milliseconds(kAfterWrites));
}

void ResourceQuotas::follow() {
  std::set<GroupResource> wanted;
  for (const auto& [key, known] : known_) {
    std::copy_if(known.counted.begin(), known.counted.end(), std::inserter(wanted, wanted.end()),
                 is_stored);
  }
  for (const GroupResource& of : followed_) {
    if (!wanted.contains(of)) informers_.erase(of);
  }
  for (const GroupResource& of : wanted) {
    if (followed_.contains(of)) continue;
    std::unique_ptr<Informer>& informer = informers_[of];
    informer = std::make_unique<Informer>(objects_.store(), objects_.loop(),
                                          storage::ResourceId{of.group, of.resource},
                                          [this, of](const storage::StoredObject& object,
                                                     bool gone) { object_told(of, object, gone); });
    starting_ = true;  // whoever counts it is looked at in any case
    informer->start();
    starting_ = false;
    for (const auto& [key, known] : known_) {
      if (known.counted.contains(of)) ask(key, kNow);
    }
  }
  followed_ = std::move(wanted);
}

void ResourceQuotas::definition_told() {
  if (follow_timer_ != 0 || scope_.ending()) return;
  follow_timer_ = objects_.loop().post_at(base::SteadyClock::now() + kAfterDefinition, [this] {
    follow_timer_ = 0;
    follow();
  });
}

void ResourceQuotas::ask(const std::string& key, milliseconds delay) {
  const auto found = known_.find(key);
  if (found == known_.end() || scope_.ending()) return;
  Known& known = found->second;
  const base::Deadline now = base::SteadyClock::now();
  const base::Deadline due = std::max<base::Deadline>(now + delay, known.not_before);
  if (known.timer != 0) {
    if (known.due <= due) return;
    objects_.loop().cancel_timer(std::exchange(known.timer, 0));
  }
  if (due <= now) return queue_.add(key);
  known.due = due;
  known.timer = objects_.loop().post_at(due, [this, key] {
    known_.at(key).timer = 0;
    queue_.add(key);
  });
}

void ResourceQuotas::ask_all() {
  for (const auto& [key, known] : known_) ask(key, kNow);
}

void ResourceQuotas::arm_all() {
  timer_ = objects_.loop().post_at(base::SteadyClock::now() + kEvery, [this] {
    follow();
    ask_all();
    arm_all();
  });
}

// ---- looking at one

ResourceQuotas::Quota ResourceQuotas::read(const std::string& key) const {
  Quota out;
  const std::size_t slash = key.find('/');
  out.object = objects_.store().get({kQuotas, key.substr(0, slash), key.substr(slash + 1)});
  if (!out.object) return out;
  out.document = object::Document::parse(out.object->json);
  const QuotaValue root(&out.document.root());
  out.scopes = quota::scope_rules(root);
  out.wanted = quota::read_amounts(root.at("/spec/hard"));
  out.hard = quota::read_amounts(root.at("/status/hard"));
  out.used = quota::read_amounts(root.at("/status/used"));
  return out;
}

Amounts ResourceQuotas::reckon(const Quota& quota) {
  const base::Deadline began = base::SteadyClock::now();
  Amounts out =
      reckon_usage(objects_.store(), quota.object->ns, quota.wanted, quota.scopes, seconds_now());
  const base::Deadline now = base::SteadyClock::now();
  const auto known = known_.find(key_of(*quota.object));
  if (known != known_.end()) known->second.not_before = now + (now - began) * (kShare - 1);
  return out;
}

base::Task<bool> ResourceQuotas::look(std::string key) {
  Quota quota = read(key);
  if (!quota.object) co_return true;
  Amounts used = reckon(quota);
  if (!quota.is_settled()) {
    // Writes wait for this one, so it waits for none: what was charged already stays charged, and
    // what is exactly used is found out next.
    for (const auto& [name, amount] : quota.used) {
      const auto there = used.find(name);
      if (there != used.end() && there->second < amount) there->second = amount;
    }
    if (!co_await write(std::move(quota), std::move(used))) co_return false;
    ask(key, kNow);
    co_return true;
  }
  if (used == quota.used) {
    forget_doubt(key);
    co_return true;
  }
  if (!is_time_to_correct(key, quota)) co_return true;
  if (waiting_ >= kMostWaiting) {
    ask(key, kAfterWrites);
    co_return true;
  }
  std::string ns = quota.object->ns;
  co_await writes_end(std::move(ns));
  if (write_time_.count() > 0) co_return co_await correct_among_others(std::move(key));
  used = reckon(quota);
  if (used == quota.used) co_return true;
  co_return co_await write(std::move(quota), std::move(used));
}

bool ResourceQuotas::is_time_to_correct(const std::string& key, const Quota& quota) {
  if (write_time_.count() == 0) return true;
  const auto found = known_.find(key);
  if (found == known_.end()) return false;
  Known& known = found->second;
  const base::Deadline now = base::SteadyClock::now();
  if (!known.doubtful) {
    known.doubtful = quota.used;
    known.doubtful_since = now;
  }
  const base::Deadline due = known.doubtful_since + write_time_;
  if (now >= due) return true;
  ask(key, std::chrono::ceil<milliseconds>(due - now));
  return false;
}

void ResourceQuotas::forget_doubt(const std::string& key) {
  const auto found = known_.find(key);
  if (found != known_.end()) found->second.doubtful.reset();
}

// What was charged until the doubt began is stored by now, or never will be: what of that is more
// than the objects use is given back. Charges since then count in full, stored or not; so what is
// written is never less than what is used and what may still come.
base::Task<bool> ResourceQuotas::correct_among_others(std::string key) {
  constexpr int kTries = 10;  // charges may come between
  for (int left = kTries; left > 0; --left) {
    const auto known = known_.find(key);
    if (known == known_.end() || !known->second.doubtful) co_return true;
    const Amounts before = *known->second.doubtful;
    Quota quota = read(key);
    if (!quota.object) co_return true;
    const Amounts stored = reckon(quota);
    bool changed = !quota.is_settled();
    Amounts used = quota.used;
    for (auto& [name, amount] : used) {
      const auto was = before.find(name);
      const auto is = stored.find(name);
      changed = changed || was == before.end() || is == stored.end() || amount < was->second;
      if (changed) break;
      if (is->second < was->second) amount = amount - (was->second - is->second);
      if (amount < is->second) amount = is->second;
    }
    if (changed) {  // by others, so that nothing can be said of it; it is looked at anew
      forget_doubt(key);
      co_return false;
    }
    if (used == quota.used || co_await write(std::move(quota), std::move(used))) {
      forget_doubt(key);
      ask(key, kAfterWrites);
      co_return true;
    }
  }
  co_return false;
}

// False when somebody else has written it meanwhile.
base::Task<bool> ResourceQuotas::write(Quota quota, Amounts used) {
  Json changed = object::mutable_copy(quota.document.root());
  object::object_at(changed, "status");
  Json& status = changed.get_object()["status"];
  set_amounts(status, "hard", quota.wanted);
  set_amounts(status, "used", used);
  storage::Key place{kQuotas, quota.object->ns, quota.object->name};
  co_return co_await objects_.update(std::move(place), quota.object->revision, std::move(changed));
}

// Waits for the writes to the namespace that are under way.
base::Task<void> ResourceQuotas::writes_end(std::string ns) {
  const registry::WritesUnderWay& writes = registry::writes_under_way();
  const std::uint64_t mark = writes.mark();
  ++waiting_;
  while (!scope_.ending() && !writes.ended(ns, mark)) co_await scope_.sleep(kPoll);
  --waiting_;
}

}  // namespace limen::controllers
