// Writer: the one thread that changes the store.
//
// It takes what waits in the queue as one batch, leaves out what memory shows to be impossible,
// gives the rest to the driver as one durable transaction, applies the outcome to the collections
// in revision order, tells the watchers, and only then completes the writes. A key is written once
// in a batch; a second write of it waits for the next, where the first one's outcome is known.
// Between batches it forgets history that is old enough.
//
// Where the driver shares its data, memory changes by what the driver tells and by nothing else: a
// write of our own is applied when it is told, and answered when the driver is done, which comes
// after. Thread rule: construct, start() and join() from one thread; trouble() and driver_trouble()
// from any.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "storage/cached_store.h"
#include "storage/collections.h"
#include "storage/history_window.h"
#include "storage/write_queue.h"

namespace limen::storage {

class Writer {
 public:
  // All outlive the writer. `compacted` is where the driver stands.
  Writer(Driver& driver, Collections& collections, Horizon& horizon, WriteQueue& queue,
         const StoreOptions& options, Revision compacted);
  ~Writer();

  void start();
  // Finishes what is queued; the thread has ended afterwards. The queue must be closed.
  void join();

  std::string trouble() const;
  // What a shared driver says of itself; part of trouble().
  std::string driver_trouble() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Metrics;

  void run();
  void handle(Message& message);
  void begin_batch(std::vector<PendingWrite> writes);
  // True when `write` was answered without the driver.
  bool answer_early(PendingWrite& write);
  void finish_batch(CommitResult& result);
  // The object of a stored write, now in its collection.
  ObjectPtr apply(PendingWrite& write, Revision revision);
  // What became of one op of a batch that was stored.
  WriteResult outcome(PendingWrite& write, OpRevision revision, const std::string& error);

  void handle_told(ToldChange& change);
  void apply_told(const Key& key, ToldChange& change);
  void begin_resync(Revision revision);
  void end_resync();
  void confirm(ConfirmOrder& order);
  void ask_driver();
  void confirmed(const std::string& error);
  void look_at_history(Clock::time_point now);
  void forget_up_to(Revision revision);
  // One slice of the driver's compaction.
  void compact_driver();
  void set_trouble(std::string Writer::*place, std::string trouble);

  Driver& driver_;
  const bool shared_;
  Collections& collections_;
  Horizon& horizon_;
  WriteQueue& queue_;
  const StoreOptions options_;
  std::unique_ptr<Metrics> metrics_;

  HistoryWindow window_;
  Clock::time_point next_look_;
  Revision looked_at_ = 0;  // the newest at the last look
  Revision driver_compacted_;
  Revision wanted_compacted_;
  std::vector<CompactOrder> compact_orders_;

  std::vector<PendingWrite> batch_;  // with the driver
  std::vector<DriverOp> ops_;
  // Of a shared driver: the places of the batch by key, and what was told of those keys since.
  struct Told {
    Revision revision;
    ObjectPtr object;
  };
  std::unordered_map<std::string_view, std::vector<Told>> told_;
  Clock::time_point batch_began_;
  bool in_flight_ = false;

  using Confirmations = std::vector<std::function<void(std::string error)>>;
  Confirmations asked_;    // the driver, for these
  Confirmations waiting_;  // for the next question
  Clock::time_point asked_at_;

  // All there is at `resync_`, while the driver tells it; 0: it tells changes.
  Revision resync_ = 0;
  std::unordered_map<Collection*, std::vector<ObjectPtr>> resynced_;

  // When the transaction under way began, in ticks of Clock; 0: there is none.
  std::atomic<Clock::rep> waiting_since_{0};
  mutable std::mutex trouble_mutex_;
  std::string trouble_;         // of the last transaction
  std::string driver_trouble_;  // that the driver told of
  std::thread thread_;
};

}  // namespace limen::storage
