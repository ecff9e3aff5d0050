// The configuration of image-policy-webhook, which is that of kube-apiserver's ImagePolicyWebhook.
#pragma once

#include <chrono>
#include <limen/cpp/plugin.hpp>
#include <string>

namespace limen::plugins {

struct ImagePolicy {
  std::string kubeconfig;
  std::chrono::nanoseconds allow_ttl{0}, deny_ttl{0};  // 0: not remembered
  std::chrono::nanoseconds retry_backoff{0};           // before the second attempt
  bool default_allow = false;                          // without an answer
};

// Of the whole config, whose `imagePolicy` it is. Throws ConfigError for a time out of bounds.
ImagePolicy read_policy(const Node& config);

// Says which times are out of bounds, in kube-apiserver's words.
void check_policy(const Node& config, Findings& findings);

}  // namespace limen::plugins
