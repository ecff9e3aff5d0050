// node-restriction: pods, what mirror pods may refer to, and tokens of pods.
#include <vector>

#include "node_restriction_support.h"

namespace limen::testkit {
namespace {

// ---- pods that exist

using NodePods = NodeRestrictionTest;

TEST_F(NodePods, ItDeletesThoseBoundToIt) {
  const auto remove = [&](const std::string& name) {
    return refusal(by_node(LIMEN_OP_DELETE, "pods", name));
  };
  const char* refused = R"(node "n1" can only delete pods with spec.nodeName set to itself)";
  EXPECT_EQ(remove("mine"), "");
  EXPECT_EQ(remove("theirs"), refused);
  EXPECT_EQ(remove("unbound"), refused);
  EXPECT_EQ(last.code, 403);
}

TEST_F(NodePods, ItEvictsThoseBoundToIt) {
  const auto evict = [&](const std::string& name, const std::string& in_body) {
    return refusal(by_node(LIMEN_OP_CREATE, "pods/eviction", name,
                           json(R"({"metadata":{"name":")" + in_body + R"("}})")));
  };
  const char* refused = "node n1 can only evict pods with spec.nodeName set to itself";
  EXPECT_EQ(evict("mine", "mine"), "");
  EXPECT_EQ(evict("mine", ""), "");
  EXPECT_EQ(evict("", "mine"), "");
  EXPECT_EQ(evict("theirs", "theirs"), refused);
  EXPECT_EQ(evict("theirs", "mine"), refused);  // the path counts
  EXPECT_EQ(evict("", "theirs"), refused);
  EXPECT_EQ(evict("unbound", ""), refused);
  EXPECT_EQ(evict("", ""), "could not determine pod from request data");
  EXPECT_EQ(refusal(by_node(LIMEN_OP_UPDATE, "pods/eviction", "mine", json("{}"), json("{}"))),
            "unexpected operation UPDATE");
  EXPECT_EQ(refusal(by_node(LIMEN_OP_DELETE, "pods/eviction", "mine")),
            "unexpected operation DELETE");
}

TEST_F(NodePods, OneThatDoesNotExistIsNotFound) {
  for (const Review& review : {by_node(LIMEN_OP_DELETE, "pods", "gone"),
                               by_node(LIMEN_OP_CREATE, "pods/eviction", "gone", json("{}"))}) {
    EXPECT_EQ(refusal(review), R"(pod "gone" not found)");
    EXPECT_EQ(last.code, 404);
    EXPECT_EQ(last.reason, "NotFound");
  }
}

TEST_F(NodePods, ItUpdatesNone) {
  for (const char* name : {"mine", "theirs", "unbound"}) {
    EXPECT_EQ(refusal(by_node(LIMEN_OP_UPDATE, "pods", name, json("{}"), json("{}"))),
              R"(unexpected operation "UPDATE", node "n1" can only create and delete mirror pods)");
  }
}

TEST_F(NodePods, OfSubresourcesItHasTheStatusAndTheEviction) {
  for (const std::uint32_t operation : kEveryOperation) {
    for (const std::string part : {"binding", "ephemeralcontainers", "resize", "proxy"}) {
      EXPECT_EQ(refusal(by_node(operation, "pods/" + part, "mine", json("{}"), json("{}"))),
                R"(unexpected pod subresource ")" + part +
                    R"(", only 'status' and 'eviction' are allowed)");
    }
  }
}

class PodStatus : public NodeRestrictionTest {
 protected:
  std::string change(const std::string& from, const std::string& to) {
    return refusal(by_node(LIMEN_OP_UPDATE, "pods/status", "mine", json(to), json(from)));
  }
  static std::string mine(const std::string& labels, const std::string& status) {
    return R"({"metadata":{"labels":{)" + labels + R"(}},"spec":{"nodeName":"n1"},"status":{)" +
           status + "}}";
  }
};

TEST_F(PodStatus, OfPodsBoundToIt) {
  EXPECT_EQ(change(mine("", ""), mine("", R"("phase":"Running")")), "");
  const char* refused =
      R"(node "n1" can only update pod status for pods with spec.nodeName set to itself)";
  EXPECT_EQ(change(R"({"spec":{"nodeName":"n2"}})", R"({"spec":{"nodeName":"n1"}})"), refused);
  EXPECT_EQ(change(R"({"spec":{}})", R"({"spec":{"nodeName":"n1"}})"), refused);
  EXPECT_EQ(refusal(by_node(LIMEN_OP_CREATE, "pods/status", "mine", json("{}"))),
            R"(unexpected operation "CREATE")");
  EXPECT_EQ(refusal(by_node(LIMEN_OP_DELETE, "pods/status", "mine")),
            R"(unexpected operation "DELETE")");
}

TEST_F(PodStatus, LabelsStay) {
  const char* refused = R"(node "n1" cannot update labels through pod status)";
  EXPECT_EQ(change(mine("", ""), mine(R"("a":"1")", "")), refused);
  EXPECT_EQ(change(mine(R"("a":"1")", ""), mine(R"("a":"2")", "")), refused);
  EXPECT_EQ(change(mine(R"("a":"1")", ""), mine("", "")), refused);
  EXPECT_EQ(change(mine(R"("a":"1","b":"2")", ""), mine(R"("b":"2","a":"1")", "")), "");
  EXPECT_EQ(change(mine("", ""), R"({"spec":{"nodeName":"n1"}})"), "");
}

TEST_F(PodStatus, ResourceClaimsStay) {
  const std::string a = R"("resourceClaimStatuses":[{"name":"a","resourceClaimName":"c"}])";
  const std::string unnamed = R"("resourceClaimStatuses":[{"name":"a"}])";
  const std::string renamed = R"("resourceClaimStatuses":[{"name":"a","resourceClaimName":"d"}])";
  const std::string empty = R"("resourceClaimStatuses":[])";
  const char* refused = R"(node "n1" cannot update resource claim statues)";
  for (const auto& [from, to] :
       {std::pair{a, unnamed}, {unnamed, a}, {a, renamed}, {a, empty}, {empty, a}})
    EXPECT_EQ(change(mine("", from), mine("", to)), refused) << from << to;
  EXPECT_EQ(change(mine("", a), mine("", a + R"(,"phase":"Running")")), "");
  EXPECT_EQ(change(mine("", ""), mine("", empty)), "");
}

TEST_F(PodStatus, TheClaimOfExtendedResourcesStays) {
  const auto claim = [](const std::string& name, const std::string& mappings) {
    return R"("extendedResourceClaimStatus":{"resourceClaimName":")" + name +
           R"(","requestMappings":[)" + mappings + "]}";
  };
  const std::string mapping = R"({"containerName":"c","resourceName":"r","requestName":"q"})";
  const char* refused = R"(node "n1" cannot update extended resource claim status)";
  EXPECT_EQ(change(mine("", ""), mine("", claim("a", mapping))), refused);
  EXPECT_EQ(change(mine("", claim("a", mapping)), mine("", "")), refused);
  EXPECT_EQ(change(mine("", claim("a", mapping)), mine("", claim("b", mapping))), refused);
  EXPECT_EQ(change(mine("", claim("a", mapping)), mine("", claim("a", ""))), refused);
  EXPECT_EQ(change(mine("", claim("a", mapping)), mine("", claim("a", mapping))), "");
}

