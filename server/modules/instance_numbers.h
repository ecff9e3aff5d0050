// What the metrics show of module instances at the moment they are read.
//
// While a replaced instance still ends there are two of one kind and name: calls of both are added
// up, the limit is that of the newest. Any thread.
#pragma once

namespace limen::modules {

class ModuleInstance;

// From its making to its end, an instance is among those that are shown.
void show_numbers(const ModuleInstance& instance);
void hide_numbers(const ModuleInstance& instance);

}  // namespace limen::modules
