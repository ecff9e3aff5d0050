#include "controllers/manager.h"

#include "controllers/namespaces.h"
#include "controllers/policy.h"
#include "with_manager.h"

namespace limen::controllers {
namespace {

class ManagerTest : public WithManager {};

TEST_F(ManagerTest, AFreshServerGetsItsNamespacesAccountsAndPolicy) {
  run();
  for (const char* ns : {"default", "kube-system", "kube-public", "kube-node-lease"}) {
    const Json found = read({kNamespaceResource, "", ns});
    ASSERT_TRUE(found.is_object()) << ns;
    EXPECT_EQ(found.at("status").at("phase"), "Active");
    EXPECT_EQ(found.at("spec").at("finalizers").at(0), "kubernetes");
    EXPECT_EQ(found.at("metadata").at("labels").at("kubernetes.io/metadata.name"), ns);
    EXPECT_EQ(found.at("metadata").at("uid").as_string().size(), 36u);
    EXPECT_TRUE(found.at("metadata").at("creationTimestamp").is_string());
    EXPECT_TRUE(read({kAccounts, ns, "default"}).is_object()) << ns;
  }
  EXPECT_EQ(store_->count(kClusterRoles), 70u);
  EXPECT_EQ(store_->count(kBindings), 51u);
}

TEST_F(ManagerTest, AFreshServerIsBroughtUpInFewTransactions) {
  driver_->take_for_a_commit(std::chrono::milliseconds(30));
  run();
  EXPECT_LE(data_->commits, 20) << "and not one for each of " << store_->revision() - 1
                                << " writes";
}

TEST_F(ManagerTest, RolesThatCollectHaveTheRulesOfTheOthers) {
  run();
  const auto rules_of = [&](const char* role) {
    return read({kClusterRoles, "", role}).at("rules").as_array();
  };
  EXPECT_EQ(rules_of("view"), rules_of("system:aggregate-to-view"));
  EXPECT_GT(rules_of("edit").size(), rules_of("view").size());
  const auto admin = rules_of("admin");
  for (const Json& rule : rules_of("edit")) EXPECT_TRUE(covers(admin, rule));
  EXPECT_TRUE(covers(admin, boost::json::parse(
                                R"({"verbs":["create"],"apiGroups":["rbac.authorization.k8s.io"],
                                    "resources":["roles"]})")));
}

TEST_F(ManagerTest, AggregationFollowsLabelsAndRules) {
  run();
  const Key view{kClusterRoles, "", "view"};
  const std::size_t before = read(view).at("rules").as_array().size();
  create({kClusterRoles, "", "crons"},
         R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole",
             "rules":[{"verbs":["get"],"apiGroups":["example.com"],"resources":["crons"]}],
             "metadata":{"name":"crons",
               "labels":{"rbac.authorization.k8s.io/aggregate-to-view":"true"}}})");
  EXPECT_TRUE(eventually([&] { return read(view).at("rules").as_array().size() == before + 1; }));
  const Key admin{kClusterRoles, "", "admin"};
  EXPECT_TRUE(eventually([&] {
    return covers(read(admin).at("rules").as_array(),
                  boost::json::parse(
                      R"({"verbs":["get"],"apiGroups":["example.com"],"resources":["crons"]})"));
  })) << "through view, edit and admin";
  change({kClusterRoles, "", "crons"},
         [](Json& role) { role.at("metadata").as_object().erase("labels"); });
  EXPECT_TRUE(eventually([&] { return read(view).at("rules").as_array().size() == before; }));
}

TEST_F(ManagerTest, ARestartChangesNothingWhenAllIsThere) {
  run();
  manager_.reset();
  const storage::Revision revision = store_->revision();
  run();
  EXPECT_EQ(store_->revision(), revision);
}

TEST_F(ManagerTest, ARestartRepairsRolesAndBindingsUnlessTheirOwnerOptedOut) {
  run();
  manager_.reset();
  const auto drop_rules = [](Json& role) { role.as_object()["rules"] = boost::json::array(); };
  change({kClusterRoles, "", "system:discovery"}, drop_rules);
  change({kClusterRoles, "", "system:basic-user"}, [&](Json& role) {
    drop_rules(role);
    role.at("metadata")
        .at("annotations")
        .as_object()["rbac.authorization.kubernetes.io/autoupdate"] = "false";
  });
  change({kBindings, "", "system:discovery"},
         [](Json& binding) { binding.at("roleRef").as_object()["name"] = "cluster-admin"; });
  remove({kBindings, "", "cluster-admin"});
  run();
  EXPECT_FALSE(read({kClusterRoles, "", "system:discovery"}).at("rules").as_array().empty());
  EXPECT_TRUE(read({kClusterRoles, "", "system:basic-user"}).at("rules").as_array().empty());
  EXPECT_EQ(read({kBindings, "", "system:discovery"}).at("roleRef").at("name"), "system:discovery");
  EXPECT_TRUE(read({kBindings, "", "cluster-admin"}).is_object());
}

TEST_F(ManagerTest, ADisabledControllerDoesNothing) {
  run(controller_names());
  EXPECT_EQ(store_->revision(), 1);
  run(all_but(kNamespaces));
  EXPECT_EQ(store_->count(kNamespaceResource), 4u);
  EXPECT_EQ(store_->count(kAccounts), 0u);
  EXPECT_EQ(store_->count(kClusterRoles), 0u);
}

TEST_F(ManagerTest, ANewNamespaceGetsAServiceAccountAndGetsItBack) {
  run();
  add_namespace("shop");
  const Key account{kAccounts, "shop", "default"};
  ASSERT_TRUE(eventually([&] { return store_->get(account) != nullptr; }));
  const std::string uid = store_->get(account)->uid;
  remove(account);
  ASSERT_TRUE(eventually([&] { return store_->get(account) != nullptr; }));
  EXPECT_NE(store_->get(account)->uid, uid);
}

TEST_F(ManagerTest, ADeletedSystemNamespaceComesBack) {
  run();
  remove({kNamespaceResource, "", "kube-node-lease"});
  EXPECT_TRUE(eventually([&] {
    return store_->get({kNamespaceResource, "", "kube-node-lease"}) != nullptr;
  }));
}

TEST_F(ManagerTest, ANamespaceThatIsDeletedIsEmptiedAndGoes) {
  run();
  add_namespace("shop");
  for (int i = 0; i < 300; ++i) {
    const std::string name = "c" + std::to_string(i);
    create(
        {kConfigMaps, "shop", name},
        (R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + "\"}}").c_str());
  }
  create({{"apps", "deployments"}, "shop", "web"},
         R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}})");
  create({kConfigMaps, "default", "other"},
         R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"other"}})");
  terminate("shop");
  EXPECT_TRUE(eventually([&] { return !store_->get({kNamespaceResource, "", "shop"}); }));
  storage::ListOptions in_shop;
  in_shop.ns = "shop";
  for (const ResourceId& id : {kConfigMaps, kAccounts, ResourceId{"apps", "deployments"}}) {
    EXPECT_TRUE(store_->list(id, in_shop).objects.empty()) << id.resource;
  }
  EXPECT_NE(store_->get({kConfigMaps, "default", "other"}), nullptr);
}

