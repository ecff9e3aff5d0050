// Tolerations of pods, as JSON text and as values that can be compared and merged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
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

  // Says the same, an absent operator being Equal.
  bool same_as(const Toleration& other) const { return tied() == other.tied(); }
  // Tolerates every taint that `other` does, for at least as long.
  bool covers(const Toleration& other) const;

 private:
  std::string_view operation() const { return op.empty() ? "Equal" : std::string_view(op); }
  std::tuple<const std::string&, std::string_view, const std::string&, const std::string&,
             const std::optional<std::int64_t>&>
  tied() const {
    return {key, operation(), value, effect, seconds};
  }
};

std::vector<Toleration> read_tolerations(const Node& list);
std::string to_json(const std::vector<Toleration>& list);

// All of `first`, then those of `second`; of two where one covers the other, the wider stays, at
// the place of the first of them.
std::vector<Toleration> merged(const std::vector<Toleration>& first,
                               const std::vector<Toleration>& second);

}  // namespace limen::plugins
