// node: what the nodes of a cluster may do, by what runs on them (row Z11).
#include <functional>
#include <string>
#include <string_view>

#include "graph.h"
#include "judge.h"
#include "references.h"

namespace limen::node_authorizer {
namespace {

constexpr std::string_view kGroup = "system:nodes";
constexpr std::string_view kUserPrefix = "system:node:";

bool is_node(const UserView& user) {
  return user.name().starts_with(kUserPrefix) && user.in_group(kGroup);
}

class NodeAuthorizer final : public Authorizer, public RuleLister {
 public:
  explicit NodeAuthorizer(Host& host) {
    follow(host, "", "pods", [this](bool there, Node pod) {
      const auto use = there ? read_pod(pod) : std::nullopt;
      use ? graph_.set_pod(*use) : graph_.remove_pod(ns_of(pod), name_of(pod));
    });
    follow(host, "", "persistentvolumes", [this](bool there, Node volume) {
      const auto use = there ? read_volume(volume) : std::nullopt;
      use ? graph_.set_volume(*use) : graph_.remove_volume(name_of(volume));
    });
    follow_owned(host, "storage.k8s.io", "volumeattachments", Owned::attachment);
    follow_owned(host, "resource.k8s.io", "resourceslices", Owned::slice);
  }

  Result<void> authorize(AuthzCall& call) override {
    const UserView user = call.user();
    if (!is_node(user)) return call.no_opinion();
    const std::string_view node = user.name().substr(kUserPrefix.size());
    if (node.empty()) {
      return call.no_opinion("unknown node for user \"" + std::string(user.name()) + "\"");
    }
    const Opinion opinion = judge(graph_, node, call.attributes());
    return opinion.allowed ? call.rule(opinion.rule).allow() : call.no_opinion(opinion.reason);
  }

  Result<void> rules_for(RulesCall& call) override {
    if (is_node(call.user())) {
      call.incomplete("node authorizer does not support user rule resolution");
    }
    return {};
  }

 private:
  // Whether the object is there, and its state, or its last one.
  using Change = std::function<void(bool there, Node object)>;

  static std::string ns_of(Node object) { return object.at("/metadata/namespace").string_or(""); }
  static std::string name_of(Node object) { return object.at("/metadata/name").string_or(""); }

  static void follow(Host& host, std::string_view group, std::string_view resource,
                     const Change& change) {
    host.objects().subscribe(group, "", resource, [change](ObjectEvent event, Node object) {
      if (event != ObjectEvent::synced) change(event != ObjectEvent::deleted, object);
    });
  }
  void follow_owned(Host& host, std::string_view group, std::string_view resource, Owned kind) {
    follow(host, group, resource, [this, kind](bool there, Node object) {
      const std::string node = there ? object.at("/spec/nodeName").string_or("") : std::string();
      if (node.empty()) return graph_.remove_owned(kind, name_of(object));
      graph_.set_owned(kind, name_of(object), node);
    });
  }

  Graph graph_;
};

}  // namespace
}  // namespace limen::node_authorizer

LIMEN_EXPORT_MODULE(limen::authorizer<limen::node_authorizer::NodeAuthorizer>(
    {.id = "node",
     .version = "1.0.0",
     .vendor = "Limen",
     .summary =
         "What nodes may do: read what the pods bound to them refer to, and keep what is theirs.",
     .required = {LIMEN_OBJECTS}}))
