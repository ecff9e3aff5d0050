#include "app/module_specs.h"

#include <algorithm>

namespace limen::app {

namespace {

modules::ModuleSpec spec_of(const config::ModuleEntry& entry, const std::string& file) {
  modules::ModuleSpec spec;
  spec.name = entry.name;
  spec.module = entry.module;
  spec.timeout = entry.timeout;
  spec.max_calls = static_cast<std::size_t>(entry.max_calls);
  spec.failure_policy = entry.failure_policy == config::FailurePolicy::ignore
                            ? modules::FailurePolicy::ignore
                            : modules::FailurePolicy::fail;
  spec.shadow = entry.mode == config::Mode::shadow;
  spec.isolation = entry.isolation == config::Isolation::process ? modules::Isolation::process
                                                                 : modules::Isolation::none;
  spec.memory_limit = entry.memory_limit;
  if (!entry.config.is_null()) spec.config = object::Document(entry.config);
  spec.pins = {entry.sha256, entry.signed_by, entry.public_key};
  spec.position = config::to_string(file, entry.position);
  spec.locate = [entry, file](std::string_view pointer) {
    return config::to_string(entry.config_file.empty() ? file : entry.config_file,
                             entry.position_of(pointer));
  };
  return spec;
}

std::vector<modules::ModuleSpec> specs_of(const std::vector<config::ModuleEntry>& entries,
                                          const std::string& file) {
  std::vector<modules::ModuleSpec> out;
  for (const config::ModuleEntry& entry : entries) out.push_back(spec_of(entry, file));
  return out;
}

}  // namespace

modules::GenerationSpec generation_spec(const config::ServerConfiguration& configuration) {
  const std::string& file = configuration.file;
  return {specs_of(configuration.authenticators, file), specs_of(configuration.authorizers, file),
          specs_of(configuration.admission, file)};
}

modules::ModuleSpec store_spec(const config::ServerConfiguration& configuration) {
  return spec_of(configuration.storage, configuration.file);
}

std::string no_way_in(const config::ServerConfiguration& configuration) {
  const auto& all = configuration.authenticators;
  const bool somebody = std::any_of(all.begin(), all.end(), [](const config::ModuleEntry& entry) {
    return entry.mode == config::Mode::enforce;
  });
  if (somebody) return {};
  return configuration.file +
         ": no authenticator is named, so nobody could be let in: list one under authenticators "
         "(`anonymous` takes requests without a credential)";
}

}  // namespace limen::app
