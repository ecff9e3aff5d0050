// The servers on one store, as their identity leases tell of them (identity_lease.h).
//
// A server is there while its lease changes, as seen from here: what clocks say counts for nothing.
// Of a lease that has not changed since this began to look nobody knows, unless it was renewed just
// now by its own words. Thread rule: the loop's thread.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "controllers/informer.h"
#include "controllers/objects.h"

namespace limen::controllers {

inline const storage::ResourceId kIdentityLeases{"coordination.k8s.io", "leases"};
inline constexpr std::string_view kIdentityHome = "kube-system";
inline constexpr std::string_view kIdentityLabel = "apiserver.kubernetes.io/identity";
inline constexpr std::string_view kIdentityLabelValue = "kube-apiserver";
inline constexpr std::string_view kServerAddress = "limen.io/server-address";  // annotation

// Where others reach a server.
struct ServerAddress {
  std::string address;  // an IP address; empty: nobody knows
  std::int64_t port = 0;
  auto operator<=>(const ServerAddress&) const = default;
};

// As the annotation has it: 192.0.2.1:6443, [2001:db8::1]:6443.
std::string text_of(const ServerAddress& where);
std::optional<ServerAddress> parse_server_address(std::string_view text);

bool is_identity_lease(const storage::StoredObject& lease);

class LiveServers {
 public:
  // `changed` is called when others are there than before.
  LiveServers(Objects& objects, std::chrono::milliseconds silence, std::function<void()> changed);

  void start();
  void stop() { leases_.stop(); }

  // Looks for those that have fallen silent; to be called now and then.
  void look();
  // Those that are there. Of `trusted` nothing has to be known: they were there when this began.
  std::set<ServerAddress> all(const std::set<ServerAddress>& trusted) const;

 private:
  struct Seen {
    ServerAddress where;
    storage::Revision revision = 0;
    base::Deadline at{};
    bool renewed = false;  // since this began to look, or just before
  };

  void told(const storage::StoredObject& lease, bool gone);
  bool is_silent(const Seen& seen) const;

  const std::chrono::milliseconds silence_;
  const std::function<void()> changed_;
  std::map<std::string, Seen> seen_;  // by the lease's name
  bool starting_ = false;             // being told of what was there before
  Informer leases_;
};

}  // namespace limen::controllers
