#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "limen/testkit/instance.hpp"

namespace limen::testkit {
namespace {

Module& module() {
  static Module loaded(LIMEN_BINARY_DIR "/lib/limen/modules/node.so");
  return loaded;
}

UserInfo node_user(const std::string& node) {
  UserInfo user;
  user.name = "system:node:" + node;
  user.groups = {"system:nodes", "system:authenticated"};
  return user;
}

// "get secrets x/s", "update pods/status x/p", "list storage.k8s.io:csinodes", "get nodes /n1", and
// with a field selector "list pods x/ spec.nodeName=n1".
Action action_of(const std::string& text) {
  std::istringstream words(text);
  std::string resource, place, selector;
  Action action;
  words >> action.verb >> resource >> place >> selector;
  if (const std::size_t colon = resource.find(':'); colon != std::string::npos) {
    action.api_group = resource.substr(0, colon);
    resource.erase(0, colon + 1);
  }
  const std::size_t sub = resource.find('/');
  action.resource = resource.substr(0, sub);
  if (sub != std::string::npos) action.subresource = resource.substr(sub + 1);
  if (const std::size_t slash = place.find('/'); slash != std::string::npos) {
    action.ns = place.substr(0, slash);
    action.name = place.substr(slash + 1);
  }
  if (!selector.empty()) {
    action.field_selector = selector;
    const bool other = selector.find("!=") != std::string::npos;
    const std::size_t equals = selector.find('=');
    action.field_requirements.push_back({selector.substr(0, equals - (other ? 1 : 0)),
                                         other ? LIMEN_OP_NOT_IN : LIMEN_OP_IN,
                                         {selector.substr(equals + 1)}});
  }
  return action;
}

constexpr const char* kNoRelation = "no relationship found between node 'n1' and this object";

class NodeTest : public testing::Test {
 protected:
  NodeTest() : node_(module()) {}
  Reply ask(const std::string& node, const std::string& text) {
    Action action = action_of(text);
    action.user = node_user(node);
    return node_.authorize(action);
  }
  bool may(const std::string& node, const std::string& text) {
    const Reply reply = ask(node, text);
    EXPECT_NE(reply.verdict, LIMEN_DENY) << text;
    return reply.verdict == LIMEN_ALLOW;
  }
  // `spec` and `status` are JSON.
  void put_pod(const std::string& ns, const std::string& name, const std::string& spec,
               const std::string& status = "{}", const std::string& annotations = "{}") {
    put("", "pods",
        R"({"metadata":{"namespace":")" + ns + R"(","name":")" + name + R"(","annotations":)" +
            annotations + R"(},"spec":)" + spec + R"(,"status":)" + status + "}");
  }
  void put_volume(const std::string& name, const std::string& spec) {
    put("", "persistentvolumes", R"({"metadata":{"name":")" + name + R"("},"spec":)" + spec + "}");
  }
  void put_of_node(const std::string& group, const std::string& resource, const std::string& name,
                   const std::string& node) {
    put(group, resource,
        R"({"metadata":{"name":")" + name + R"("},"spec":{"nodeName":")" + node + "\"}}");
  }
  void put(const std::string& group, const std::string& resource, const std::string& json) {
    node_.host().put(group, resource, boost::json::parse(json));
  }
  Instance node_;
};

// ---- who asks

TEST_F(NodeTest, OnlyUsersOfNodesInTheGroupOfNodesAreNodes) {
  Action action = action_of("list services x/");
  EXPECT_EQ(node_.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action.user = node_user("n1");
  EXPECT_EQ(node_.authorize(action).verdict, LIMEN_ALLOW);
  action.user.groups = {"system:authenticated"};
  EXPECT_EQ(node_.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action.user = node_user("n1");
  action.user.name = "n1";
  EXPECT_EQ(node_.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(node_.authorize(action).reason, "");
  action.user = node_user("");
  EXPECT_EQ(node_.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(node_.authorize(action).reason, "unknown node for user \"system:node:\"");
}

TEST_F(NodeTest, RightsOfNodesAreNotListed) {
  const Reply reply = node_.rules_for(node_user("n1"), "x");
  EXPECT_TRUE(reply.incomplete);
  EXPECT_EQ(reply.incomplete_reason, "node authorizer does not support user rule resolution");
  EXPECT_FALSE(node_.rules_for({}, "x").incomplete);
}

// ---- what is asked for: node n1 runs the pod x/p, node n2 the pod x/q

struct Case {
  const char* asked;
  const char* refusal;  // null: allowed
};

class NodeRights : public NodeTest, public testing::WithParamInterface<Case> {
 protected:
  NodeRights() {
    put_pod("x", "p", R"({"nodeName":"n1","serviceAccountName":"app",
      "imagePullSecrets":[{"name":"pull"}],
      "initContainers":[{"env":[{"valueFrom":{"secretKeyRef":{"name":"init-env"}}}]}],
      "containers":[{"env":[{"valueFrom":{"secretKeyRef":{"name":"env"}}},
                            {"valueFrom":{"configMapKeyRef":{"name":"env"}}}],
                     "envFrom":[{"secretRef":{"name":"env-from"}},{"configMapRef":{"name":"env-from"}}]}],
      "ephemeralContainers":[{"envFrom":[{"secretRef":{"name":"debug"}}]}],
      "volumes":[{"name":"a","secret":{"secretName":"mounted"}},{"name":"b","configMap":{"name":"mounted"}},
        {"name":"c","projected":{"sources":[{"secret":{"name":"projected"}},{"configMap":{"name":"projected"}}]}},
        {"name":"d","persistentVolumeClaim":{"claimName":"data"}},{"name":"scratch","ephemeral":{}},
        {"name":"e","azureFile":{"secretName":"azure"}},{"name":"f","cephfs":{"secretRef":{"name":"cephfs"}}},
        {"name":"g","csi":{"nodePublishSecretRef":{"name":"csi-inline"}}}],
      "resourceClaims":[{"name":"r","resourceClaimName":"gpu"},
                        {"name":"t","resourceClaimTemplateName":"template"},
                        {"name":"u","resourceClaimTemplateName":"unmade"}]})",
            R"({"resourceClaimStatuses":[{"name":"t","resourceClaimName":"p-t-7f"},{"name":"u"}],
                "extendedResourceClaimStatus":{"resourceClaimName":"extended"}})");
    put_pod("x", "q", R"({"nodeName":"n2","serviceAccountName":"other",
      "volumes":[{"name":"a","secret":{"secretName":"others"}},
                 {"name":"d","persistentVolumeClaim":{"claimName":"others"}}]})");
    put_volume("pv", R"({"claimRef":{"namespace":"x","name":"data"},
      "csi":{"nodePublishSecretRef":{"namespace":"store","name":"publish"},
             "nodeStageSecretRef":{"namespace":"store","name":"stage"},
             "nodeExpandSecretRef":{"namespace":"store","name":"expand"},
             "controllerExpandSecretRef":{"namespace":"store","name":"controller"}}})");
    put_volume("pv-azure", R"({"claimRef":{"namespace":"x","name":"p-scratch"},
      "azureFile":{"secretName":"share"}})");
    put_volume("pv-rbd", R"({"claimRef":{"namespace":"x","name":"data"},
      "rbd":{"secretRef":{"name":"rbd"}}})");
    put_volume("pv-others", R"({"claimRef":{"namespace":"x","name":"others"}})");
    put_volume("pv-free", "{}");
    put_of_node("storage.k8s.io", "volumeattachments", "va1", "n1");
    put_of_node("storage.k8s.io", "volumeattachments", "va2", "n2");
    put_of_node("resource.k8s.io", "resourceslices", "slice1", "n1");
    put_of_node("resource.k8s.io", "resourceslices", "slice2", "n2");
  }
};

