#include "accounts.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace limen::resource_quota {

namespace {

const Error& stopping() {
  static const Error kError{"the module stops", LIMEN_E_CANCELLED};
  return kError;
}

std::string conflict_text(const std::string& quota) {
  return "Operation cannot be fulfilled on resourcequotas \"" + quota +
         "\": the object has been modified; please apply your changes to the latest version and "
         "try again";
}

}  // namespace

void Accounts::take(Deferred<AdmissionCall> call) {
  const std::string ns(call->attributes().ns());
  bool is_first = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!stopped_) {
      const auto [space, is_new] = spaces_.try_emplace(ns);
      space->second.waiting.push_back({std::move(call), {}, false});
      is_first = is_new;
    }
  }
  call.complete(stopping());  // unless it has been taken
  if (is_first) go_on(ns);
}

void Accounts::stop() {
  std::vector<Waiter> waiting;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    for (auto& [ns, space] : spaces_) {
      std::move(space.waiting.begin(), space.waiting.end(), std::back_inserter(waiting));
      space.waiting.clear();
    }
  }
  for (Waiter& waiter : waiting) waiter.call.complete(stopping());
}

void Accounts::go_on(const std::string& ns) {
  while (true) {
    const auto round = std::make_shared<Round>();
    round->ns = ns;
    round->began = host_.clock().monotonic();
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto space = spaces_.find(ns);
      if (space->second.waiting.empty()) {
        spaces_.erase(space);
        return;
      }
      round->waiters.swap(space->second.waiting);
    }
    if (!attempt(round)) return;
  }
}

// Goes on with a round from a thread of the host.
void Accounts::step(const RoundPtr& round, bool (Accounts::*next)(const RoundPtr&)) {
  if ((this->*next)(round)) go_on(round->ns);
}

bool Accounts::attempt_later(const RoundPtr& round, std::chrono::milliseconds delay) {
  return host_.executor()
      .post_after(delay, [this, round] { step(round, &Accounts::attempt); })
      .ok();
}

// Whatever goes wrong, the writes are answered and the namespace goes on.
bool Accounts::attempt(const RoundPtr& round) {
  try {
    return attempt_once(round);
  } catch (const std::exception& error) {
    fail_all(*round, {error.what()});
    return true;
  }
}

bool Accounts::attempt_once(const RoundPtr& round) {
  Result<std::vector<Quota>> quotas = read(*round);
  if (!quotas.ok()) {
    fail_all(*round, quotas.error());
    return true;
  }
  round->quotas = std::move(quotas).value();
  if (has_to_wait(*round) && attempt_later(round, kLookAgain)) return false;
  judge_all(*round);
  return round->waiters.empty() || write(round);
}

Result<std::vector<Quota>> Accounts::read(const Round& round) const {
  std::vector<Quota> out;
  const auto listed =
      host_.objects().list("", "resourcequotas", round.ns, "", [&](const Node& object) {
        Quota quota = read_quota(object);
        // One that has gone since allows everything.
        if (round.again.empty() || round.again.contains(quota.name))
          out.push_back(std::move(quota));
        return true;
      });
  if (!listed.ok()) return listed.error();
  return out;
}

bool Accounts::has_to_wait(Round& round) const {
  if (host_.clock().monotonic() - round.began >= kPatience) return false;
  return std::any_of(round.quotas.begin(), round.quotas.end(), [&](const Quota& quota) {
    return std::any_of(round.waiters.begin(), round.waiters.end(),
                       [&](Waiter& waiter) { return waits_for(*waiter.call, quota); });
  });
}

// One write after another; each finds used what those before it were charged.
void Accounts::judge_all(Round& round) const {
  const std::int64_t now = host_.clock().unix_seconds();
  std::vector<Waiter> charged;
  for (Waiter& waiter : round.waiters) {
    AdmissionCall& call = *waiter.call;
    if (call.cancelled()) {
      waiter.call.complete(Error{"nobody waits for the answer any more", LIMEN_E_CANCELLED});
      continue;
    }
    const Judgement judgement = judge(call, round.quotas, limited_, now, waiter.covered);
    if (!judgement.refusal.empty()) {
      // kube-apiserver gives this error, alone of all, no reason.
      const std::string_view reason = judgement.code == 500 ? "Unknown" : "";
      waiter.call.complete(call.deny({judgement.refusal, judgement.code, reason}));
      continue;
    }
    if (judgement.charges.empty() || call.dry_run()) {
      waiter.call.complete();
      continue;
    }
    waiter.charged.clear();
    waiter.covered = true;
    for (const auto& [place, amounts] : judgement.charges) {
      quota::add(round.quotas[place].used, amounts);
      waiter.charged.insert(place);
    }
    charged.push_back(std::move(waiter));
  }
  round.waiters = std::move(charged);
}

bool Accounts::write(const RoundPtr& round) {
  std::set<std::size_t> places;
  for (const Waiter& waiter : round->waiters) {
    places.insert(waiter.charged.begin(), waiter.charged.end());
  }
  round->ended.clear();
  round->open = places.size() + 1;  // one is this function itself
  const auto last = [this, round](std::size_t place, limen_status status, bool counts) {
    const std::lock_guard<std::mutex> lock(round->mutex);
    if (counts) round->ended[place] = status;
    return --round->open == 0;
  };
  for (const std::size_t place : places) {
    const Quota& quota = round->quotas[place];
    const auto begun = host_.objects().update_status(
        "", "resourcequotas", round->ns, quota.name, quota.version, status_json(quota),
        [this, round, place, last](limen_status status) {
          if (last(place, status, true)) step(round, &Accounts::settle);
        });
    if (!begun.ok()) last(place, begun.error().status, true);
  }
  return last(0, LIMEN_OK, false) && settle(round);
}

bool Accounts::settle(const RoundPtr& round) {
  std::vector<Waiter> again;
  round->again.clear();
  for (Waiter& waiter : round->waiters) {
    limen_status failed = LIMEN_OK;
    std::string changed;
    for (const std::size_t place : waiter.charged) {
      const limen_status status = round->ended.at(place);
      if (status == LIMEN_E_CONFLICT) {
        changed = round->quotas[place].name;
        round->again.insert(changed);
      } else if (status != LIMEN_OK && status != LIMEN_E_NOT_FOUND) {
        failed = status;
      }
    }
    if (failed != LIMEN_OK) {
      waiter.call.complete(Error{"the status of a quota could not be written", failed});
    } else if (changed.empty()) {
      waiter.call.complete();
    } else if (round->tries + 1 >= kTries) {
      waiter.call.complete(waiter.call->deny({conflict_text(changed), 409, ""}));
    } else {
      again.push_back(std::move(waiter));
    }
  }
  round->waiters = std::move(again);
  if (round->waiters.empty()) return true;
  const auto delay = kAfterConflict * (round->tries++ / kAtOnce);
  if (attempt_later(round, delay)) return false;
  fail_all(*round, stopping());
  return true;
}

void Accounts::fail_all(Round& round, const Error& error) {
  for (Waiter& waiter : round.waiters) waiter.call.complete(error);
  round.waiters.clear();
}

}  // namespace limen::resource_quota
