// The limits of a Configuration of eventratelimit.admission.k8s.io/v1alpha1, and what each of them
// counts by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace limen::plugins {

enum class LimitType : std::uint8_t { server, name_space, user, source_and_object };

struct Limit {
  LimitType type = LimitType::server;
  double qps = 0;              // events a second
  double burst = 0;            // at once
  std::size_t cache_size = 1;  // how many keys are counted at a time
};

// As the configuration names it: Server, Namespace, User, SourceAndObject.
std::string_view name_of(LimitType type);

// Says what is wrong, with kube-apiserver's field paths and words.
void check_limits(const Node& config, Findings& findings);

// Throws ConfigError for what check_limits() refuses.
std::vector<Limit> read_limits(const Node& config);

// Which of the limit's buckets an event takes from, as kube-apiserver tells it to clients.
std::string key_of(LimitType type, const AdmissionCall& call);

}  // namespace limen::plugins
