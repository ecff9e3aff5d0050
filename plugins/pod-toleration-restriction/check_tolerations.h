// What may stand in a list of tolerations, as kube-apiserver validates those of pods.
#pragma once

#include <functional>
#include <limen/cpp/node.hpp>
#include <string>

namespace limen::plugins {

// Told of each fault: where it is in the config (RFC 6901), and the words with the field's path.
using TellFault = std::function<void(const std::string& pointer, const std::string& message)>;

// Checks config[field], a list of tolerations.
void check_tolerations(const Node& config, const std::string& field, const TellFault& tell);

}  // namespace limen::plugins