TEST_P(NodeRights, AreAllowedOrRefusedWithKubernetesReason) {
  const Reply reply = ask("n1", GetParam().asked);
  EXPECT_EQ(reply.verdict, GetParam().refusal == nullptr ? LIMEN_ALLOW : LIMEN_VERDICT_NO_OPINION)
      << GetParam().asked << ": " << reply.reason;
  EXPECT_EQ(reply.reason, GetParam().refusal == nullptr ? "" : GetParam().refusal)
      << GetParam().asked;
}

const std::vector<Case> kObjectsOfPods = {
    {"get secrets x/pull", nullptr},
    {"get secrets x/init-env", nullptr},
    {"get secrets x/env", nullptr},
    {"get secrets x/env-from", nullptr},
    {"get secrets x/debug", nullptr},
    {"get secrets x/mounted", nullptr},
    {"list secrets x/mounted", nullptr},
    {"watch secrets x/mounted", nullptr},
    {"get secrets x/projected", nullptr},
    {"get secrets x/azure", nullptr},
    {"get secrets x/cephfs", nullptr},
    {"get secrets x/csi-inline", nullptr},
    {"get secrets x/others", kNoRelation},
    {"get secrets y/mounted", kNoRelation},
    {"get secrets x/", "No Object name found"},
    {"list secrets x/", "No Object name found"},
    {"list secrets", "can only read namespaced object of this type"},
    {"update secrets x/mounted", "can only read resources of this type"},
    {"get secrets/status x/mounted", "cannot read subresource"},
    {"get configmaps x/env", nullptr},
    {"watch configmaps x/env-from", nullptr},
    {"get configmaps x/mounted", nullptr},
    {"get configmaps x/projected", nullptr},
    {"get configmaps x/pull", kNoRelation},
    {"delete configmaps x/env", "can only read resources of this type"},
    {"create serviceaccounts/token x/app", nullptr},
    {"get serviceaccounts x/app", nullptr},
    {"create serviceaccounts/token x/other", kNoRelation},
    {"get serviceaccounts x/other", kNoRelation},
    {"create serviceaccounts/token x/", "can only create tokens for individual service accounts"},
    {"list serviceaccounts x/", "can only create tokens for individual service accounts"},
    {"create serviceaccounts x/app", "can only create token subresource of serviceaccount"},
    {"get resource.k8s.io:resourceclaims x/gpu", nullptr},
    {"get resource.k8s.io:resourceclaims x/p-t-7f", nullptr},
    {"get resource.k8s.io:resourceclaims x/extended", nullptr},
    {"get resource.k8s.io:resourceclaims x/template", kNoRelation},
    {"list resource.k8s.io:resourceclaims x/", "can only get individual resources of this type"},
};
INSTANTIATE_TEST_SUITE_P(OfPods, NodeRights, testing::ValuesIn(kObjectsOfPods));

