#include "app/encryption_setup.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>

#include "app/files.h"
#include "support/scratch_folder.h"

namespace limen::app {
namespace {

class EncryptionSetupTest : public testing::Test {
 protected:
  // One provider of Secrets.
  void write(const std::string& provider) const {
    write_file(file_,
               "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
               "- {resources: [secrets], providers: [" +
                   provider + "]}\n",
               Privacy::secret);
  }
  static std::string with_key(const std::string& name) {
    return "{aescbc: {keys: [{name: " + name + ", secret: MDEyMzQ1Njc4OWFiY2RlZg==}]}}";
  }
  static std::string prefix(const encryption::Keyring& keyring) {
    const std::string stored = keyring.seal({"", "secrets"}, "/key", "{}").text.value_or("plain");
    return stored.substr(0, stored.rfind(":v1:") + 5);
  }

  const test::ScratchFolder folder_;
  const std::string file_ = folder_ / "enc.yaml";
};

TEST_F(EncryptionSetupTest, IsOffWithoutAFile) { EXPECT_EQ(make_keyring(""), nullptr); }

TEST_F(EncryptionSetupTest, RefusesAFileThatIsNoneOrBroken) {
  EXPECT_THROW(make_keyring(file_), std::runtime_error);
  write("{kms: {}}");
  EXPECT_THROW(make_keyring(file_), std::runtime_error);
}

TEST_F(EncryptionSetupTest, ReloadsAsAWholeOrNotAtAll) {
  write(with_key("a"));
  const auto keyring = make_keyring(file_);
  EXPECT_EQ(prefix(*keyring), "k8s:enc:aescbc:v1:a");
  write(with_key("b"));
  const auto commit = prepare_keyring_reload(keyring, file_);
  EXPECT_EQ(prefix(*keyring), "k8s:enc:aescbc:v1:a");  // not before the commit
  commit();
  EXPECT_EQ(prefix(*keyring), "k8s:enc:aescbc:v1:b");
  write("{}");
  EXPECT_THROW(prepare_keyring_reload(keyring, file_), std::runtime_error);
  reload_keyring(keyring, file_);  // does not throw
  EXPECT_EQ(prefix(*keyring), "k8s:enc:aescbc:v1:b");
  write(with_key("c"));
  reload_keyring(keyring, file_);
  EXPECT_EQ(prefix(*keyring), "k8s:enc:aescbc:v1:c");
}

TEST_F(EncryptionSetupTest, AReloadThatWasOvertakenChangesNothing) {
  write(with_key("a"));
  const auto keyring = make_keyring(file_);
  const auto late = prepare_keyring_reload(keyring, file_);
  write(with_key("b"));
  reload_keyring(keyring, file_);
  late();
  EXPECT_EQ(prefix(*keyring), "k8s:enc:aescbc:v1:b");
}

TEST_F(EncryptionSetupTest, WarnsOfKeysThatEverybodyMayRead) {
  write("{identity: {}}");
  EXPECT_EQ(exposed_keys(file_), "");
  write_file(file_, "x", Privacy::open);
  EXPECT_NE(exposed_keys(file_).find("chmod 600"), std::string::npos);
}

TEST_F(EncryptionSetupTest, MakesADifferentKeyEachTime) {
  EXPECT_NE(new_encryption_text(), new_encryption_text());
  EXPECT_TRUE(encryption::read_configuration(new_encryption_text(), "x").ok());
}

}  // namespace
}  // namespace limen::app
