// garbage-collector: what becomes of objects whose owners go.
#include "controllers/garbage_collector.h"

#include "catalog/custom/custom_catalog.h"
#include "support/custom_definition.h"
#include "with_manager.h"

namespace limen::controllers {
namespace {

const ResourceId kReplicaSets{"apps", "replicasets"};
const ResourceId kNodes{"", "nodes"};
const ResourceId kEvents{"", "events"};
const ResourceId kLeases{"coordination.k8s.io", "leases"};

class GarbageCollectorTest : public WithManager {
 protected:
  void run_alone() { run(all_but(kGarbageCollector)); }

  // {"uid": ..., "name": ..., "kind": ...} of an owner that is a ConfigMap.
  static std::string owned_by(const std::string& name, bool blocks = false,
                              const std::string& uid = "") {
    return R"({"apiVersion":"v1","kind":"ConfigMap","name":")" + name + R"(","uid":")" +
           (uid.empty() ? "u-" + name : uid) + R"(","blockOwnerDeletion":)" +
           (blocks ? "true" : "false") + "}";
  }
  void add(const std::string& name, const std::string& owners = "",
           const std::string& more_metadata = "", const std::string& ns = "default") {
    const std::string text = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" +
                             name + R"(","namespace":")" + ns + R"(","uid":"u-)" + name + "\"" +
                             (owners.empty() ? "" : R"(,"ownerReferences":[)" + owners + "]") +
                             more_metadata + "}}";
    ASSERT_EQ(create(key(name, ns), text.c_str()).status, WriteStatus::ok);
  }
  static Key key(const std::string& name, const std::string& ns = "default") {
    return {kConfigMaps, ns, name};
  }
  bool is_there(const std::string& name, const std::string& ns = "default") {
    return store_->get(key(name, ns)) != nullptr;
  }
  bool goes(const std::string& name, const std::string& ns = "default") {
    return eventually([&] { return !is_there(name, ns); });
  }
  // As a client's delete marks it.
  void mark(const std::string& name, std::vector<std::string> finalizers) {
    change(key(name), [&](Json& object) {
      object::set_metadata(object, "deletionTimestamp", "2026-01-01T00:00:00Z");
      object::metadata(object)["deletionGracePeriodSeconds"] = 0;
      object::set_finalizers(object, finalizers);
    });
  }
  // After the collector has seen everything that was done before.
  void settle() {
    add("settle-owner");
    add("settle", owned_by("settle-owner"));
    remove(key("settle-owner"));
    ASSERT_TRUE(goes("settle"));
  }
  std::string event_message() {
    const auto list = store_->list(kEvents, {});
    if (list.objects.empty()) return {};
    return std::string(object::text_at(boost::json::parse(list.objects.front()->json), "message"));
  }
};

TEST_F(GarbageCollectorTest, WhatNobodyOwnsStays) {
  run_alone();
  add("free");
  settle();
  EXPECT_TRUE(is_there("free"));
}

TEST_F(GarbageCollectorTest, DependentsFollowTheirOwnerDownTheWholeTree) {
  run_alone();
  add("top");
  add("middle", owned_by("top"));
  add("leaf", owned_by("middle"));
  settle();
  EXPECT_TRUE(is_there("leaf"));
  remove(key("top"));
  EXPECT_TRUE(goes("middle"));
  EXPECT_TRUE(goes("leaf"));
}

TEST_F(GarbageCollectorTest, WhatIsMadeForAnOwnerThatNeverWasGoes) {
  run_alone();
  add("lost", owned_by("nobody"));
  EXPECT_TRUE(goes("lost"));
}

TEST_F(GarbageCollectorTest, AnOwnerOfTheSameNameButAnotherUidIsAnother) {
  run_alone();
  add("owner");
  add("lost", owned_by("owner", false, "u-earlier"));
  EXPECT_TRUE(goes("lost"));
  EXPECT_TRUE(is_there("owner"));
}

TEST_F(GarbageCollectorTest, WhatHappenedWhileItWasAwayIsMadeUpFor) {
  add("owner");
  add("kept", owned_by("owner"));
  add("lost", owned_by("nobody"));
  mark("owner", {"orphan"});
  run_alone();
  EXPECT_TRUE(goes("lost"));
  EXPECT_TRUE(goes("owner"));
  EXPECT_TRUE(is_there("kept"));
}

