#include "follower.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace limen_etcd {

namespace {

// A stream that does not stand by then, or does not bring what is known to be there, is left.
constexpr std::chrono::seconds kPatience{3};

}  // namespace

void Follower::begin(const limen::draft::StoreWatcher& watcher, std::int64_t revision) {
  watcher_ = watcher;
  watching_ = true;
  told_ = revision;
  broken_since_ = Clock::now();
  why_broken_ = "the watch has not begun";
  open_stream();
}

void Follower::when_told(std::int64_t revision, Clock::time_point deadline,
                         std::function<void(bool)> done) {
  if (!watching_ || told_ >= revision) return done(true);
  waits_.emplace(revision, Wait{deadline, std::move(done)});
}

void Follower::expect(std::int64_t revision) {
  expected_ = std::max(expected_, revision);
  if (told_ < expected_ && !behind_since_) behind_since_ = Clock::now();
}

void Follower::advance(std::int64_t revision) {
  told_ = std::max(told_, revision);
  behind_since_.reset();
  if (told_ < expected_) behind_since_ = Clock::now();
  while (!waits_.empty() && waits_.begin()->first <= told_) {
    const Wait wait = std::move(waits_.begin()->second);
    waits_.erase(waits_.begin());
    wait.done(true);
  }
}

void Follower::tick() {
  const auto now = Clock::now();
  std::vector<Wait> late;
  for (auto one = waits_.begin(); one != waits_.end();) {
    if (one->second.deadline > now) {
      ++one;
    } else {
      late.push_back(std::move(one->second));
      one = waits_.erase(one);
    }
  }
  for (const Wait& wait : late) wait.done(false);
  if (!watching_ || resyncing_ || stream_.expired()) return;
  if (!established_ ? now - opened_ > kPatience
                    : behind_since_ && now - *behind_since_ > kPatience) {
    client_.leave("the watch brings nothing");
    restart("etcd at " + client_.url() + ": the watch brings nothing");
  }
}

void Follower::stop() {
  watching_ = false;
  drop_stream();
  for (auto& [revision, wait] : std::exchange(waits_, {})) wait.done(false);
}

// ---- the stream -------------------------------------------------------------------------------

void Follower::drop_stream() {
  ++generation_;
  established_ = false;
  if (const auto stream = stream_.lock()) stream->cancel();
  stream_.reset();
}

void Follower::open_stream() {
  drop_stream();
  opened_ = Clock::now();
  client_.with_token([this, mine = generation_](const Failure* failure) {
    if (mine != generation_ || !watching_) return;
    if (failure != nullptr) return restart(failure->text);
    Client::WatchDone done;
    done.answer = [this, mine](const rpc::WatchResponse& answer) {
      if (mine == generation_ && watching_) on_answer(answer);
    };
    done.end = [this, mine](const Failure& why) {
      if (mine == generation_ && watching_) restart(why.text);
    };
    stream_ = client_.watch(told_ + 1, false, std::move(done));
  });
}

void Follower::restart(const std::string& why) {
  drop_stream();
  if (!broken_since_) broken_since_ = Clock::now();
  why_broken_ = why;
  client_.loop().after(pause_before(attempt_++), [this, mine = generation_] {
    if (mine == generation_ && watching_ && !resyncing_) open_stream();
  });
}

void Follower::on_answer(const rpc::WatchResponse& answer) {
  if (answer.canceled()) {
    if (answer.compact_revision() > 0) return resync();
    return restart("etcd at " + client_.url() + ": " + answer.cancel_reason());
  }
  if (answer.created()) {
    established_ = true;
    attempt_ = 0;
    broken_since_.reset();
  }
  if (answer.events().empty()) return;
  for (const mvccpb::Event& event : answer.events()) tell(event);
  advance(answer.events().rbegin()->kv().mod_revision());
}

void Follower::tell(const mvccpb::Event& event) {
  const mvccpb::KeyValue& kv = event.kv();
  if (kv.mod_revision() <= told_ || !keys_.ours(kv.key())) return;
  limen::draft::StoreChange change;
  change.key = kv.key();
  change.value = kv.value();
  change.revision = kv.mod_revision();
  change.created = kv.create_revision();
  change.removed = event.type() == mvccpb::Event::DELETE;
  watcher_.changed(change);
}

// ---- all anew ---------------------------------------------------------------------------------

void Follower::resync() {
  drop_stream();
  resyncing_ = true;
  if (!broken_since_) broken_since_ = Clock::now();
  why_broken_ = "changes were missed and everything is being read anew";
  client_.quorum_read(client_.settings().request_timeout,
                      [this](const Failure* failure, std::int64_t revision) {
                        if (!watching_) return;
                        if (failure == nullptr) {
                          log_.warn("etcd forgot changes before they were told",
                                    {{"revision", std::to_string(revision)}});
                          watcher_.resync(revision);
                          return read_page(revision, keys_.begin(), 0);
                        }
                        why_broken_ = failure->text;
                        client_.loop().after(pause_before(attempt_++), [this] {
                          if (watching_) resync();
                        });
                      });
}

void Follower::read_page(std::int64_t revision, const std::string& from, int attempt) {
  rpc::RangeRequest question;
  question.set_key(from);
  question.set_range_end(keys_.end());
  question.set_revision(revision);
  question.set_limit(client_.settings().page);
  client_.range(std::move(question), client_.settings().request_timeout,
                [this, revision, from, attempt](const Failure* failure, rpc::RangeResponse& page) {
                  if (watching_) on_page(revision, failure, page, from, attempt);
                });
}

void Follower::on_page(std::int64_t revision, const Failure* failure,
                       const rpc::RangeResponse& page, const std::string& from, int attempt) {
  if (failure != nullptr) {
    why_broken_ = failure->text;
    const bool forgotten = failure->kind == Failure::Kind::compacted;
    client_.loop().after(pause_before(attempt), [this, forgotten, revision, from, attempt] {
      if (!watching_) return;
      if (forgotten) return resync();
      read_page(revision, from, attempt + 1);
    });
    return;
  }
  for (const mvccpb::KeyValue& kv : page.kvs()) {
    if (!keys_.ours(kv.key())) continue;
    watcher_.changed({kv.key(), kv.value(), kv.mod_revision(), kv.create_revision(), false});
  }
  if (page.more() && !page.kvs().empty()) {
    return read_page(revision, page.kvs().rbegin()->key() + '\0', 0);
  }
  resyncing_ = false;
  watcher_.resynced();
  advance(revision);
  open_stream();
}

}  // namespace limen_etcd
