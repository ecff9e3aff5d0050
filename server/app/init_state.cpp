#include "app/init_state.h"

#include <functional>
#include <stdexcept>
#include <utility>

#include "app/default_config.h"
#include "app/files.h"
#include "app/kubeconfig.h"
#include "app/pki.h"

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
    kubeconfig(authority, admin);
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
    if (file_exists(certificate) != file_exists(key)) {
      const bool has_key = file_exists(key);
      throw std::runtime_error((has_key ? key : certificate) + " is there and " +
                               (has_key ? certificate : key) +
                               " is not: put it back, or remove both to have new ones made");
    }
    Action action = Action::created;
    if (file_exists(certificate)) {
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

  void config() {
    const std::string path =
        options_.config_file.empty() ? state_ + "/limen.yaml" : absolute_path(options_.config_file);
    result_.config_file = path;
    if (file_exists(path)) return note(Action::kept, path, "configuration");
    DefaultConfig config;
    config.state = state_;
    config.module_path = options_.module_path.empty() ? "" : absolute_path(options_.module_path);
    config.bind_address = options_.bind_address;
    config.port = options_.port;
    write_file(path, default_config_text(config), Privacy::open);
    note(Action::created, path, "configuration");
  }

  const InitOptions& options_;
  const std::string state_;
  const std::string pki_;
  InitResult result_;
};

}  // namespace

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
