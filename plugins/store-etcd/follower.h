// Follower: tells the server what happens in etcd, without a gap.
//
// The whole keyspace is watched, so that every revision comes as a change and "told up to" is
// exact; keys of others are dropped here. A watch that broke goes on after what was told last, over
// whichever endpoint answers; where that has been compacted, all keys are told anew.
// Thread rule: the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <limen/cpp/draft/store.hpp>
#include <limen/cpp/log.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client.h"
#include "keys.h"

namespace limen_etcd {

class Follower {
 public:
  Follower(Client& client, const Keys& keys, limen::Log log)
      : client_(client), keys_(keys), log_(log) {}

  // From now on `watcher` is told of what comes after `revision`.
  void begin(const limen::draft::StoreWatcher& watcher, std::int64_t revision);
  bool watching() const { return watching_; }
  // Calls `done` with true when all up to `revision` has been told, with false when that took until
  // `deadline`. True at once before begin(): there is nobody to tell.
  void when_told(std::int64_t revision, Clock::time_point deadline,
                 std::function<void(bool told)> done);
  // etcd is known to be at `revision`: the watch has to come there.
  void expect(std::int64_t revision);
  // Looks at what takes too long; several times a second.
  void tick();
  // Since when nothing can be told; nothing: the watch stands.
  std::optional<Clock::time_point> broken_since() const { return broken_since_; }
  const std::string& why_broken() const { return why_broken_; }
  // Tells nothing any more and lets nobody wait.
  void stop();

 private:
  struct Wait {
    Clock::time_point deadline;
    std::function<void(bool told)> done;
  };

  void open_stream();
  void on_answer(const rpc::WatchResponse& answer);
  void tell(const mvccpb::Event& event);
  void advance(std::int64_t revision);
  // Ends the stream there is and begins another after a pause.
  void restart(const std::string& why);
  // What comes from the stream that is being left means nothing any more.
  void drop_stream();

  void resync();
  void read_page(std::int64_t revision, const std::string& from, int attempt);
  void on_page(std::int64_t revision, const Failure* failure, const rpc::RangeResponse& page,
               const std::string& from, int attempt);

  Client& client_;
  const Keys& keys_;
  const limen::Log log_;
  limen::draft::StoreWatcher watcher_;
  bool watching_ = false;
  bool resyncing_ = false;
  std::int64_t told_ = 0;
  std::int64_t expected_ = 0;
  std::optional<Clock::time_point> behind_since_;
  std::multimap<std::int64_t, Wait> waits_;

  std::weak_ptr<WatchStream> stream_;
  bool established_ = false;
  Clock::time_point opened_;
  int generation_ = 0;  // of the stream that counts
  int attempt_ = 0;
  std::optional<Clock::time_point> broken_since_;
  std::string why_broken_;
};

}  // namespace limen_etcd