// ---- mirror pods

class MirrorPods : public NodeRestrictionTest {
 protected:
  static constexpr const char* kOwner =
      R"({"apiVersion":"v1","kind":"Node","name":"n1","uid":"uid-n1","controller":true})";
  static std::string mirror(const std::string& owners, const std::string& more,
                            const char* node = "n1") {
    return R"({"metadata":{"name":"m","annotations":{"kubernetes.io/config.mirror":""},"ownerReferences":[)" +
           owners + R"(]},"spec":{"nodeName":")" + node + "\"" + more + "}}";
  }
  std::string create(const std::string& object) {
    return refusal(by_node(LIMEN_OP_CREATE, "pods", "m", json(object)));
  }
  std::string owned_by(const std::string& owners) { return create(mirror(owners, "")); }
  // What a mirror pod with this in its spec is said to refer to.
  std::string reference(const std::string& more) {
    const std::string text = create(mirror(kOwner, "," + more));
    const std::string start = R"(node "n1" can not create pods that reference )";
    return text.rfind(start, 0) == 0 ? text.substr(start.size()) : text;
  }
  std::string volume(const std::string& source) {
    return reference(R"("volumes":[{"name":"v","hostPath":{"path":"/"}},{"name":"w",)" + source +
                     "}]");
  }
};

