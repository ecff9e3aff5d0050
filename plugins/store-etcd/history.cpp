#include "history.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "waiting.h"

namespace limen_etcd {

namespace {

struct Answer {
  std::optional<Failure> failure;
  rpc::RangeResponse response;
};

limen::draft::StoreChange change_of(const mvccpb::KeyValue& kv) {
  return {kv.key(), kv.value(), kv.mod_revision(), kv.create_revision(), false};
}

limen::draft::StoreChange change_of(const mvccpb::Event& event) {
  limen::draft::StoreChange change = change_of(event.kv());
  if (event.type() == mvccpb::Event::DELETE) {
    change.removed = true;
    change.created = event.prev_kv().create_revision();
  }
  return change;
}

}  // namespace

// What a watch brings, from the loop to the thread that reads.
class Inbox {
 public:
  void put(const rpc::WatchResponse& answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(answer);
    wake_.notify_one();
  }
  void end(const Failure& failure) {
    const std::lock_guard lock(mutex_);
    failure_ = failure;
    wake_.notify_one();
  }
  // Null: it ended, see failure(), or brought nothing for so long.
  std::optional<rpc::WatchResponse> take(milliseconds patience) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, patience, [this] { return !answers_.empty() || failure_; });
    if (answers_.empty()) return std::nullopt;
    rpc::WatchResponse answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }
  std::string why() {
    const std::lock_guard lock(mutex_);
    return failure_ ? failure_->text : "the watch brings nothing";
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<rpc::WatchResponse> answers_;
  std::optional<Failure> failure_;
};

// A watch that is read by a thread that waits. Ends when it goes.
class Reading {
 public:
  Reading(Client& client, std::int64_t from) : client_(client) {
    client_.loop().post([&client, from, inbox = inbox_, stream = stream_] {
      client.with_token([&client, from, inbox, stream](const Failure* failure) {
        if (failure != nullptr) return inbox->end(*failure);
        *stream = client.watch(from, true,
                               {[inbox](const rpc::WatchResponse& one) { inbox->put(one); },
                                [inbox](const Failure& why) { inbox->end(why); }});
      });
    });
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    client_.loop().post([stream = stream_] {
      if (const auto there = stream->lock()) there->cancel();
    });
  }
  Inbox& inbox() { return *inbox_; }

 private:
  Client& client_;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  const std::shared_ptr<std::weak_ptr<WatchStream>> stream_ =
      std::make_shared<std::weak_ptr<WatchStream>>();
};

namespace {

StoreFailure forgotten_meanwhile() {
  return StoreFailure("etcd's history was compacted while it was read: start again");
}

}  // namespace

std::optional<rpc::RangeResponse> History::try_range(const rpc::RangeRequest& request) {
  Answer answer = wait_for<Answer>(client_.loop(), [&](std::function<void(Answer)> give) {
    client_.range_until(request, Clock::now() + client_.settings().request_timeout,
                        [give](const Failure* failure, rpc::RangeResponse& response) {
                          Answer given;
                          if (failure != nullptr) given.failure = *failure;
                          given.response.Swap(&response);
                          give(std::move(given));
                        });
  });
  if (!answer.failure) return std::move(answer.response);
  if (answer.failure->kind == Failure::Kind::compacted) return std::nullopt;
  if (!answer.failure->passing()) throw StoreFailure(answer.failure->text);
  throw StoreFailure("etcd does not answer at " + client_.settings().names() + " (" +
                     answer.failure->text + ")");
}

// ---- where the data stand ---------------------------------------------------------------------

std::optional<std::int64_t> History::ask(std::int64_t revision) {
  rpc::RangeRequest question;
  question.set_key(std::string(1, '\0'));
  question.set_count_only(true);
  question.set_revision(revision);
  const auto answer = try_range(question);
  if (!answer) return std::nullopt;
  return answer->header().revision();
}

Position History::find() {
  Position position;
  position.revision = ask(0).value_or(1);
  const std::int64_t long_ago =
      std::max<std::int64_t>(1, position.revision - client_.settings().history);
  if (!ask(long_ago)) {
    position.compacted = forgotten(long_ago, position.revision);
  } else if (long_ago > 1) {
    position.compacted = long_ago;
  }
  return position;
}

std::int64_t History::forgotten(std::int64_t least, std::int64_t newest) {
  // The lowest revision that can be read is the one that was compacted to.
  while (least < newest) {
    const std::int64_t middle = least + (newest - least) / 2;
    if (ask(middle)) {
      newest = middle;
    } else {
      least = middle + 1;
    }
  }
  return newest;
}

// ---- what was there ---------------------------------------------------------------------------

bool History::read(const Position& position, const limen::draft::ChangeSink& sink) {
  if (position.compacted > 0 && !read_keys(position.compacted, sink)) return false;
  return position.compacted >= position.revision || position.revision <= 1 ||
         read_changes(position, sink);
}

bool History::read_keys(std::int64_t revision, const limen::draft::ChangeSink& sink) {
  rpc::RangeRequest question;
  question.set_key(keys_.begin());
  question.set_range_end(keys_.end());
  question.set_revision(revision);
  question.set_limit(client_.settings().page);
  while (true) {
    const auto page = try_range(question);
    if (!page) throw forgotten_meanwhile();
    for (const mvccpb::KeyValue& kv : page->kvs()) {
      if (keys_.ours(kv.key()) && !sink.give(change_of(kv))) return false;
    }
    if (!page->more() || page->kvs().empty()) return true;
    question.set_key(page->kvs().rbegin()->key() + '\0');
  }
}

// etcd brings a watch that begins in the past a thousand revisions every 100 ms, and looks at all
// of the history for that; so several are begun at once, each for its part.
bool History::read_changes(const Position& position, const limen::draft::ChangeSink& sink) {
  constexpr std::int64_t kPart = 1000;
  constexpr std::size_t kAtOnce = 16;
  std::deque<std::unique_ptr<Reading>> ahead;
  std::int64_t begun = position.compacted;  // up to here somebody reads
  for (std::int64_t read = position.compacted; read < position.revision;) {
    for (; ahead.size() < kAtOnce && begun < position.revision; begun += kPart) {
      ahead.push_back(std::make_unique<Reading>(client_, begun + 1));
    }
    const std::int64_t end = std::min(read + kPart, position.revision);
    if (!read_part(read, end, std::move(ahead.front()), sink)) return false;
    ahead.pop_front();
    read = end;
  }
  return true;
}

bool History::read_part(std::int64_t read, std::int64_t end, std::unique_ptr<Reading> reading,
                        const limen::draft::ChangeSink& sink) {
  auto deadline = Clock::now() + client_.settings().request_timeout;
  while (true) {
    while (const auto answer = reading->inbox().take(std::chrono::seconds(3))) {
      if (answer->compact_revision() > 0) throw forgotten_meanwhile();
      for (const mvccpb::Event& event : answer->events()) {
        if (event.kv().mod_revision() > end) return true;
        if (keys_.ours(event.kv().key()) && !sink.give(change_of(event))) return false;
        read = event.kv().mod_revision();
      }
      if (read >= end) return true;
      if (!answer->events().empty()) deadline = Clock::now() + client_.settings().request_timeout;
    }
    if (Clock::now() > deadline) {
      throw StoreFailure("etcd's history cannot be read: " + reading->inbox().why());
    }
    // It broke, or stays silent: on after what came last.
    reading = std::make_unique<Reading>(client_, read + 1);
  }
}

}  // namespace limen_etcd
