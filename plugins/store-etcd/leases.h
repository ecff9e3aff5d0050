// Leases: for objects that go by themselves.
//
// Objects of one time to live that are written within a twentieth of it share a lease, which is
// granted for that much longer: none goes early. Leases are not renewed. Thread rule: the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "client.h"

namespace limen_etcd {

class Leases {
 public:
  using Done = std::function<void(const Failure* failure, std::int64_t lease)>;
  // Objects a lease is given to, at most: they all go in one change.
  static constexpr int kObjects = 1000;

  explicit Leases(Client& client) : client_(client) {}

  // A lease that lasts for `ttl` seconds from now at least. At once when there is one.
  void get(std::int32_t ttl, Done done);
  // etcd does not know it any more.
  void forget(std::int64_t lease);

 private:
  struct Slot {
    std::int64_t lease = 0;  // 0: none
    Clock::time_point granted;
    int used = 0;
    bool granting = false;
    std::vector<Done> waiting;
  };
  void grant(std::int32_t ttl);

  Client& client_;
  std::map<std::int32_t, Slot> slots_;  // by ttl
};

}  // namespace limen_etcd