TEST_F(MirrorPods, AreAllItCreates) {
  EXPECT_EQ(
      create(R"({"metadata":{"name":"m"},"spec":{"nodeName":"n1"}})"),
      R"(pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods)");
  EXPECT_EQ(create(mirror(kOwner, "")), "");
  EXPECT_EQ(
      create(mirror(kOwner, R"(,"containers":[{"name":"c","env":[{"name":"A","value":"b"}]}])")),
      "");
}

TEST_F(MirrorPods, AreBoundToIt) {
  const char* refused = R"(node "n1" can only create pods with spec.nodeName set to itself)";
  EXPECT_EQ(create(mirror(kOwner, "", "n2")), refused);
  EXPECT_EQ(create(mirror(kOwner, "", "")), refused);
}

TEST_F(MirrorPods, AreOwnedByIt) {
  const auto owner = [](const std::string& version, const std::string& kind,
                        const std::string& name, const std::string& more) {
    return R"({"apiVersion":")" + version + R"(","kind":")" + kind + R"(","name":")" + name + "\"" +
           more + "}";
  };
  const std::string rest = R"(,"uid":"uid-n1","controller":true)";
  const std::string start = R"(node "n1" can only create pods with )";
  EXPECT_EQ(owned_by(std::string(kOwner) + "," + kOwner),
            start + "a single owner reference set to itself");
  const std::string no_owner = start + "an owner reference set to itself";
  EXPECT_EQ(owned_by(""), no_owner);
  EXPECT_EQ(owned_by(owner("v2", "Node", "n1", rest)), no_owner);
  EXPECT_EQ(owned_by(owner("v1", "Pod", "n1", rest)), no_owner);
  EXPECT_EQ(owned_by(owner("v1", "Node", "n2", rest)), no_owner);
  const std::string no_controller = start + "a controller owner reference set to itself";
  EXPECT_EQ(owned_by(owner("v1", "Node", "n1", R"(,"uid":"uid-n1")")), no_controller);
  EXPECT_EQ(owned_by(owner("v1", "Node", "n1", R"(,"uid":"uid-n1","controller":false)")),
            no_controller);
  EXPECT_EQ(owned_by(owner("v1", "Node", "n1", rest + R"(,"blockOwnerDeletion":true)")),
            R"(node "n1" must not set blockOwnerDeletion on an owner reference)");
  EXPECT_EQ(owned_by(owner("v1", "Node", "n1", rest + R"(,"blockOwnerDeletion":false)")), "");
  EXPECT_EQ(owned_by(owner("v1", "Node", "n1", R"(,"uid":"other","controller":true)")),
            "node n1 UID mismatch: expected other got uid-n1");
}

TEST_F(MirrorPods, AreOwnedByARegisteredNode) {
  controller.host().remove("", "nodes", "", "n1");
  EXPECT_EQ(create(mirror(kOwner, "")), R"(node "n1" not found)");
  EXPECT_EQ(last.code, 404);
}

TEST_F(MirrorPods, ReferToNothingOfTheApi) {
  EXPECT_EQ(reference(R"("serviceAccountName":"robot")"), "serviceaccounts");
  EXPECT_EQ(reference(R"("imagePullSecrets":[{"name":"s"}])"), "secrets");
  EXPECT_EQ(reference(R"("resourceClaims":[{"name":"r"}])"), "resourceclaims");
  for (const std::string list : {"containers", "initContainers", "ephemeralContainers"}) {
    const auto container = [&](const std::string& more) {
      return reference("\"" + list + R"(":[{"name":"c",)" + more + "}]");
    };
    EXPECT_EQ(container(R"("env":[{"valueFrom":{"secretKeyRef":{"name":"s"}}}])"), "secrets")
        << list;
    EXPECT_EQ(container(R"("env":[{"valueFrom":{"configMapKeyRef":{"name":"s"}}}])"), "configmaps")
        << list;
    EXPECT_EQ(container(R"("envFrom":[{"secretRef":{"name":"s"}}])"), "secrets") << list;
    EXPECT_EQ(container(R"("envFrom":[{"configMapRef":{"name":"s"}}])"), "configmaps") << list;
    EXPECT_EQ(container(R"("env":[{"valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}])"), "")
        << list;
  }
}

