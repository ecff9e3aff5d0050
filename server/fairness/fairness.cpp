#include "fairness/fairness.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fairness/hand.h"
#include "object/metadata.h"
#include "validation/flow_control.h"

namespace limen::fairness {

namespace {

using object::Json;
using validation::find_named;
using validation::flow_control_objects;

// No request takes more than this part of its level's seats.
constexpr double kMostOfLevel = 0.15;

std::uint64_t next_version() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1) + 1;
}

std::int64_t widest_of(const SeatLimits& seats, bool exempt) {
  if (exempt) return kMostSeats;
  const double part = std::ceil(static_cast<double>(seats.nominal) * kMostOfLevel);
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(part), 1, kMostSeats);
}

bool before(const FlowSchema& left, const FlowSchema& right) {
  if (left.precedence() != right.precedence()) return left.precedence() < right.precedence();
  return left.name() < right.name();
}

// The mandatory schemas that are missing among the objects, and the objects.
std::vector<const Json*> with_mandatory(const std::vector<Json>& schemas) {
  std::vector<const Json*> all;
  for (const std::string_view name : {validation::kExempt, validation::kCatchAll}) {
    if (!find_named(schemas, name)) {
      all.push_back(find_named(flow_control_objects().flow_schemas, name));
    }
  }
  for (const Json& schema : schemas) all.push_back(&schema);
  return all;
}

}  // namespace

Flow::Flow(FlowSchema schema_, std::shared_ptr<Level> level_, std::string level_uid_,
           std::int64_t widest_)
    : schema(std::move(schema_)),
      level(std::move(level_)),
      level_uid(std::move(level_uid_)),
      metrics(level->name(), schema.name()),
      hash(schema_hash(schema.name())),
      widest(widest_) {}

const Flow& Snapshot::find(const Digest& digest) const {
  for (const auto& flow : flows)
    if (flow->schema.matches(digest)) return *flow;
  return *catch_all;
}

Fairness::Fairness(Options options) : options_(std::move(options)) { configure({}, {}); }

void Fairness::configure(const std::vector<Json>& schemas, const std::vector<Json>& levels) {
  const std::lock_guard lock(mutex_);
  take_levels(levels);
  share_out();
  publish(schemas);
}

// Levels that are wanted, and those that still serve somebody.
void Fairness::take_levels(const std::vector<Json>& levels) {
  for (auto& [name, kept] : levels_) kept.wanted = false;
  const auto take = [this](const Json& object) {
    const std::optional<LevelSpec> spec = LevelSpec::read(object);
    if (!spec) return;
    Kept& kept = levels_[spec->name];
    if (!kept.level) kept.level = std::make_shared<Level>(spec->name, options_.now);
    kept.spec = *spec;
    kept.wanted = true;
  };
  for (const std::string_view name : {validation::kExempt, validation::kCatchAll}) {
    take(*find_named(flow_control_objects().priority_levels, name));
  }
  for (const Json& object : levels) take(object);
  drop_idle();
}

void Fairness::drop_idle() {
  std::erase_if(levels_, [](const auto& entry) {
    if (entry.second.wanted || !entry.second.level->idle()) return false;
    forget_level(entry.first);
    return true;
  });
}

// A level whose shares give it another number of seats begins with that; others keep what they
// lend or borrow.
void Fairness::share_out() {
  std::vector<const LevelSpec*> specs;
  for (const auto& [name, kept] : levels_) specs.push_back(&kept.spec);
  const std::vector<SeatLimits> divided = divide_seats(options_.server_seats, specs);
  std::size_t next = 0;
  for (auto& [name, kept] : levels_) {
    const SeatLimits seats = divided[next++];
    const bool same = seats.nominal == kept.seats.nominal;
    kept.seats = seats;
    const std::int64_t now =
        same ? std::clamp(kept.level->limit(), std::min(seats.least, seats.most), seats.most)
             : seats.nominal;
    kept.level->configure(kept.spec, now);
    tell_seats(name, seats.nominal, seats.least, seats.most, now);
  }
}

void Fairness::publish(const std::vector<Json>& schemas) {
  auto made = std::make_shared<Snapshot>();
  for (const Json* const object : with_mandatory(schemas)) {
    FlowSchema schema(*object);
    const auto kept = levels_.find(schema.level());
    if (kept == levels_.end() || !kept->second.wanted) continue;
    const Kept& level = kept->second;
    made->flows.push_back(std::make_unique<const Flow>(
        std::move(schema), level.level, level.spec.uid, widest_of(level.seats, level.spec.exempt)));
  }
  std::sort(made->flows.begin(), made->flows.end(), [](const auto& left, const auto& right) {
    return before(left->schema, right->schema);
  });
  for (const auto& flow : made->flows) {
    if (flow->schema.name() == validation::kCatchAll) made->catch_all = flow.get();
  }
  // It is there whatever is stored: its level is, and nobody can have it lead elsewhere.
  if (!made->catch_all) made->catch_all = made->flows.back().get();
  current_ = std::move(made);
  version_.store(next_version(), std::memory_order_release);
}

void Fairness::adjust() {
  const std::lock_guard lock(mutex_);
  drop_idle();
  std::vector<LevelDemand> demands;
  for (auto& [name, kept] : levels_) {
    kept.demand.update(kept.level->take_demand());
    demands.push_back({kept.seats, kept.demand, kept.spec.exempt});
  }
  const std::vector<std::int64_t> lent = lend_seats(demands);
  std::size_t next = 0;
  for (auto& [name, kept] : levels_) {
    // Whoever comes next must not wait for the next look.
    const std::int64_t least = std::min<std::int64_t>(1, kept.seats.nominal);
    const std::int64_t seats = std::max(least, lent[next++]);
    kept.level->limit(seats);
    tell_seats(name, kept.seats.nominal, kept.seats.least, kept.seats.most, seats);
  }
}

const std::shared_ptr<const Snapshot>& Fairness::snapshot() const {
  struct Cached {
    std::uint64_t version = 0;
    std::shared_ptr<const Snapshot> held;
  };
  thread_local Cached cached;
  if (cached.version != version_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    cached.held = current_;
    cached.version = version_.load(std::memory_order_relaxed);
  }
  return cached.held;
}

Decision Fairness::enter(Place& place, const Digest& digest, base::Executor& loop) {
  place.snapshot_ = snapshot();
  const Flow& flow = place.snapshot_->find(digest);
  place.schema_uid_ = flow.schema.uid();
  place.level_uid_ = flow.level_uid;
  const std::string_view distinguisher = flow.schema.distinguisher(digest);
  if (digest.info.verb == "watch") place.watch_ = watches_.add(digest.info);
  return flow.level->enter(
      place, {digest, flow.schema.name(), distinguisher, flow.metrics,
              flow_hash(flow.hash, distinguisher), estimate(digest.info, flow), loop});
}

std::vector<Fairness::LevelState> Fairness::dump(bool with_details) const {
  const std::lock_guard lock(mutex_);
  std::vector<LevelState> all;
  for (const auto& [name, kept] : levels_) {
    all.push_back({kept.level->dump(with_details), !kept.wanted});
  }
  return all;
}

}  // namespace limen::fairness
