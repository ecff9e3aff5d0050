#include "storage/writer.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "observability/log.h"
#include "observability/metrics.h"
#include "storage/key.h"

namespace limen::storage {

namespace {

// Changes the driver forgets in one slice; a commit never waits longer than one slice takes.
constexpr std::size_t kCompactSlice = 500;

// What a write gets whose object is not as it expected.
WriteResult refused(const PendingWrite& write, ObjectPtr current) {
  WriteResult result;
  if (write.kind == PendingWrite::Kind::create) {
    result.status = WriteStatus::already_exists;
  } else {
    result.status = current ? WriteStatus::conflict : WriteStatus::not_found;
  }
  result.current = std::move(current);
  return result;
}

}  // namespace

struct Writer::Metrics {
  metrics::Family<metrics::Counter>& writes =
      metrics::counter("limen_storage_writes_total", "Writes by how they ended.", {"outcome"});
  metrics::Counter& stored = writes.with({"stored"});
  metrics::Counter& conflicts = writes.with({"conflict"});
  metrics::Counter& failed = writes.with({"failed"});
  metrics::Histogram& commit_seconds =
      metrics::histogram("limen_storage_commit_seconds",
                         "Time of one durable transaction of the store's driver.")
          .with({});
  metrics::Histogram& batch_writes =
      metrics::histogram("limen_storage_batch_writes", "Writes in one transaction.", {},
                         {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})
          .with({});
  metrics::Gauge& revision =
      metrics::gauge("limen_storage_revision", "The newest durable revision.").with({});
  metrics::Gauge& compacted =
      metrics::gauge("limen_storage_compacted_revision", "History up to here is forgotten.")
          .with({});
};

Writer::Writer(Driver& driver, Collections& collections, Horizon& horizon, WriteQueue& queue,
               const StoreOptions& options, Revision compacted)
    : driver_(driver),
      shared_(driver.shared()),
      collections_(collections),
      horizon_(horizon),
      queue_(queue),
      options_(options),
      metrics_(std::make_unique<Metrics>()),
      window_(options.history, options.history_changes),
      next_look_(Clock::now()),
      driver_compacted_(compacted),
      wanted_compacted_(compacted) {}

Writer::~Writer() = default;

void Writer::start() {
  thread_ = std::thread([this] { run(); });
}

void Writer::join() {
  if (thread_.joinable()) thread_.join();
}

std::string Writer::trouble() const {
  if (const Clock::rep since = waiting_since_.load(); since != 0) {
    const auto waited = Clock::now() - Clock::time_point(Clock::duration(since));
    if (waited > options_.slow_commit) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(waited).count();
      return "a transaction has not ended for " + std::to_string(seconds) + " s";
    }
  }
  const std::lock_guard lock(trouble_mutex_);
  return driver_trouble_.empty() ? trouble_ : driver_trouble_;
}

std::string Writer::driver_trouble() const {
  const std::lock_guard lock(trouble_mutex_);
  return driver_trouble_;
}

void Writer::set_trouble(std::string Writer::*place, std::string trouble) {
  const std::lock_guard lock(trouble_mutex_);
  if (trouble != this->*place) {
    if (trouble.empty()) {
      log::info("the store takes writes again");
    } else {
      log::error("the store cannot write", {{"error", trouble}});
    }
  }
  this->*place = std::move(trouble);
}

void Writer::run() {
  while (true) {
    const bool compacting = !in_flight_ && driver_compacted_ < wanted_compacted_;
    auto taken = queue_.take(!in_flight_, options_.batch_writes, options_.batch_bytes,
                             compacting ? Clock::time_point() : next_look_);
    for (Message& message : taken.messages) handle(message);
    if (!taken.writes.empty()) begin_batch(std::move(taken.writes));
    const auto now = Clock::now();
    const bool many = horizon_.published->load() - looked_at_ > options_.history_changes / 4;
    if (now >= next_look_ || many) look_at_history(now);
    if (!in_flight_ && driver_compacted_ < wanted_compacted_) compact_driver();
    if (taken.closed && !in_flight_ && compact_orders_.empty()) return;
  }
}

void Writer::handle(Message& message) {
  if (auto* const change = std::get_if<ToldChange>(&message)) {
    handle_told(*change);
  } else if (auto* const result = std::get_if<CommitResult>(&message)) {
    finish_batch(*result);
  } else if (auto* const order = std::get_if<ConfirmOrder>(&message)) {
    confirm(*order);
  } else if (auto* const answer = std::get_if<Confirmed>(&message)) {
    confirmed(answer->error);
  } else if (auto* const trouble = std::get_if<DriverTrouble>(&message)) {
    // What failed before is no sign of what will.
    if (trouble->reason.empty()) set_trouble(&Writer::trouble_, {});
    set_trouble(&Writer::driver_trouble_, std::move(trouble->reason));
  } else if (auto* const begin = std::get_if<ResyncBegin>(&message)) {
    begin_resync(begin->revision);
  } else if (std::holds_alternative<ResyncEnd>(message)) {
    end_resync();
  } else {
    auto& compact = std::get<CompactOrder>(message);
    forget_up_to(std::min(compact.revision, horizon_.published->load() - 1));
    if (driver_compacted_ >= wanted_compacted_) return compact.done();
    compact_orders_.push_back(std::move(compact));
  }
}

bool Writer::answer_early(PendingWrite& write) {
  ObjectPtr current = write.collection->get(write.key.ns, write.key.name);
  if ((current ? current->revision : 0) == write.expected) return false;
  metrics_->conflicts.add();
  write.done(refused(write, std::move(current)));
  return true;
}

