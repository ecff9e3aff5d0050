// Namespaces that end take along what API servers behind this one hold in them.
#include <algorithm>

#include "aggregation/routes.h"
#include "unit/aggregation/remote_fixture.h"
#include "unit/controllers/with_manager.h"

namespace limen::controllers {
namespace {

const ResourceId kApiServices{"apiregistration.k8s.io", "apiservices"};
const Key kShop{kNamespaceResource, "", "shop"};
const std::string kWidgets = "/apis/a.example.com/v1/namespaces/shop/widgets";

class RemoteContentTest : public WithManager {
 protected:
  ~RemoteContentTest() override { manager_.reset(); }
  void run_with_remote() {
    servers_ = std::make_unique<aggregation::RemoteServers>(*store_, remote_.options());
    Options options;
    options.remote_servers = servers_.get();
    manager_ = std::make_unique<Manager>(*store_, options);
    manager_->start();
    ASSERT_TRUE(eventually([&] { return manager_->synced(); }));
    add_namespace("shop");
  }
  void serve(const std::string& verbs) {
    remote_.answer(
        "/apis/a.example.com/v1", 200,
        R"({"kind":"APIResourceList","groupVersion":"a.example.com/v1","resources":[)"
        R"({"name":"widgets","namespaced":true,"kind":"Widget","verbs":[)" +
            verbs +
            R"(]},{"name":"worlds","namespaced":false,"kind":"World","verbs":["list","delete"]},)"
            R"({"name":"../secrets","namespaced":true,"kind":"X","verbs":["list","delete"]}]})");
    create({{"", "services"}, "ns", "svc"}, test::kExternalService);
    create({kApiServices, "", "v1.a.example.com"}, test::api_service_object().c_str());
    ASSERT_TRUE(eventually([] {
      const auto route = aggregation::route_of("/apis/a.example.com/v1");
      return route && route->available && route->fresh;
    }));
  }
  void list(const std::string& items) {
    remote_.answer(kWidgets + "?limit=500", 200, R"({"kind":"List","items":[)" + items + "]}");
  }
  std::size_t deletions(const std::string& path) {
    const auto asked = remote_.asked(path + "?propagationPolicy=Background");
    return static_cast<std::size_t>(std::count_if(
        asked.begin(), asked.end(), [](const auto& one) { return one.method == "DELETE"; }));
  }
  // "True DiscoveryFailed: ..."
  std::string condition(std::string_view type) {
    const Json ns = read(kShop);
    const Json* conditions = object::find(ns, {"status", "conditions"});
    if (!conditions) return "";
    for (const Json& one : conditions->get_array()) {
      if (object::text_at(one, "type") != type) continue;
      return std::string(object::text_at(one, "status")) + " " +
             std::string(object::text_at(one, "reason")) + ": " +
             std::string(object::text_at(one, "message"));
    }
    return "";
  }

  test::FakeRemote remote_;
  std::unique_ptr<aggregation::RemoteServers> servers_;
};

TEST_F(RemoteContentTest, GoesAsACollectionBeforeTheNamespaceDoes) {
  run_with_remote();
  serve(R"("list","delete","deletecollection")");
  list(R"({"metadata":{"name":"one"}})");
  remote_.answer(kWidgets + "?propagationPolicy=Background", 200, "{}");
  terminate("shop");
  ASSERT_TRUE(eventually([&] { return deletions(kWidgets) > 0; }));
  ASSERT_TRUE(
      eventually([&] { return condition("NamespaceContentRemaining").starts_with("True"); }));
  EXPECT_EQ(condition("NamespaceContentRemaining"),
            "True SomeResourcesRemain: Some resources are remaining: widgets.a.example.com has 1 "
            "resource instances");
  list("");
  EXPECT_TRUE(eventually([&] { return !store_->get(kShop); }));
  for (const auto& asked : remote_.asked("/apis/a.example.com/v1/namespaces/shop/worlds"))
    ADD_FAILURE() << asked.method;
}

TEST_F(RemoteContentTest, GoesOneByOneWhereThereAreNoCollections) {
  run_with_remote();
  serve(R"("list","delete")");
  list(R"({"metadata":{"name":"one"}},{"metadata":{"name":"t:w o"}},{"metadata":{"name":"a/b"}})");
  terminate("shop");
  ASSERT_TRUE(eventually([&] { return deletions(kWidgets + "/t%3Aw%20o") > 0; }));
  EXPECT_GT(deletions(kWidgets + "/one"), 0U);
  list("");
  EXPECT_TRUE(eventually([&] { return !store_->get(kShop); }));
}

TEST_F(RemoteContentTest, OfAServerThatIsAwayIsNotKnownAndTheNamespaceSaysSo) {
  run_with_remote();
  create({kApiServices, "", "v1.a.example.com"}, test::api_service_object().c_str());
  ASSERT_TRUE(
      eventually([] { return aggregation::route_of("/apis/a.example.com/v1") != nullptr; }));
  create({kConfigMaps, "shop", "c"},
         R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}})");
  terminate("shop");
  ASSERT_TRUE(eventually(
      [&] { return condition("NamespaceDeletionDiscoveryFailure").starts_with("True"); }));
  EXPECT_EQ(condition("NamespaceDeletionDiscoveryFailure"),
            "True DiscoveryFailed: Discovery failed for some groups, 1 failing: unable to retrieve "
            "the complete list of server APIs: a.example.com/v1: stale GroupVersion discovery: "
            "a.example.com/v1");
  EXPECT_FALSE(store_->get({kConfigMaps, "shop", "c"})) << "what is known of goes all the same";
  remove({kApiServices, "", "v1.a.example.com"});
  EXPECT_TRUE(eventually([&] { return !store_->get(kShop); }));
}

TEST_F(RemoteContentTest, ThatCannotBeDeletedKeepsTheNamespace) {
  run_with_remote();
  serve(R"("list","delete","deletecollection")");
  list(R"({"metadata":{"name":"one"}})");
  remote_.answer(kWidgets + "?propagationPolicy=Background", 500, "{}");
  terminate("shop");
  ASSERT_TRUE(
      eventually([&] { return condition("NamespaceDeletionContentFailure").starts_with("True"); }));
  EXPECT_EQ(condition("NamespaceDeletionContentFailure"),
            "True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: "
            "widgets.a.example.com: the server answered with status 500");
  remote_.answer(kWidgets + "?propagationPolicy=Background", 200, "{}");
  list("");
  EXPECT_TRUE(eventually([&] { return !store_->get(kShop); }));
}

}  // namespace
}  // namespace limen::controllers
