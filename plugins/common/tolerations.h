// Tolerations of pods, as JSON text and as values that can be compared and merged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace limen::plugins {

// The JSON text of a string.
std::string json_text(std::string_view text);

struct Toleration {
  std::string key, op, value, effect;
  std::optional<std::int64_t> seconds;

  static Toleration read(const Node& node);
  std::string to_json() const;

  bool operator==(const Toleration& other) const = default;
  // Tolerates every taint that `other` does, for at least as long, as kube-apiserver judges it: an
  // operator that is not given is Equal in this one, but in `other` only when they are the same.
  bool covers(const Toleration& other) const;
};

std::vector<Toleration> read_tolerations(const Node& list);
// Of a list as JSON text, as annotations hold them; nothing when it is no such list. Null is an
// empty list.
std::optional<std::vector<Toleration>> parse_tolerations(std::string_view json);
std::string to_json(const std::vector<Toleration>& list);

// All of `first`, then those of `second`; of two where one covers the other, the wider stays, at
// the place of the first of them.
std::vector<Toleration> merged(const std::vector<Toleration>& first,
                               const std::vector<Toleration>& second);

// True when each of `list` is covered by one of `allowed`.
bool all_covered(const std::vector<Toleration>& list, const std::vector<Toleration>& allowed);

}  // namespace limen::plugins
