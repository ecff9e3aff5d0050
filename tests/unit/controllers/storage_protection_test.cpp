// storage-protection: what is deleted and in use stays until its last user has gone or ended.
#include "controllers/storage_protection.h"

#include "with_manager.h"

namespace limen::controllers {
namespace {

constexpr const char* kMark =
    R"("deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":0,)";

class StorageProtectionTest : public WithManager {
 protected:
  void run_alone() { run(all_but(kStorageProtection)); }
  void put(const Key& key, const std::string& text) {
    ASSERT_EQ(create(key, text.c_str()).status, WriteStatus::ok);
  }
  static Key claim(const std::string& name, const std::string& ns = "shop") {
    return {{"", "persistentvolumeclaims"}, ns, name};
  }
  static Key pod(const std::string& name, const std::string& ns = "shop") {
    return {kPods, ns, name};
  }
  static Key volume(const std::string& name) { return {{"", "persistentvolumes"}, "", name}; }
  static Key attributes(const std::string& name) {
    return {{"storage.k8s.io", "volumeattributesclasses"}, "", name};
  }
  void put_claim(const std::string& name, const std::string& finalizers = pvc_protection(),
                 const std::string& mark = kMark, const std::string& spec = "{}") {
    put(claim(name), R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{)" + mark +
                         R"("name":")" + name + R"(","namespace":"shop","finalizers":[)" +
                         finalizers + R"(]},"spec":)" + spec + "}");
  }
  void put_pod(const std::string& name, const std::string& claim_name,
               const std::string& phase = "Pending", const std::string& ns = "shop") {
    put(pod(name, ns), R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
                           R"(","namespace":")" + ns +
                           R"("},"spec":{"volumes":[{"name":"other","emptyDir":{}},{"name":"data",)"
                           R"("persistentVolumeClaim":{"claimName":")" +
                           claim_name + R"("}}]},"status":{"phase":")" + phase + "\"}}");
  }
  void put_volume(const std::string& name, const std::string& phase) {
    put(volume(name), std::string(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{)") +
                          kMark + R"("name":")" + name +
                          R"(","finalizers":["kubernetes.io/pv-protection"]},"spec":{},)"
                          R"("status":{"phase":")" +
                          phase + "\"}}");
  }
  static std::string pvc_protection() { return R"("kubernetes.io/pvc-protection")"; }
  bool goes(const Key& key) {
    return eventually([&] { return store_->get(key) == nullptr; });
  }
  // Whatever is deleted after it and goes shows that it was looked at and stayed.
  bool stays(const Key& key) {
    const std::string probe = "probe-" + std::to_string(++probes_);
    put_claim(probe);
    return goes(claim(probe)) && store_->get(key) != nullptr;
  }

  int probes_ = 0;
};

TEST_F(StorageProtectionTest, AClaimThatNobodyUsesGoes) {
  run_alone();
  put_claim("data");
  EXPECT_TRUE(goes(claim("data")));
}

TEST_F(StorageProtectionTest, WhatWasDeletedBeforeTheStartGoes) {
  put_claim("data");
  put_volume("disk", "Released");
  run_alone();
  EXPECT_TRUE(goes(claim("data")));
  EXPECT_TRUE(goes(volume("disk")));
}

TEST_F(StorageProtectionTest, AClaimInUseStaysUntilItsLastPodIsGone) {
  run_alone();
  put_pod("one", "data");
  put_pod("two", "data", "Running");
  put_claim("data");
  EXPECT_TRUE(stays(claim("data")));
  remove(pod("one"));
  EXPECT_TRUE(stays(claim("data")));
  remove(pod("two"));
  EXPECT_TRUE(goes(claim("data")));
}

TEST_F(StorageProtectionTest, AClaimInUseStaysUntilItsPodHasEnded) {
  run_alone();
  for (const std::string phase : {"Succeeded", "Failed"}) {
    put_pod(phase, "data");
    put_claim("data");
    EXPECT_TRUE(stays(claim("data")));
    change(pod(phase), [&](Json& object) { object.at("status").as_object()["phase"] = phase; });
    EXPECT_TRUE(goes(claim("data"))) << phase;
  }
}

TEST_F(StorageProtectionTest, PodsOfOtherNamespacesOrClaimsAndEndedOnesKeepNothing) {
  put_pod("elsewhere", "data", "Running", "other");
  put_pod("of-another", "data-2", "Running");
  put_pod("data", "nothing", "Running");
  put_pod("ended", "data", "Succeeded");
  run_alone();
  put_claim("data");
  EXPECT_TRUE(goes(claim("data")));
}

TEST_F(StorageProtectionTest, WhatIsNotDeletedIsNotTouched) {
  run_alone();
  put_claim("data", pvc_protection(), "");
  const storage::Revision revision = store_->get(claim("data"))->revision;
  EXPECT_TRUE(stays(claim("data")));
  EXPECT_EQ(store_->get(claim("data"))->revision, revision);
}

