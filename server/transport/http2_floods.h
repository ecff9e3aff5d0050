// How much of what costs a client little and the server more one HTTP/2 connection may send.
//
// Each kind of frame has a bucket: a burst at first, refilled with time; a client that lives from
// requests never comes near. An empty bucket is a flood (CVE-2019-9511 to 9518, CVE-2023-44487),
// and the connection ends.
//
// Thread rule: one thread at a time. Lifetime: one a connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/executor.h"

namespace limen::transport {

enum class Flood : std::uint8_t {
  reset,          // streams the client resets, and those it makes the server reset
  settings,       // each is acknowledged
  ping,           // each is answered
  empty,          // DATA and CONTINUATION that carry nothing
  window_update,  // beyond what the data sent to the client explains
  continuation,   // more of them than a head within its limit needs
  header,         // fields, decoded, far beyond the limit of a head
  unread,         // answers of the protocol itself that the client does not take
  other,          // PRIORITY, GOAWAY, acknowledgements of nothing
};
inline constexpr std::size_t kFloods = 9;

// "rapid reset" and its like; for logs and metrics.
std::string_view flood_name(Flood kind);

class Http2Floods {
 public:
  explicit Http2Floods(base::Deadline now);

  // One more frame of this kind, which must be one with a bucket. False when there are too many.
  bool allow(Flood kind, base::Deadline now);
  // DATA of `bytes` has been sent: the client may widen its windows for it.
  void note_data_sent(std::size_t bytes);

 private:
  struct Bucket {
    std::uint32_t left = 0;
    base::Deadline filled;
  };
  std::array<Bucket, kFloods> buckets_;
};

}  // namespace limen::transport
