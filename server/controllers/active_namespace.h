// Whether a namespace takes new content. Any thread.
#pragma once

#include <string>

#include "storage/store.h"

namespace limen::controllers {

// True when the namespace is there and does not come to its end.
bool is_active_namespace(const storage::Store& store, const std::string& ns);

}  // namespace limen::controllers
