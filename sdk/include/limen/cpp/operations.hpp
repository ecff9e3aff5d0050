// What a write does and to which part of an object, as enumerations: a switch over them that
// forgets one does not compile without a warning, where a comparison of texts that does is a hole.
// Any thread.
//
//   switch (limen::subresource_of(call)) {
//     case limen::Subresource::none:
//     case limen::Subresource::ephemeral_containers:
//       return judge(call);
//     ...
//   }
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "limen/cpp/admission.hpp"

namespace limen {

enum class Operation : std::uint32_t {
  create = LIMEN_OP_CREATE,
  update = LIMEN_OP_UPDATE,    // and every kind of patch
  remove = LIMEN_OP_DELETE,    // each object of a collection
  connect = LIMEN_OP_CONNECT,  // exec, attach, portforward, proxy
};

inline Operation operation_of(const AdmissionCall& call) {
  return static_cast<Operation>(call.operation());
}

// CREATE, UPDATE, DELETE or CONNECT, as Kubernetes writes them.
inline constexpr std::string_view operation_name(Operation operation) {
  switch (operation) {
    case Operation::create:
      return "CREATE";
    case Operation::update:
      return "UPDATE";
    case Operation::remove:
      return "DELETE";
    case Operation::connect:
      return "CONNECT";
  }
  return "";
}

// The subresources of the built-in kinds that writes reach. In brackets: what the object under
// review is then.
enum class Subresource {
  none,                  // [the object]
  status,                // [the object]
  scale,                 // [a Scale]
  ephemeral_containers,  // pods [the pod]
  resize,                // pods [the pod]
  binding,               // pods [a Binding]
  eviction,              // pods [an Eviction]
  exec,                  // pods [PodExecOptions]
  attach,                // pods [PodAttachOptions]
  port_forward,          // pods [PodPortForwardOptions]
  proxy,                 // pods, services, nodes [options of the kind]
  approval,              // certificate signing requests [the object]
  finalize,              // namespaces [the object]
  token,                 // service accounts [a TokenRequest]
  other,                 // of a custom or later kind: the name is in call.attributes()
};

inline constexpr std::pair<std::string_view, Subresource> kSubresources[] = {
    {"", Subresource::none},
    {"status", Subresource::status},
    {"scale", Subresource::scale},
    {"ephemeralcontainers", Subresource::ephemeral_containers},
    {"resize", Subresource::resize},
    {"binding", Subresource::binding},
    {"eviction", Subresource::eviction},
    {"exec", Subresource::exec},
    {"attach", Subresource::attach},
    {"portforward", Subresource::port_forward},
    {"proxy", Subresource::proxy},
    {"approval", Subresource::approval},
    {"finalize", Subresource::finalize},
    {"token", Subresource::token},
};

inline constexpr Subresource subresource_of(std::string_view name) {
  for (const auto& [known, subresource] : kSubresources)
    if (known == name) return subresource;
  return Subresource::other;
}
inline Subresource subresource_of(const AdmissionCall& call) {
  return subresource_of(call.attributes().subresource());
}

// True when the object under review is the whole object, so that what it has to be in a create it
// has to be now too: a rule that looks at `none` alone can be passed by on these.
inline constexpr bool carries_whole_object(Subresource subresource) {
  switch (subresource) {
    case Subresource::none:
    case Subresource::status:
    case Subresource::ephemeral_containers:
    case Subresource::resize:
    case Subresource::approval:
    case Subresource::finalize:
      return true;
    case Subresource::scale:
    case Subresource::binding:
    case Subresource::eviction:
    case Subresource::exec:
    case Subresource::attach:
    case Subresource::port_forward:
    case Subresource::proxy:
    case Subresource::token:
    case Subresource::other:
      return false;
  }
  return false;
}

}  // namespace limen