TEST_F(MirrorPods, HaveVolumesThatTheNodeMakesByItself) {
  for (const char* source : {"awsElasticBlockStore",
                             "azureDisk",
                             "cephfs",
                             "cinder",
                             "downwardAPI",
                             "emptyDir",
                             "fc",
                             "flexVolume",
                             "flocker",
                             "gcePersistentDisk",
                             "gitRepo",
                             "hostPath",
                             "image",
                             "iscsi",
                             "nfs",
                             "photonPersistentDisk",
                             "portworxVolume",
                             "quobyte",
                             "rbd",
                             "scaleIO",
                             "storageos",
                             "vsphereVolume"}) {
    EXPECT_EQ(volume("\"" + std::string(source) + "\":{}"), "") << source;
  }
  EXPECT_EQ(volume(R"("projected":{"sources":[{"downwardAPI":{"items":[]}}]})"), "");
  EXPECT_EQ(volume(R"("projected":{})"), "");
}

TEST_F(MirrorPods, HaveNoOtherVolumes) {
  EXPECT_EQ(volume(R"("secret":{"secretName":"s"})"), "secrets");
  EXPECT_EQ(volume(R"("secret":{})"), "secrets (via secret volumes)");
  EXPECT_EQ(volume(R"("configMap":{"name":"c"})"), "configmaps");
  EXPECT_EQ(volume(R"("configMap":{})"), "configmaps (via configmap volumes)");
  EXPECT_EQ(volume(R"("csi":{"driver":"d"})"), "csidrivers (via CSI volumes)");
  EXPECT_EQ(volume(R"("glusterfs":{"endpoints":"e"})"), "endpoints (via glusterFS volumes)");
  EXPECT_EQ(volume(R"("persistentVolumeClaim":{"claimName":"c"})"), "persistentvolumeclaims");
  EXPECT_EQ(volume(R"("ephemeral":{"volumeClaimTemplate":{}})"),
            "persistentvolumeclaims (via ephemeral volumes)");
  EXPECT_EQ(volume(R"("azureFile":{"shareName":"s"})"), "secrets (via azureFile volumes)");
  EXPECT_EQ(volume(R"("iscsi":{"secretRef":{"name":"s"}})"), "secrets");
  const auto projected = [&](const std::string& source) {
    return volume(R"("projected":{"sources":[{"downwardAPI":{}},{)" + source + "}]}");
  };
  EXPECT_EQ(projected(R"("secret":{"name":"s"})"), "secrets");
  EXPECT_EQ(projected(R"("secret":{})"), "secrets (via projected volumes)");
  EXPECT_EQ(projected(R"("configMap":{"name":"c"})"), "configmaps");
  EXPECT_EQ(projected(R"("configMap":{})"), "configmaps (via projected volumes)");
  EXPECT_EQ(projected(R"("serviceAccountToken":{"path":"t"})"),
            "serviceaccounts (via projected volumes)");
  EXPECT_EQ(projected(R"("clusterTrustBundle":{"name":"b"})"), "clustertrustbundles");
  EXPECT_EQ(projected(R"("podCertificate":{"signerName":"s"})"), "podcertificates");
}

TEST_F(MirrorPods, HaveNoVolumesThatNobodyKnows) {
  const std::string start = "error checking mirror pod for API references: ";
  EXPECT_EQ(volume(R"("holographic":{})"), start + R"(unknown volume type for volume "w")");
  EXPECT_EQ(volume(R"("projected":{"sources":[{"hologram":{}}]})"),
            start + R"(unknown source for projected volume "w")");
}

// ---- tokens

