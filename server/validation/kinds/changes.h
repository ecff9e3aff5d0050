// What differs between two values, for people who are told that it may not.
// Thread rule: free function, any thread.
#pragma once

#include <string>

#include "object/document.h"

namespace limen::validation::kinds {

// Two lines a changed member, `-` the old and `+` the new: `\n- containers[0].image: "a"`. Begins
// with a line break. At most a hundred members are listed. kube-apiserver shows another form of
// difference there, which its authors do not keep stable.
std::string changes_between(const object::Json& old, const object::Json& now);

}  // namespace limen::validation::kinds
