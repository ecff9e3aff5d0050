// Accounts: charges writes to the quotas of their namespace before they are allowed.
//
// What is used stands in the status of each quota, and is raised there by compare-and-swap: whoever
// else charges the same quota, on whatever server, no amount is given out twice. All writes of one
// namespace that wait are judged and charged together, one after another, with one write per quota;
// a namespace's next batch begins when the last one has ended. A quota that was changed meanwhile
// is read again, and the writes it concerns are judged anew.
//
// Thread rule: any thread. Lifetime: the plugin's; stop() when it stops.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "judgement.h"
#include "limen/cpp/admission.hpp"
#include "limited.h"
#include "quota.h"

namespace limen::resource_quota {

class Accounts {
 public:
  // How often a charge is tried before the write is refused as a conflict. Where several servers
  // charge one quota all the time, each has its turn as often as the others.
  static constexpr int kTries = 40;
  // How long a write waits for housekeeping to take over what a new or changed quota says.
  static constexpr std::chrono::milliseconds kPatience{1000};
  static constexpr std::chrono::milliseconds kLookAgain{10};
  // Who is told of a conflict knows the newest state as soon as whoever was first, and has the best
  // chance then; waiting begins when many tries have failed. Times the number of such tens.
  static constexpr std::chrono::milliseconds kAfterConflict{5};
  static constexpr int kAtOnce = 10;

  Accounts(Host& host, const Limited& limited) : host_(host), limited_(limited) {}
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  // Judges and charges the write, and completes its call.
  void take(Deferred<AdmissionCall> call);
  // Fails what waits; nothing is charged any more.
  void stop();

 private:
  struct Waiter {
    Deferred<AdmissionCall> call;
    std::set<std::size_t> charged;  // the quotas of this try, by their places
    bool covered = false;           // an earlier try found that nothing is uncovered
  };
  // The writes of one namespace that are charged together.
  struct Round {
    std::string ns;
    std::vector<Waiter> waiters;  // those that are not complete
    std::vector<Quota> quotas;    // of this try, with its charges
    std::set<std::string> again;  // by name, the only ones to be tried again; empty: all
    int tries = 0;
    std::chrono::nanoseconds began{0};

    std::mutex mutex;                           // of what follows
    std::size_t open = 0;                       // writes to quotas that have not ended
    std::map<std::size_t, limen_status> ended;  // by the quota's place
  };
  using RoundPtr = std::shared_ptr<Round>;
  struct Space {
    std::vector<Waiter> waiting;
  };

  // Begins the namespace's next rounds, until one takes its time or nothing waits.
  void go_on(const std::string& ns);
  // The steps of a round. True when it has ended; else it goes on by itself.
  bool attempt(const RoundPtr& round);
  bool attempt_once(const RoundPtr& round);
  bool write(const RoundPtr& round);
  bool settle(const RoundPtr& round);
  void step(const RoundPtr& round, bool (Accounts::*next)(const RoundPtr&));
  // False when that is not possible.
  bool attempt_later(const RoundPtr& round, std::chrono::milliseconds delay);

  Result<std::vector<Quota>> read(const Round& round) const;
  bool has_to_wait(Round& round) const;
  void judge_all(Round& round) const;
  static void fail_all(Round& round, const Error& error);

  Host& host_;
  const Limited& limited_;
  std::mutex mutex_;
  std::map<std::string, Space> spaces_;  // namespaces with a round under way
  bool stopped_ = false;
};

}  // namespace limen::resource_quota
