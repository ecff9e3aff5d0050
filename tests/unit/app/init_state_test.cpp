#include "app/init_state.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "app/files.h"
#include "app/kubeconfig.h"
#include "app/pki.h"
#include "base/strings.h"
#include "config/admission_plugins.h"
#include "config/load.h"
#include "encryption/keyring.h"
#include "support/scratch_folder.h"

namespace limen::app {
namespace {

using test::ScratchFolder;

class InitStateTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.state = folder_ / "state";
    options_.port = 7443;
  }

  std::map<std::string, std::string> all_files() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.state)) {
      if (entry.is_regular_file()) out[entry.path()] = read_file(entry.path());
    }
    return out;
  }

  std::string error() const {
    try {
      init_state(options_);
    } catch (const std::runtime_error& failure) {
      return failure.what();
    }
    return "no error";
  }

  static void expect_mode(const std::string& path, mode_t mode) {
    struct stat status {};
    ASSERT_EQ(stat(path.c_str(), &status), 0) << path;
    EXPECT_EQ(status.st_mode & 07777U, mode) << path;
  }

  ScratchFolder folder_;
  InitOptions options_;
};

TEST_F(InitStateTest, TellsTheConfigurationWithoutMakingAnything) {
  const std::string told = init_config_text(options_);
  EXPECT_FALSE(file_exists(options_.state));
  EXPECT_EQ(told, read_file(init_state(options_).config_file));
}

TEST_F(InitStateTest, MakesEverythingAFirstStartNeeds) {
  const InitResult result = init_state(options_);
  EXPECT_EQ(result.config_file, options_.state + "/limen.yaml");
  EXPECT_EQ(result.kubeconfig, options_.state + "/admin.kubeconfig");
  for (const InitStep& step : result.steps) {
    EXPECT_EQ(step.action, InitStep::Action::created) << step.path;
    EXPECT_TRUE(file_exists(step.path)) << step.path;
  }
  EXPECT_EQ(result.steps.size(), 7U);
}

TEST_F(InitStateTest, KeepsKeysAndKubeconfigForTheOwner) {
  init_state(options_);
  expect_mode(options_.state, 0700);
  for (const char* name : {"/pki/ca.key", "/pki/apiserver.key", "/pki/admin.key", "/pki/sa.key",
                           "/admin.kubeconfig", "/encryption.yaml"}) {
    expect_mode(options_.state + name, 0600);
  }
}

TEST_F(InitStateTest, ChangesNothingTheSecondTime) {
  init_state(options_);
  const auto before = all_files();
  for (const InitStep& step : init_state(options_).steps) {
    EXPECT_EQ(step.action, InitStep::Action::kept) << step.path;
  }
  EXPECT_EQ(all_files(), before);
}

TEST_F(InitStateTest, EncryptsSecretsWithAKeyOfItsOwn) {
  const std::string path = options_.state + "/encryption.yaml";
  const config::Loaded loaded = config::load_file(init_state(options_).config_file, {});
  EXPECT_EQ(loaded.configuration.storage_encryption, path);
  const encryption::ReadConfiguration read = encryption::read_configuration_file(path);
  ASSERT_TRUE(read.ok()) << read.problems()[0];
  const encryption::Keyring keyring(read.configuration);
  const std::string stored = keyring.seal({"", "secrets"}, "/key", "{}").text.value_or("plain");
  EXPECT_TRUE(stored.starts_with("k8s:enc:secretbox:v1:key1:")) << stored;
  EXPECT_FALSE(keyring.open({"", "secrets"}, "/key", "{}").text);  // plain ones are read
  EXPECT_FALSE(keyring.seal({"", "configmaps"}, "/key", "{}").text);
  std::filesystem::remove_all(options_.state);
  init_state(options_);
  EXPECT_NE(encryption::read_configuration_file(path).configuration, read.configuration);
}

