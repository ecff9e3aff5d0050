#include "app/config_check.h"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "app/audit_sender.h"
#include "app/certificate_bundle.h"
#include "app/encryption_setup.h"
#include "app/files.h"
#include "app/front_proxy.h"
#include "app/module_check.h"
#include "app/module_specs.h"
#include "app/pki.h"
#include "app/proxy_client.h"
#include "app/root_ca.h"
#include "app/serving_certificate.h"
#include "app/transport_options.h"
#include "audit/policy_file.h"
#include "authn/revocations.h"
#include "base/strings.h"
#include "encryption/configuration.h"
#include "proxy/tls_contexts.h"
#include "proxy/trust_files.h"
#include "transport/tls_policy.h"

namespace limen::app {

namespace {

using config::Finding;
using config::Loaded;
using Paths = std::initializer_list<const char*>;

class Check {
 public:
  Check(const Loaded& loaded, std::vector<Finding>& out)
      : loaded_(loaded), configuration_(loaded.configuration), out_(out) {}

  void run() {
    serving_certificate();
    secure_listener();
    client_authority();
    proxy_client();
    root_authority();
    audit();
    encryption();
    revocations();
    kubelet_trust();
    way_in();
  }

 private:
  // Whether nothing was found at any of these keys, so that what they say may be looked at.
  bool sound(Paths keys) const {
    return std::none_of(keys.begin(), keys.end(),
                        [this](const char* key) { return loaded_.about(key); });
  }

  // What is wrong with what `keys` name. A place in a file that is named counts most, then that of
  // the first key the configuration file gives.
  void found(Paths keys, const std::string& what) {
    if (what.empty()) return;
    Finding finding = finding_of(what);
    if (finding.file.empty()) {
      for (const char* key : keys) {
        const auto at = loaded_.positions.find(key);
        if (at == loaded_.positions.end()) continue;
        finding.file = configuration_.file;
        finding.position = at->second;
        finding.path = key;
        break;
      }
    }
    out_.push_back(std::move(finding));
  }

  // The key of those two whose file the sentence is about comes first.
  void found_in_pair(const char* certificate, const std::string& key_file, const char* key,
                     const std::string& what) {
    const bool of_key = !key_file.empty() && what.starts_with(key_file + ": ");
    if (of_key) return found({key, certificate}, what);
    found({certificate, key}, what);
  }

  void serving_certificate() {
    if (!sound({"secure.tlsCertFile", "secure.tlsPrivateKeyFile", "secure.certDir"})) return;
    if (loaded_.about("secure") && configuration_.secure.tls_cert_file.empty() !=
                                       configuration_.secure.tls_private_key_file.empty()) {
      return;
    }
    const std::string problem = serving_certificate_problem(configuration_.secure);
    certificate_good_ = problem.empty();
    found_in_pair("secure.tlsCertFile", configuration_.secure.tls_private_key_file,
                  "secure.tlsPrivateKeyFile", problem);
  }

  void secure_listener() {
    if (!certificate_good_ || loaded_.about("secure")) return;
    try {
      transport::check_tls(*transport_options(configuration_, {}).secure);
    } catch (const std::runtime_error& error) {
      found({"secure"}, error.what());
    }
  }

  void client_authority() {
    const std::string& file = configuration_.secure.client_ca_file;
    if (file.empty()) return;
    try {
      expiry_of(read_file(file));
    } catch (const std::runtime_error& error) {
      const std::string text = error.what();
      found({"secure.clientCAFile"}, text.starts_with(file) ? text : file + ": " + text);
    }
  }

  void proxy_client() {
    if (loaded_.about("aggregation")) return;
    found_in_pair(
        "aggregation.proxyClientCertFile", configuration_.aggregation.proxy_client_key_file,
        "aggregation.proxyClientKeyFile", proxy_client_problem(configuration_.aggregation));
  }

  void root_authority() { found({"controllers.rootCAFile"}, root_ca_problem(configuration_)); }

  void audit() {
    const std::string& webhook = configuration_.audit_webhook.kubeconfig;
    if (!webhook.empty()) found({"auditWebhook.kubeconfig"}, audit_webhook_problem(webhook));
    const std::string& policy = configuration_.audit.policy_file;
    if (policy.empty()) return;
    found_in("audit.policyFile", audit::read_policy_file(policy).findings);
  }

  void encryption() {
    const std::string& file = configuration_.storage_encryption;
    if (file.empty()) return;
    found_in("storage.encryption", encryption::read_configuration_file(file).findings);
  }

  // What is wrong with the file that `key` names.
  void found_in(const char* key, std::vector<Finding> findings) {
    for (Finding& finding : findings) {
      if (finding.position.line == 0) {  // of the whole file: it is not there, or not to be read
        found({key}, config::sentence(finding));
      } else {
        out_.push_back(std::move(finding));
      }
    }
  }

  void revocations() {
    const std::string& path = configuration_.revocations.path;
    if (path.empty()) return;
    for (const std::string& problem : authn::RevocationList::problems(path)) {
      found({"revocations.path"}, problem);
    }
  }