TEST_F(GarbageCollectorTest, OneOwnerLeftIsEnoughAndTheOtherIsForgotten) {
  run_alone();
  add("a");
  add("b");
  add("shared", owned_by("a") + "," + owned_by("b"));
  remove(key("a"));
  ASSERT_TRUE(eventually([&] {
    return read(key("shared")).at("metadata").at("ownerReferences").as_array().size() == 1;
  }));
  EXPECT_EQ(read(key("shared")).at("metadata").at("ownerReferences").at(0).at("uid"), "u-b");
  remove(key("b"));
  EXPECT_TRUE(goes("shared"));
}

TEST_F(GarbageCollectorTest, AForegroundOwnerGoesAfterWhatBlocksIt) {
  run_alone();
  add("owner");
  add("held", owned_by("owner", true), R"(,"finalizers":["example.com/hold"])");
  add("quick", owned_by("owner", true));
  add("loose", owned_by("owner"), R"(,"finalizers":["example.com/hold"])");
  mark("owner", {"foregroundDeletion"});
  EXPECT_TRUE(goes("quick"));
  ASSERT_TRUE(eventually(
      [&] { return read(key("held")).at("metadata").as_object().contains("deletionTimestamp"); }));
  settle();
  EXPECT_TRUE(is_there("owner")) << "held blocks it";
  change(key("held"), [](Json& object) { object::set_finalizers(object, {}); });
  remove(key("held"));
  EXPECT_TRUE(goes("owner"));
  EXPECT_TRUE(is_there("loose")) << "it does not block";
}

TEST_F(GarbageCollectorTest, AForegroundDeletionGoesDownTheTree) {
  run_alone();
  add("top");
  add("middle", owned_by("top", true));
  add("leaf", owned_by("middle", true), R"(,"finalizers":["example.com/hold"])");
  mark("top", {"foregroundDeletion"});
  ASSERT_TRUE(eventually(
      [&] { return read(key("leaf")).at("metadata").as_object().contains("deletionTimestamp"); }));
  EXPECT_EQ(read(key("middle")).at("metadata").at("finalizers").at(0), "foregroundDeletion");
  EXPECT_TRUE(is_there("top"));
  change(key("leaf"), [](Json& object) { object::set_finalizers(object, {}); });
  remove(key("leaf"));
  EXPECT_TRUE(goes("middle"));
  EXPECT_TRUE(goes("top"));
}

TEST_F(GarbageCollectorTest, AForegroundOwnerIsLetGoWhenNobodyBlocksItAnyMore) {
  run_alone();
  add("owner");
  add("held", owned_by("owner", true), R"(,"finalizers":["example.com/hold"])");
  mark("owner", {"foregroundDeletion"});
  settle();
  ASSERT_TRUE(is_there("owner"));
  change(key("held"), [](Json& object) { unblock_owners(object); });
  EXPECT_TRUE(goes("owner"));
}

TEST_F(GarbageCollectorTest, ACircleOfForegroundDeletionsEnds) {
  run_alone();
  add("a", owned_by("b", true));
  add("b", owned_by("a", true));
  mark("a", {"foregroundDeletion"});
  EXPECT_TRUE(goes("a"));
  EXPECT_TRUE(goes("b"));
}

TEST_F(GarbageCollectorTest, OtherFinalizersKeepAnOwnerThatNothingBlocks) {
  run_alone();
  add("owner");
  mark("owner", {"example.com/hold", "foregroundDeletion"});
  ASSERT_TRUE(eventually(
      [&] { return read(key("owner")).at("metadata").at("finalizers").as_array().size() == 1; }));
  EXPECT_EQ(read(key("owner")).at("metadata").at("finalizers").at(0), "example.com/hold");
}

TEST_F(GarbageCollectorTest, AnOrphaningOwnerGoesOnceNobodyNamesIt) {
  run_alone();
  add("owner");
  add("other");
  add("one", owned_by("owner", true));
  add("two", owned_by("owner") + "," + owned_by("other"));
  mark("owner", {"orphan"});
  EXPECT_TRUE(goes("owner"));
  EXPECT_FALSE(read(key("one")).at("metadata").as_object().contains("ownerReferences"));
  EXPECT_EQ(read(key("two")).at("metadata").at("ownerReferences").as_array().size(), 1u);
  settle();
  EXPECT_TRUE(is_there("one"));
  EXPECT_TRUE(is_there("two"));
}

