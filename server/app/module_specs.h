// From the configuration's words about modules to what the modules room wants to know.
#pragma once

#include "config/configuration.h"
#include "modules/module_spec.h"

namespace limen::app {

// The specs name the file and the place of each entry; `configuration` may go afterwards.
modules::GenerationSpec generation_spec(const config::ServerConfiguration& configuration);
modules::ModuleSpec store_spec(const config::ServerConfiguration& configuration);

// Why nobody could ever be let in, as a sentence; empty when an authenticator is named (row A9).
std::string no_way_in(const config::ServerConfiguration& configuration);

}  // namespace limen::app
