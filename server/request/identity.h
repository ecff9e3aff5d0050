// Who a request comes from. Kubernetes' user.Info.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace limen::request {

struct Identity {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
  bool in_group(std::string_view group) const {
    for (const std::string& candidate : groups)
      if (candidate == group) return true;
    return false;
  }
};

inline constexpr std::string_view kAnonymousUser = "system:anonymous";
inline constexpr std::string_view kUnauthenticatedGroup = "system:unauthenticated";
inline constexpr std::string_view kAuthenticatedGroup = "system:authenticated";
inline constexpr std::string_view kMastersGroup = "system:masters";

}  // namespace limen::request
