// Reading the body of a request as an object of a custom kind.
//
// Thread rule: free function, any thread.
#pragma once

#include <string>
#include <vector>

#include "validation/read_object.h"

namespace limen::validation {

// What read_object() does once the body is decoded. Unlike a built-in kind's, the object must say
// its apiVersion and kind. `findings`: duplicate fields. Throws ApiError 400.
ReadObject read_custom(object::Json object, std::vector<std::string> findings,
                       const ExpectedKind& expected, FieldValidation mode);

}  // namespace limen::validation
