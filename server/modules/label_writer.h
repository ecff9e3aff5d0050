// Labels that modules put on stored objects as marks for others ("last used on that day").
#pragma once

#include <string>

#include "limen/limen.h"
#include "storage/store.h"

namespace limen::modules {

// Sets one label, unless it has that value already, and returns at once: LIMEN_OK when it is on its
// way. Whoever changes the object meanwhile wins, and the label is set on what they made of it; an
// object made anew under the name is left alone. What fails later is logged. LIMEN_E_NOT_FOUND: no
// such object. LIMEN_E_INVALID: not a label. Any thread.
limen_status set_label(storage::Store& store, const storage::Key& key, const std::string& label,
                       const std::string& value);

}  // namespace limen::modules
