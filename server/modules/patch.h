// Patches: the edits one admission module makes to an object, recorded first and applied as one.
//
// Semantics are those limen/admission.h promises: a set on a member adds or replaces, on an array
// index it replaces, "-" appends, missing parents become objects; name, namespace, uid and
// resourceVersion stay. Nothing of a patch that fails is seen by anybody.
// Thread rule: recording as the call's setters, applying on the host's thread.
#pragma once

#include <stdexcept>
#include <vector>

#include "limen/admission.h"
#include "modules/call.h"
#include "object/document.h"

namespace limen::modules {

const limen_patch_api& patch_table();

// What cannot be applied, and where. what() names the pointer, never a value.
class PatchRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The object after `edits`; empty when they leave it as it was. Throws PatchRefused.
object::Document apply_edits(const object::Document& object, const std::vector<PatchEdit>& edits);

}  // namespace limen::modules
