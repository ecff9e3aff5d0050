// default-toleration-seconds: a pod that says nothing else stays 300 s on a node that is not ready
// or unreachable (DefaultTolerationSeconds).
#include <string>

#include "limen/cpp/plugin.hpp"

namespace {

constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready";
constexpr std::string_view kUnreachable = "node.kubernetes.io/unreachable";
constexpr std::int64_t kDefaultSeconds = 300;

bool tolerates(const limen::Node& tolerations, std::string_view taint) {
  for (const auto& [key, toleration] : tolerations) {
    const std::string_view tolerated = toleration["key"].view_or("");
    const std::string_view effect = toleration["effect"].view_or("");
    if ((tolerated == taint || tolerated.empty()) && (effect == "NoExecute" || effect.empty()))
      return true;
  }
  return false;
}

std::string toleration(std::string_view taint, std::int64_t seconds) {
  return R"({"key":")" + std::string(taint) +
         R"(","operator":"Exists","effect":"NoExecute","tolerationSeconds":)" +
         std::to_string(seconds) + "}";
}

class DefaultTolerationSeconds final : public limen::Admission {
 public:
  DefaultTolerationSeconds(limen::Host&, limen::Node config)
      : not_ready_(config["notReadySeconds"].int_or(kDefaultSeconds)),
        unreachable_(config["unreachableSeconds"].int_or(kDefaultSeconds)) {}

  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!call.is("", "pods")) return {};
    const limen::Node tolerations = call.object().at("/spec/tolerations");
    std::string missing;
    if (!tolerates(tolerations, kNotReady)) missing = toleration(kNotReady, not_ready_);
    if (!tolerates(tolerations, kUnreachable)) {
      if (!missing.empty()) missing += ",";
      missing += toleration(kUnreachable, unreachable_);
    }
    if (missing.empty()) return {};
    std::string all = "[";
    for (const auto& [key, existing] : tolerations) all += existing.to_json() + ",";
    return call.patch().set_json("/spec/tolerations", all + missing + "]");
  }

 private:
  std::int64_t not_ready_;
  std::int64_t unreachable_;
};

constexpr const char* kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "notReadySeconds": {"type": "integer", "minimum": 0, "default": 300,
      "description": "How long pods stay on a node that is not ready, in seconds."},
    "unreachableSeconds": {"type": "integer", "minimum": 0, "default": 300,
      "description": "How long pods stay on a node that is unreachable, in seconds."}
  }
})";

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<DefaultTolerationSeconds>(
    {.id = "default-toleration-seconds",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary =
         "Adds tolerations for nodes that are not ready or unreachable to pods without them.",
     .config_schema = kSchema,
     .operations = limen::kCreate | limen::kUpdate}))
