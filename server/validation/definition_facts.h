// What a CustomResourceDefinition says of itself that both its checks and its conditions go by.
//
// Thread rule: free functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "object/document.h"

namespace limen::validation {

inline constexpr std::string_view kApprovalAnnotation = "api-approved.kubernetes.io";

// True for the groups of the Kubernetes project, whose APIs it has reviewed.
bool is_protected_group(std::string_view group);

// What the annotation says: a URL is an approval, a reason that begins with "unapproved" does
// without.
enum class Approval : std::uint8_t { invalid, missing, approved, bypassed };
Approval approval_of(const object::Json& definition);
// What kube-apiserver has to say of one that is missing or invalid.
std::string approval_text(Approval approval);

// True for base64 of at least one PEM certificate.
bool is_ca_bundle(std::string_view base64);

}  // namespace limen::validation
