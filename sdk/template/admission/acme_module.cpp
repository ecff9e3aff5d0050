// acme-module: every object has a label that says whose it is.
//
// Where the operator gave a default, a missing label is filled in; what has none in the end is
// refused.

#include <algorithm>
#include <limen/cpp/operations.hpp>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <vector>

namespace {

// What may stand below `config:`. The server checks it before this module runs, fills in the
// defaults and shows the descriptions to operators.
constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["label"],
  "properties": {
    "label": {
      "type": "string",
      "minLength": 1,
      "description": "The label's key, such as acme.example/team."
    },
    "default": {
      "type": "string",
      "description": "The value of a label that is missing. Left out: objects without it are refused."
    },
    "resources": {
      "type": "array",
      "items": {"type": "string"},
      "default": ["pods"],
      "description": "The resources that need it, in lower-case plural."
    }
  }
})json";

class AcmeModule final : public limen::Admission {
 public:
  // Runs once for each instance in the config, before the server serves. Throwing
  // limen::ConfigError stops the start with the text.
  AcmeModule(limen::Host& host, limen::Node config)
      : label_(config["label"].string_or("")),
        pointer_("/metadata/labels/" + limen::pointer_part(label_)),
        has_default_(config["default"].is_string()),
        default_(config["default"].string_or("")),
        resources_(config["resources"].strings()),
        defaulted_(host.metrics().counter("labels_defaulted_total", "Labels filled in.")),
        refused_(host.metrics().counter("objects_refused_total", "Objects without the label.")) {
    if (label_.find(' ') != std::string::npos) {
      throw limen::ConfigError("label \"" + label_ + "\" holds a space: write a label key");
    }
    host.log().info("label required", {{"label", label_}});
  }

  // Many threads at once; no blocking. The server may ask again about an object it has already
  // shown.
  limen::Result<void> admit(limen::AdmissionCall& call) override {
    if (!has_default_ || !concerns(call) || call.object().at(pointer_)) return {};
    defaulted_.add();
    return call.patch().set(pointer_, default_);
  }

  limen::Result<void> validate(limen::AdmissionCall& call) override {
    if (!concerns(call) || call.object().at(pointer_)) return {};
    refused_.add();
    return call.deny("label \"" + label_ + "\" is required");
  }

 private:
  bool concerns(const limen::AdmissionCall& call) const {
    // Every way to write the whole object counts: a rule that looks at plain updates alone is
    // passed by through a subresource.
    return limen::carries_whole_object(limen::subresource_of(call)) &&
           std::find(resources_.begin(), resources_.end(), call.attributes().resource()) !=
               resources_.end();
  }

  const std::string label_, pointer_;
  const bool has_default_;
  const std::string default_;
  const std::vector<std::string> resources_;
  const limen::Counter defaulted_, refused_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::admission<AcmeModule>({
    .id = "acme-module",
    .version = "1.0.0",
    .vendor = "Acme",
    .url = "https://acme.example/limen",
    .summary = "Refuses objects without a label, or fills it in.",
    .config_schema = kSchema,
    .operations = limen::kCreate | limen::kUpdate,
}))
