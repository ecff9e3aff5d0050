#include "judge.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace limen::node_authorizer {

namespace {

constexpr std::string_view kLeaseNamespace = "kube-node-lease";
constexpr const char* kRelated = "related";           // to a pod, claim or volume of the node
constexpr const char* kOwn = "own";                   // the node's own object
constexpr const char* kByAdmission = "by-admission";  // which object: for admission to judge
constexpr const char* kRole = "system:node";          // what every node may do

Opinion allow(const char* rule) { return {true, {}, rule}; }
Opinion pass(std::string reason = {}) { return {false, std::move(reason), ""}; }

bool is_one_of(std::string_view value, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// One question, with what answers it.
class Question {
 public:
  Question(const Graph& graph, std::string_view node, const Attributes& asked)
      : graph_(graph), node_(node), asked_(asked) {}

  Opinion of_secret() const { return read_named(Kind::secret); }
  Opinion of_config_map() const { return read_named(Kind::config_map); }

  Opinion of_claim() const {
    if (asked_.subresource() != "status") {
      return get_one([this] { return related(Kind::claim); });
    }
    if (!is_one_of(asked_.verb(), {"update", "patch"})) {
      return pass("can only get/update/patch this type");
    }
    return if_related([this] { return related(Kind::claim); });
  }
  Opinion of_resource_claim() const {
    return get_one([this] { return related(Kind::resource_claim); });
  }
  Opinion of_volume() const {
    return get_one([this] { return graph_.has_volume(node_, asked_.name()); });
  }
  Opinion of_attachment() const {
    return get_one([this] { return graph_.owns(node_, Owned::attachment, asked_.name()); });
  }

  Opinion of_service_account() const {
    if (asked_.verb() == "get" && asked_.subresource().empty()) {
      return read_named(Kind::service_account);
    }
    if (asked_.verb() != "create" || asked_.name().empty()) {
      return pass("can only create tokens for individual service accounts");
    }
    if (asked_.subresource() != "token") {
      return pass("can only create token subresource of serviceaccount");
    }
    return if_related([this] { return related(Kind::service_account); });
  }

  Opinion of_lease() const {
    if (!is_own_verb()) {
      return pass("can only get, create, update, patch, or delete a node lease");
    }
    if (asked_.ns() != kLeaseNamespace) {
      return pass("can only access leases in the \"kube-node-lease\" system namespace");
    }
    return own_or_new("can only access node lease with the same name as the requesting node");
  }
  Opinion of_csi_node() const {
    if (!is_own_verb()) return pass("can only get, create, update, patch, or delete a CSINode");
    if (!asked_.subresource().empty()) return pass("cannot authorize CSINode subresources");
    return own_or_new("can only access CSINode with the same name as the requesting node");
  }

  Opinion of_slice() const {
    if (!asked_.subresource().empty()) return pass("cannot authorize ResourceSlice subresources");
    if (asked_.verb() == "create") return allow(kByAdmission);
    if (is_one_of(asked_.verb(), {"get", "update", "patch", "delete"})) {
      return if_related([this] { return graph_.owns(node_, Owned::slice, asked_.name()); });
    }
    if (!is_one_of(asked_.verb(), {"watch", "list", "deletecollection"})) {
      return pass(
          "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, "
          "update, patch, delete, deletecollection");
    }
    if (selects_own()) return allow(kOwn);
    return pass("can only list/watch/deletecollection resourceslices with nodeName field selector");
  }

  Opinion of_node() const {
    const std::string_view verb = asked_.verb();
    if (asked_.subresource() == "status" && is_one_of(verb, {"update", "patch"})) {
      return allow(kByAdmission);
    }
    if (!asked_.subresource().empty()) return pass();
    if (is_one_of(verb, {"create", "update", "patch"})) return allow(kByAdmission);
    if (!is_one_of(verb, {"get", "list", "watch"})) return pass();
    // By name and not by the graph: a node looks for itself before it is there.
    if (asked_.name() == node_) return allow(kOwn);
    const std::string self = "node '" + std::string(node_) + "' cannot read ";
    if (asked_.name().empty()) return pass(self + "all nodes, only its own Node object");
    return pass(self + "'" + std::string(asked_.name()) + "', only its own Node object");
  }

  Opinion of_pod() const {
    const std::string_view verb = asked_.verb();
    if (asked_.subresource() == "status" && is_one_of(verb, {"update", "patch"})) {
      return allow(kByAdmission);
    }
    if (asked_.subresource() == "eviction" && verb == "create") return allow(kByAdmission);
    if (!asked_.subresource().empty()) return pass();
    if (is_one_of(verb, {"create", "delete"})) return allow(kByAdmission);
    const auto is_bound_here = [this] { return graph_.has_pod(node_, asked_.ns(), asked_.name()); };
    if (verb == "get") return get_one(is_bound_here);
    if (!is_one_of(verb, {"list", "watch"})) return pass();
    if (selects_own()) return allow(kOwn);
    if (!asked_.name().empty()) return if_related(is_bound_here);
    return pass("can only list/watch pods with spec.nodeName field selector");
  }

 private:
  bool related(Kind kind) const {
    return graph_.has_object(node_, kind, asked_.ns(), asked_.name());
  }

  template <class IsRelated>
  Opinion if_related(IsRelated is_related) const {
    if (asked_.name().empty()) return pass("No Object name found");
    if (is_related()) return allow(kRelated);
    return pass("no relationship found between node '" + std::string(node_) + "' and this object");
  }

  template <class IsRelated>
  Opinion get_one(IsRelated is_related) const {
    if (asked_.verb() != "get") return pass("can only get individual resources of this type");
    if (!asked_.subresource().empty()) return pass("cannot get subresource");
    return if_related(is_related);
  }

  // A list or watch has a name when its field selector asks for one object.
  Opinion read_named(Kind kind) const {
    if (!is_one_of(asked_.verb(), {"get", "list", "watch"})) {
      return pass("can only read resources of this type");
    }
    if (!asked_.subresource().empty()) return pass("cannot read subresource");
    if (asked_.ns().empty()) return pass("can only read namespaced object of this type");
    return if_related([&] { return related(kind); });
  }

  bool is_own_verb() const {
    return is_one_of(asked_.verb(), {"get", "create", "update", "patch", "delete"});
  }
  // What is to be created has no name yet; admission sees it.
  Opinion own_or_new(const char* not_own) const {
    if (asked_.verb() == "create") return allow(kByAdmission);
    return asked_.name() == node_ ? allow(kOwn) : pass(not_own);
  }

  bool selects_own() const {
    for (std::uint32_t i = 0; i < asked_.field_requirement_count(); ++i) {
      const Requirement one = asked_.field_requirement(i);
      if (one.key() == "spec.nodeName" && one.op() == LIMEN_OP_IN && one.values().size() == 1 &&
          one.values()[0] == node_) {
        return true;
      }
    }
    return false;
  }

  const Graph& graph_;
  const std::string_view node_;
  const Attributes& asked_;
};

struct Resource {
  std::string_view group, name;
  Opinion (Question::*judge)() const;
};
constexpr std::array kResources = {
    Resource{"", "secrets", &Question::of_secret},
    Resource{"", "configmaps", &Question::of_config_map},
    Resource{"", "pods", &Question::of_pod},
    Resource{"", "nodes", &Question::of_node},
    Resource{"coordination.k8s.io", "leases", &Question::of_lease},
    Resource{"", "serviceaccounts", &Question::of_service_account},
    Resource{"", "persistentvolumeclaims", &Question::of_claim},
    Resource{"", "persistentvolumes", &Question::of_volume},
    Resource{"storage.k8s.io", "volumeattachments", &Question::of_attachment},
    Resource{"storage.k8s.io", "csinodes", &Question::of_csi_node},
    Resource{"resource.k8s.io", "resourceclaims", &Question::of_resource_claim},
    Resource{"resource.k8s.io", "resourceslices", &Question::of_slice},
};

// Of the role system:node what is not told apart above.
bool every_node_may(const Attributes& asked) {
  if (!asked.is_resource() || !asked.subresource().empty()) return false;
  const std::string_view group = asked.api_group(), resource = asked.resource();
  const std::string_view verb = asked.verb();
  const bool reads = is_one_of(verb, {"get", "list", "watch"});
  if (group.empty() && resource == "services") return reads;
  if (group.empty() && resource == "endpoints") return verb == "get";
  if ((group.empty() || group == "events.k8s.io") && resource == "events") {
    return is_one_of(verb, {"create", "patch", "update"});
  }
  if (group == "authentication.k8s.io" && resource == "tokenreviews") return verb == "create";
  if (group == "authorization.k8s.io" &&
      is_one_of(resource, {"subjectaccessreviews", "localsubjectaccessreviews"})) {
    return verb == "create";
  }
  if (group == "certificates.k8s.io" && resource == "certificatesigningrequests") {
    return reads || verb == "create";
  }
  if (group == "storage.k8s.io" && resource == "csidrivers") return reads;
  return group == "node.k8s.io" && resource == "runtimeclasses" && reads;
}

}  // namespace

Opinion judge(const Graph& graph, std::string_view node, const Attributes& asked) {
  if (asked.is_resource()) {
    const auto found = std::find_if(kResources.begin(), kResources.end(), [&](const Resource& one) {
      return one.name == asked.resource() && one.group == asked.api_group();
    });
    if (found != kResources.end()) return (Question(graph, node, asked).*found->judge)();
  }
  return every_node_may(asked) ? allow(kRole) : pass();
}

}  // namespace limen::node_authorizer