TEST_F(ManagerTest, ANamespaceWaitsForFinalizersOfItsContentAndSaysSo) {
  run();
  add_namespace("shop");
  const Key held{kConfigMaps, "shop", "held"};
  create(held, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"held",
                   "finalizers":["example.com/hold"]}})");
  terminate("shop");
  const Key shop{kNamespaceResource, "", "shop"};
  ASSERT_TRUE(eventually([&] {
    const Json ns = read(shop);
    return ns.at("status").as_object().contains("conditions");
  }));
  std::map<std::string, std::string> messages;
  const Json told = read(shop);
  for (const Json& condition : told.at("status").at("conditions").as_array()) {
    messages[std::string(condition.at("type").as_string())] =
        std::string(condition.at("status").as_string()) + " " +
        std::string(condition.at("message").as_string());
  }
  EXPECT_EQ(messages["NamespaceContentRemaining"],
            "True Some resources are remaining: configmaps. has 1 resource instances");
  EXPECT_EQ(messages["NamespaceFinalizersRemaining"],
            "True Some content in the namespace has finalizers remaining: "
            "example.com/hold in 1 resource instances");
  EXPECT_EQ(messages["NamespaceDeletionContentFailure"],
            "False All content successfully deleted, may be waiting on finalization");
  EXPECT_TRUE(read(held).at("metadata").at("deletionTimestamp").is_string());
  change(held, [](Json& object) { object::set_finalizers(object, {}); });
  EXPECT_TRUE(eventually([&] { return !store_->get(shop); }));
  EXPECT_FALSE(store_->get(held));
}

