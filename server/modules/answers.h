// Answers: what the host owes a module instance for questions and writes that end elsewhere (on an
// I/O loop, in the store), each given exactly once on a worker of the instance.
//
// Whoever ends one may do so late, when the instance is long gone: it holds the shared Answers and
// finds nothing to do then. Thread rule: any thread. Lifetime: shared; stop() before the instance's
// code goes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "base/worker_pool.h"
#include "limen/limen.h"

namespace limen::modules {

class Answers {
 public:
  static constexpr std::size_t kMaxOwed = 4096;
  // Given the status: how it ended. Runs a module's code; must not throw.
  using Give = std::function<void(limen_status status)>;

  explicit Answers(base::WorkerPool& workers) : workers_(&workers) {}
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  // A number for finish(); 0 when too much is owed or the instance stops: `give` is not called
  // then.
  std::uint64_t owe(Give give);
  // Gives the answer. One that was given, or cancelled by stop(), is left alone.
  void finish(std::uint64_t number, limen_status status);
  // Forgets what was just owed, uncalled, because the question could not be put (OwedAnswer).
  void take_back(std::uint64_t number);
  // Gives everything that is owed as LIMEN_E_CANCELLED; nothing is owed from now on. Before the
  // workers stop.
  void stop();

 private:
  std::mutex mutex_;
  base::WorkerPool* workers_;  // null: stopped
  std::map<std::uint64_t, Give> owed_;
  std::uint64_t last_ = 0;
};

// One answer from when it is owed until the question is put: should that end in an exception,
// nobody is given it.
class OwedAnswer {
 public:
  OwedAnswer(std::shared_ptr<Answers> answers, Answers::Give give)
      : answers_(std::move(answers)), number_(answers_->owe(std::move(give))) {}
  ~OwedAnswer() {
    if (number_ != 0 && !put_) answers_->take_back(number_);
  }
  OwedAnswer(const OwedAnswer&) = delete;
  OwedAnswer& operator=(const OwedAnswer&) = delete;

  // For Answers::finish(); 0 when it is not owed.
  std::uint64_t number() const { return number_; }
  // The question is put: somebody will finish it.
  void put() { put_ = true; }

 private:
  const std::shared_ptr<Answers> answers_;
  const std::uint64_t number_;
  bool put_ = false;
};

}  // namespace limen::modules