const std::vector<Case> kStorage = {
    {"get persistentvolumeclaims x/data", nullptr},
    {"get persistentvolumeclaims x/p-scratch", nullptr},
    {"update persistentvolumeclaims/status x/data", nullptr},
    {"patch persistentvolumeclaims/status x/data", nullptr},
    {"get persistentvolumeclaims/status x/data", "can only get/update/patch this type"},
    {"update persistentvolumeclaims/status x/others", kNoRelation},
    {"get persistentvolumeclaims x/others", kNoRelation},
    {"update persistentvolumeclaims x/data", "can only get individual resources of this type"},
    {"get persistentvolumeclaims/scale x/data", "cannot get subresource"},
    {"get persistentvolumes /pv", nullptr},
    {"get persistentvolumes /pv-azure", nullptr},
    {"get persistentvolumes /pv-others", kNoRelation},
    {"get persistentvolumes /pv-free", kNoRelation},
    {"list persistentvolumes", "can only get individual resources of this type"},
    {"get secrets store/publish", nullptr},
    {"get secrets store/stage", nullptr},
    {"get secrets store/expand", nullptr},
    {"get secrets store/controller", kNoRelation},
    {"get secrets x/share", nullptr},
    {"get secrets x/rbd", nullptr},
    {"get storage.k8s.io:volumeattachments /va1", nullptr},
    {"get storage.k8s.io:volumeattachments /va2", kNoRelation},
    {"list storage.k8s.io:volumeattachments", "can only get individual resources of this type"},
    {"get storage.k8s.io:csinodes /n1", nullptr},
    {"create storage.k8s.io:csinodes", nullptr},
    {"patch storage.k8s.io:csinodes /n1", nullptr},
    {"delete storage.k8s.io:csinodes /n1", nullptr},
    {"get storage.k8s.io:csinodes /n2",
     "can only access CSINode with the same name as the requesting node"},
    {"list storage.k8s.io:csinodes", "can only get, create, update, patch, or delete a CSINode"},
    {"update storage.k8s.io:csinodes/status /n1", "cannot authorize CSINode subresources"},
    {"list storage.k8s.io:csidrivers", nullptr},
};
INSTANTIATE_TEST_SUITE_P(OfStorage, NodeRights, testing::ValuesIn(kStorage));

