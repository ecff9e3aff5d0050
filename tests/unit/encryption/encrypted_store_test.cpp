// A store whose values are encrypted, over a driver in memory that is opened again and again.
#include <gtest/gtest.h>

#include "encryption/encrypted_values.h"
#include "unit/storage/cached_store_fixture.h"

namespace limen::storage {
namespace {

using encryption::EncryptionConfiguration;
using encryption::Kind;
using encryption::Provider;

const ResourceId kSecrets{"", "secrets"};
constexpr const char* kPlace = "/registry/core/secrets/default/a";

Key secret(const std::string& name) { return {kSecrets, "default", name}; }
Provider identity() { return {}; }
Provider box(const std::string& name, char byte) {
  Provider out;
  out.kind = Kind::secretbox;
  out.keys.push_back({name, encryption::KeyBytes(std::string(32, byte))});
  return out;
}

class EncryptedStoreTest : public CachedStoreTest {
 protected:
  void open_with(std::vector<Provider> providers, test::Sharing sharing = test::Sharing::alone) {
    store_.reset();
    keyring_ = std::make_shared<encryption::Keyring>(rules(std::move(providers)));
    auto driver = std::make_unique<test::MemoryDriver>(data_, sharing);
    driver_ = driver.get();
    StoreOptions options;
    options.outdated = [keyring = keyring_](const ResourceId& id, std::uint32_t form) {
      return keyring->outdated(id, form);
    };
    store_ = std::make_unique<CachedStore>(
        translated(std::move(driver), {std::make_shared<encryption::EncryptedValues>(
                                          keyring_, encryption::resource_of_driver_key)}),
        options);
  }
  static EncryptionConfiguration rules(std::vector<Provider> providers) {
    EncryptionConfiguration out;
    out.rules.push_back({{kSecrets}, std::move(providers)});
    return out;
  }
  std::string refusal(std::vector<Provider> providers) {
    try {
      open_with(std::move(providers));
    } catch (const DriverError& error) {
      return error.what();
    }
    return "none";
  }
  std::string stored(const std::string& key = kPlace) { return data_->live.at(key).value; }
  std::string read(const std::string& name) {
    const ObjectPtr object = store_->get(secret(name));
    return object ? object->json : "none";
  }
  bool outdated(const std::string& name) {
    return store_->outdated(kSecrets, *store_->get(secret(name)));
  }
  Revision at(const std::string& name) { return store_->get(secret(name))->revision; }

