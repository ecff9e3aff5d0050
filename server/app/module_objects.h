// Objects that modules create: stored as the server stores its own.
#pragma once

#include <functional>

#include "object/document.h"
#include "storage/store.h"

namespace limen::app {

// Calls `done` once, on any thread; an object that the server cannot make is `unavailable`, and the
// log says why. Any thread. Never throws.
void create_for_module(storage::Store& store, storage::Key key, object::Json object,
                       std::function<void(storage::WriteStatus)> done);

}  // namespace limen::app