void Writer::begin_batch(std::vector<PendingWrite> writes) {
  std::unordered_set<std::string_view> keys;
  std::vector<PendingWrite> later;
  batch_.reserve(writes.size());  // keys and ops are views into it
  for (PendingWrite& write : writes) {
    if (keys.contains(write.driver_key)) {
      later.push_back(std::move(write));
    } else if (shared_ || !answer_early(write)) {
      batch_.push_back(std::move(write));
      const PendingWrite& kept = batch_.back();
      keys.insert(kept.driver_key);
      const bool remove = kept.kind == PendingWrite::Kind::remove;
      const auto ttl =
          shared_ && options_.ttl && !remove ? options_.ttl(kept.key.id) : std::chrono::seconds(0);
      ops_.push_back({kept.driver_key, kept.value, kept.expected, remove, ttl});
      if (shared_) told_.try_emplace(kept.driver_key);
    }
  }
  if (!later.empty()) queue_.put_back(std::move(later));
  if (batch_.empty()) return;
  in_flight_ = true;
  batch_began_ = Clock::now();
  waiting_since_.store(batch_began_.time_since_epoch().count());
  metrics_->batch_writes.observe(static_cast<double>(batch_.size()));
  driver_.commit(ops_, [this](CommitResult result) { queue_.put(std::move(result)); });
}

ObjectPtr Writer::apply(PendingWrite& write, Revision revision) {
  if (write.kind == PendingWrite::Kind::remove) {
    return write.collection->apply_remove(write.key.ns, write.key.name, revision);
  }
  Revision created = revision;
  if (write.kind == PendingWrite::Kind::update) {
    const ObjectPtr previous = write.collection->get(write.key.ns, write.key.name);
    if (previous) created = previous->create_revision;
  }
  ObjectPtr object = finish(std::move(write.draft), revision, created);
  write.collection->apply_put(object);
  return object;
}

void Writer::finish_batch(CommitResult& result) {
  const std::chrono::duration<double> took = Clock::now() - batch_began_;
  metrics_->commit_seconds.observe(took.count());
  std::vector<PendingWrite> batch = std::move(batch_);
  batch_.clear();
  ops_.clear();
  in_flight_ = false;
  waiting_since_.store(0);
  if (result.stored && result.revisions.size() != batch.size()) {
    result.stored = false;
    result.error = "the storage driver answered a batch with another number of results";
  }
  set_trouble(&Writer::trouble_, result.stored ? std::string() : result.error);

  std::vector<WriteResult> answers(batch.size());
  std::vector<Collection*> changed;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!result.stored) {
      answers[i].error = result.error;
      metrics_->failed.add();
      continue;
    }
    if (i < result.forms.size() && batch[i].draft) batch[i].draft->form = result.forms[i];
    answers[i] = outcome(batch[i], result.revisions[i], result.error);
    if (answers[i].status == WriteStatus::ok && !shared_) changed.push_back(batch[i].collection);
  }
  told_.clear();
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  for (Collection* const collection : changed) collection->notify();
  metrics_->revision.set(static_cast<double>(horizon_.published->load()));
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(std::move(answers[i]));
}

WriteResult Writer::outcome(PendingWrite& write, OpRevision revision, const std::string& error) {
  WriteResult result;
  if (revision == kUnknownOutcome) {
    result.status = WriteStatus::unknown;
    result.error = error;
    metrics_->failed.add();
    return result;
  }
  if (revision == 0) {
    metrics_->conflicts.add();
    return refused(write, write.collection->get(write.key.ns, write.key.name));
  }
  if (!shared_) {
    result.object = apply(write, revision);
  } else {
    for (const Told& told : told_[write.driver_key]) {
      if (told.revision == revision) result.object = told.object;
    }
  }
  if (result.object) {
    result.status = WriteStatus::ok;
    metrics_->stored.add();
  } else {
    result.status = WriteStatus::unknown;
    result.error = "the storage driver acknowledged a change that it did not tell of";
    metrics_->failed.add();
  }
  return result;
}

void Writer::look_at_history(Clock::time_point now) {
  next_look_ = now + options_.compact_every;
  looked_at_ = horizon_.published->load();
  forget_up_to(window_.look(now, looked_at_));
}

void Writer::forget_up_to(Revision revision) {
  if (revision <= horizon_.compacted.load()) return;
  // Readers are refused first, so that none of them finds half of what it asked for.
  horizon_.compacted.store(revision);
  collections_.for_each([&](Collection& collection) { collection.trim(revision); });
  wanted_compacted_ = revision;
  metrics_->compacted.set(static_cast<double>(revision));
}

void Writer::compact_driver() {
  try {
    if (shared_ && options_.compacts && !options_.compacts()) {
      driver_compacted_ = wanted_compacted_;  // another server's to do
    } else {
      // Commits of a shared driver do not wait for its compaction.
      driver_compacted_ = driver_.compact(
          wanted_compacted_, shared_ ? std::numeric_limits<std::size_t>::max() : kCompactSlice);
    }
  } catch (const DriverError& error) {
    // Nothing is lost by keeping more history; the next look tries again.
    log::warn("the store could not forget old history", {{"error", error.what()}});
    wanted_compacted_ = driver_compacted_;
  }
  if (driver_compacted_ < wanted_compacted_) return;
  for (const CompactOrder& order : compact_orders_) order.done();
  compact_orders_.clear();
}

}  // namespace limen::storage
