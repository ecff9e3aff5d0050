// What a controller made of an object, as audit events tell it.
//
// Free functions over borrowed values; any thread.
#pragma once

#include <string>
#include <string_view>

#include "authz/authorizer.h"
#include "object/document.h"

namespace limen::admission {

// No change is told in more bytes than these.
inline constexpr std::size_t kMaxTold = 65'536;

// The operations that lead from `before` to `after`, a JSON Patch (RFC 6902) of add, replace and
// remove. Items of lists are compared place by place: what was put in front of others shows as
// replacements and one addition.
object::Json changes_between(const object::Json& before, const object::Json& after);

// True for resources whose contents are in no log: secrets, and what tokens are sent in.
bool is_confidential(const authz::Attributes& about);

// One line of JSON: {"module":"m","patch":[...],"patchType":"JSONPatch"}; of a confidential
// resource, or when that would be longer than kMaxTold, {"module":"m","paths":[...]}; and where
// even the paths are too long, {"module":"m","changes":N}.
std::string tell_changes(std::string_view module, const authz::Attributes& about,
                         const object::Json& before, const object::Json& after);

}  // namespace limen::admission
