// What a rule about a node's request says, and what rules look at. Any thread.
#pragma once

#include <limen/cpp/plugin.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/go_quote.h"

namespace limen::node_restriction {

inline constexpr const char* kMirrorAnnotation =
    "/metadata/annotations/kubernetes.io~1config.mirror";

// A request of the node `name`; `quoted` is the name as messages show it. Lives during the call.
struct NodeRequest {
  NodeRequest(Host& host_, AdmissionCall& call_, std::string_view name_)
      : host(host_), call(call_), name(name_), quoted(plugins::go_quote(name_)) {}

  Host& host;
  AdmissionCall& call;
  const std::string name, quoted;

  std::string_view operation() const {
    return call.is_create() ? "CREATE" : call.is_update() ? "UPDATE" : "DELETE";
  }
};

struct Refusal {
  std::string message;
  int code = 403;
  std::string reason{};  // StatusReason; empty: that of 403
};

// A refusal, none, or an error: what the rule needs to know could not be read.
using Verdict = Result<std::optional<Refusal>>;

inline Verdict admitted() { return std::optional<Refusal>(); }
inline Verdict forbidden(std::string message) {
  return std::optional<Refusal>(Refusal{std::move(message)});
}

// An object that is looked up; empty when there is none. `kind` is how kube-apiserver's caches call
// one of them in messages: "pod".
struct Wanted {
  const char* group;
  const char* resource;
  const char* kind;
};
inline constexpr Wanted kPod{"", "pods", "pod"};
inline constexpr Wanted kNode{"", "nodes", "node"};
inline constexpr Wanted kServiceAccount{"", "serviceaccounts", "serviceaccount"};
inline constexpr Wanted kClaim{"", "persistentvolumeclaims", "persistentvolumeclaim"};
inline constexpr Wanted kVolume{"", "persistentvolumes", "persistentvolume"};
inline constexpr Wanted kCsiDriver{"storage.k8s.io", "csidrivers", "csidriver.storage.k8s.io"};

inline Result<SharedNode> find(Host& host, const Wanted& what, std::string_view ns,
                               std::string_view name) {
  if (name.empty()) return SharedNode();
  return host.objects().get(what.group, what.resource, ns, name);
}
inline std::string not_found(const Wanted& what, std::string_view name) {
  return std::string(what.kind) + " " + plugins::go_quote(name) + " not found";
}
inline Verdict missing(const Wanted& what, std::string_view name) {
  return std::optional<Refusal>(Refusal{not_found(what, name), 404, "NotFound"});
}

inline std::string uid_of(const Node& object) { return object.at("/metadata/uid").string_or(""); }

}  // namespace limen::node_restriction