TEST_F(GarbageCollectorTest, AnOwnerInAnotherNamespaceIsNoneAndIsToldOf) {
  run_alone();
  add("owner", "", "", "shop");
  add("lost", owned_by("owner"));
  EXPECT_TRUE(goes("lost"));
  EXPECT_EQ(event_message(),
            "ownerRef [v1/ConfigMap, namespace: default, name: owner, uid: u-owner] does not "
            "exist in namespace \"default\"");
  EXPECT_EQ(store_->count(kEvents), 1u);
}

TEST_F(GarbageCollectorTest, WhatIsInNoNamespaceHasNoOwnerInOneAndIsLeftAlone) {
  run_alone();
  create({kNodes, "", "n"}, (R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n","uid":"u-n",
             "ownerReferences":[)" +
                             owned_by("owner") + "]}}")
                                .c_str());
  ASSERT_TRUE(eventually([&] { return store_->count(kEvents) == 1; }));
  EXPECT_EQ(event_message(),
            "ownerRef [v1/ConfigMap, namespace: , name: owner, uid: u-owner] does not exist in "
            "namespace \"\"");
  settle();
  EXPECT_NE(store_->get({kNodes, "", "n"}), nullptr);
}

TEST_F(GarbageCollectorTest, AnOwnerInNoNamespaceOwnsInEveryOne) {
  run_alone();
  create({kNodes, "", "n"}, R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n",
                                "uid":"u-n"}})");
  create({kLeases, "kube-node-lease", "n"},
         R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"n",
             "namespace":"kube-node-lease","uid":"u-lease","ownerReferences":[{"apiVersion":"v1",
             "kind":"Node","name":"n","uid":"u-n"}]}})");
  settle();
  const Key lease{kLeases, "kube-node-lease", "n"};
  ASSERT_NE(store_->get(lease), nullptr);
  remove({kNodes, "", "n"});
  EXPECT_TRUE(eventually([&] { return !store_->get(lease); }));
}

TEST_F(GarbageCollectorTest, AnOwnerOfAKindThatIsNotServedMayBeThere) {
  run_alone();
  add("kept", R"({"apiVersion":"example.com/v1","kind":"Thing","name":"t","uid":"u-t"})");
  settle();
  EXPECT_TRUE(is_there("kept"));
}

TEST_F(GarbageCollectorTest, ARunningPodGetsItsTime) {
  run_alone();
  create({kPods, "default", "p"}, (R"({"apiVersion":"v1","kind":"Pod","spec":{"nodeName":"n",
             "terminationGracePeriodSeconds":30},"status":{"phase":"Running"},"metadata":{
             "name":"p","namespace":"default","uid":"u-p","ownerReferences":[)" +
                                   owned_by("nobody") + "]}}")
                                      .c_str());
  ASSERT_TRUE(eventually([&] {
    return read({kPods, "default", "p"}).at("metadata").as_object().contains("deletionTimestamp");
  }));
  EXPECT_EQ(read({kPods, "default", "p"}).at("metadata").at("deletionGracePeriodSeconds"), 30);
}

TEST_F(GarbageCollectorTest, AnOwnedNamespaceIsEmptiedBeforeItGoes) {
  run_alone();
  create({kNamespaceResource, "", "shop"},
         R"({"apiVersion":"v1","kind":"Namespace","spec":{"finalizers":["kubernetes"]},
             "status":{"phase":"Active"},"metadata":{"name":"shop","uid":"u-shop",
             "ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n","uid":"u-n"}]}})");
  const Key shop{kNamespaceResource, "", "shop"};
  EXPECT_TRUE(eventually([&] { return read(shop).at("status").at("phase") == "Terminating"; }));
}

