// What modules may write: the status of a stored object, and new objects.
//
// Neither passes admission: it is admission modules that need them. Any thread.
#pragma once

#include <string_view>

#include "limen/limen.h"
#include "storage/store.h"

namespace limen::modules {

class HostScope;

using WriteDone = void (*)(void* arg, limen_status status);

// limen_objects_api.update_status and .create.
limen_status replace_status(HostScope& scope, const storage::Key& key,
                            std::string_view resource_version, std::string_view status_json,
                            WriteDone done, void* arg);
limen_status create_new(HostScope& scope, storage::Key key, std::string_view json, WriteDone done,
                        void* arg);

}  // namespace limen::modules
