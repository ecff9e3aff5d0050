// What a stricter policy would have to say of the pods that a namespace has already.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "checks.h"

namespace limen::pod_security {

// So many pods are looked at when a namespace's policy changes.
inline constexpr std::size_t kMaxPodsToCheck = 3000;

// The warnings about the pods of a namespace, pods with the same reasons as one line.
class ExistingPods {
 public:
  ExistingPods(std::string ns, LevelVersion by) : ns_(std::move(ns)), by_(by) {}
  // False when no more are looked at.
  bool add(const Node& pod);
  // Not looked at: exempt.
  void skip() { ++seen_; }
  std::vector<std::string> warnings(std::size_t total) const;

 private:
  struct Same {
    std::string reasons, first_pod;
    std::size_t count = 0;
  };
  const std::string ns_;
  const LevelVersion by_;
  std::size_t seen_ = 0;
  std::vector<Same> groups_;
};

}  // namespace limen::pod_security