TEST_F(InitStateTest, MakesAKeyOnlyWhereTheConfigurationNamesIt) {
  const std::string path = options_.state + "/encryption.yaml";
  const std::string config = init_state(options_).config_file;
  std::filesystem::remove(path);
  init_state(options_);  // as from a package, whose configuration comes first
  EXPECT_TRUE(file_exists(path));
  std::filesystem::remove(path);
  write_file(config, "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n", Privacy::open);
  init_state(options_);
  EXPECT_FALSE(file_exists(path));
}

TEST_F(InitStateTest, RefusesABrokenEncryptionFile) {
  init_state(options_);
  write_file(options_.state + "/encryption.yaml", "kind: x\n", Privacy::secret);
  EXPECT_NE(error().find("encryption.yaml:1:"), std::string::npos) << error();
}

TEST_F(InitStateTest, WritesAConfigurationThatLoads) {
  options_.module_path = "/opt/limen modules";
  options_.bind_address = "127.0.0.1";
  const config::Loaded loaded = config::load_file(init_state(options_).config_file, {});
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  EXPECT_EQ(loaded.configuration.secure.port, 7443);
  EXPECT_EQ(loaded.configuration.secure.bind_address, "127.0.0.1");
  EXPECT_EQ(loaded.configuration.secure.tls_cert_file, options_.state + "/pki/apiserver.crt");
  EXPECT_EQ(loaded.configuration.module_path, "/opt/limen modules");
  EXPECT_FALSE(loaded.configuration.authenticators.empty());
  EXPECT_FALSE(loaded.configuration.authorizers.empty());
  EXPECT_FALSE(loaded.configuration.local.enabled);
}

TEST_F(InitStateTest, HasThePluginsOnThatKubeApiserverHas) {
  const config::Loaded loaded = config::load_file(init_state(options_).config_file, {});
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  std::vector<std::string> wanted, found;
  for (const config::AdmissionPlugin& plugin : config::admission_plugins()) {
    if (plugin.on_by_default()) wanted.emplace_back(plugin.module);
  }
  for (const auto& entry : loaded.configuration.admission) {
    found.push_back(entry.name);
    EXPECT_EQ(entry.mode, config::Mode::enforce);
  }
  EXPECT_EQ(found, wanted);
}

TEST_F(InitStateTest, SignsServingAndAdminCertificatesWithOneAuthority) {
  init_state(options_);
  const std::string ca = read_file(options_.state + "/pki/ca.crt");
  EXPECT_TRUE(is_signed_by(read_file(options_.state + "/pki/apiserver.crt"), ca));
  EXPECT_TRUE(is_signed_by(read_file(options_.state + "/pki/admin.crt"), ca));
}

TEST_F(InitStateTest, PointsTheKubeconfigAtTheServer) {
  const InitResult result = init_state(options_);
  const std::string text = read_file(result.kubeconfig);
  EXPECT_NE(text.find("server: \"https://127.0.0.1:7443\"\n"), std::string::npos);
  const std::string ca = base::base64_encode(read_file(options_.state + "/pki/ca.crt"));
  EXPECT_NE(text.find("certificate-authority-data: " + ca + "\n"), std::string::npos);
}

TEST_F(InitStateTest, FollowsAnotherPortInTheKubeconfigOnly) {
  init_state(options_);
  options_.port = 7444;
  const InitResult result = init_state(options_);
  std::size_t renewed = 0;
  for (const InitStep& step : result.steps) renewed += step.action == InitStep::Action::renewed;
  EXPECT_EQ(renewed, 1U);
  EXPECT_NE(read_file(result.kubeconfig).find("https://127.0.0.1:7444"), std::string::npos);
}

TEST_F(InitStateTest, RefusesHalfAPair) {
  init_state(options_);
  std::filesystem::remove(options_.state + "/pki/ca.key");
  EXPECT_EQ(error(), options_.state + "/pki/ca.crt is there and " + options_.state +
                         "/pki/ca.key is not: put it back, or remove both to have new ones made");
}

