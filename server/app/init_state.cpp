#include "app/init_state.h"

#include <functional>
#include <stdexcept>
#include <utility>

#include "app/default_config.h"
#include "app/encryption_setup.h"
#include "app/files.h"
#include "app/kubeconfig.h"
#include "app/pki.h"
#include "config/load.h"
#include "encryption/configuration.h"

namespace limen::app {

namespace {

using Action = InitStep::Action;

class Initializer {
 public:
  explicit Initializer(const InitOptions& options)
      : options_(options), state_(absolute_path(options.state)), pki_(state_ + "/pki") {}

  InitResult run() {
    make_folder(pki_);
    const FileLock lock(state_ + "/.init.lock");
    const KeyPair authority =
        pair("ca", "certificate authority", nullptr, [] { return make_authority("limen-ca"); });
    pair("apiserver", "serving certificate", &authority, [&] {
      std::vector<std::string> names = default_serving_names();
      names.push_back(options_.server_host);
      names.insert(names.end(), options_.extra_names.begin(), options_.extra_names.end());
      return make_serving_pair(authority, "limen-apiserver", without_repeats(std::move(names)));
    });
    const KeyPair admin =
        pair("admin", "client certificate of kubernetes-admin, group system:masters", &authority,
             [&] { return make_client_pair(authority, "kubernetes-admin", {"system:masters"}); });
    token_key();
    kubeconfig(authority, admin);
    encryption();
    config();
    return std::move(result_);
  }

 private:
  static std::vector<std::string> without_repeats(std::vector<std::string> names) {
    std::vector<std::string> out;
    for (std::string& name : names) {
      bool seen = name.empty();
      for (const std::string& other : out) seen = seen || other == name;
      if (!seen) out.push_back(std::move(name));
    }
    return out;
  }

  // False when neither of two files that belong together is there. Throws when one is missing.
  static bool both_exist(const std::string& first, const std::string& second) {
    const bool has_first = file_exists(first);
    const bool has_second = file_exists(second);
    if (has_first == has_second) return has_first;
    throw std::runtime_error((has_first ? first : second) + " is there and " +
                             (has_first ? second : first) +
                             " is not: put it back, or remove both to have new ones made");
  }

  bool ends_soon(const KeyPair& pair) const {
    return expiry_of(pair.certificate) < std::chrono::system_clock::now() + options_.renew_before;
  }

  void note(Action action, std::string path, std::string what) {
    result_.steps.push_back({action, std::move(path), std::move(what)});
  }

  // The pair of this name: the one that is there, or a new one. `authority` is null for the
  // authority itself, which is never renewed: every kubeconfig out there trusts it.
  KeyPair pair(const std::string& name, const std::string& what, const KeyPair* authority,
               const std::function<KeyPair()>& make) {
    const std::string certificate = pki_ + '/' + name + ".crt";
    const std::string key = pki_ + '/' + name + ".key";
    Action action = Action::created;
    if (both_exist(certificate, key)) {
      KeyPair there{read_file(certificate), read_file(key)};
      const std::string problem = pair_problem(there);
      if (!problem.empty()) throw std::runtime_error(certificate + ": " + problem);
      const bool ours =
          authority != nullptr && is_signed_by(there.certificate, authority->certificate);
      if (!ours || !ends_soon(there)) {
        note(Action::kept, certificate, what);
        return there;
      }
      action = Action::renewed;
    }
    KeyPair made = make();
    write_file(key, made.key, Privacy::secret);
    write_file(certificate, made.certificate, Privacy::open);
    note(action, certificate, what);
    return made;
  }

  // Never renewed: tokens out there are good as long as it is.
  void token_key() {
    static const std::string kWhat = "key that signs service account tokens";
    const std::string key = pki_ + "/sa.key";
    const std::string public_key = pki_ + "/sa.pub";
    if (both_exist(key, public_key)) {
      const std::string problem = token_key_problem({read_file(key), read_file(public_key)});
      if (!problem.empty()) throw std::runtime_error(key + ": " + problem);
      return note(Action::kept, key, kWhat);
    }
    const TokenKey made = make_token_key();
    write_file(key, made.private_key, Privacy::secret);
    write_file(public_key, made.public_key, Privacy::open);
    note(Action::created, key, kWhat);
  }

  void kubeconfig(const KeyPair& authority, const KeyPair& admin) {
    const std::string path = state_ + "/admin.kubeconfig";
    const std::string text = kubeconfig_text(
        {https_url(options_.server_host, options_.port), authority.certificate, admin});
    result_.kubeconfig = path;
    const bool there = file_exists(path);
    if (there && read_file(path) == text) return note(Action::kept, path, "kubeconfig");
    write_file(path, text, Privacy::secret);
    note(there ? Action::renewed : Action::created, path, "kubeconfig");
  }

  std::string config_path() const {
    return options_.config_file.empty() ? state_ + "/limen.yaml"
                                        : absolute_path(options_.config_file);
  }

  // Never renewed: what is stored is readable as long as the key is there. Where the configuration
  // that is there does not name it, nobody asked for it.
  void encryption() {
    static const std::string kWhat = "which resources are encrypted in the store, and the key";
    const std::string path = encryption_file(state_);
    if (file_exists(path)) {
      const auto read = encryption::read_configuration_file(path);
      if (!read.ok()) throw std::runtime_error(read.problems().front());
      return note(Action::kept, path, kWhat);
    }
    if (file_exists(config_path()) &&
        config::load_file(config_path(), {}).configuration.storage_encryption != path) {
      return;
    }
    write_file(path, new_encryption_text(), Privacy::secret);
    note(Action::created, path, kWhat);
  }

  void config() {
    const std::string path = config_path();
    result_.config_file = path;
    if (file_exists(path)) return note(Action::kept, path, "configuration");
    write_file(path, init_config_text(options_), Privacy::open);
    note(Action::created, path, "configuration");
  }

  const InitOptions& options_;
  const std::string state_;
  const std::string pki_;
  InitResult result_;
};

}  // namespace

std::string init_config_text(const InitOptions& options) {
  DefaultConfig config;
  config.state = absolute_path(options.state);
  config.module_path = options.module_path.empty() ? "" : absolute_path(options.module_path);
  config.bind_address = options.bind_address;
  config.port = options.port;
  config.url = https_url(options.server_host, options.port);
  return default_config_text(config);
}

InitResult init_state(const InitOptions& options) { return Initializer(options).run(); }

std::string action_name(InitStep::Action action) {
  switch (action) {
    case Action::created:
      return "created";
    case Action::kept:
      return "kept";
    case Action::renewed:
      return "renewed";
  }
  return "";
}

}  // namespace limen::app
