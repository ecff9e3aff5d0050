// ObjectService: the server's end of a module process's view of stored objects.
//
// Answers its questions ("store.get", "store.list", "store.watch", ...) from the server's store,
// and tells it what its watches see. Lives as long as one life of the process. Thread rule:
// answer() on any thread; the rest on the executor, where the store is read and the watches live.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "base/executor.h"
#include "isolation/peer.h"
#include "modules/object_feed.h"

namespace limen::isolation {

class ObjectService : public std::enable_shared_from_this<ObjectService> {
 public:
  // `peer_of` gives the peer while it is there, else null; the source outlives the service.
  ObjectService(const modules::ObjectSource& source, base::Executor& executor,
                std::function<std::shared_ptr<Peer>()> peer_of);

  // True when the question was one about objects, and will be answered.
  bool answer(std::uint64_t id, const Message& question);
  // Whether the process follows the resource. Any thread.
  bool follows(const storage::ResourceId& id) const;
  // Ends the watches. On the executor.
  void end();

 private:
  struct Watched {
    storage::ResourceId id;
    std::unique_ptr<storage::Watch> watch;
  };
  void handle(std::uint64_t id, const Message& question);
  Message read(const std::string& op, const Message& question) const;
  void write(std::uint64_t id, const std::string& op, const Message& question);
  Message watch(const Message& question);
  void deliver(std::int64_t number);

  const modules::ObjectSource& source_;
  base::Executor& executor_;
  const std::function<std::shared_ptr<Peer>()> peer_of_;
  bool ended_ = false;
  std::map<std::int64_t, Watched> watches_;  // on the executor
  mutable std::mutex mutex_;
  std::multiset<std::pair<std::string, std::string>> followed_;
};

}  // namespace limen::isolation
