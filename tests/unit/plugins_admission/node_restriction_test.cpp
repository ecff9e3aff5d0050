// node-restriction: who is a node, its node object, its leases and the like, its claims' status.
#include <set>
#include <vector>

#include "node_restriction_support.h"

namespace limen::testkit {
namespace {

// ---- who is a node

using WhoIsANode = NodeRestrictionTest;

TEST_F(WhoIsANode, AUserOfTheGroupWithTheNameOfANode) {
  const auto asked_by = [&](const std::string& name, std::vector<std::string> groups) {
    Review review = by_node(LIMEN_OP_DELETE, "pods", "theirs");
    review.action.user = {name, "", std::move(groups), {}};
    return controller.admit(review).message;
  };
  EXPECT_EQ(asked_by("system:node:n1", {"system:nodes"}),
            R"(node "n1" can only delete pods with spec.nodeName set to itself)");
  EXPECT_EQ(asked_by("system:node:n2", {"a", "system:nodes"}), "");
  EXPECT_EQ(asked_by("system:node:n1", {}), "");
  EXPECT_EQ(asked_by("system:node:n1", {"system:masters"}), "");
  EXPECT_EQ(asked_by("alice", {"system:nodes"}), "");
  EXPECT_EQ(asked_by("SYSTEM:NODE:n1", {"system:nodes"}), "");
}

TEST_F(WhoIsANode, ANodeWithoutANameMayNothing) {
  for (const std::uint32_t operation : kEveryOperation) {
    Review review = by_node(operation, "configmaps", "c", json("{}"), json("{}"));
    review.action.user.name = "system:node:";
    EXPECT_EQ(controller.admit(review).message,
              R"(could not determine node from user "system:node:")");
  }
}

TEST_F(WhoIsANode, OtherResourcesAreTheAuthorizersMatter) {
  for (const std::uint32_t operation : kEveryOperation) {
    for (const char* resource : {"configmaps", "events", "persistentvolumes", "bindings"})
      EXPECT_EQ(refusal(by_node(operation, resource, "o", json("{}"), json("{}"))), "") << resource;
    EXPECT_EQ(
        refusal(in(by_node(operation, "pods", "theirs", json("{}"), json("{}")), "metrics.k8s.io")),
        "");
    EXPECT_EQ(
        refusal(in(by_node(operation, "nodes", "n2", json("{}"), json("{}")), "metrics.k8s.io")),
        "");
  }
}

TEST_F(WhoIsANode, NothingIsSaidOfConnections) {
  EXPECT_EQ(module.descriptor(LIMEN_KIND_ADMISSION).kind, std::string(LIMEN_KIND_ADMISSION));
  const auto* table = controller.table<limen_admission>(LIMEN_KIND_ADMISSION);
  EXPECT_EQ(table->operations,
            static_cast<std::uint32_t>(LIMEN_OP_CREATE | LIMEN_OP_UPDATE | LIMEN_OP_DELETE));
  EXPECT_EQ(table->validate, nullptr);  // what later controllers add is not the node's
}

// A server that lacks one of them does not load it.
TEST_F(WhoIsANode, ObjectsAndAnswersOfTheAuthorizersAreNeeded) {
  std::set<std::string> required;
  const limen_descriptor& descriptor = module.descriptor(LIMEN_KIND_ADMISSION);
  for (const char* const* id = descriptor.required; *id != nullptr; ++id) required.emplace(*id);
  EXPECT_EQ(required.count(LIMEN_OBJECTS), 1U);
  EXPECT_EQ(required.count(LIMEN_ACCESS), 1U);
}

// ---- nodes

class NodeObjects : public NodeRestrictionTest {
 protected:
  static Json with_labels(const std::string& labels) {
    return json(R"({"metadata":{"name":"n1","labels":{)" + labels + "}}}");
  }
  std::string create(const Json& object) {
    return refusal(by_node(LIMEN_OP_CREATE, "nodes", "n1", object));
  }
  // The whole and the status have the same rules.
  std::string change_from(const Json& from, const Json& to) {
    const std::string whole = refusal(by_node(LIMEN_OP_UPDATE, "nodes", "n1", to, from));
    EXPECT_EQ(refusal(by_node(LIMEN_OP_UPDATE, "nodes/status", "n1", to, from)), whole);
    return whole;
  }
  std::string change(const std::string& from, const std::string& to) {
    return change_from(json(from), json(to));
  }
};

TEST_F(NodeObjects, ANodeHasOne) {
  for (const std::uint32_t operation : kEveryOperation) {
    EXPECT_EQ(refusal(by_node(operation, "nodes", "n1", json("{}"), json("{}"))), "");
    EXPECT_EQ(refusal(by_node(operation, "nodes", "n2", json("{}"), json("{}"))),
              R"(node "n1" is not allowed to modify node "n2")");
    EXPECT_EQ(refusal(by_node(operation, "nodes/status", "n2", json("{}"), json("{}"))),
              R"(node "n1" is not allowed to modify node "n2")");
  }
  EXPECT_EQ(refusal(by_node(LIMEN_OP_CREATE, "nodes", "", json("{}"))),
            R"(node "n1" is not allowed to modify node "")");
}

TEST_F(NodeObjects, ConfigSourcesAreNotANodesToSet) {
  const std::string none = R"({"spec":{}})";
  const std::string a = R"({"spec":{"configSource":{"configMap":{"name":"a"}}}})";
  const std::string b = R"({"spec":{"configSource":{"configMap":{"name":"b"}}}})";
  EXPECT_EQ(create(json(a)),
            R"(node "n1" is not allowed to create pods with a non-nil configSource)");
  const char* refused =
      R"(node "n1" is not allowed to update configSource to a new non-nil configSource)";
  EXPECT_EQ(change(none, a), refused);
  EXPECT_EQ(change(a, b), refused);
  EXPECT_EQ(change(a, a), "");
  EXPECT_EQ(change(a, none), "");
}

TEST_F(NodeObjects, TaintsAreSetOnlyWhenItRegisters) {
  const std::string none = R"({"spec":{}})";
  const std::string empty = R"({"spec":{"taints":[]}})";
  const std::string one = R"({"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]}})";
  const std::string other =
      R"({"spec":{"taints":[{"key":"a","value":"v","effect":"NoSchedule"}]}})";
  EXPECT_EQ(create(json(one)), "");
  const char* refused = R"(node "n1" is not allowed to modify taints)";
  EXPECT_EQ(change(none, one), refused);
  EXPECT_EQ(change(one, none), refused);
  EXPECT_EQ(change(one, other), refused);
  EXPECT_EQ(change(one, one), "");
  EXPECT_EQ(change(none, empty), "");
  EXPECT_EQ(change(empty, none), "");
}

