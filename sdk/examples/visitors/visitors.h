// What the two plugins of this module agree on: a visitor is in the group kGroup, and the extra
// field kNamespace says where the visit is.
#pragma once

#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

inline constexpr std::string_view kGroup = "acme:visitors";
inline constexpr std::string_view kNamespace = "acme.example/visits";

struct Pass {
  std::string secret, ns;
};

// Who shows the token `visitor.NAME.SECRET` is visitor:NAME.
class Passes final : public limen::Authenticator {
 public:
  static constexpr const char* kSchema = R"json({
    "type": "object",
    "required": ["file"],
    "properties": {
      "file": {
        "type": "string",
        "minLength": 1,
        "description": "Lines of NAME SECRET NAMESPACE; read again when it changes."
      }
    }
  })json";

  Passes(limen::Host& host, limen::Node config);
  limen::Result<void> start() override { return passes_.start(); }
  limen::Result<void> authenticate(limen::AuthnCall& call) override;

 private:
  limen::Reloaded<std::map<std::string, Pass, std::less<>>> passes_;
};

// Visitors look around where they visit.
class Rights final : public limen::Authorizer {
 public:
  static constexpr const char* kSchema = R"json({
    "type": "object",
    "properties": {
      "resources": {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "default": ["pods", "services", "configmaps"],
        "description": "What visitors may get, list and watch: core resources."
      }
    }
  })json";

  explicit Rights(limen::Host& host) : resources_(host.config()["resources"].strings()) {}
  limen::Result<void> authorize(limen::AuthzCall& call) override;

 private:
  const std::vector<std::string> resources_;
};

}  // namespace acme