TEST_F(GarbageCollectorTest, ManyDependentsGoAndNoneIsForgotten) {
  add("owner");
  for (int i = 0; i < 500; ++i) add("d" + std::to_string(i), owned_by("owner", true));
  run_alone();
  mark("owner", {"foregroundDeletion"});
  EXPECT_TRUE(goes("owner"));
  EXPECT_EQ(store_->count(kConfigMaps), 0u);
}

TEST_F(GarbageCollectorTest, TwoCollectorsDoTheSameWork) {
  add("owner");
  for (int i = 0; i < 100; ++i) add("d" + std::to_string(i), owned_by("owner", true));
  Manager other(*store_, Options{all_but(kGarbageCollector)});
  other.start();
  run_alone();
  mark("owner", {"foregroundDeletion"});
  EXPECT_TRUE(goes("owner"));
  EXPECT_EQ(store_->count(kConfigMaps), 0u);
}

TEST_F(GarbageCollectorTest, SwitchedOffItDoesNothing) {
  run(controller_names());
  add("lost", owned_by("nobody"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(is_there("lost"));
}

// --- kinds that are defined by objects

const ResourceId kWidgets{"example.com", "widgets"};
const ResourceId kCustomDefinitions{"apiextensions.k8s.io", "customresourcedefinitions"};

class CustomKindsGarbage : public GarbageCollectorTest {
 protected:
  static std::string defined() {
    return test::definition_text("Widget", "widgets", R"({"type":"object"})");
  }
  // The controller that brings definitions to life always runs.
  void run_both() { run_alone(); }
  void define() {
    const std::string text = defined();
    ASSERT_EQ(create({kCustomDefinitions, "", "widgets.example.com"}, text.c_str()).status,
              WriteStatus::ok);
    ASSERT_TRUE(
        eventually([] { return catalog::lookup("example.com", "v1", "widgets") != nullptr; }));
  }
  void add_widget(const std::string& name, const std::string& owners = "") {
    const std::string text =
        R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":")" + name +
        R"(","namespace":"default","uid":"w-)" + name + "\"" +
        (owners.empty() ? "" : R"(,"ownerReferences":[)" + owners + "]") + "}}";
    ASSERT_EQ(create({kWidgets, "default", name}, text.c_str()).status, WriteStatus::ok);
  }
  static std::string owned_by_widget(const std::string& name) {
    return R"({"apiVersion":"example.com/v1","kind":"Widget","name":")" + name + R"(","uid":"w-)" +
           name + R"("})";
  }
  bool widget_goes(const std::string& name) {
    return eventually([&] { return !store_->get({kWidgets, "default", name}); });
  }
};

TEST_F(CustomKindsGarbage, ACustomOwnerTakesWhatItOwnsAlong) {
  run_both();
  define();
  add_widget("owner");
  add("owned", owned_by_widget("owner"));
  add_widget("owned-too", owned_by_widget("owner"));
  settle();
  EXPECT_TRUE(is_there("owned"));
  remove({kWidgets, "default", "owner"});
  EXPECT_TRUE(goes("owned"));
  EXPECT_TRUE(widget_goes("owned-too"));
}

TEST_F(CustomKindsGarbage, ACustomObjectGoesWithItsBuiltInOwner) {
  run_both();
  define();
  add("owner");
  add_widget("owned", owned_by("owner"));
  remove(key("owner"));
  EXPECT_TRUE(widget_goes("owned"));
}

TEST_F(CustomKindsGarbage, WhatAKindThatIsNotServedOwnsStays) {
  run_both();
  add("owned", owned_by_widget("somebody"));
  settle();
  EXPECT_TRUE(is_there("owned")) << "whether the owner is there nobody can tell";
}

TEST_F(CustomKindsGarbage, TheEndOfADefinitionTakesWhatItsObjectsOwnAlong) {
  run_both();
  define();
  add_widget("owner");
  add("owned", owned_by_widget("owner"));
  settle();
  change({kCustomDefinitions, "", "widgets.example.com"}, [](Json& object) {
    object::set_metadata(object, "deletionTimestamp", "2026-01-01T00:00:00Z");
    object::set_finalizers(object, {"customresourcecleanup.apiextensions.k8s.io"});
  });
  EXPECT_TRUE(widget_goes("owner"));
  EXPECT_TRUE(goes("owned"));
}

}  // namespace
}  // namespace limen::controllers
