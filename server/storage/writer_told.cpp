// What a driver that shares its data tells: changes by whomever, all of it anew, what is confirmed.

#include <utility>

#include "observability/log.h"
#include "observability/metrics.h"
#include "storage/key.h"
#include "storage/writer.h"

namespace limen::storage {

namespace {

struct ConfirmMetrics {
  metrics::Family<metrics::Counter>& confirmations =
      metrics::counter("limen_storage_confirmations_total",
                       "Questions to the store whether memory is as new as it.", {"outcome"});
  metrics::Counter& confirmed = confirmations.with({"confirmed"});
  metrics::Counter& failed = confirmations.with({"failed"});
  metrics::Counter& reads =
      metrics::counter("limen_storage_confirmed_reads_total",
                       "Requests that waited for such a question; several share one.")
          .with({});
  metrics::Histogram& seconds =
      metrics::histogram("limen_storage_confirm_seconds",
                         "Time until the store had answered such a question.")
          .with({});
};

ConfirmMetrics& confirm_metrics() {
  static ConfirmMetrics metrics;
  return metrics;
}

}  // namespace

void Writer::handle_told(ToldChange& change) {
  const auto key = parse_driver_key(change.key);
  if (!key) return log::warn("the store ignores a key that is not ours", {{"key", change.key}});
  if (resync_ == 0) return apply_told(*key, change);
  Draft draft = prepare(key->ns, key->name, change.value);
  if (!draft) {
    return log::warn("the store ignores a value that is no object", {{"key", change.key}});
  }
  draft->form = change.form;
  resynced_[&collections_.at(key->id)].push_back(
      finish(std::move(draft), change.revision, change.created));
}

void Writer::apply_told(const Key& key, ToldChange& change) {
  Collection& collection = collections_.at(key.id);
  ObjectPtr object;
  if (change.removed) {
    object = collection.apply_remove(key.ns, key.name, change.revision);
  } else if (Draft draft = prepare(key.ns, key.name, change.value)) {
    draft->form = change.form;
    object = finish(std::move(draft), change.revision, change.created);
    collection.apply_put(object);
  } else {
    return log::warn("the store ignores a value that is no object", {{"key", change.key}});
  }
  collection.notify();
  if (told_.empty()) return;
  const auto ours = told_.find(change.key);
  if (ours != told_.end()) ours->second.push_back({change.revision, std::move(object)});
}

void Writer::begin_resync(Revision revision) {
  log::warn("the store missed changes and reads all anew",
            {{"revision", std::to_string(revision)}});
  resync_ = revision;
  resynced_.clear();
}

void Writer::end_resync() {
  const Revision revision = std::exchange(resync_, 0);
  // Nobody resumes from before, and nobody reads a state of which parts are missing.
  horizon_.compacted.store(revision - 1);
  collections_.for_each([&](Collection& collection) {
    collection.replace(std::move(resynced_[&collection]), revision);
  });
  resynced_.clear();
  horizon_.published->store(revision, std::memory_order_release);
  collections_.for_each([](Collection& collection) { collection.notify(); });
}

void Writer::confirm(ConfirmOrder& order) {
  waiting_.push_back(std::move(order.done));
  if (asked_.empty()) ask_driver();
}

void Writer::ask_driver() {
  asked_ = std::exchange(waiting_, {});
  asked_at_ = Clock::now();
  driver_.confirm([this](std::string error) { queue_.put(Confirmed{std::move(error)}); });
}

void Writer::confirmed(const std::string& error) {
  const std::chrono::duration<double> took = Clock::now() - asked_at_;
  ConfirmMetrics& metrics = confirm_metrics();
  (error.empty() ? metrics.confirmed : metrics.failed).add();
  metrics.seconds.observe(took.count());
  metrics.reads.add(asked_.size());
  for (const auto& done : std::exchange(asked_, {})) done(error);
  if (!waiting_.empty()) ask_driver();
}

}  // namespace limen::storage
