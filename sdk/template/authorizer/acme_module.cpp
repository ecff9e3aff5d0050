// acme-module: the members of a group may read some resources.
//
// It only ever allows: about everything else it has no opinion, and the next authorizer is asked.

#include <algorithm>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

// What may stand below `config:`. The server checks it before this module runs, fills in the
// defaults and shows the descriptions to operators.
constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["group"],
  "properties": {
    "group": {
      "type": "string",
      "minLength": 1,
      "description": "Whose members may read."
    },
    "resources": {
      "type": "array",
      "items": {"type": "string", "minLength": 1},
      "default": ["pods", "deployments.apps"],
      "description": "What they may get, list and watch: lower-case plurals, with .GROUP behind."
    },
    "namespaces": {
      "type": "array",
      "items": {"type": "string", "minLength": 1},
      "default": [],
      "description": "Where; empty: everywhere."
    }
  }
})json";

bool contains(const std::vector<std::string>& list, std::string_view one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

class AcmeModule final : public limen::Authorizer {
 public:
  // Runs once for each instance in the config, before the server serves. Throwing
  // limen::ConfigError stops the start with the text.
  AcmeModule(limen::Host& host, limen::Node config)
      : group_(config["group"].string_or("")),
        resources_(config["resources"].strings()),
        namespaces_(config["namespaces"].strings()),
        allowed_(host.metrics().counter("reads_allowed_total", "Reads that were allowed.")) {
    if (contains(resources_, "*")) {
      throw limen::ConfigError("resources: \"*\" would open secrets too: name each resource");
    }
  }

  // Many threads at once; no blocking. Nothing decided would be a denial.
  limen::Result<void> authorize(limen::AuthzCall& call) override {
    const limen::Attributes about = call.attributes();
    if (!concerns(about)) return call.no_opinion();
    if (!about.user().in_group(group_)) {
      // Somebody wants to understand the decision: say what nearly allowed it.
      if (about.explains()) call.cause("near-miss", "members of " + group_ + " may read this");
      return call.no_opinion();
    }
    if (!about.explains()) allowed_.add();
    return call.rule("readers").allow("a member of " + group_);
  }

 private:
  bool concerns(const limen::Attributes& about) const {
    if (!about.is_resource() || !about.is_read_only() || !about.subresource().empty()) return false;
    std::string resource(about.resource());
    if (!about.api_group().empty()) resource += "." + std::string(about.api_group());
    return contains(resources_, resource) &&
           (namespaces_.empty() || contains(namespaces_, about.ns()));
  }

  const std::string group_;
  const std::vector<std::string> resources_, namespaces_;
  const limen::Counter allowed_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authorizer<AcmeModule>({
    .id = "acme-module",
    .version = "1.0.0",
    .vendor = "Acme",
    .url = "https://acme.example/limen",
    .summary = "Lets the members of a group read some resources.",
    .config_schema = kSchema,
}))
