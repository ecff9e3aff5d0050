// The question of an access review: who is asked about, and what they want to do.
//
// What SubjectAccessReview and its kin share. Pure functions; any thread.
#pragma once

#include <string_view>

#include "authz/chain.h"
#include "object/document.h"
#include "request/identity.h"

namespace limen::api::access {

// The member of the spec if it is an object, else null.
const object::Json* spec_member(const object::Json& review, std::string_view key);

// The user of the spec, with groups and extra.
request::Identity subject_of(const object::Json& review);

// What the spec asks for; `user` must outlive the attributes.
authz::Attributes attributes_of_review(const object::Json& review, const request::Identity& user);

// Throws 422 as kube-apiserver words it: unless the spec names a user or group and ...
void require_subject(const object::Json& review, std::string_view group, std::string_view kind);
// ... exactly one of resourceAttributes and nonResourceAttributes.
void require_one_question(const object::Json& review, std::string_view group,
                          std::string_view kind);

// SubjectAccessReviewStatus.
boost::json::object outcome_status(const authz::Outcome& outcome);

}  // namespace limen::api::access