class Tokens : public NodeRestrictionTest {
 protected:
  Review request(const std::string& spec) {
    return by_node(LIMEN_OP_CREATE, "serviceaccounts/token", "robot",
                   json(R"({"spec":{)" + spec + "}}"));
  }
  std::string ask(const std::string& spec) { return refusal(request(spec)); }
  // For a pod of its own with these volumes.
  std::string for_volumes(const std::string& volumes, const std::string& audiences) {
    put("pods",
        R"({"metadata":{"name":"mine","namespace":"x","uid":"uid-mine"},"spec":{"nodeName":"n1",)"
        R"("volumes":[)" +
            volumes + "]}}");
    return ask(kBound + audiences);
  }
  void claim(const std::string& name, const std::string& volume) {
    put("persistentvolumeclaims", R"({"metadata":{"name":")" + name +
                                      R"(","namespace":"x"},"spec":{"volumeName":")" + volume +
                                      R"("}})");
  }
  void volume(const std::string& name, const std::string& source) {
    put("persistentvolumes", R"({"metadata":{"name":")" + name + R"("},"spec":{)" + source + "}}");
  }
  void driver(const std::string& name, const std::string& audience) {
    put("csidrivers",
        R"({"metadata":{"name":")" + name +
            R"("},"spec":{"tokenRequests":[{"audience":"other"},{"audience":")" + audience +
            R"("}]}})",
        "storage.k8s.io");
  }
  static std::string unknown(const std::string& audience) {
    return "audience \"" + audience +
           "\" not found in pod spec volume, system:node:n1 is not authorized to request tokens "
           "for this audience";
  }
  const std::string kBound =
      R"("boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"mine","uid":"uid-mine"})";
};

TEST_F(Tokens, AreBoundToAPod) {
  const char* refused = "node requested token not bound to a pod";
  EXPECT_EQ(ask(""), refused);
  for (const char* bound : {R"("kind":"Pod","name":"mine","uid":"uid-mine")",
                            R"("apiVersion":"v1","name":"mine","uid":"uid-mine")",
                            R"("apiVersion":"v1","kind":"Pod","uid":"uid-mine")",
                            R"("apiVersion":"v1","kind":"Secret","name":"mine","uid":"uid-mine")",
                            R"("apiVersion":"v1","kind":"Node","name":"n1","uid":"uid-n1")"}) {
    EXPECT_EQ(ask(R"("boundObjectRef":{)" + std::string(bound) + "}"), refused) << bound;
  }
  EXPECT_EQ(ask(R"("boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"mine"})"),
            "node requested token with a pod binding without a uid");
}

TEST_F(Tokens, AreForPodsItRuns) {
  EXPECT_EQ(ask(R"("boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"gone","uid":"u"})"),
            R"(pod "gone" not found)");
  EXPECT_EQ(last.code, 404);
  EXPECT_EQ(ask(R"("boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"mine","uid":"old"})"),
            "the UID in the bound object reference (old) does not match the UID in record. The "
            "object might "
            "have been deleted and then recreated");
  EXPECT_EQ(
      ask(R"("boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"theirs","uid":"uid-theirs"})"),
      "node requested token bound to a pod scheduled on a different node");
  EXPECT_EQ(
      ask(R"("boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"unbound","uid":"uid-unbound"})"),
      "node requested token bound to a pod scheduled on a different node");
}

TEST_F(Tokens, OfOtherRequestsForAccountsNothingIsSaid) {
  for (const std::uint32_t operation : kEveryOperation)
    EXPECT_EQ(refusal(by_node(operation, "serviceaccounts", "robot", json("{}"), json("{}"))), "");
  EXPECT_EQ(
      refusal(by_node(LIMEN_OP_UPDATE, "serviceaccounts/token", "robot", json("{}"), json("{}"))),
      "");
}

TEST_F(Tokens, AreForOneAudience) {
  EXPECT_EQ(ask(kBound + R"(,"audiences":["a","b"])"), "node may only request 0 or 1 audiences");
}

TEST_F(Tokens, AreForWhomAProjectedVolumeWantsThem) {
  const std::string plain =
      R"({"projected":{"sources":[{"downwardAPI":{}},{"serviceAccountToken":{"path":"t"}}]}})";
  const std::string vault =
      R"({"projected":{"sources":[{"serviceAccountToken":{"path":"t","audience":"vault"}}]}})";
  EXPECT_EQ(for_volumes(plain, ""), "");
  EXPECT_EQ(for_volumes(plain, R"(,"audiences":[])"), "");
  EXPECT_EQ(for_volumes(plain, R"(,"audiences":[""])"), "");
  EXPECT_EQ(for_volumes(plain + "," + vault, R"(,"audiences":["vault"])"), "");
  EXPECT_EQ(for_volumes(plain, R"(,"audiences":["vault"])"), unknown("vault"));
  EXPECT_EQ(for_volumes(vault, ""), unknown(""));
  EXPECT_EQ(for_volumes("", ""), unknown(""));
}