TEST_F(NodeObjects, OwnersAreSetOnlyWhenItRegisters) {
  const std::string none = R"({"metadata":{"name":"n1"}})";
  const std::string one =
      R"({"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"1"}]}})";
  EXPECT_EQ(create(json(one)), "");
  const char* refused = R"(node "n1" is not allowed to modify ownerReferences)";
  EXPECT_EQ(change(none, one), refused);
  EXPECT_EQ(change(one, none), refused);
  EXPECT_EQ(change(one, one), "");
}

TEST_F(NodeObjects, AConditionOrAnAddressIsItsOwn) {
  EXPECT_EQ(change(R"({"metadata":{"annotations":{"a":"1"}},"status":{}})",
                   R"({"metadata":{"annotations":{"a":"2"}},"spec":{"unschedulable":true},)"
                   R"("status":{"conditions":[{"type":"Ready","status":"True"}]}})"),
            "");
}

// Labels a node may set on itself, and those it may not.
constexpr const char* kAllowedLabels[] = {
    "plain",
    "example.com/a",
    "kubernetes.io.example.com/a",
    "xkubernetes.io/a",
    "k8s.io.example/a",
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "kubelet.kubernetes.io/any",
    "a.b.kubelet.kubernetes.io/any",
    "node.kubernetes.io/any",
    "foo.node.kubernetes.io/any",
};
constexpr const char* kForbiddenLabels[] = {
    "node-restriction.kubernetes.io/a",
    "foo.node-restriction.kubernetes.io/a",
    "kubernetes.io/role",
    "node-role.kubernetes.io/control-plane",
    "foo.kubernetes.io/a",
    "k8s.io/a",
    "foo.k8s.io/a",
    "xnode.kubernetes.io/a",
    "failure-domain.kubernetes.io/zone",
    "kubernetes.io/instance-type",
};