TEST_F(ManagerTest, ARunningPodOfADeletedNamespaceGetsItsTime) {
  run();
  add_namespace("shop");
  create(
      {kPods, "shop", "p"},
      R"({"apiVersion":"v1","kind":"Pod","spec":{"nodeName":"n","terminationGracePeriodSeconds":30},
             "status":{"phase":"Running"},"metadata":{"name":"p"}})");
  terminate("shop");
  EXPECT_TRUE(eventually([&] {
    return read({kPods, "shop", "p"}).at("metadata").as_object().contains("deletionTimestamp");
  }));
  EXPECT_EQ(read({kPods, "shop", "p"}).at("metadata").at("deletionGracePeriodSeconds"), 30);
  remove({kPods, "shop", "p"});  // what a kubelet does at the end
  EXPECT_TRUE(eventually([&] { return !store_->get({kNamespaceResource, "", "shop"}); }));
}

TEST_F(ManagerTest, PodsGoBeforeWhatGuardsThem) {
  run();
  add_namespace("shop");
  const Key pod{kPods, "shop", "p"};
  const Key policy{{"networking.k8s.io", "networkpolicies"}, "shop", "wall"};
  create(pod, R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p",
                  "finalizers":["example.com/hold"]}})");
  create(policy, R"({"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",
                     "metadata":{"name":"wall"}})");
  terminate("shop");
  const Key shop{kNamespaceResource, "", "shop"};
  // The conditions are written once everything that may go has gone.
  ASSERT_TRUE(
      eventually([&] { return read(shop).at("status").as_object().contains("conditions"); }));
  EXPECT_TRUE(read(pod).at("metadata").at("deletionTimestamp").is_string());
  const Json guard = read(policy);
  ASSERT_TRUE(guard.is_object());
  EXPECT_FALSE(guard.at("metadata").as_object().contains("deletionTimestamp"));
  change(pod, [](Json& object) { object::set_finalizers(object, {}); });
  EXPECT_TRUE(eventually([&] { return !store_->get(shop); }));
  EXPECT_FALSE(store_->get(policy));
}

TEST_F(ManagerTest, AnotherFinalizerKeepsAnEmptiedNamespace) {
  run();
  add_namespace("shop");
  const Key shop{kNamespaceResource, "", "shop"};
  change(shop, [](Json& ns) { object::set_finalizers(ns, {"example.com/hold"}); });
  terminate("shop");
  EXPECT_TRUE(
      eventually([&] { return read(shop).at("spec").at("finalizers").as_array().empty(); }));
  EXPECT_NE(store_->get(shop), nullptr);
}

TEST_F(ManagerTest, ANamespaceStuckInItsEndDoesNotKeepAServerFromBeingReady) {
  add_namespace("shop");
  create({kConfigMaps, "shop", "held"},
         R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"held",
             "finalizers":["example.com/hold"]}})");
  terminate("shop");
  run();
  EXPECT_NE(store_->get({kNamespaceResource, "", "shop"}), nullptr);
}

TEST_F(ManagerTest, AStoreThatFailsIsTriedAgain) {
  driver_->fail_with("disk full");
  manager_ = std::make_unique<Manager>(*store_);
  manager_->start();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(manager_->synced());
  driver_->fail_with("");
  EXPECT_TRUE(eventually([&] { return manager_->synced(); }));
  EXPECT_EQ(store_->count(kClusterRoles), 70u);
}

TEST_F(ManagerTest, StoppingInTheMiddleIsCleanAndTheNextStartGoesOn) {
  for (int round = 0; round < 20; ++round) {
    Manager manager(*store_);
    manager.start();
    std::this_thread::sleep_for(std::chrono::microseconds(200 * round));
    manager.stop();
  }
  run();
  EXPECT_EQ(store_->count(kClusterRoles), 70u);
  EXPECT_EQ(store_->count(kAccounts), 4u);
}

TEST_F(ManagerTest, TwoManagersOnOneStoreAgree) {
  Manager other(*store_);
  other.start();
  run();
  ASSERT_TRUE(eventually([&] { return other.synced(); }));
  EXPECT_EQ(store_->count(kClusterRoles), 70u);
  EXPECT_EQ(store_->count(kNamespaceResource), 4u);
}

TEST(NamespaceConditions, SayingTheSameAgainIsNoChange) {
  Json ns = boost::json::parse(R"({"metadata":{"name":"n"}})");
  const Remains remains{{{"pods.", 2}, {"deployments.apps", 1}}, {}};
  EXPECT_TRUE(set_deletion_conditions(ns, remains));
  EXPECT_FALSE(set_deletion_conditions(ns, remains));
  EXPECT_EQ(ns.at("status").at("conditions").at(3).at("message"),
            "Some resources are remaining: deployments.apps has 1 resource instances, "
            "pods. has 2 resource instances");
}

}  // namespace
}  // namespace limen::controllers
