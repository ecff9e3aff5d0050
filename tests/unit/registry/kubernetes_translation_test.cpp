#include "registry/kubernetes_translation.h"

#include <gtest/gtest.h>

#include <future>

#include "storage/migration_mark.h"
#include "support/memory_driver.h"

namespace limen::registry {
namespace {

using storage::CachedStore;
using storage::Key;

constexpr std::string_view kForeign =
    R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"web"},"data":{"k":"1"}})"
    "\n";
constexpr std::string_view kOwn =
    R"({"apiVersion":"v1","kind":"ConfigMap","data":{"k":"2"},"metadata":{"name":"a","namespace":"web"}})";

class TranslatedStore : public testing::Test {
 protected:
  // What another program wrote before the store was opened.
  void given(const std::string& key, std::string_view value) {
    const std::lock_guard lock(data_->mutex);
    data_->apply({key, value, 0});
  }
  void open() {
    auto driver = std::make_unique<test::MemoryDriver>(data_, test::Sharing::shared);
    driver_ = driver.get();
    std::vector<std::shared_ptr<storage::Translation>> layers;
    layers.push_back(std::make_shared<KubernetesTranslation>());
    store_ =
        std::make_unique<CachedStore>(storage::translated(std::move(driver), std::move(layers)));
  }
  std::string refusal() {
    try {
      open();
      return "";
    } catch (const storage::DriverError& error) {
      return error.what();
    }
  }
  storage::WriteResult update(storage::Revision expected, std::string_view json) {
    std::promise<storage::WriteResult> result;
    store_->update(kA, expected, std::string(json),
                   [&](storage::WriteResult one) { result.set_value(std::move(one)); });
    return result.get_future().get();
  }
  void confirm() {
    std::promise<void> told;
    store_->confirm([&](const std::string&) { told.set_value(); });
    told.get_future().get();
  }

  const Key kA{{"", "configmaps"}, "web", "a"};
  std::shared_ptr<test::MemoryData> data_ = std::make_shared<test::MemoryData>();
  test::MemoryDriver* driver_ = nullptr;
  std::unique_ptr<CachedStore> store_;
};

TEST_F(TranslatedStore, ReadsWhatKubeApiserverWroteAndWritesItsOwn) {
  given("/registry/configmaps/web/a", kForeign);
  given("/registry/masterleases/10.0.0.1", "k8s\0");
  given("/registry/ranges/serviceips", "?");
  open();
  ASSERT_TRUE(store_->get(kA));
  EXPECT_EQ(store_->count(kA.id), 1U);
  // Only memory was translated.
  EXPECT_EQ(data_->live.at("/registry/configmaps/web/a").value, kForeign);
  ASSERT_EQ(update(store_->get(kA)->revision, kOwn).status, storage::WriteStatus::ok);
  EXPECT_EQ(data_->live.at("/registry/configmaps/web/a").value, kOwn);
}

TEST_F(TranslatedStore, FollowsWhatOthersWrite) {
  open();
  driver_->foreign("/registry/configmaps/web/a", std::string(kForeign), 0);
  driver_->foreign("/registry/ranges/serviceips", "?", 0);
  confirm();
  ASSERT_TRUE(store_->get(kA));
  driver_->foreign("/registry/configmaps/web/a", "", store_->get(kA)->revision, true);
  confirm();
  EXPECT_FALSE(store_->get(kA));
}

TEST_F(TranslatedStore, NamesTheKeyThatCannotBeRead) {
  given("/registry/secrets/web/a", "k8s:enc:aescbc:v1:k:x");
  EXPECT_EQ(refusal(),
            "the stored value of /registry/secrets/web/a cannot be read: it is encrypted, and no "
            "encryption is configured that reads it");
}

TEST_F(TranslatedStore, IsNotServedWhileAMigrationIntoItIsNotDone) {
  given("/registry/limen-migration", "{}");
  EXPECT_NE(refusal().find("run the same `limen migrate` again"), std::string::npos);
}

TEST(KubernetesTranslation, SaysWhoseAKeyIs) {
  KubernetesTranslation layer;
  layer.begin("/k8s");
  EXPECT_EQ(layer.resource_of("/k8s/secrets/web/a"), (storage::ResourceId{"", "secrets"}));
  EXPECT_EQ(layer.resource_of("/k8s/ingress/web/a"),
            (storage::ResourceId{"networking.k8s.io", "ingresses"}));
  EXPECT_EQ(layer.resource_of("/k8s/example.com/widgets/a"),
            (storage::ResourceId{"example.com", "widgets"}));
  EXPECT_EQ(layer.resource_of("/registry/secrets/web/a"), std::nullopt);
  EXPECT_EQ(layer.resource_of("/k8s/limen-migration"), std::nullopt);
}

TEST(KubernetesTranslation, KeepsTheMigrationsMarkBelowThePrefix) {
  KubernetesTranslation layer;
  layer.begin("/k8s");
  storage::Texts keep;
  storage::DriverOp op{storage::kMigrationMark, "{}"};
  layer.write(op, keep);
  EXPECT_EQ(op.key, "/k8s/limen-migration");
  storage::DriverChange change{op.key, op.value, 2, 2, false};
  EXPECT_TRUE(layer.read(change, keep));
  EXPECT_EQ(change.key, storage::kMigrationMark);
}

TEST(KubernetesTranslation, RefusesToWriteWhatHasNoPlace) {
  KubernetesTranslation layer;
  layer.begin("/k8s");
  storage::Texts keep;
  storage::DriverOp op{"/registry/apps/unknown/web/a", "{}"};
  EXPECT_THROW(layer.write(op, keep), storage::DriverError);
}

}  // namespace
}  // namespace limen::registry
