#include "transport/http2_floods.h"

#include <algorithm>
#include <chrono>

namespace limen::transport {
namespace {

struct Allowance {
  std::string_view name;
  std::uint32_t burst;  // 0: not counted by a bucket
  std::uint32_t each_second;
};

constexpr std::array<Allowance, kFloods> kAllowances = {{
    {"rapid reset", 500, 50},
    {"settings", 50, 5},
    {"ping", 500, 50},
    {"empty frames", 100, 10},
    {"window updates", 2'000, 200},
    {"continuation", 0, 0},
    {"header fields", 0, 0},
    {"unread answers", 0, 0},
    {"other frames", 500, 50},
}};

// Some clients widen both windows for every 4 KiB they read, and for every frame.
constexpr std::uint32_t kUpdatesAFrame = 2;
constexpr std::size_t kBytesAnUpdate = 1024;

const Allowance& allowance_of(Flood kind) {
  return kAllowances[static_cast<std::size_t>(kind)];  // NOLINT: the enum is the index
}

}  // namespace

std::string_view flood_name(Flood kind) { return allowance_of(kind).name; }

Http2Floods::Http2Floods(base::Deadline now) {
  for (std::size_t index = 0; index < kFloods; ++index) {
    buckets_[index] = {kAllowances[index].burst, now};
  }
}

bool Http2Floods::allow(Flood kind, base::Deadline now) {
  Bucket& bucket = buckets_[static_cast<std::size_t>(kind)];
  if (bucket.left == 0) {
    const Allowance& allowance = allowance_of(kind);
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - bucket.filled);
    const std::int64_t earned = passed.count() * allowance.each_second / 1000;
    if (earned <= 0) return false;
    bucket.left = static_cast<std::uint32_t>(std::min<std::int64_t>(earned, allowance.burst));
    bucket.filled = now;
  }
  --bucket.left;
  return true;
}

void Http2Floods::note_data_sent(std::size_t bytes) {
  Bucket& bucket = buckets_[static_cast<std::size_t>(Flood::window_update)];
  const std::size_t earned = kUpdatesAFrame + bytes / kBytesAnUpdate;
  constexpr std::size_t kMost = 1'000'000;
  bucket.left = static_cast<std::uint32_t>(std::min(kMost, bucket.left + earned));
}

}  // namespace limen::transport
