// Trust anchors: the certificates of a ClusterTrustBundle, as PEM blocks (RFC 7468) with anything
// between them. Thread rule: any thread.
#pragma once

#include <string_view>

#include "validation/causes.h"

namespace limen::validation::kinds {

inline constexpr std::size_t kMaxTrustBundle = 1024 * 1024;  // bytes

// There has to be one, and each has to be the certificate of an authority, without headers and only
// once. Time is linear in the text.
void check_trust_anchors(std::string_view text, const FieldPath& path, Causes& causes);

}  // namespace limen::validation::kinds
