// A namespace's policy: which of the Pod Security Standards is enforced, audited and warned about,
// and in which version. Pure values; any thread.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "limen/cpp/plugin.hpp"

namespace limen::pod_security {

enum class Level { privileged, baseline, restricted };

// A Kubernetes version 1.MINOR, or the latest.
struct Version {
  static constexpr int kLatest = 1'000'000;
  int minor = kLatest;
  auto operator<=>(const Version&) const = default;
};

struct LevelVersion {
  Level level = Level::privileged;
  Version version{};
  bool operator==(const LevelVersion&) const = default;
  std::string text() const;  // "baseline:latest", "restricted:v1.30"
};

struct Policy {
  LevelVersion enforce, audit, warn;
  bool is_privileged() const {
    return enforce.level == Level::privileged && audit.level == Level::privileged &&
           warn.level == Level::privileged;
  }
  bool operator==(const Policy&) const = default;
};

// Nothing for what is no level, no version.
bool read_level(std::string_view text, Level& out);
bool read_version(std::string_view text, Version& out);

// What the labels of a namespace say; `defaults` where they say nothing. A label that cannot be
// read is told in `problems` (field, value, why: as kube-apiserver's validation words it), and
// counts as the strictest there is (enforce) or as nothing (the others).
Policy read_policy(const Node& labels, const Policy& defaults, std::vector<std::string>& problems);

}  // namespace limen::pod_security
