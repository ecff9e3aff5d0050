// Rules of ClusterTrustBundle: a bundle of a signer bears the signer's name before its own, and
// keeps it. What is in a bundle is looked at when it is written. Thread rule: any thread.
#pragma once

#include "validation/causes.h"

namespace limen::validation::kinds {

// The signer, and the name that goes with it.
void check_trust_bundle(const Json& object, Causes& causes);
// What is in it (trust_anchors.h).
void check_trust_bundle_create(const Json& object, Causes& causes);
void check_trust_bundle_update(const Json& object, const Json& old, Causes& causes);

}  // namespace limen::validation::kinds
