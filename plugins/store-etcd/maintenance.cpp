#include "maintenance.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "keys.h"
#include "waiting.h"

namespace limen_etcd {

namespace {

using Outcome = std::optional<Failure>;

// Asks until it is done: to compact again to the same revision does nothing.
void compact_until(Client& client, std::int64_t revision, Clock::time_point deadline,
                   std::function<void(Outcome)> give, int attempt) {
  rpc::CompactionRequest request;
  request.set_revision(revision);
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
  client.compact(
      request, std::max(left, milliseconds(1)),
      [&client, revision, deadline, give = std::move(give), attempt](const Failure* failure,
                                                                     rpc::CompactionResponse&) {
        const milliseconds pause = pause_before(attempt);
        if (failure == nullptr) return give(std::nullopt);
        if (!failure->passing() || client.stopping() || Clock::now() + pause >= deadline) {
          return give(*failure);
        }
        client.loop().after(pause, [&client, revision, deadline, give, attempt] {
          compact_until(client, revision, deadline, give, attempt + 1);
        });
      });
}

// Many small writes at once, until the newest revision is `target`. On the loop.
class Advance : public std::enable_shared_from_this<Advance> {
 public:
  Advance(Client& client, limen::Log log, std::int64_t target, std::function<void(Outcome)> give)
      : client_(client), log_(log), target_(target), give_(std::move(give)) {}

  void begin() {
    client_.quorum_read(client_.settings().request_timeout,
                        [self = shared_from_this()](const Failure* failure, std::int64_t revision) {
                          if (failure != nullptr) self->failed_ = *failure;
                          self->reached(revision);
                        });
  }

 private:
  static constexpr std::int64_t kUnderWay = 512;
  static constexpr int kTries = 20;

  void reached(std::int64_t revision) {
    newest_ = std::max(newest_, revision);
    if (newest_ >= next_word_) {
      if (next_word_ > 0) {
        log_.info("revisions are being left out",
                  {{"revision", std::to_string(newest_)}, {"until", std::to_string(target_)}});
      }
      next_word_ = newest_ + 100000;
    }
    // What is under way is counted, so that no more is written than is needed.
    while (!failed_ && under_way_ < kUnderWay && newest_ + under_way_ < target_) put();
    if (under_way_ == 0) end();
  }

  void put() {
    ++under_way_;
    rpc::PutRequest request;
    request.set_key(std::string(kOwnKey));
    client_.put(std::move(request), client_.settings().request_timeout,
                [self = shared_from_this()](const Failure* failure, rpc::PutResponse& answer) {
                  --self->under_way_;
                  if (failure == nullptr) {
                    self->tries_ = 0;
                    return self->reached(answer.header().revision());
                  }
                  self->again(*failure);
                });
  }

  void again(const Failure& failure) {
    if (!failure.passing() || client_.stopping() || ++tries_ > kTries) failed_ = failure;
    client_.loop().after(pause_before(tries_), [self = shared_from_this()] { self->reached(0); });
  }

  void end() {
    const std::function<void(Outcome)> give = std::exchange(give_, nullptr);
    if (!give) return;
    if (failed_) return give(failed_);
    rpc::DeleteRangeRequest request;
    request.set_key(std::string(kOwnKey));
    client_.remove(std::move(request), client_.settings().request_timeout,
                   [give](const Failure* failure, rpc::DeleteRangeResponse&) {
                     // The key may stay: it is nobody's.
                     (void)failure;
                     give(std::nullopt);
                   });
  }

  Client& client_;
  const limen::Log log_;
  const std::int64_t target_;
  std::function<void(Outcome)> give_;
  std::int64_t newest_ = 0, under_way_ = 0, next_word_ = 0;
  int tries_ = 0;
  Outcome failed_;
};

}  // namespace

std::int64_t Maintenance::compact(std::int64_t revision, std::size_t limit) {
  if (revision <= compacted_) return compacted_;
  const auto most = static_cast<std::uint64_t>(revision - compacted_);
  const std::int64_t target =
      compacted_ + static_cast<std::int64_t>(std::min<std::uint64_t>(most, limit));
  if (target <= compacted_) return compacted_;
  const auto failure = wait_for<Outcome>(client_.loop(), [&](std::function<void(Outcome)> give) {
    compact_until(client_, target, Clock::now() + client_.settings().request_timeout, give, 0);
  });
  if (failure && failure->kind != Failure::Kind::compacted) {
    throw StoreFailure(failure->text);
  }
  compacted_ = target;
  if (failure) {
    // Somebody else was there before.
    compacted_ = history_.forgotten(target, std::max(target, history_.newest()));
  }
  return compacted_;
}

void Maintenance::advance(std::int64_t revision) {
  const auto failure = wait_for<Outcome>(client_.loop(), [&](std::function<void(Outcome)> give) {
    std::make_shared<Advance>(client_, log_, revision, give)->begin();
  });
  if (failure) throw StoreFailure(failure->text);
}

}  // namespace limen_etcd