TEST_F(Tokens, AreForWhomACsiDriverWantsThem) {
  driver("d", "vault");
  claim("c", "v");
  claim("mine-scratch", "v");
  claim("old", "in-tree");
  claim("nfs", "nfs");
  volume("v", R"("csi":{"driver":"d","volumeHandle":"h"})");
  volume("in-tree", R"("gcePersistentDisk":{"pdName":"p"})");
  volume("nfs", R"("nfs":{"server":"s"})");
  driver("pd.csi.storage.gke.io", "gke");
  driver("file.csi.azure.com", "azure");
  EXPECT_EQ(for_volumes(R"({"csi":{"driver":"d"}})", R"(,"audiences":["vault"])"), "");
  EXPECT_EQ(
      for_volumes(R"({"persistentVolumeClaim":{"claimName":"c"}})", R"(,"audiences":["vault"])"),
      "");
  EXPECT_EQ(for_volumes(R"({"name":"scratch","ephemeral":{"volumeClaimTemplate":{"spec":{}}}})",
                        R"(,"audiences":["vault"])"),
            "");
  EXPECT_EQ(
      for_volumes(R"({"persistentVolumeClaim":{"claimName":"old"}})", R"(,"audiences":["gke"])"),
      "");
  EXPECT_EQ(for_volumes(R"({"azureFile":{"shareName":"s"}})", R"(,"audiences":["azure"])"), "");
  EXPECT_EQ(for_volumes(R"({"csi":{"driver":"d"}})", R"(,"audiences":["gke"])"), unknown("gke"));
  EXPECT_EQ(
      for_volumes(R"({"persistentVolumeClaim":{"claimName":"nfs"}})", R"(,"audiences":["vault"])"),
      unknown("vault"));
  EXPECT_EQ(for_volumes(R"({"emptyDir":{}})", R"(,"audiences":["vault"])"), unknown("vault"));
}

TEST_F(Tokens, WhatAVolumeLacksIsTold) {
  claim("unbound", "");
  claim("lost", "gone");
  const std::string start = R"(error validating audience "vault": )";
  const auto with = [&](const std::string& volumes) {
    return for_volumes(volumes, R"(,"audiences":["vault"])");
  };
  EXPECT_EQ(with(R"({"csi":{"driver":"d"}})"), start + R"(csidriver.storage.k8s.io "d" not found)");
  EXPECT_EQ(with(R"({"persistentVolumeClaim":{"claimName":"c"}})"),
            start + R"(persistentvolumeclaim "c" not found)");
  EXPECT_EQ(with(R"({"persistentVolumeClaim":{"claimName":"unbound"}})"),
            start + R"(persistentvolume "" not found)");
  const std::string lost = R"({"persistentVolumeClaim":{"claimName":"lost"}})";
  EXPECT_EQ(with(lost + "," + lost), start + R"(persistentvolume "gone" not found)");
  EXPECT_EQ(
      with(lost + R"(,{"csi":{"driver":"d"}})"),
      start + R"([persistentvolume "gone" not found, csidriver.storage.k8s.io "d" not found])");
  // Another volume may still want it.
  driver("e", "vault");
  EXPECT_EQ(with(lost + R"(,{"csi":{"driver":"e"}})"), "");
}

TEST_F(Tokens, TheNodeMayHaveTheRightToOthers) {
  AccessQuestion asked;
  controller.host().answer_access([&](const AccessQuestion& question) {
    asked = question;
    return question.resource == "registry";
  });
  EXPECT_EQ(for_volumes("", R"(,"audiences":["registry"])"), "");
  EXPECT_EQ(asked.user, "system:node:n1");
  EXPECT_EQ(asked.verb, "request-serviceaccounts-token-audience");
  EXPECT_EQ(asked.api_group + "/" + asked.subresource, "/");
  EXPECT_EQ(asked.ns + "/" + asked.name, "x/robot");
  EXPECT_EQ(for_volumes("", R"(,"audiences":["vault"])"), unknown("vault"));
}

}  // namespace
}  // namespace limen::testkit