  std::shared_ptr<encryption::Keyring> keyring_;
};

TEST_F(EncryptedStoreTest, StoresUnreadableAndReadsBack) {
  open_with({box("one", '1'), identity()});
  EXPECT_EQ(create(secret("a"), text("hidden")).status, WriteStatus::ok);
  EXPECT_EQ(create(pod("p"), text("open")).status, WriteStatus::ok);
  EXPECT_TRUE(stored().starts_with("k8s:enc:secretbox:v1:one:"));
  EXPECT_EQ(stored().find("hidden"), std::string::npos);
  EXPECT_NE(stored("/registry/core/pods/default/p").find("open"), std::string::npos);
  const std::string before = read("a");
  EXPECT_NE(before.find("hidden"), std::string::npos);
  open_with({box("one", '1')});
  EXPECT_EQ(read("a"), before);
  EXPECT_FALSE(outdated("a"));
}

TEST_F(EncryptedStoreTest, RotatesKeysOverRestarts) {
  open_with({box("one", '1')});
  create(secret("a"), text("hidden"));
  open_with({box("two", '2'), box("one", '1')});
  EXPECT_TRUE(outdated("a"));
  update(secret("a"), at("a"), text("hidden"));
  EXPECT_FALSE(outdated("a"));
  EXPECT_TRUE(stored().starts_with("k8s:enc:secretbox:v1:two:"));
  // The history still has the value of the old key.
  open_with({box("two", '2')});
  EXPECT_NE(read("a").find("hidden"), std::string::npos);
  EXPECT_FALSE(outdated("a"));
}

TEST_F(EncryptedStoreTest, ForgetsHistoryThatNoKeyOpensAndSaysSo) {
  open_with({box("one", '1')});
  create(pod("before"), text("x"));
  create(secret("a"), text("1"));
  update(secret("a"), at("a"), text("2"));
  open_with({box("two", '2'), box("one", '1')});
  const Revision rewritten = update(secret("a"), at("a"), text("2")).object->revision;
  create(pod("after"), text("x"));
  open_with({box("two", '2')});
  EXPECT_EQ(store_->compacted(), rewritten - 1);
  ReadStatus status = ReadStatus::ok;
  EXPECT_EQ(store_->watch(
                kSecrets, "", rewritten - 1, loop_, [] {}, status),
            nullptr);
  EXPECT_EQ(status, ReadStatus::too_old);
  EXPECT_NE(store_->watch(
                kPods, "", rewritten, loop_, [] {}, status),
            nullptr);
  EXPECT_EQ(names({}), (Names{"default/after", "default/before"}));
}

TEST_F(EncryptedStoreTest, NeedsNoKeyForWhatWasRemoved) {
  open_with({box("one", '1')});
  create(secret("a"), text("1"));
  remove(secret("a"), at("a"));
  create(pod("p"), text("x"));
  open_with({box("two", '2')});
  EXPECT_EQ(read("a"), "none");
  EXPECT_EQ(create(secret("a"), text("2")).status, WriteStatus::ok);
}

TEST_F(EncryptedStoreTest, RefusesToOpenWithoutAKeyThatIsNeeded) {
  open_with({box("one", '1')});
  create(secret("a"), text("1"));
  create(secret("b"), text("1"));
  const std::string why = refusal({box("two", '2'), identity()});
  EXPECT_NE(why.find(std::string(kPlace) + " is encrypted by secretbox \"one\""), std::string::npos)
      << why;
  EXPECT_NE(why.find("and 1 more"), std::string::npos) << why;
  EXPECT_NE(refusal({box("one", '2')}).find("does not fit that key"), std::string::npos);
}

TEST_F(EncryptedStoreTest, SaysWithoutAConfigurationThatValuesAreEncrypted) {
  open_with({box("one", '1')});
  create(secret("a"), text("1"));
  try {
    open();
    FAIL();
  } catch (const DriverError& error) {
    EXPECT_NE(std::string(error.what()).find("storage.encryption names no file"),
              std::string::npos);
  }
}

TEST_F(EncryptedStoreTest, TurnsOnForWhatIsThere) {
  create(secret("a"), text("plain"));
  open_with({box("one", '1'), identity()});
  EXPECT_TRUE(outdated("a"));
  update(secret("a"), at("a"), text("plain"));
  EXPECT_FALSE(outdated("a"));
  EXPECT_EQ(stored().find("plain"), std::string::npos);
  EXPECT_EQ(refusal({box("one", '1')}), "none");
}

TEST_F(EncryptedStoreTest, TakesOtherKeysWhileItRuns) {
  open_with({box("one", '1')});
  create(secret("a"), text("1"));
  keyring_->change(rules({box("two", '2'), box("one", '1')}), keyring_->ticket());
  EXPECT_TRUE(outdated("a"));
  EXPECT_TRUE(stored().starts_with("k8s:enc:secretbox:v1:one:"));
  update(secret("a"), at("a"), text("1"));
  EXPECT_TRUE(stored().starts_with("k8s:enc:secretbox:v1:two:"));
  EXPECT_FALSE(outdated("a"));
}

TEST_F(EncryptedStoreTest, ReadsWhatOtherServersEncrypted) {
  open_with({box("one", '1')}, test::Sharing::shared);
  create(secret("a"), text("1"));
  EXPECT_FALSE(outdated("a"));
  EXPECT_NE(read("a").find("\"1\""), std::string::npos);
  keyring_->change(rules({box("two", '2'), box("one", '1')}), keyring_->ticket());
  EXPECT_TRUE(outdated("a"));
  EXPECT_EQ(update(secret("a"), at("a"), text("2")).status, WriteStatus::ok);
  EXPECT_FALSE(outdated("a"));
}

}  // namespace
}  // namespace limen::storage
