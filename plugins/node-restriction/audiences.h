// For whom a pod's tokens are: the audiences of its own projected volumes and of the CSI drivers of
// its volumes. Any thread.
#pragma once

#include <limen/cpp/plugin.hpp>
#include <string>
#include <string_view>

namespace limen::node_restriction {

struct AudienceSearch {
  bool found = false;
  std::string error;  // when not found: claims, volumes or drivers that are not there
};

// Looks for `audience`, which is empty for the API's own. An Error: objects could not be read.
Result<AudienceSearch> find_audience(Host& host, const Node& pod, std::string_view audience);

}  // namespace limen::node_restriction
