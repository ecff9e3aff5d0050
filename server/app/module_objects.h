// What modules are told of kinds, and the objects they create: stored as the server stores its own.
#pragma once

#include <functional>
#include <string_view>

#include "modules/object_feed.h"
#include "object/document.h"
#include "storage/store.h"

namespace limen::app {

// Built-in and custom kinds. Any thread.
modules::ServedResource resource_of_kind(std::string_view group, std::string_view version,
                                         std::string_view kind);

// Calls `done` once, on any thread; an object that the server cannot make, or that no client could
// create, is `unavailable`, and the log says why. Any thread. Never throws.
void create_for_module(storage::Store& store, storage::Key key, object::Json object,
                       std::function<void(storage::WriteStatus)> done);

}  // namespace limen::app
