#include "app/encryption_setup.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "base/strings.h"
#include "observability/log.h"
#include "observability/metrics.h"

namespace limen::app {

namespace {

// Of the first file of a new server. secretbox, as its random nonces are long enough for any number
// of writes; a key of aesgcm would have to be changed every 200,000 writes.
constexpr std::size_t kKeyBytes = 32;

encryption::EncryptionConfiguration read(const std::string& file) {
  encryption::ReadConfiguration read = encryption::read_configuration_file(file);
  if (!read.ok()) throw std::runtime_error(read.problems().front());
  return std::move(read.configuration);
}

// Named as kube-apiserver's.
void count_reload(bool success) {
  static auto& reloads =
      metrics::counter("apiserver_encryption_config_controller_automatic_reloads_total",
                       "Attempts to take in a changed EncryptionConfiguration.", {"status"});
  static auto& last = metrics::gauge(
      "apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds",
      "When an EncryptionConfiguration was last taken in or refused, in seconds since 1970.",
      {"status"});
  const char* const status = success ? "success" : "failure";
  reloads.with({status}).add();
  last.with({status}).set(
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace

std::shared_ptr<encryption::Keyring> make_keyring(const std::string& file) {
  if (file.empty()) return nullptr;
  auto keyring = std::make_shared<encryption::Keyring>(read(file));
  const std::string exposed = exposed_keys(file);
  if (!exposed.empty()) log::warn("keys are exposed", {{"warning", exposed}});
  return keyring;
}

std::function<void()> prepare_keyring_reload(std::shared_ptr<encryption::Keyring> keyring,
                                             const std::string& file) {
  try {
    const std::uint64_t ticket = keyring->ticket();
    return [keyring = std::move(keyring), next = read(file), ticket] {
      if (!keyring->change(next, ticket)) return;
      log::info("the keys of encryption at rest have changed");
      count_reload(true);
    };
  } catch (const std::exception&) {
    count_reload(false);
    throw;
  }
}

void reload_keyring(const std::shared_ptr<encryption::Keyring>& keyring, const std::string& file) {
  try {
    prepare_keyring_reload(keyring, file)();
  } catch (const std::exception& error) {
    log::error("the new keys of encryption at rest cannot be used, the old ones stay in force",
               {{"error", error.what()}});
  }
}

std::string exposed_keys(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0 || (status.st_mode & S_IRWXO) == 0) return {};
  return file +
         " holds keys and is open to every user of this machine; let its owner alone read it "
         "(chmod 600)";
}

std::string new_encryption_text() {
  std::array<unsigned char, kKeyBytes> key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error("the random generator failed: no key for encryption was made");
  }
  std::string secret = base::base64_encode({reinterpret_cast<const char*>(key.data()), key.size()});
  OPENSSL_cleanse(key.data(), key.size());
  return "# Made by `limen init`: what is encrypted in the store. The first provider writes, all "
         "of "
         "them read.\n"
         "# For a new key: put it before key1, `limen reload`, rewrite everything with\n"
         "#   kubectl get secrets -A -o json | kubectl replace -f -\n"
         "# and only then take key1 away. Whoever has this file can read the Secrets in every copy "
         "of "
         "the store;\n"
         "# without it nobody can.\n"
         "apiVersion: apiserver.config.k8s.io/v1\n"
         "kind: EncryptionConfiguration\n"
         "resources:\n"
         "  - resources: [secrets]\n"
         "    providers:\n"
         "      - secretbox:\n"
         "          keys:\n"
         "            - name: key1\n"
         "              secret: " +
         secret +
         "\n"
         "      - identity: {}\n";
}

}  // namespace limen::app