const std::vector<Case> kOwn = {
    {"get nodes /n1", nullptr},
    {"watch nodes /n1", nullptr},
    {"create nodes", nullptr},
    {"patch nodes /n1", nullptr},
    {"update nodes/status /n1", nullptr},
    {"get nodes /n2", "node 'n1' cannot read 'n2', only its own Node object"},
    {"list nodes", "node 'n1' cannot read all nodes, only its own Node object"},
    {"delete nodes /n1", ""},
    {"get nodes/proxy /n1", ""},
    {"get pods x/p", nullptr},
    {"watch pods x/p", nullptr},
    {"list pods / spec.nodeName=n1", nullptr},
    {"watch pods x/ spec.nodeName=n1", nullptr},
    {"create pods x/", nullptr},
    {"delete pods x/p", nullptr},
    {"patch pods/status x/p", nullptr},
    {"create pods/eviction x/p", nullptr},
    {"get pods x/q", kNoRelation},
    {"list pods x/q", kNoRelation},
    {"list pods", "can only list/watch pods with spec.nodeName field selector"},
    {"list pods / spec.nodeName=n2", "can only list/watch pods with spec.nodeName field selector"},
    {"list pods / spec.nodeName!=n1", "can only list/watch pods with spec.nodeName field selector"},
    {"list pods / metadata.namespace=n1",
     "can only list/watch pods with spec.nodeName field selector"},
    {"update pods x/p", ""},
    {"create pods/exec x/p", ""},
    {"get coordination.k8s.io:leases kube-node-lease/n1", nullptr},
    {"create coordination.k8s.io:leases kube-node-lease/", nullptr},
    {"update coordination.k8s.io:leases kube-node-lease/n1", nullptr},
    {"get coordination.k8s.io:leases kube-node-lease/n2",
     "can only access node lease with the same name as the requesting node"},
    {"get coordination.k8s.io:leases kube-system/n1",
     "can only access leases in the \"kube-node-lease\" system namespace"},
    {"list coordination.k8s.io:leases kube-node-lease/",
     "can only get, create, update, patch, or delete a node lease"},
    {"get resource.k8s.io:resourceslices /slice1", nullptr},
    {"delete resource.k8s.io:resourceslices /slice1", nullptr},
    {"create resource.k8s.io:resourceslices", nullptr},
    {"list resource.k8s.io:resourceslices / spec.nodeName=n1", nullptr},
    {"deletecollection resource.k8s.io:resourceslices / spec.nodeName=n1", nullptr},
    {"update resource.k8s.io:resourceslices /slice2", kNoRelation},
    {"list resource.k8s.io:resourceslices",
     "can only list/watch/deletecollection resourceslices with nodeName field selector"},
    {"get resource.k8s.io:resourceslices/status /slice1",
     "cannot authorize ResourceSlice subresources"},
    {"approve resource.k8s.io:resourceslices /slice1",
     "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, "
     "patch, delete, deletecollection"},
};
INSTANTIATE_TEST_SUITE_P(OfTheNode, NodeRights, testing::ValuesIn(kOwn));

const std::vector<Case> kEveryNode = {
    {"list services", nullptr},
    {"get endpoints x/e", nullptr},
    {"list endpoints", ""},
    {"create events x/", nullptr},
    {"patch events.k8s.io:events x/e", nullptr},
    {"list events", ""},
    {"create authentication.k8s.io:tokenreviews", nullptr},
    {"create authorization.k8s.io:subjectaccessreviews", nullptr},
    {"create authorization.k8s.io:localsubjectaccessreviews x/", nullptr},
    {"create certificates.k8s.io:certificatesigningrequests", nullptr},
    {"watch certificates.k8s.io:certificatesigningrequests", nullptr},
    {"update certificates.k8s.io:certificatesigningrequests/approval /c", ""},
    {"get node.k8s.io:runtimeclasses /r", nullptr},
    {"get apps:deployments x/d", ""},
    {"get acme.example:secrets x/mounted", ""},
    {"get services/proxy x/s", ""},
};
INSTANTIATE_TEST_SUITE_P(OfEveryNode, NodeRights, testing::ValuesIn(kEveryNode));