  void kubelet_trust() {
    const config::Kubelets& kubelets = configuration_.kubelets;
    if (loaded_.about("kubelet")) return;
    proxy::TlsTrust trust;
    std::string problem =
        proxy::TrustFiles(kubelets.certificate_authority_file, kubelets.client_certificate_file,
                          kubelets.client_key_file)
            .read(trust);
    if (problem.empty()) proxy::tls_context(trust, problem);
    if (problem.empty()) return;
    const auto names = [&](const std::string& file) {
      return !file.empty() && problem.starts_with(file);
    };
    if (names(kubelets.client_certificate_file)) {
      found({"kubelet.clientCertificateFile"}, problem);
    } else if (names(kubelets.client_key_file)) {
      found({"kubelet.clientKeyFile"}, problem);
    } else if (names(kubelets.certificate_authority_file)) {
      found({"kubelet.certificateAuthorityFile"}, problem);
    } else {
      found({"kubelet"}, "kubelet: " + problem);
    }
  }

  // Needs all authenticators: with one left out it would judge another list.
  void way_in() {
    if (loaded_.about("authenticators")) return;
    for (const std::string& problem :
         {no_way_in(configuration_), shared_proxy_authority(configuration_)}) {
      if (problem.empty()) continue;
      Finding finding = finding_of(problem);
      if (finding.file.empty() && problem.starts_with(configuration_.file + ": ")) {
        finding.file = configuration_.file;
        finding.message = problem.substr(configuration_.file.size() + 2);
      }
      if (const std::size_t colon = finding.message.rfind(": "); colon != std::string::npos) {
        finding.hint = finding.message.substr(colon + 2);
        finding.message.resize(colon);
      }
      out_.push_back(std::move(finding));
    }
  }

  const Loaded& loaded_;
  const config::ServerConfiguration& configuration_;
  std::vector<Finding>& out_;
  bool certificate_good_ = false;
};

void add_warnings(const Loaded& loaded, std::vector<std::string>& out) {
  const config::ServerConfiguration& configuration = loaded.configuration;
  if (configuration.admission.empty() && !loaded.about("admission")) {
    out.emplace_back("no admission: every valid object is stored, whoever may write it");
  }
  if (configuration.authorizers.empty() && !loaded.about("authorizers")) {
    out.emplace_back("no authorizers: the secure listener answers 403 to everybody");
  }
  if (!configuration.storage_encryption.empty()) {
    std::string exposed = exposed_keys(configuration.storage_encryption);
    if (!exposed.empty()) out.push_back(std::move(exposed));
  }
  if (configuration.local.enabled) {
    out.emplace_back("the local listener is on: whoever reaches it may do everything");
  }
}

// In the order of the configuration file; what stands elsewhere last. One cause, one finding.
void arrange(std::vector<Finding>& findings, const std::string& file) {
  const auto rank = [&file](const Finding& finding) {
    const bool placed = finding.file == file && finding.position.line != 0;
    return placed ? std::pair(finding.position.line, finding.position.column)
                  : std::pair(std::numeric_limits<int>::max(), 0);
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Finding& a, const Finding& b) { return rank(a) < rank(b); });
  std::vector<Finding> once;
  for (Finding& finding : findings) {
    const std::string text = config::sentence(finding);
    const bool told = std::any_of(once.begin(), once.end(), [&](const Finding& other) {
      return config::sentence(other) == text;
    });
    if (!told) once.push_back(std::move(finding));
  }
  findings = std::move(once);
}

// The digits at the start of `text` as a number, taken off it; 0: there are none, or too many.
int take_number(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto value = length > 9 ? std::nullopt : base::parse_int(text.substr(0, length));
  if (!value) return 0;
  text.remove_prefix(length);
  return static_cast<int>(*value);
}

// `:LINE: `, `:LINE:COLUMN: ` or `, line LINE: ` at the start of `text`, taken off it.
bool take_place(std::string_view& text, config::Position& out) {
  constexpr std::string_view kLine = ", line ";
  std::string_view rest = text;
  const bool words = rest.starts_with(kLine);
  if (!words && !rest.starts_with(':')) return false;
  rest.remove_prefix(words ? kLine.size() : 1);
  config::Position place;
  place.line = take_number(rest);
  if (!words && rest.size() > 1 && rest[0] == ':' && rest[1] != ' ') {
    rest.remove_prefix(1);
    place.column = take_number(rest);
    if (place.column == 0) return false;
  }
  if (place.line == 0 || !rest.starts_with(": ")) return false;
  text = rest.substr(2);
  out = place;
  return true;
}

}  // namespace

Finding finding_of(const std::string& sentence) {
  Finding out;
  out.message = sentence;
  // The path: from the first slash, or from the start, to what can only be a place.
  for (std::size_t at = sentence.find_first_of(":,"); at != std::string::npos;
       at = sentence.find_first_of(":,", at + 1)) {
    std::string_view rest = std::string_view(sentence).substr(at);
    config::Position place;
    if (!take_place(rest, place)) continue;
    const std::size_t space = sentence.rfind(' ', at);
    const std::size_t begin = space == std::string::npos ? 0 : space + 1;
    if (begin == at || (begin != 0 && sentence[begin] != '/')) continue;
    out.file = sentence.substr(begin, at - begin);
    out.position = place;
    out.message = rest;
    return out;
  }
  return out;
}

ConfigCheck check_configuration(const Loaded& loaded) {
  ConfigCheck out;
  out.findings = loaded.findings;
  if (!loaded.read) return out;
  Check(loaded, out.findings).run();
  check_modules(loaded, out.findings, out.warnings);
  add_warnings(loaded, out.warnings);
  out.warnings.insert(out.warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
  arrange(out.findings, loaded.configuration.file);
  return out;
}

}  // namespace limen::app