TEST_F(NodeObjects, LabelsItMaySet) {
  for (const std::string label : kAllowedLabels) {
    const Json old_value = with_labels("\"" + label + R"(":"old")");
    const Json new_value = with_labels("\"" + label + R"(":"new")");
    EXPECT_EQ(create(new_value), "") << label;
    EXPECT_EQ(change_from(with_labels(""), new_value), "") << label;
    EXPECT_EQ(change_from(old_value, new_value), "") << label;
    EXPECT_EQ(change_from(old_value, json("{}")), "") << label;
  }
}

TEST_F(NodeObjects, LabelsItMayNotSet) {
  for (const std::string label : kForbiddenLabels) {
    const Json old_value = with_labels("\"" + label + R"(":"old")");
    const Json new_value = with_labels("\"" + label + R"(":"new")");
    EXPECT_EQ(create(new_value),
              R"(node "n1" is not allowed to set the following labels: )" + label);
    const std::string refused = "is not allowed to modify labels: " + label;
    EXPECT_EQ(change_from(with_labels(""), new_value), refused);
    EXPECT_EQ(change_from(old_value, new_value), refused);
    EXPECT_EQ(change_from(old_value, json("{}")), refused);
    EXPECT_EQ(change_from(new_value, new_value), "") << label;
  }
}

TEST_F(NodeObjects, AllForbiddenLabelsAreToldInOrder) {
  EXPECT_EQ(create(with_labels(
                R"("k8s.io/z":"1","a.k8s.io/b":"","plain":"","kubernetes.io/os":"linux")")),
            R"(node "n1" is not allowed to set the following labels: a.k8s.io/b, k8s.io/z)");
  EXPECT_EQ(change_from(with_labels(R"("k8s.io/z":"1","k8s.io/same":"1")"),
                        with_labels(R"("k8s.io/same":"1","a.k8s.io/b":"1")")),
            "is not allowed to modify labels: a.k8s.io/b, k8s.io/z");
}

// ---- leases, CSI nodes, resource slices

using OwnObjects = NodeRestrictionTest;

TEST_F(OwnObjects, TheLeaseOfItsName) {
  const std::string group = "coordination.k8s.io";
  const auto lease = [&](std::uint32_t operation, const std::string& ns, const std::string& name) {
    const Json object = json(R"({"metadata":{"name":")" + name + R"("}})");
    Review review = in(by_node(operation, "leases", name, object, object), group);
    review.action.ns = ns;
    return refusal(review);
  };
  for (const std::uint32_t operation : kEveryOperation) {
    EXPECT_EQ(lease(operation, "kube-node-lease", "n1"), "");
    EXPECT_EQ(lease(operation, "kube-node-lease", "n2"),
              "can only access node lease with the same name as the requesting node");
    EXPECT_EQ(lease(operation, "kube-system", "n1"),
              R"(can only access leases in the "kube-node-lease" system namespace)");
  }
}

TEST_F(OwnObjects, TheNameOfANewLeaseIsItsOwnAndNotTheRequests) {
  Review review = in(by_node(LIMEN_OP_CREATE, "leases", "", json(R"({"metadata":{"name":"n1"}})")),
                     "coordination.k8s.io");
  review.action.ns = "kube-node-lease";
  EXPECT_EQ(refusal(review), "");
  review.object = json(R"({"metadata":{"generateName":"n1"}})");
  EXPECT_EQ(refusal(review),
            "can only access node lease with the same name as the requesting node");
}

TEST_F(OwnObjects, TheCsiNodeOfItsName) {
  for (const std::uint32_t operation : kEveryOperation) {
    for (const std::string name : {"n1", "n2"}) {
      const Json object = json(R"({"metadata":{"name":")" + name + R"("}})");
      EXPECT_EQ(
          refusal(in(by_node(operation, "csinodes", name, object, object), "storage.k8s.io")),
          name == "n1" ? "" : "can only access CSINode with the same name as the requesting node");
    }
  }
}

