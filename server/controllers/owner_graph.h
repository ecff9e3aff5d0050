// OwnerGraph: which objects depend on which, by uid.
//
// Only objects that name an owner are in it, each as a pointer to what the store holds anyway; an
// object without owners costs nothing, whether others depend on it or not. What it says is what was
// put into it: its user reads the objects themselves before it acts.
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "storage/store.h"

namespace limen::controllers {

// A uid in 16 bytes: exact for those the server makes, a hash of any other text.
struct Uid {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Uid&) const = default;
};
Uid to_uid(std::string_view text);

struct UidHash {
  std::size_t operator()(const Uid& uid) const {
    return static_cast<std::size_t>(uid.high ^ (uid.low * 0x9E3779B97F4A7C15U));
  }
};

class OwnerGraph {
 public:
  struct Owner {
    Uid uid;
    bool blocks = false;  // the owner must not go before the dependent
    bool operator==(const Owner&) const = default;
  };
  using Visit = std::function<void(std::uint32_t resource, const storage::ObjectPtr& object)>;

  // The object's state from now on; `resource` is a number of the caller's. With no owners it is
  // forgotten. True when its owners are not those it had. Owners that nothing blocks any more are
  // added to `unblocked`.
  bool put(std::uint32_t resource, const storage::ObjectPtr& object, std::vector<Owner> owners,
           std::vector<Uid>& unblocked);
  // The object has gone.
  void erase(const Uid& uid, std::vector<Uid>& unblocked);
  void clear();

  bool has_dependents(const Uid& owner) const { return dependents_.contains(owner); }
  // How many dependents the owner has to wait for when it goes last.
  std::size_t blocking(const Uid& owner) const;
  // Every dependent once. `visit` must not change the graph.
  void for_each_dependent(const Uid& owner, const Visit& visit) const;

 private:
  struct Node {
    storage::ObjectPtr object;
    std::uint32_t resource = 0;
    std::vector<Owner> owners;
  };
  struct Dependents {
    std::unordered_set<const Node*> nodes;
    std::size_t blocking = 0;
  };

  void link(const Node& node);
  void unlink(const Node& node, std::vector<Uid>& unblocked);

  std::unordered_map<Uid, Node, UidHash> nodes_;  // an element stays where it is
  std::unordered_map<Uid, Dependents, UidHash> dependents_;
};

}  // namespace limen::controllers
