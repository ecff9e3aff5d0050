#include "controllers/election.h"

#include <algorithm>
#include <utility>

#include "base/time.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "observability/log.h"

namespace limen::controllers {

namespace {

using object::Json;
using std::chrono::milliseconds;

const storage::ResourceId kLeases{"coordination.k8s.io", "leases"};
constexpr std::string_view kHome = "kube-system";
constexpr std::string_view kLease = "limen-housekeeping";
constexpr std::string_view kBroughtUp = "limen.io/brought-up";
// Others that change the lease can make a holder write again at once, but not without end.
constexpr int kAtOnce = 3;

storage::Key place() { return {kLeases, std::string(kHome), std::string(kLease)}; }

std::int64_t whole_seconds(milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

std::string now() { return base::format_micro_time(std::chrono::system_clock::now()); }

}  // namespace

struct Election::Record {
  std::string holder;
  std::int64_t seconds = 0, transitions = 0;
  std::string acquired;

  static Record read(const Json& lease) {
    Record record;
    const Json* const spec = object::member(lease, "spec");
    if (!spec) return record;
    record.holder = object::text_at(*spec, "holderIdentity");
    record.acquired = object::text_at(*spec, "acquireTime");
    record.seconds = object::int_or(object::member(*spec, "leaseDurationSeconds"), 0);
    record.transitions = object::int_or(object::member(*spec, "leaseTransitions"), 0);
    return record;
  }
  static Record of(const storage::ObjectPtr& current) {
    return current ? read(object::Document::parse(current->json).root()) : Record();
  }
};

Election::Election(Scope& scope, Objects& objects, std::string identity, ElectionTiming timing,
                   Changed changed, std::function<void()> seen)
    : scope_(scope),
      objects_(objects),
      identity_(std::move(identity)),
      timing_(timing),
      changed_(std::move(changed)),
      seen_(std::move(seen)),
      leases_(
          objects.store(), objects.loop(), kLeases,
          [this](const storage::StoredObject& lease, bool) {
            if (lease.name == kLease) lease_written();
          },
          std::string(kHome)) {}

void Election::start() {
  leases_.start();
  scope_.spawn(kLease, run());
}

void Election::stop() {
  leases_.stop();
  objects_.loop().cancel_timer(std::exchange(deadline_, 0));
}

base::Task<void> Election::run() {
  while (!scope_.ending() && !left_) {
    co_await attempt();
    co_await scope_.sleep(timing_.retry);
  }
}

void Election::lease_written() {
  const storage::ObjectPtr current = objects_.store().get(place());
  observe(current);
  const Record record = Record::of(current);
  const bool ours = record.holder == identity_;
  if (leads_ && !ours && !record.holder.empty()) lose("another server holds the lease");
  if (record.holder.empty() && !left_ && !scope_.ending()) scope_.spawn(kLease, attempt());
  seen_();
}

void Election::observe(const storage::ObjectPtr& current) {
  const storage::Revision revision = current ? current->revision : 0;
  if (revision == observed_) return;
  observed_ = revision;
  observed_at_ = base::SteadyClock::now();
}

bool Election::is_anothers(const Record& record) const {
  if (record.holder.empty() || record.holder == identity_) return false;
  const bool usual = record.seconds == whole_seconds(timing_.duration);
  const milliseconds counts =
      usual ? timing_.duration : milliseconds(std::chrono::seconds(record.seconds));
  return base::SteadyClock::now() < observed_at_ + counts;
}

// One at a time, however many want it.
base::Task<void> Election::attempt() {
  again_ = true;
  if (attempting_) co_return;
  attempting_ = true;
  for (int left = kAtOnce; left > 0 && again_ && !left_; --left) {
    again_ = false;
    std::string problem;
    try {
      co_await attempt_once();
      failing_ = false;
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (problem.empty() || std::exchange(failing_, true)) continue;
    log::warn("the housekeeping lease cannot be written", {{"error", problem}});
  }
  attempting_ = false;
  if (end_of_attempt_) end_of_attempt_->set(true);
}

base::Task<void> Election::attempt_once() {
  const base::Deadline sent = base::SteadyClock::now();
  storage::ObjectPtr current = objects_.store().get(place());
  observe(current);
  Record record = Record::of(current);
  if (is_anothers(record)) {
    if (leads_) lose("another server holds the lease");
    co_return;
  }
  if (record.holder != identity_) {
    if (current) ++record.transitions;
    record.acquired = now();
  }
  record.holder = identity_;
  record.seconds = whole_seconds(timing_.duration);
  if (co_await write(std::move(current), std::move(record))) {
    hold(sent);
  } else {
    again_ = leads_;  // what came between may have been no server at all
  }
}

base::Task<bool> Election::write(storage::ObjectPtr current, Record record) {
  Json lease = boost::json::object();
  if (current) {
    lease = object::mutable_copy(object::Document::parse(current->json).root());
  } else {
    object::set_type(lease, "coordination.k8s.io/v1", "Lease");
    object::set_metadata(lease, "name", kLease);
    object::set_metadata(lease, "namespace", kHome);
  }
  if (brought_up_) {
    Json& metadata = *object::member(lease, "metadata");
    object::object_at(metadata, "annotations")[kBroughtUp] = "true";
  }
  boost::json::object& spec = object::object_at(lease, "spec");
  spec["holderIdentity"] = record.holder;
  spec["leaseDurationSeconds"] = record.seconds;
  spec["acquireTime"] = record.acquired;
  spec["renewTime"] = now();
  spec["leaseTransitions"] = record.transitions;
  storage::Key key = place();
  if (!current) co_return co_await objects_.create(std::move(key), std::move(lease));
  co_return co_await objects_.update(std::move(key), current->revision, std::move(lease));
}

void Election::hold(base::Deadline sent) {
  if (left_) return;
  const base::Deadline until = sent + timing_.deadline;
  // An answer that was long on its way says nothing about now.
  if (base::SteadyClock::now() >= until) {
    again_ = true;
    return;
  }
  objects_.loop().cancel_timer(deadline_);
  deadline_ = objects_.loop().post_at(until, [this] {
    deadline_ = 0;
    lose("it could not be renewed in time");
  });
  if (std::exchange(leads_, true)) return;
  log::info("this server does the housekeeping now", {{"holder", identity_}});
  changed_(true);
}

void Election::lose(std::string_view why) {
  objects_.loop().cancel_timer(std::exchange(deadline_, 0));
  if (!std::exchange(leads_, false)) return;
  log::warn("this server does the housekeeping no longer",
            {{"holder", identity_}, {"reason", why}});
  changed_(false);
}

void Election::tell_brought_up() {
  if (std::exchange(brought_up_, true) || is_brought_up()) return;
  scope_.spawn(kLease, attempt());
}

bool Election::is_brought_up() const {
  const storage::ObjectPtr current = objects_.store().get(place());
  if (!current) return false;
  const object::Document document = object::Document::parse(current->json);
  const Json* const says = object::find(document.root(), {"metadata", "annotations", kBroughtUp});
  return says != nullptr && says->is_string() && says->get_string() == "true";
}

base::Task<void> Election::leave() {
  left_ = true;
  if (attempting_) {
    end_of_attempt_ = std::make_unique<base::OneShot<bool>>(objects_.loop());
    co_await *end_of_attempt_;
  }
  objects_.loop().cancel_timer(std::exchange(deadline_, 0));
  leads_ = false;
  storage::ObjectPtr current = objects_.store().get(place());
  Record record = Record::of(current);
  if (record.holder != identity_) co_return;
  record.holder.clear();
  record.seconds = 1;
  record.acquired = now();
  try {
    co_await write(std::move(current), std::move(record));
  } catch (const std::exception& error) {
    log::warn("the housekeeping lease could not be given up", {{"error", error.what()}});
  }
}

}  // namespace limen::controllers
