// What is special about CustomResourceDefinitions, for the API and for the controller that brings
// them to life and ends them.
//
// Thread rule: free functions, any thread. `now` is RFC 3339 text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "object/document.h"
#include "registry/strategy.h"
#include "request/identity.h"

namespace limen::registry {

// Goes when no object of the kind is left.
inline constexpr std::string_view kCleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

void prepare_definition_create(object::Json& definition, const request::Identity& user);
void prepare_definition_update(object::Json& definition, const object::Json& old);

// Sets status.conditions[type].
void set_condition(object::Json& definition, std::string_view type, bool status,
                   std::string_view reason, std::string_view message, std::string_view now);

// What the approval annotation of a definition in one of the project's groups says; nothing for
// other groups.
struct ApprovalCondition {
  bool met = false;
  std::string reason, message;
};
std::optional<ApprovalCondition> approval_condition(const object::Json& definition);

// True when the certificates that a conversion webhook is to be verified by are none.
bool has_bad_bundle(const object::Json& definition);

// Marks a definition as being deleted: its objects go first. False when it is marked already.
bool mark_definition_deleted(object::Json& definition, std::string_view now);

}  // namespace limen::registry
