// resourcequota: the status of quotas follows what is stored, and never runs ahead of it.
#include <mutex>
#include <set>

#include "controllers/key_queue.h"
#include "registry/writes_under_way.h"
#include "with_manager.h"

namespace limen::controllers {
namespace {

const ResourceId kQuotas{"", "resourcequotas"};
const ResourceId kServices{"", "services"};
const ResourceId kDeployments{"apps", "deployments"};
const ResourceId kWidgets{"example.com", "widgets"};
const ResourceId kDefinitions{"apiextensions.k8s.io", "customresourcedefinitions"};

class ResourceQuotaTest : public WithManager {
 protected:
  void run_alone() { run(all_but(kResourceQuota)); }

  void put(const ResourceId& id, const std::string& name, const std::string& rest = "",
           const std::string& ns = "x") {
    const std::string text =
        R"({"metadata":{"name":")" + name + R"(","namespace":")" + ns + R"("})" + rest + "}";
    ASSERT_EQ(create({id, ns, name}, text.c_str()).status, WriteStatus::ok);
  }
  void quota(const std::string& hard, const std::string& name = "q", const std::string& rest = "") {
    put(kQuotas, name, R"(,"spec":{"hard":{)" + hard + "}" + rest + "}");
  }
  void define_widgets() {
    const auto definition =
        R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","spec":{)"
        R"("group":"example.com","scope":"Namespaced","names":{"plural":"widgets",)"
        R"("singular":"widget","kind":"Widget","listKind":"WidgetList"},"versions":[{"name":"v1",)"
        R"("served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object"}}}]},)"
        R"("metadata":{"name":"widgets.example.com","uid":"u","generation":1}})";
    ASSERT_EQ(create({kDefinitions, "", "widgets.example.com"}, definition).status,
              WriteStatus::ok);
  }
  void pod(const std::string& name, const std::string& spec = "{}") {
    put(kPods, name, R"(,"spec":)" + spec);
  }
  static std::string asking(const std::string& cpu) {
    return R"({"containers":[{"name":"c","resources":{"requests":{"cpu":")" + cpu + R"("}}}]})";
  }
  std::string status(const std::string& part, const std::string& name = "q") {
    const Json object = read({kQuotas, "x", name});
    const Json* const found = object::find(object, {"status", part});
    return found == nullptr ? "" : boost::json::serialize(*found);
  }
  bool becomes(const std::string& used, const std::string& name = "q") {
    const bool did = eventually([&] { return status("used", name) == used; });
    if (!did) ADD_FAILURE() << "used is " << status("used", name);
    return did;
  }
  // As the module charges a quota.
  void charge(const std::string& name, const std::string& amount) {
    change({kQuotas, "x", "q"},
           [&](Json& object) { object.at("status").at("used").as_object()[name] = amount; });
  }
};

TEST_F(ResourceQuotaTest, AQuotaIsReckonedUpFromWhatIsThere) {
  pod("a", asking("100m"));
  pod("b", asking("1"));
  put(kPods, "elsewhere", "", "y");
  quota(R"("pods":"5","requests.cpu":"4","count/deployments.apps":"1","example.com/unknown":"1")");
  run_alone();
  EXPECT_TRUE(becomes(R"({"count/deployments.apps":"0","pods":"2","requests.cpu":"1100m"})"));
  EXPECT_EQ(
      status("hard"),
      R"({"count/deployments.apps":"1","example.com/unknown":"1","pods":"5","requests.cpu":"4"})");
}

TEST_F(ResourceQuotaTest, ANewQuotaIsReckonedUpAtOnce) {
  define_widgets();
  run_alone();
  put(kConfigMaps, "a");
  quota(R"("configmaps":"5","count/configmaps":"5","count/widgets.example.com":"2")");
  put(kWidgets, "w");
  EXPECT_TRUE(
      becomes(R"({"configmaps":"1","count/configmaps":"1","count/widgets.example.com":"1"})"));
}

TEST_F(ResourceQuotaTest, AChangedQuotaIsToldInItsStatus) {
  quota(R"("pods":"5")");
  run_alone();
  ASSERT_TRUE(becomes(R"({"pods":"0"})"));
  change({kQuotas, "x", "q"}, [](Json& object) {
    object.at("spec").at("hard") = {{"pods", "7"}, {"services.nodeports", "1"}};
  });
  EXPECT_TRUE(becomes(R"({"pods":"0","services.nodeports":"0"})"));
  EXPECT_EQ(status("hard"), R"({"pods":"7","services.nodeports":"1"})");
}

TEST_F(ResourceQuotaTest, WhatGoesIsGivenBack) {
  pod("a");
  put(kDeployments, "d");
  quota(R"("pods":"5","count/deployments.apps":"1")");
  run_alone();
  ASSERT_TRUE(becomes(R"({"count/deployments.apps":"1","pods":"1"})"));
  remove({kPods, "x", "a"});
  ASSERT_TRUE(becomes(R"({"count/deployments.apps":"1","pods":"0"})"));
  remove({kDeployments, "x", "d"});
  EXPECT_TRUE(becomes(R"({"count/deployments.apps":"0","pods":"0"})"));
}

TEST_F(ResourceQuotaTest, APodThatEndsIsGivenBack) {
  pod("a", asking("1"));
  quota(R"("pods":"5","count/pods":"5","requests.cpu":"4")");
  run_alone();
  ASSERT_TRUE(becomes(R"({"count/pods":"1","pods":"1","requests.cpu":"1"})"));
  change({kPods, "x", "a"}, [](Json& object) {
    object.as_object()["status"] = {{"phase", "Failed"}};
  });
  EXPECT_TRUE(becomes(R"({"count/pods":"1","pods":"0","requests.cpu":"0"})"));
}

TEST_F(ResourceQuotaTest, AServiceThatBecomesLessIsGivenBack) {
  put(kServices, "s", R"(,"spec":{"type":"LoadBalancer","ports":[{"port":1}]})");
  quota(R"("services":"5","services.loadbalancers":"1")");
  run_alone();
  ASSERT_TRUE(becomes(R"({"services":"1","services.loadbalancers":"1"})"));
  change({kServices, "x", "s"},
         [](Json& object) { object.at("spec").as_object()["type"] = "ClusterIP"; });
  EXPECT_TRUE(becomes(R"({"services":"1","services.loadbalancers":"0"})"));
}

TEST_F(ResourceQuotaTest, OnlyWhatIsInScopeCounts) {
  pod("best-effort");
  pod("asking", asking("1"));
  put(kConfigMaps, "a");
  quota(R"("pods":"5")", "q", R"(,"scopes":["BestEffort"])");
  quota(R"("pods":"5","configmaps":"1")", "r", R"(,"scopes":["NotBestEffort"])");
  run_alone();
  EXPECT_TRUE(becomes(R"({"pods":"1"})"));
  EXPECT_TRUE(becomes(R"({"configmaps":"0","pods":"1"})", "r"));
}

TEST_F(ResourceQuotaTest, WhatWasChargedAndNeverStoredIsGivenBackAfterAWhile) {
  quota(R"("pods":"5")");
  run_alone();
  ASSERT_TRUE(becomes(R"({"pods":"0"})"));
  charge("pods", "3");
  EXPECT_TRUE(becomes(R"({"pods":"0"})"));
}

TEST_F(ResourceQuotaTest, WhatIsStoredWithoutAChargeIsCountedAfterAWhile) {
  quota(R"("configmaps":"5")");
  run_alone();
  ASSERT_TRUE(becomes(R"({"configmaps":"0"})"));
  put(kConfigMaps, "a");
  EXPECT_TRUE(becomes(R"({"configmaps":"1"})"));
}

TEST_F(ResourceQuotaTest, AChargeIsNotTakenBackWhileItsWriteIsUnderWay) {
  pod("a");
  quota(R"("pods":"5")");
  run_alone();
  ASSERT_TRUE(becomes(R"({"pods":"1"})"));
  auto write = registry::writes_under_way().begin("x");
  charge("pods", "2");
  // This has the quota looked at, and that finds less than is charged.
  remove({kPods, "x", "a"});
  put(kConfigMaps, "witness");
  quota(R"("configmaps":"5")", "other");
  ASSERT_TRUE(becomes(R"({"configmaps":"1"})", "other"));
  EXPECT_EQ(status("used"), R"({"pods":"2"})");
  pod("b");
  write = {};
  EXPECT_TRUE(becomes(R"({"pods":"1"})"));
}

TEST_F(ResourceQuotaTest, AChargeThatComesBetweenVoidsTheCorrection) {
  pod("a");
  quota(R"("pods":"5")");
  run_alone();
  ASSERT_TRUE(becomes(R"({"pods":"1"})"));
  auto first = registry::writes_under_way().begin("x");
  remove({kPods, "x", "a"});
  // While the correction waits for the first, a second write begins and is charged.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  auto second = registry::writes_under_way().begin("x");
  charge("pods", "2");
  first = {};
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(status("used"), R"({"pods":"2"})");
  second = {};
  EXPECT_TRUE(becomes(R"({"pods":"0"})"));
}

TEST_F(ResourceQuotaTest, WritesThatWaitForANewQuotaAreNotWaitedFor) {
  run_alone();
  const auto write = registry::writes_under_way().begin("x");
  quota(R"("pods":"5")");
  EXPECT_TRUE(becomes(R"({"pods":"0"})"));
}

TEST_F(ResourceQuotaTest, ManyThatWaitForSlowWritesKeepNoNewQuotaWaiting) {
  pod("a");
  const std::size_t many = KeyQueue::kAtOnce + 4;
  for (std::size_t i = 0; i < many; ++i) quota(R"("pods":"5")", "q" + std::to_string(i));
  run_alone();
  for (std::size_t i = 0; i < many; ++i) {
    ASSERT_TRUE(becomes(R"({"pods":"1"})", "q" + std::to_string(i)));
  }
  auto write = registry::writes_under_way().begin("x");
  // Each quota is found to be wrong now, and none may be put right.
  remove({kPods, "x", "a"});
  quota(R"("configmaps":"5")", "new");
  EXPECT_TRUE(becomes(R"({"configmaps":"0"})", "new"));
  write = {};
  for (std::size_t i = 0; i < many; ++i) {
    EXPECT_TRUE(becomes(R"({"pods":"0"})", "q" + std::to_string(i)));
  }
}

TEST_F(ResourceQuotaTest, WhatIsDefinedLaterIsCountedFromThenOn) {
  run_alone();
  quota(R"("count/widgets.example.com":"5")");
  ASSERT_TRUE(becomes(R"({"count/widgets.example.com":"0"})"));
  define_widgets();
  put(kWidgets, "w");
  ASSERT_TRUE(becomes(R"({"count/widgets.example.com":"1"})"));
  remove({kWidgets, "x", "w"});
  EXPECT_TRUE(becomes(R"({"count/widgets.example.com":"0"})"));
}

// A store that notes which resources are listed and watched, of which it then keeps a collection.
class NotingStore final : public storage::Store {
 public:
  explicit NotingStore(storage::Store& behind) : behind_(behind) {}
  bool has_met(const ResourceId& id) const {
    const std::lock_guard lock(mutex_);
    return met_.contains({id.group, id.resource});
  }