TEST_F(NodeTest, PathsAreForOthersToAllow) {
  Action action;
  action.user = node_user("n1");
  action.path = "/metrics";
  EXPECT_EQ(node_.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
}

// ---- what changes

constexpr const char* kPodWithSecret =
    R"({"nodeName":"n1","volumes":[{"name":"v","secret":{"secretName":"s"}}]})";

TEST_F(NodeTest, RightsComeWhenAPodIsBoundAndEndWithTheLastThatNeedsThem) {
  put_pod("x", "p", R"({"volumes":[{"name":"v","secret":{"secretName":"s"}}]})");
  EXPECT_FALSE(may("n1", "get secrets x/s"));
  put_pod("x", "p", kPodWithSecret);
  EXPECT_TRUE(may("n1", "get secrets x/s"));
  EXPECT_FALSE(may("n2", "get secrets x/s"));
  put_pod("x", "p2", kPodWithSecret);
  node_.host().remove("", "pods", "x", "p");
  EXPECT_TRUE(may("n1", "get secrets x/s"));
  node_.host().remove("", "pods", "x", "p2");
  EXPECT_FALSE(may("n1", "get secrets x/s"));
  EXPECT_FALSE(may("n1", "get pods x/p"));
}

TEST_F(NodeTest, APodOfTheSameNameOnAnotherNodeTakesTheRightsAlong) {
  put_pod("x", "p", kPodWithSecret);
  put_pod("x", "p", R"({"nodeName":"n2","volumes":[{"name":"v","secret":{"secretName":"s"}}]})");
  EXPECT_FALSE(may("n1", "get secrets x/s"));
  EXPECT_TRUE(may("n2", "get secrets x/s"));
}

TEST_F(NodeTest, AContainerThatIsAddedToARunningPodCounts) {
  put_pod("x", "p", R"({"nodeName":"n1"})");
  put_pod("x", "p", R"({"nodeName":"n1","ephemeralContainers":[
      {"env":[{"valueFrom":{"configMapKeyRef":{"name":"c"}}}]}]})");
  EXPECT_TRUE(may("n1", "get configmaps x/c"));
}

TEST_F(NodeTest, AClaimFromATemplateCountsOnceItHasItsName) {
  const std::string spec =
      R"({"nodeName":"n1","resourceClaims":[{"name":"g","resourceClaimTemplateName":"t"}]})";
  put_pod("x", "p", spec);
  EXPECT_FALSE(may("n1", "get resource.k8s.io:resourceclaims x/p-g"));
  put_pod("x", "p", spec, R"({"resourceClaimStatuses":[{"name":"g","resourceClaimName":"p-g"}]})");
  EXPECT_TRUE(may("n1", "get resource.k8s.io:resourceclaims x/p-g"));
}

TEST_F(NodeTest, AMirrorPodGivesNothingButItself) {
  put_pod("x", "p", kPodWithSecret, "{}", R"({"kubernetes.io/config.mirror":"hash"})");
  EXPECT_TRUE(may("n1", "get pods x/p"));
  EXPECT_FALSE(may("n1", "get secrets x/s"));
}

TEST_F(NodeTest, AVolumeFollowsItsClaimWhicheverComesFirst) {
  const std::string to_claim =
      R"({"claimRef":{"namespace":"x","name":"c"},"iscsi":{"secretRef":{"name":"s"}}})";
  const std::string pod =
      R"({"nodeName":"n1","volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"c"}}]})";
  put_volume("pv", to_claim);
  EXPECT_FALSE(may("n1", "get persistentvolumes /pv"));
  put_pod("x", "p", pod);
  EXPECT_TRUE(may("n1", "get persistentvolumes /pv"));
  EXPECT_TRUE(may("n1", "get secrets x/s"));
  put_volume("pv",
             R"({"claimRef":{"namespace":"x","name":"d"},"iscsi":{"secretRef":{"name":"s"}}})");
  EXPECT_FALSE(may("n1", "get persistentvolumes /pv"));
  EXPECT_FALSE(may("n1", "get secrets x/s"));
  put_volume("pv", to_claim);
  EXPECT_TRUE(may("n1", "get secrets x/s"));
  node_.host().remove("", "persistentvolumes", "", "pv");
  EXPECT_FALSE(may("n1", "get secrets x/s"));
  EXPECT_TRUE(may("n1", "get persistentvolumeclaims x/c"));
}

