#include "api/definition_warnings.h"

#include <string>

#include "base/strings.h"
#include "object/metadata.h"
#include "validation/custom/formats.h"

namespace limen::api {

namespace {

using object::Json;

constexpr std::size_t kMaxWarnings = 20;

struct Findings {
  bool rules = false;
  std::vector<std::string> formats;
};

// Every value of the schema is looked at, so that schemas are found wherever they may stand.
void look(const Json& schema, Findings& findings) {
  if (schema.is_array()) {
    for (const Json& one : schema.get_array()) look(one, findings);
  }
  const boost::json::object* const members = schema.if_object();
  if (!members) return;
  const Json* rules = object::member(schema, "x-kubernetes-validations");
  if (rules && rules->is_array() && !rules->get_array().empty()) findings.rules = true;
  const std::string_view format = object::text_at(schema, "format");
  if (!format.empty() && !validation::is_known_format(format) &&
      findings.formats.size() < kMaxWarnings) {
    findings.formats.emplace_back(format);
  }
  for (const auto& entry : *members) {
    if (entry.key() != "default" && entry.key() != "enum" && entry.key() != "example") {
      look(entry.value(), findings);
    }
  }
}

}  // namespace

void warn_about_definition(Call& call, const Json& object) {
  if (call.resource.name != "customresourcedefinitions" ||
      call.resource.group != "apiextensions.k8s.io") {
    return;
  }
  const Json* versions = object::find(object, {"spec", "versions"});
  if (!versions || !versions->is_array()) return;
  Findings findings;
  for (const Json& version : versions->get_array()) {
    if (const Json* schema = object::find(version, {"schema", "openAPIV3Schema"})) {
      look(*schema, findings);
    }
  }
  if (findings.rules) {
    call.context.warn(
        "x-kubernetes-validations are stored, but this server does not evaluate them yet");
  }
  for (const std::string& format : findings.formats) {
    call.context.warn("unrecognized format " + base::go_quote(format) + ": values are not checked");
  }
}

}  // namespace limen::api
