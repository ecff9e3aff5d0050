// A storage driver in a module, as the storage room sees it.
//
// Everything the module says is checked on its way in: a driver that contradicts itself is an
// error, never a wrong object. Thread rule and order of calls: as storage::Driver.
#pragma once

#include <memory>

#include "limen/abi.h"
#include "storage/driver.h"

namespace limen::modules {

class ModuleInstance;

// The driver of an instance made by Runtime::start_store; keeps it. The caller retires the instance
// once the store is closed. Throws storage::DriverError when the plugin has no limen.store/0 table
// or one without the functions it needs.
std::unique_ptr<storage::Driver> store_driver(std::shared_ptr<ModuleInstance> instance);
// The same for a plugin that outlives the driver.
std::unique_ptr<storage::Driver> store_driver(const limen_plugin& plugin);

}  // namespace limen::modules
