// Leaving metadata.managedFields out of recorded bodies.
#pragma once

#include <string>

namespace limen::audit {

// `json`, an object, a list of objects or a table of them, without the managed fields of any. Text
// that is not JSON is returned as it is. Any thread.
std::string without_managed_fields(std::string json);

}  // namespace limen::audit
