// Writes: a batch becomes one transaction an op, many under way at once.
//
// Each transaction compares the key's revision and puts or removes it. Ops of one key follow each
// other; the lowest ops go first, so that with one transaction at a time revisions follow the
// batch. What surely was not done is tried again over the next endpoint while there is time. Where
// that is not sure, the key is read: our value under a newer revision is our write; a key still at
// the revision expected may be written again, because that revision does not come back, except for
// one that was to be made: a late copy could make it again after somebody removed it. All else is
// told as unknown.
// Thread rule: the loop.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limen/cpp/draft/store.hpp>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "client.h"
#include "follower.h"
#include "health.h"
#include "keys.h"
#include "leases.h"

namespace limen_etcd {

class Writes {
 public:
  Writes(Client& client, Follower& follower, Health& health, const Keys& keys)
      : client_(client), follower_(follower), health_(health), keys_(keys), leases_(client) {}

  void begin(std::shared_ptr<limen::draft::Commit> commit);
  // Answers what is under way with what is known by now: etcd will not say more for a while.
  void give_up(const std::string& why);
  // The same, for good.
  void stop();

 private:
  struct Op {
    std::size_t after = 0;  // the op of the same key that waits for this one; 0: none
    bool sent = false;
    bool uncertain = false;  // one of the tries may have done it, or may do it yet
    bool ended = false;
    bool not_done = false;
    int attempt = 0;
    int leases_lost = 0;
  };
  struct Job {
    std::shared_ptr<limen::draft::Commit> commit;
    std::vector<Op> ops;
    std::vector<std::int64_t> revisions;
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    std::size_t under_way = 0, left = 0, not_done = 0;
    std::int64_t newest = 0;
    std::string error;
    Clock::time_point deadline;
    bool over = false;  // answered
  };

  const limen_store_op& raw(std::size_t op) const { return job_->commit->ops()[op]; }
  void begin_next();
  void pump();
  void send(std::size_t op);
  void transact(std::size_t op, std::int64_t lease);
  void on_answer(std::size_t op, std::int64_t lease, const Failure* failure,
                 const rpc::TxnResponse& answer);
  void retry(std::size_t op, const Failure& failure);
  // Reads the key of an op whose outcome is not known.
  void resolve(std::size_t op, const std::string& why);
  void on_read(std::size_t op, const std::string& why, const rpc::RangeResponse& answer);
  void end_op(std::size_t op, std::int64_t revision);
  void end_unknown(std::size_t op, const std::string& why);
  void end_not_done(std::size_t op, const std::string& why);
  void end_job();
  void answer(bool told);
  milliseconds time_left() const;
  // Wraps what a call does with its answer: nothing once the job is answered.
  template <class Function>
  auto of_job(Function function) {
    return [job = std::weak_ptr<Job>(job_), function](auto&&... arguments) {
      const auto held = job.lock();
      if (held && !held->over) function(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  Client& client_;
  Follower& follower_;
  Health& health_;
  const Keys& keys_;
  Leases leases_;
  std::shared_ptr<Job> job_;  // the one under way
  std::deque<std::shared_ptr<limen::draft::Commit>> later_;
  bool pumping_ = false;
};

}  // namespace limen_etcd
