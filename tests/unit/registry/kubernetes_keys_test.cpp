#include "registry/kubernetes_keys.h"

#include <gtest/gtest.h>

#include <set>

#include "storage/key.h"

namespace limen::registry {
namespace {

// Each stored resource once, whatever its versions.
std::vector<const catalog::Resource*> stored_resources() {
  std::vector<const catalog::Resource*> out;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const catalog::GroupVersion& version : catalog::group_versions()) {
    for (const catalog::Resource& one : version.resources) {
      if (one.stored() && seen.emplace(one.storage_group, one.name).second) out.push_back(&one);
    }
  }
  return out;
}

std::string moved(std::string_view store_key) {
  return KubernetesKeys("/registry").stored_key(store_key).value_or("none");
}

std::string read_back(std::string_view stored_key) {
  const auto place = KubernetesKeys("/registry").place(stored_key);
  return place ? KubernetesKeys::store_key(*place) : "none";
}

TEST(KubernetesKeys, AreThoseOfKubeApiserver) {
  const std::pair<const char*, const char*> pairs[] = {
      {"/registry/core/pods/web/a", "/registry/pods/web/a"},
      {"/registry/core/services/web/a", "/registry/services/specs/web/a"},
      {"/registry/core/endpoints/web/a", "/registry/services/endpoints/web/a"},
      {"/registry/core/nodes/n1", "/registry/minions/n1"},
      {"/registry/core/replicationcontrollers/web/a", "/registry/controllers/web/a"},
      {"/registry/core/events/web/a.1", "/registry/events/web/a.1"},
      {"/registry/core/namespaces/web", "/registry/namespaces/web"},
      {"/registry/networking.k8s.io/ingresses/web/a", "/registry/ingress/web/a"},
      {"/registry/networking.k8s.io/ingressclasses/a", "/registry/ingressclasses/a"},
      {"/registry/apps/deployments/web/a", "/registry/deployments/web/a"},
      {"/registry/coordination.k8s.io/leases/kube-system/a", "/registry/leases/kube-system/a"},
      {"/registry/discovery.k8s.io/endpointslices/web/a", "/registry/endpointslices/web/a"},
      {"/registry/rbac.authorization.k8s.io/clusterroles/system:node",
       "/registry/clusterroles/system:node"},
      {"/registry/apiextensions.k8s.io/customresourcedefinitions/widgets.example.com",
       "/registry/apiextensions.k8s.io/customresourcedefinitions/widgets.example.com"},
      {"/registry/apiregistration.k8s.io/apiservices/v1.apps",
       "/registry/apiregistration.k8s.io/apiservices/v1.apps"},
      {"/registry/example.com/widgets/web/a", "/registry/example.com/widgets/web/a"},
      {"/registry/gateway.networking.k8s.io/gatewayclasses/a",
       "/registry/gateway.networking.k8s.io/gatewayclasses/a"},
  };
  for (const auto& [own, theirs] : pairs) {
    EXPECT_EQ(moved(own), theirs);
    EXPECT_EQ(read_back(theirs), own);
  }
}

TEST(KubernetesKeys, EveryStoredResourceHasAFolderOfItsOwn) {
  std::set<std::string> folders;
  for (const catalog::Resource* one : stored_resources()) {
    EXPECT_TRUE(folders.insert(kubernetes_folder(one->storage_group, one->name)).second)
        << one->name;
  }
  EXPECT_GT(folders.size(), 60U);
  for (const std::string& folder : folders) {
    EXPECT_EQ(folders.count(folder.substr(0, folder.find('/'))), folder.find('/') == folder.npos)
        << folder << " begins like another one";
  }
}

TEST(KubernetesKeys, EveryStoredResourceComesBackTheSame) {
  const KubernetesKeys keys("/k8s/prod");
  for (const catalog::Resource* one : stored_resources()) {
    const storage::Key key{{std::string(one->storage_group), std::string(one->name)},
                           one->namespaced ? "web" : "",
                           "a.b:c"};
    const std::string own = storage::driver_key(key).value();
    const auto stored = keys.stored_key(own);
    ASSERT_TRUE(stored) << own;
    EXPECT_TRUE(stored->starts_with("/k8s/prod/")) << *stored;
    const auto place = keys.place(*stored);
    ASSERT_TRUE(place) << *stored;
    EXPECT_EQ(KubernetesKeys::store_key(*place), own);
    ASSERT_NE(place->builtin, nullptr) << *stored;
    EXPECT_EQ(place->builtin->version, one->storage_version);
    EXPECT_EQ(place->builtin->group, one->storage_group);
  }
}

TEST(KubernetesKeys, OfOthersAreNotOurs) {
  for (const char* key : {"/registry/masterleases/10.0.0.1",
                          "/registry/ranges/serviceips",
                          "/registry/health",
                          "/registry/peerserverleases/a",
                          "/registry/pods",
                          "/registry/pods/",
                          "/registry/pods/web",
                          "/registry/pods/web/a/b",
                          "/registry/pods//a",
                          "/registry/pods/web/",
                          "/registry/minions/",
                          "/registry/minions/web/n1",
                          "/registry/services/web/a",
                          "/registry/services/specs",
                          "/registry/services/specs/a",
                          "/registry/example.com/widgets",
                          "/registry/example.com//a",
                          "/registry/example.com/widgets/",
                          "/registry/example.com/widgets/web/a/b",
                          "/registry/apps/deployments/web/a",
                          "/registry/apiextensions.k8s.io/other/a",
                          "/registry/rbac.authorization.k8s.io/roles/web/a",
                          "/registry",
                          "/registry/",
                          "",
                          "/registryx/pods/web/a",
                          "compact_rev_key",
                          "/other/pods/web/a"}) {
    EXPECT_EQ(read_back(key), "none") << key;
  }
}

TEST(KubernetesKeys, OfResourcesNobodyKnowsAreNotWritten) {
  for (const char* key : {"/registry/core/unknown/web/a", "/registry/apps/unknown/web/a",
                          "/registry/nodot/widgets/web/a", "/registry/core/pods", "/elsewhere/x"}) {
    EXPECT_EQ(moved(key), "none") << key;
  }
}

TEST(KubernetesKeys, AnEmptyPrefixIsOne) {
  const KubernetesKeys keys("");
  EXPECT_EQ(keys.stored_key("/registry/core/pods/web/a"), "/pods/web/a");
  ASSERT_TRUE(keys.place("/pods/web/a"));
}

}  // namespace
}  // namespace limen::registry