  storage::Revision revision() const override { return behind_.revision(); }
  storage::Revision compacted() const override { return behind_.compacted(); }
  storage::ObjectPtr get(const Key& key) const override { return behind_.get(key); }
  storage::ListResult list(const ResourceId& id,
                           const storage::ListOptions& options) const override {
    note(id);
    return behind_.list(id, options);
  }
  std::size_t count(const ResourceId& id) const override { return behind_.count(id); }
  void create(Key key, std::string json, std::function<void(storage::WriteResult)> done) override {
    behind_.create(std::move(key), std::move(json), std::move(done));
  }
  void update(Key key, storage::Revision expected, std::string json,
              std::function<void(storage::WriteResult)> done) override {
    behind_.update(std::move(key), expected, std::move(json), std::move(done));
  }
  void remove(Key key, storage::Revision expected,
              std::function<void(storage::WriteResult)> done) override {
    behind_.remove(std::move(key), expected, std::move(done));
  }
  std::unique_ptr<storage::Watch> watch(const ResourceId& id, const std::string& ns,
                                        storage::Revision from, base::Executor& loop,
                                        std::function<void()> wake,
                                        storage::ReadStatus& status) override {
    note(id);
    return behind_.watch(id, ns, from, loop, std::move(wake), status);
  }

 private:
  void note(const ResourceId& id) const {
    const std::lock_guard lock(mutex_);
    met_.emplace(id.group, id.resource);
  }
  storage::Store& behind_;
  mutable std::mutex mutex_;
  mutable std::set<std::pair<std::string, std::string>> met_;
};

// A quota may name thousands of resources that do not exist.
TEST_F(ResourceQuotaTest, OfWhatIsNotServedNothingIsKept) {
  NotingStore store(*store_);
  manager_ = std::make_unique<Manager>(store, Options{all_but(kResourceQuota)});
  manager_->start();
  quota(R"("count/widgets.example.com":"5","count/deployments.apps":"1")");
  EXPECT_TRUE(becomes(R"({"count/deployments.apps":"0","count/widgets.example.com":"0"})"));
  EXPECT_TRUE(store.has_met(kDeployments));
  EXPECT_FALSE(store.has_met(kWidgets));
  define_widgets();
  EXPECT_TRUE(eventually([&] { return store.has_met(kWidgets); }));
  manager_.reset();
}

TEST_F(ResourceQuotaTest, WhatNoQuotaNamedForAWhileIsFollowedAnew) {
  define_widgets();
  run_alone();
  quota(R"("count/widgets.example.com":"5")", "first");
  ASSERT_TRUE(becomes(R"({"count/widgets.example.com":"0"})", "first"));
  remove({kQuotas, "x", "first"});
  quota(R"("count/widgets.example.com":"5")", "second");
  ASSERT_TRUE(becomes(R"({"count/widgets.example.com":"0"})", "second"));
  put(kWidgets, "w");
  EXPECT_TRUE(becomes(R"({"count/widgets.example.com":"1"})", "second"));
}

TEST_F(ResourceQuotaTest, AQuotaThatIsRightIsNotWritten) {
  pod("a");
  quota(R"("pods":"5")");
  run_alone();
  ASSERT_TRUE(becomes(R"({"pods":"1"})"));
  const storage::Revision before = store_->get({kQuotas, "x", "q"})->revision;
  run_alone();
  remove({kPods, "x", "a"});
  ASSERT_TRUE(becomes(R"({"pods":"0"})"));
  EXPECT_EQ(store_->get({kQuotas, "x", "q"})->revision,
            before + 2);  // the pod's removal and one more
}

TEST_F(ResourceQuotaTest, SwitchedOffItLeavesQuotasAlone) {
  quota(R"("pods":"5")");
  run({std::string(kResourceQuota)});
  manager_->stop();
  EXPECT_EQ(status("used"), "");
}

}  // namespace
}  // namespace limen::controllers
