#include "health.h"

#include <utility>

namespace limen_etcd {

namespace {

constexpr milliseconds kTick{250};
constexpr milliseconds kQuiet{2000};       // without a proof of life, one is asked for
constexpr milliseconds kAnswer{2000};      // in which it must be given
constexpr milliseconds kUnanswered{3000};  // trouble, since the first question without an answer
constexpr milliseconds kBroken{2000};      // trouble, since the watch broke
constexpr milliseconds kLasting{1500};     // trouble that nobody waits through any more

}  // namespace

void Health::begin(const limen::draft::StoreWatcher& watcher,
                   std::function<void(const std::string& why)> lasting) {
  watcher_ = watcher;
  lasting_ = std::move(lasting);
  watching_ = true;
  proved_ = Clock::now();
  tick();
}

void Health::alive() {
  proved_ = Clock::now();
  failing_since_.reset();
  if (!trouble_.empty()) judge();
}

void Health::failing(Clock::time_point asked, const Failure& failure) {
  why_ = failure.text;
  if (!failing_since_) failing_since_ = asked;
}

void Health::tick() {
  if (!watching_) return;
  follower_.tick();
  judge();
  if (!trouble_.empty() && Clock::now() - trouble_since_ > kLasting) lasting_(trouble_);
  const bool quiet = Clock::now() - proved_ > kQuiet;
  if (!asking_ && (failing_since_ || quiet || client_.waits_long())) ask();
  client_.loop().after(kTick, [this] { tick(); });
}

void Health::ask() {
  asking_ = true;
  const auto asked = Clock::now();
  client_.quorum_read(kAnswer, [this, asked](const Failure* failure, std::int64_t revision) {
    asking_ = false;
    if (!watching_) return;
    if (failure == nullptr) {
      alive();
      follower_.expect(revision);
    } else {
      failing(asked, *failure);
    }
    judge();
  });
}

void Health::judge() {
  const auto now = Clock::now();
  const auto broken = follower_.broken_since();
  std::string trouble;
  if (failing_since_ && (!trouble_.empty() || now - *failing_since_ > kUnanswered)) {
    trouble = why_;
  } else if (broken && (!trouble_.empty() || now - *broken > kBroken)) {
    trouble = follower_.why_broken();
  }
  // The reason may change while there is trouble; that is not told again.
  if (trouble.empty() != trouble_.empty()) {
    trouble_since_ = now;
    watcher_.trouble(trouble);
  }
  trouble_ = trouble;
}

}  // namespace limen_etcd
