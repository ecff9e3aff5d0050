// Election: which of several servers on one store does the housekeeping.
//
// The holder of the Lease kube-system/limen-housekeeping (coordination.k8s.io/v1) leads. Record and
// rules are those of client-go's leader election: the holder renews; a follower takes the lease
// when *it* has seen no change of it for as long as it counts, whatever clocks say; a lease that
// was given up is taken at once. Every step is a compare-and-swap, so there are never two holders,
// and a holder that cannot renew stops leading before others may begin: at the deadline, counted
// from when the last renewal was sent.
//
// Thread rule: the loop's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/task.h"
#include "controllers/informer.h"
#include "controllers/objects.h"
#include "controllers/scope.h"

namespace limen::controllers {

struct ElectionTiming {
  std::chrono::milliseconds duration{15'000};  // how long a lease counts that nobody renews
  std::chrono::milliseconds deadline{10'000};  // when a holder that cannot renew gives up
  std::chrono::milliseconds retry{2'000};      // between two tries, and two renewals
};

class Election {
 public:
  // Told when this server begins to lead, and when it does no longer.
  using Changed = std::function<void(bool leads)>;

  // `identity` is this process and no other. `seen` is called when the lease was written by
  // anybody.
  Election(Scope& scope, Objects& objects, std::string identity, ElectionTiming timing,
           Changed changed, std::function<void()> seen);

  void start();
  void stop();

  bool leads() const { return leads_; }
  // Has the lease say that what a fresh store needs is there; the holder's to call.
  void tell_brought_up();
  // Whether it says so.
  bool is_brought_up() const;
  // Takes part no more. The lease is given up if it is held, so that another server takes it at
  // once; what the holder alone may do must have ended. Once, while the scope's tasks still end.
  base::Task<void> leave();

 private:
  struct Record;

  base::Task<void> run();
  base::Task<void> attempt();
  base::Task<void> attempt_once();
  void lease_written();
  void observe(const storage::ObjectPtr& current);
  bool is_anothers(const Record& record) const;
  base::Task<bool> write(storage::ObjectPtr current, Record record);
  void hold(base::Deadline sent);
  void lose(std::string_view why);

  Scope& scope_;
  Objects& objects_;
  const std::string identity_;
  const ElectionTiming timing_;
  const Changed changed_;
  const std::function<void()> seen_;
  Informer leases_;
  bool leads_ = false;
  bool brought_up_ = false;
  bool left_ = false;
  bool attempting_ = false, again_ = false;
  bool failing_ = false;                                 // the last try could not write
  std::unique_ptr<base::OneShot<bool>> end_of_attempt_;  // for leave()
  storage::Revision observed_ = -1;                      // of the lease; 0: there was none
  base::Deadline observed_at_{};
  base::Executor::TimerId deadline_ = 0;
};

}  // namespace limen::controllers