TEST_F(NodeTest, AnAttachmentThatGoesOrMovesTakesTheRightAlong) {
  put_of_node("storage.k8s.io", "volumeattachments", "va", "n1");
  EXPECT_TRUE(may("n1", "get storage.k8s.io:volumeattachments /va"));
  put_of_node("storage.k8s.io", "volumeattachments", "va", "n2");
  EXPECT_FALSE(may("n1", "get storage.k8s.io:volumeattachments /va"));
  EXPECT_TRUE(may("n2", "get storage.k8s.io:volumeattachments /va"));
  node_.host().remove("storage.k8s.io", "volumeattachments", "", "va");
  EXPECT_FALSE(may("n2", "get storage.k8s.io:volumeattachments /va"));
}

// ---- many changes, against an evaluator that walks everything for each question

struct World {
  struct Pod {
    std::string node, secret, claim;
  };
  struct Volume {
    std::string claim, secret;
  };
  std::map<std::string, Pod> pods;
  std::map<std::string, Volume> volumes;

  bool uses_claim(const std::string& node, const std::string& claim) const {
    return std::any_of(pods.begin(), pods.end(), [&](const auto& entry) {
      return entry.second.node == node && entry.second.claim == claim;
    });
  }
  bool reads_secret(const std::string& node, const std::string& secret) const {
    for (const auto& [name, pod] : pods)
      if (pod.node == node && pod.secret == secret) return true;
    for (const auto& [name, volume] : volumes)
      if (volume.secret == secret && uses_claim(node, volume.claim)) return true;
    return false;
  }
};

TEST_F(NodeTest, AgreesWithAnObviousEvaluatorAfterManyChanges) {
  World world;
  unsigned seed = 3;
  const auto pick = [&seed](std::size_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 10) % below;
  };
  const auto one_of = [&](const std::string& kind, std::size_t count) {
    return kind + std::to_string(pick(count));
  };
  int allowed = 0, asked = 0;
  for (int round = 0; round < 1500; ++round) {
    if (pick(3) > 0) {
      const std::string name = one_of("p", 8);
      if (pick(4) == 0) {
        world.pods.erase(name);
        node_.host().remove("", "pods", "x", name);
      } else {
        const World::Pod pod{pick(6) == 0 ? "" : one_of("n", 3), one_of("s", 4), one_of("c", 4)};
        world.pods[name] = pod;
        put_pod("x", name,
                R"({"nodeName":")" + pod.node +
                    R"(","volumes":[{"name":"a","secret":{"secretName":")" + pod.secret +
                    R"("}},{"name":"b","persistentVolumeClaim":{"claimName":")" + pod.claim +
                    R"("}},{"name":"b2","persistentVolumeClaim":{"claimName":")" + pod.claim +
                    "\"}}]}");
      }
    } else {
      const std::string name = one_of("v", 5);
      if (pick(4) == 0) {
        world.volumes.erase(name);
        node_.host().remove("", "persistentvolumes", "", name);
      } else {
        const World::Volume volume{one_of("c", 4), one_of("s", 4)};
        world.volumes[name] = volume;
        put_volume(name, R"({"claimRef":{"namespace":"x","name":")" + volume.claim +
                             R"("},"csi":{"nodeStageSecretRef":{"namespace":"x","name":")" +
                             volume.secret + "\"}}}");
      }
    }
    for (int question = 0; question < 4; ++question) {
      const std::string node = one_of("n", 3), secret = one_of("s", 4), claim = one_of("c", 4);
      const std::string volume = one_of("v", 5), pod = one_of("p", 8);
      const auto known_volume = world.volumes.find(volume);
      const auto known_pod = world.pods.find(pod);
      const std::vector<std::pair<std::string, bool>> expected = {
          {"get secrets x/" + secret, world.reads_secret(node, secret)},
          {"get persistentvolumeclaims x/" + claim, world.uses_claim(node, claim)},
          {"get persistentvolumes /" + volume,
           known_volume != world.volumes.end() &&
               world.uses_claim(node, known_volume->second.claim)},
          {"get pods x/" + pod, known_pod != world.pods.end() && known_pod->second.node == node}};
      for (const auto& [text, is_allowed] : expected) {
        ASSERT_EQ(may(node, text), is_allowed) << node << " " << text << " in round " << round;
        allowed += is_allowed ? 1 : 0;
        ++asked;
      }
    }
  }
  EXPECT_GT(allowed, asked / 5) << "the questions must not all have one answer";
  EXPECT_LT(allowed, asked * 4 / 5);
}

}  // namespace
}  // namespace limen::testkit
