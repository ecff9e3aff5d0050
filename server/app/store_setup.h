// How the configured store's data are seen: the driver of its module, and what lies in between.
//
// Thread rule: at start-up.
#pragma once

#include <memory>

#include "encryption/keyring.h"
#include "limen/abi.h"
#include "storage/driver.h"

namespace limen::app {

// The driver of a started store module, which outlives it. `keyring`: null when nothing is
// encrypted. Throws storage::DriverError.
std::unique_ptr<storage::Driver> store_driver(const limen_plugin& plugin,
                                              std::shared_ptr<const encryption::Keyring> keyring);

}  // namespace limen::app
