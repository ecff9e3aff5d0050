// The names of custom kinds: which of those a definition asks for it may have.
//
// Plurals, singulars and short names of a group are one set of names, kinds and list kinds another.
// A definition keeps what it has been given; what another of its group has it is refused, the rest
// it gets. Rules, reasons and messages are those of kube-apiserver's naming controller. Values and
// free functions; any thread.
#pragma once

#include <set>
#include <string>

#include "object/document.h"

namespace limen::controllers {

// What the definitions of one group have been given.
struct NamesInUse {
  std::set<std::string> resources, kinds;
  // `accepted` is a status.acceptedNames, or null.
  void add(const object::Json* accepted);
};

struct AcceptedNames {
  object::Json names;           // the new status.acceptedNames
  std::string reason, message;  // of the last conflict; empty: there is none
  bool all() const { return reason.empty(); }
};

// `accepted` is what the definition has so far, or null; it counts among `in_use`.
AcceptedNames accept_names(const object::Json& wanted, const object::Json* accepted,
                           const NamesInUse& in_use);

}  // namespace limen::controllers
