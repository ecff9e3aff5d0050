// `limen check`: everything `limen serve` would refuse, without binding a port or opening the
// store.
#include <algorithm>
#include <ostream>

#include "app/audit_sender.h"
#include "app/commands.h"
#include "app/encryption_setup.h"
#include "app/files.h"
#include "app/front_proxy.h"
#include "app/module_isolation.h"
#include "app/module_specs.h"
#include "app/module_trust.h"
#include "app/pki.h"
#include "app/proxy_client.h"
#include "app/root_ca.h"
#include "app/serving_certificate.h"
#include "app/transport_options.h"
#include "audit/policy_file.h"
#include "authn/revocations.h"
#include "config/admission_plugins.h"
#include "encryption/configuration.h"
#include "modules/config_schema.h"
#include "modules/load_error.h"
#include "modules/runtime.h"
#include "modules/self_lock.h"
#include "proxy/tls_contexts.h"
#include "proxy/trust_files.h"
#include "transport/tls_policy.h"

namespace limen::app {

namespace {

void check_certificates(const config::ServerConfiguration& configuration,
                        std::vector<std::string>& problems) {
  const std::string problem = serving_certificate_problem(configuration.secure);
  if (!problem.empty()) problems.push_back(problem);
  if (problem.empty()) {
    try {
      transport::check_tls(*transport_options(configuration, {}).secure);
    } catch (const std::runtime_error& error) {
      problems.push_back(configuration.file + ": secure: " + error.what());
    }
  }
  const std::string proxy = proxy_client_problem(configuration.aggregation);
  if (!proxy.empty()) problems.push_back(proxy);
  const std::string root = root_ca_problem(configuration);
  if (!root.empty()) problems.push_back("controllers.rootCAFile: " + root);
  const std::string& ca = configuration.secure.client_ca_file;
  if (ca.empty()) return;
  try {
    expiry_of(read_file(ca));
  } catch (const std::runtime_error& error) {
    const std::string text = error.what();
    problems.push_back(text.starts_with(ca) ? text : ca + ": " + text);
  }
}

// What each entry of the lists is refused for, taken alone: the first refusal of a whole must not
// hide the others.
std::vector<std::string> refusals(modules::Runtime& runtime, const modules::GenerationSpec& spec) {
  std::vector<std::string> out;
  using List = std::vector<modules::ModuleSpec> modules::GenerationSpec::*;
  for (const List list :
       {&modules::GenerationSpec::authenticators, &modules::GenerationSpec::authorizers,
        &modules::GenerationSpec::admission}) {
    for (const modules::ModuleSpec& entry : spec.*list) {
      modules::GenerationSpec alone;
      (alone.*list).push_back(entry);
      try {
        static_cast<void>(runtime.build(alone));
      } catch (const modules::LoadError& error) {
        out.emplace_back(error.what());
      }
    }
  }
  return out;
}

// Starts every module but the store, which would open (and create) the database.
void check_modules(const config::ServerConfiguration& configuration,
                   std::vector<std::string>& problems, std::vector<std::string>& warnings) {
  modules::RuntimeOptions options;
  options.folder = configuration.module_path;
  options.isolate = module_isolation(configuration);
  modules::Runtime runtime(options);
  const modules::GenerationSpec spec = generation_spec(configuration);
  const modules::ModuleSpec store = store_spec(configuration);
  const std::vector<std::string> untrusted = trust_problems(runtime.loader(), spec, store);
  problems.insert(problems.end(), untrusted.begin(), untrusted.end());
  const std::string nobody = no_way_in(configuration);
  if (!nobody.empty()) problems.push_back(nobody);
  const std::string shared = shared_proxy_authority(configuration);
  if (!shared.empty()) problems.push_back(shared);
  if (!untrusted.empty()) return;
  try {
    runtime.loader().load(store.module_name(), store.pins)->choose(modules::Kind::store);
  } catch (const modules::LoadError& error) {
    problems.push_back(store.position + ": " + error.what());
  }
  try {
    // Made current, so that the runtime stops and destroys it with itself.
    runtime.activate(runtime.build(spec));
    warnings = modules::self_locks(spec, runtime.loader());
  } catch (const modules::LoadError& error) {
    std::vector<std::string> all = refusals(runtime, spec);
    if (all.empty()) all.emplace_back(error.what());  // of the entries together
    problems.insert(problems.end(), all.begin(), all.end());
  }
}

// The file is the operand, or what --config says.
config::Loaded load_named(const Arguments& arguments) {
  if (arguments.operands().empty()) return load_with_problems(arguments);
  if (arguments.get("config")) throw UsageError("give FILE or --config, not both");
  return load_with_problems(arguments, arguments.operands().front());
}

void check_kubelet_trust(const config::ServerConfiguration& configuration,
                         std::vector<std::string>& problems) {
  const config::Kubelets& kubelets = configuration.kubelets;
  proxy::TlsTrust trust;
  std::string problem =
      proxy::TrustFiles(kubelets.certificate_authority_file, kubelets.client_certificate_file,
                        kubelets.client_key_file)
          .read(trust);
  if (problem.empty()) proxy::tls_context(trust, problem);
  if (!problem.empty()) problems.push_back("kubelet: " + problem);
}

void check_revocations(const config::ServerConfiguration& configuration,
                       std::vector<std::string>& problems) {
  try {
    static_cast<void>(authn::Revocations(configuration.revocations.path));
  } catch (const authn::RevocationList::Error& error) {
    problems.emplace_back(error.what());
  }
}

void check_encryption(const config::ServerConfiguration& configuration,
                      std::vector<std::string>& problems, std::vector<std::string>& warnings) {
  const std::string& file = configuration.storage_encryption;
  if (file.empty()) return;
  for (std::string& problem : encryption::read_configuration_file(file).problems) {
    problems.push_back(std::move(problem));
  }
  std::string exposed = exposed_keys(file);
  if (!exposed.empty()) warnings.push_back(std::move(exposed));
}

void check_audit(const config::ServerConfiguration& configuration,
                 std::vector<std::string>& problems) {
  const std::string& webhook = configuration.audit_webhook.kubeconfig;
  if (!webhook.empty()) {
    const std::string problem = audit_webhook_problem(webhook);
    if (!problem.empty()) problems.push_back(problem);
  }
  if (configuration.audit.policy_file.empty()) return;
  for (std::string& problem : audit::read_policy_file(configuration.audit.policy_file).problems) {
    problems.push_back(std::move(problem));
  }
}

void add_warnings(const config::ServerConfiguration& configuration, std::vector<std::string>& out) {
  if (configuration.admission.empty()) {
    out.emplace_back("no admission: every valid object is stored, whoever may write it");
  }
  if (configuration.authorizers.empty()) {
    out.emplace_back("no authorizers: the secure listener answers 403 to everybody");
  }
  if (configuration.local.enabled) {
    out.emplace_back("the local listener is on: whoever reaches it may do everything");
  }
}

std::string_view plugin_name(const config::ModuleEntry& entry) {
  const config::AdmissionPlugin* plugin = config::plugin_of_module(entry.module);
  return plugin == nullptr ? std::string_view("-") : plugin->name;
}

// Who is asked about a write, in the order of asking.
void print_admission(const std::vector<config::ModuleEntry>& admission, std::ostream& out) {
  if (admission.empty()) return;
  out << "admission, in the order of asking:\n";
  std::size_t number = 0;
  for (const config::ModuleEntry& entry : admission) {
    std::string line = std::to_string(++number);
    line.insert(0, 4 - std::min<std::size_t>(line.size(), 3), ' ');
    line += "  " + entry.name;
    if (entry.module != entry.name) line += " (" + entry.module + ')';
    line.resize(std::max<std::size_t>(line.size(), 46), ' ');
    line += "  " + std::string(plugin_name(entry));
    if (entry.mode == config::Mode::shadow) line += "  shadow";
    out << line << '\n';
  }
}

boost::json::array json_of(const std::vector<config::ModuleEntry>& admission) {
  boost::json::array out;
  for (const config::ModuleEntry& entry : admission) {
    const config::AdmissionPlugin* plugin = config::plugin_of_module(entry.module);
    out.push_back(boost::json::object{
        {"name", entry.name},
        {"module", entry.module},
        {"plugin", plugin == nullptr ? boost::json::value(nullptr)
                                     : boost::json::value(std::string(plugin->name))},
        {"mode", entry.mode == config::Mode::shadow ? "shadow" : "enforce"},
        {"trust", trust_json({entry.sha256, entry.signed_by, {}})}});
  }
  return out;
}

int run(const Arguments& arguments, Streams streams) {
  const bool json = wants_json(arguments);
  config::Loaded loaded = load_named(arguments);
  std::vector<std::string> warnings;
  if (loaded.ok()) {
    check_certificates(loaded.configuration, loaded.problems);
    check_audit(loaded.configuration, loaded.problems);
    check_modules(loaded.configuration, loaded.problems, warnings);
    check_revocations(loaded.configuration, loaded.problems);
    check_encryption(loaded.configuration, loaded.problems, warnings);
    check_kubelet_trust(loaded.configuration, loaded.problems);
    add_warnings(loaded.configuration, warnings);
    warnings.insert(warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
  }
  if (json) {
    const boost::json::object document = {
        {"file", loaded.configuration.file},
        {"ok", loaded.ok()},
        {"problems", boost::json::array(loaded.problems.begin(), loaded.problems.end())},
        {"warnings", boost::json::array(warnings.begin(), warnings.end())},
        {"admission", json_of(loaded.configuration.admission)}};
    streams.out << boost::json::serialize(document) << '\n';
  } else {
    for (const std::string& problem : loaded.problems) streams.err << problem << '\n';
    for (const std::string& warning : warnings) streams.err << "warning: " << warning << '\n';
    if (loaded.ok()) {
      streams.out << loaded.configuration.file << ": ok\nmodules: "
                  << trust_summary(generation_spec(loaded.configuration),
                                   store_spec(loaded.configuration))
                  << ", in the hands of nobody but root and the server's user\n";
      print_admission(loaded.configuration.admission, streams.out);
    }
  }
  return loaded.ok() ? kExitOk : kExitFailure;
}

}  // namespace

Command check_command() {
  Command command;
  command.name = "check";
  command.summary = "say everything that is wrong with a configuration, without serving";
  command.details =
      "Reads the configuration and the certificates, loads and starts the modules, and stops "
      "before a\n"
      "port is bound or the store is opened. Exit status 0 when `limen serve` could go on, else 1.";
  command.operands = "[FILE]";
  command.max_operands = 1;
  command.options = configuration_options();
  command.options.push_back(output_option());
  command.run = run;
  return command;
}

}  // namespace limen::app