TEST_F(StorageProtectionTest, OtherFinalizersStay) {
  run_alone();
  put_claim("data", R"("example.com/a","kubernetes.io/pvc-protection","example.com/b")");
  ASSERT_TRUE(eventually([&] {
    return object::finalizers(read(claim("data"))) ==
           std::vector<std::string>({"example.com/a", "example.com/b"});
  }));
  const storage::Revision revision = store_->get(claim("data"))->revision;
  put_claim("foreign", R"("example.com/a","kubernetes.io/pv-protection")");
  EXPECT_TRUE(stays(claim("foreign")));
  EXPECT_EQ(object::finalizers(read(claim("foreign"))).size(), 2u);
  EXPECT_EQ(store_->get(claim("data"))->revision, revision);
}

TEST_F(StorageProtectionTest, AVolumeStaysWhileItIsBound) {
  run_alone();
  put_volume("disk", "Bound");
  EXPECT_TRUE(stays(volume("disk")));
  change(volume("disk"),
         [](Json& object) { object.at("status").as_object()["phase"] = "Released"; });
  EXPECT_TRUE(goes(volume("disk")));
  for (const char* phase : {"Pending", "Available", "Failed"}) {
    put_volume("disk", phase);
    EXPECT_TRUE(goes(volume("disk"))) << phase;
  }
}

TEST_F(StorageProtectionTest, AnAttributesClassStaysWhileAClaimOrVolumeNamesIt) {
  run_alone();
  put_claim("data", pvc_protection(), "", R"({"volumeAttributesClassName":"gold"})");
  put(volume("disk"), R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"disk"},)"
                      R"("spec":{"volumeAttributesClassName":"gold"}})");
  put(attributes("gold"),
      std::string(R"({"apiVersion":"storage.k8s.io/v1","kind":"VolumeAttributesClass",)"
                  R"("metadata":{)") +
          kMark + R"("name":"gold","finalizers":["kubernetes.io/vac-protection"]}})");
  EXPECT_TRUE(stays(attributes("gold")));
  remove(volume("disk"));
  EXPECT_TRUE(stays(attributes("gold")));
  change(claim("data"), [](Json& object) {
    object.at("spec").as_object()["volumeAttributesClassName"] = "silver";
    object.as_object()["status"] =
        boost::json::parse(R"({"currentVolumeAttributesClassName":"gold"})");
  });
  EXPECT_TRUE(stays(attributes("gold")));
  change(claim("data"), [](Json& object) {
    object.as_object()["status"] =
        boost::json::parse(R"({"modifyVolumeStatus":{"targetVolumeAttributesClassName":"gold"}})");
  });
  EXPECT_TRUE(stays(attributes("gold")));
  change(claim("data"), [](Json& object) { object.as_object().erase("status"); });
  EXPECT_TRUE(goes(attributes("gold")));
}

TEST_F(StorageProtectionTest, SwitchedOffTheyStay) {
  put_claim("data");
  run({std::string(kStorageProtection)});
  EXPECT_TRUE(store_->get(claim("data")));
}

// ---- the volumes of a pod

Json parse(const char* text) { return boost::json::parse(text); }

const Json kMadeForOne =
    parse(R"({"metadata":{"name":"one-scratch","ownerReferences":[{"apiVersion":"v1",)"
          R"("kind":"Pod","name":"one","uid":"u1","controller":true}]}})");

Json ephemeral_pod(const char* metadata) {
  return boost::json::parse(std::string(R"({"metadata":)") + metadata +
                            R"(,"spec":{"volumes":[{"name":"scratch","ephemeral":{}}]}})");
}

TEST(UsesClaim, AnEphemeralVolumeUsesTheClaimMadeForIt) {
  EXPECT_TRUE(uses_claim(ephemeral_pod(R"({"name":"one","uid":"u1"})"), kMadeForOne));
  EXPECT_FALSE(uses_claim(ephemeral_pod(R"({"name":"two","uid":"u1"})"), kMadeForOne));
  EXPECT_FALSE(uses_claim(ephemeral_pod(R"({"name":"one","uid":"u2"})"), kMadeForOne));
}

TEST(UsesClaim, APodThatWasShutDownKeepsNoClaimThatItWaitsFor) {
  EXPECT_TRUE(uses_claim(ephemeral_pod(R"({"name":"one","uid":"u1",)"
                                       R"("deletionTimestamp":"2026-01-01T00:00:00Z",)"
                                       R"("deletionGracePeriodSeconds":30})"),
                         kMadeForOne));
  EXPECT_FALSE(uses_claim(ephemeral_pod(R"({"name":"one","uid":"u1",)"
                                        R"("deletionTimestamp":"2026-01-01T00:00:00Z",)"
                                        R"("deletionGracePeriodSeconds":0})"),
                          kMadeForOne));
}

TEST(UsesClaim, WhatIsNoListOfVolumesNamesNone) {
  for (const char* pod : {"{}", R"({"spec":{}})", R"({"spec":{"volumes":null}})",
                          R"({"spec":{"volumes":[1,{},{"persistentVolumeClaim":null}]}})"}) {
    EXPECT_FALSE(uses_claim(parse(pod), kMadeForOne)) << pod;
  }
}

}  // namespace
}  // namespace limen::controllers