TEST_F(InitStateTest, RefusesAPairThatDoesNotFit) {
  init_state(options_);
  std::filesystem::copy_file(options_.state + "/pki/ca.key", options_.state + "/pki/admin.key",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(error(), options_.state + "/pki/admin.crt: the key does not belong to the certificate");
}

TEST_F(InitStateTest, RefusesAPublicTokenKeyThatDoesNotFit) {
  init_state(options_);
  write_file(options_.state + "/pki/sa.pub", make_token_key().public_key, Privacy::open);
  EXPECT_EQ(error(),
            options_.state + "/pki/sa.key: the public key does not belong to the private key");
  std::filesystem::remove(options_.state + "/pki/sa.pub");
  EXPECT_EQ(error(), options_.state + "/pki/sa.key is there and " + options_.state +
                         "/pki/sa.pub is not: put it back, or remove both to have new ones made");
}

TEST_F(InitStateTest, ConfiguresTokensOfServiceAccountsBetweenCertificatesAndAnonymous) {
  const config::Loaded loaded = config::load_file(init_state(options_).config_file, {});
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  const auto& list = loaded.configuration.authenticators;
  const auto found = std::find_if(list.begin(), list.end(), [](const config::ModuleEntry& entry) {
    return entry.name == "service-account";
  });
  ASSERT_NE(found, list.end());
  EXPECT_EQ(list.front().name, "x509");
  EXPECT_EQ(list.back().name, "anonymous");
  EXPECT_EQ(found->config.at("signingKeyFile").as_string(), options_.state + "/pki/sa.key");
  EXPECT_EQ(found->config.at("jwksURI").as_string(), "https://127.0.0.1:7443/openid/v1/jwks");
}

TEST_F(InitStateTest, RenewsLeavesThatEndSoonAndNeverTheAuthority) {
  init_state(options_);
  const auto before = all_files();
  options_.renew_before = kLeafLifetime + std::chrono::hours(1);
  init_state(options_);
  auto after = all_files();
  const std::string pki = options_.state + "/pki/";
  EXPECT_EQ(after[pki + "ca.crt"], before.at(pki + "ca.crt"));
  EXPECT_EQ(after[pki + "sa.key"], before.at(pki + "sa.key"));
  EXPECT_NE(after[pki + "apiserver.crt"], before.at(pki + "apiserver.crt"));
  EXPECT_NE(after[pki + "admin.crt"], before.at(pki + "admin.crt"));
  EXPECT_NE(after[options_.state + "/admin.kubeconfig"],
            before.at(options_.state + "/admin.kubeconfig"));
}

TEST_F(InitStateTest, KeepsACertificateOfTheOperatorsOwn) {
  init_state(options_);
  const KeyPair own = make_serving_pair(make_authority("corporate"), "own", {"limen.example"});
  write_file(options_.state + "/pki/apiserver.crt", own.certificate, Privacy::open);
  write_file(options_.state + "/pki/apiserver.key", own.key, Privacy::secret);
  options_.renew_before = 2 * kLeafLifetime;
  init_state(options_);
  EXPECT_EQ(read_file(options_.state + "/pki/apiserver.crt"), own.certificate);
}

TEST_F(InitStateTest, KeepsAConfigurationThatIsThere) {
  options_.config_file = folder_ / "own.yaml";
  write_file(options_.config_file, "# mine\n", Privacy::open);
  init_state(options_);
  EXPECT_EQ(read_file(options_.config_file), "# mine\n");
}

TEST(KubeconfigTest, PutsIpv6AddressesInBrackets) {
  EXPECT_EQ(https_url("::1", 6443), "https://[::1]:6443");
  EXPECT_EQ(https_url("limen.example", 443), "https://limen.example:443");
}

}  // namespace
}  // namespace limen::app
