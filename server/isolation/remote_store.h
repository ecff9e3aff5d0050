// RemoteStore: the server's store, seen from a module's process.
//
// Every read is a question to the server and waits for its answer, so it must not be made on the
// channel's own thread. Watches are told of by the server as they happen. Once the server has gone
// there is nothing in it any more; the process is then about to end. Any other thread.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "isolation/peer.h"
#include "storage/store.h"

namespace limen::isolation {

class RemoteStore final : public storage::Store {
 public:
  // The next number of a question on this end; shared by all who ask.
  using NextId = std::function<std::uint64_t()>;
  RemoteStore(Peer& peer, NextId next_id) : peer_(peer), next_id_(std::move(next_id)) {}

  // What the server tells of a watch; on the channel's thread.
  void events(Message& message);

  storage::Revision revision() const override;
  storage::Revision compacted() const override;
  storage::ObjectPtr get(const storage::Key& key) const override;
  storage::ListResult list(const storage::ResourceId& id,
                           const storage::ListOptions& options) const override;
  std::size_t count(const storage::ResourceId& id) const override;
  void create(storage::Key key, std::string json,
              std::function<void(storage::WriteResult)> done) override;
  void update(storage::Key key, storage::Revision expected, std::string json,
              std::function<void(storage::WriteResult)> done) override;
  void remove(storage::Key key, storage::Revision expected,
              std::function<void(storage::WriteResult)> done) override;
  std::unique_ptr<storage::Watch> watch(const storage::ResourceId& id, const std::string& ns,
                                        storage::Revision from, base::Executor& loop,
                                        std::function<void()> wake,
                                        storage::ReadStatus& status) override;

 private:
  class RemoteWatch;
  struct Feed;
  Message ask(const char* op, Message question) const;
  void write(const char* op, Message question, std::function<void(storage::WriteResult)> done);
  void unwatch(std::int64_t number);

  Peer& peer_;
  const NextId next_id_;
  std::mutex mutex_;
  std::int64_t last_watch_ = 0;
  std::map<std::int64_t, std::shared_ptr<Feed>> feeds_;
};

}  // namespace limen::isolation
