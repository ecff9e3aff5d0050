#include "app/module_trust.h"

#include <functional>
#include <set>

namespace limen::app {

namespace {

using modules::ModuleSpec;

void each(const modules::GenerationSpec& spec, const ModuleSpec& store,
          const std::function<void(const ModuleSpec&)>& visit) {
  for (const auto* list : {&spec.authenticators, &spec.authorizers, &spec.admission}) {
    for (const ModuleSpec& one : *list) visit(one);
  }
  visit(store);
}

}  // namespace

std::string trust_text(const modules::Pins& pins) {
  std::string out = pins.sha256.empty() ? "" : "sha256";
  if (!pins.signed_by.empty())
    out += (out.empty() ? "signed by " : ", signed by ") + pins.signed_by;
  return out.empty() ? "path" : out;
}

boost::json::object trust_json(const modules::Pins& pins) {
  const auto text = [](const std::string& value) {
    return value.empty() ? boost::json::value(nullptr) : boost::json::value(value);
  };
  return {{"sha256", text(pins.sha256)}, {"signedBy", text(pins.signed_by)}};
}

std::string trust_summary(const modules::GenerationSpec& spec, const ModuleSpec& store) {
  std::set<std::string> files, digests, signatures;
  each(spec, store, [&](const ModuleSpec& one) {
    files.insert(one.module_name());
    if (!one.pins.sha256.empty()) digests.insert(one.module_name());
    if (!one.pins.signed_by.empty()) signatures.insert(one.module_name());
  });
  std::string out = std::to_string(files.size()) + (files.size() == 1 ? " file" : " files");
  if (!digests.empty()) out += ", " + std::to_string(digests.size()) + " by SHA-256";
  if (!signatures.empty()) out += ", " + std::to_string(signatures.size()) + " by signature";
  return out;
}

}  // namespace limen::app
