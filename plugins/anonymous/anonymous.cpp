// anonymous: the identity of requests that bring no credential.
//
// The server asks this module last, and only when no credential was presented: one that was
// presented and is bad stays a 401 and never becomes anonymous.

#include <algorithm>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <vector>

namespace {

constexpr const char* kSchema = R"json({
  "type": "object",
  "properties": {
    "conditions": {
      "type": "array",
      "minItems": 1,
      "description": "Only requests for one of these paths may be anonymous. Left out: all.",
      "items": {
        "type": "object",
        "required": ["path"],
        "properties": {
          "path": {
            "type": "string",
            "pattern": "^/",
            "description": "A path such as /healthz, compared as a whole."
          }
        }
      }
    }
  }
})json";

class Anonymous final : public limen::Authenticator {
 public:
  Anonymous(limen::Host&, limen::Node config) {
    for (const auto& condition : config["conditions"]) {
      paths_.push_back(condition.value["path"].string_or(""));
    }
  }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const bool welcome =
        paths_.empty() || std::find(paths_.begin(), paths_.end(), call.path()) != paths_.end();
    if (welcome) call.accept("system:anonymous").group("system:unauthenticated");
    return {};
  }

 private:
  std::vector<std::string> paths_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<Anonymous>({
    .id = "anonymous",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Names requests without a credential system:anonymous.",
    .config_schema = kSchema,
}))