TEST_F(OwnObjects, TheSlicesOfItsDevices) {
  const auto slice = [&](std::uint32_t operation, const std::string& spec) {
    const Json object = json(R"({"spec":)" + spec + "}");
    const bool is_delete = operation == LIMEN_OP_DELETE;
    return refusal(in(by_node(operation, "resourceslices", "s", is_delete ? Json() : object,
                              is_delete ? object : Json()),
                      "resource.k8s.io"));
  };
  const char* no_create =
      "can only create ResourceSlice with the same NodeName as the requesting node";
  const char* no_delete =
      "can only delete ResourceSlice with the same NodeName as the requesting node";
  for (const std::uint32_t operation : kEveryOperation)
    EXPECT_EQ(slice(operation, R"({"nodeName":"n1"})"), "");
  for (const char* spec : {R"({"nodeName":"n2"})", R"({"allNodes":true})", "{}"}) {
    EXPECT_EQ(slice(LIMEN_OP_CREATE, spec), no_create) << spec;
    EXPECT_EQ(slice(LIMEN_OP_DELETE, spec), no_delete) << spec;
    EXPECT_EQ(slice(LIMEN_OP_UPDATE, spec), "") << spec;
  }
}

// ---- persistent volume claims

class Claims : public NodeRestrictionTest {
 protected:
  std::string change(const std::string& from, const std::string& to) {
    return refusal(
        by_node(LIMEN_OP_UPDATE, "persistentvolumeclaims/status", "c", json(to), json(from)));
  }
};

TEST_F(Claims, OnlyTheirStatusIsUpdated) {
  for (const std::uint32_t operation : kEveryOperation) {
    EXPECT_EQ(refusal(by_node(operation, "persistentvolumeclaims", "c", json("{}"), json("{}"))),
              "may only update PVC status");
  }
  EXPECT_EQ(refusal(by_node(LIMEN_OP_CREATE, "persistentvolumeclaims/status", "c", json("{}"))),
            R"(unexpected operation "CREATE")");
  EXPECT_EQ(
      refusal(by_node(LIMEN_OP_DELETE, "persistentvolumeclaims/status", "c", Json(), json("{}"))),
      R"(unexpected operation "DELETE")");
}

TEST_F(Claims, WhatAResizeReports) {
  const std::string before =
      R"({"metadata":{"name":"c","resourceVersion":"1","managedFields":[{}]},)"
      R"("spec":{"volumeName":"v"},"status":{"phase":"Bound"}})";
  for (const char* status :
       {R"("capacity":{"storage":"2Gi"})", R"("conditions":[{"type":"Resizing"}])",
        R"("allocatedResourceStatuses":{"storage":"NodeResizeInProgress"})",
        R"("allocatedResources":{"storage":"2Gi"})"}) {
    EXPECT_EQ(
        change(before,
               R"({"metadata":{"name":"c"},"spec":{"volumeName":"v"},"status":{"phase":"Bound",)" +
                   std::string(status) + "}}"),
        "")
        << status;
  }
}

TEST_F(Claims, NothingElse) {
  const std::string start =
      R"(node "n1" is not allowed to update fields other than status.quantity and status.conditions: )";
  const std::string before =
      R"({"metadata":{"name":"c","labels":{"a":"1"}},"spec":{"volumeName":"v"},"status":{"phase":"Bound"}})";
  EXPECT_EQ(
      change(
          before,
          R"({"metadata":{"name":"c","labels":{"a":"1"}},"spec":{"volumeName":"v"},"status":{"phase":"Lost"}})"),
      start + "status.phase");
  EXPECT_EQ(
      change(
          before,
          R"({"metadata":{"name":"c","labels":{"a":"2","b":"1"}},"spec":{},"status":{"phase":"Bound"}})"),
      start + "metadata.labels.a, metadata.labels.b, spec.volumeName");
  EXPECT_EQ(change(before, R"({"metadata":{"name":"c","labels":{"a":"1"},"finalizers":["f"]},)"
                           R"("spec":{"volumeName":"v"},"status":{"phase":"Bound"}})"),
            start + "metadata.finalizers");
}

TEST_F(Claims, ALongListOfDifferencesIsCut) {
  std::string labels;
  for (char c = 'a'; c <= 'k'; ++c)
    labels += (labels.empty() ? "\"" : ",\"") + std::string(1, c) + R"(":"1")";
  const std::string text = change("{}", R"({"metadata":{"labels":{)" + labels + "}}}");
  EXPECT_EQ(text.substr(text.size() - 22), "metadata.labels.j, ...");
}

}  // namespace
}  // namespace limen::testkit
