// The stores that `limen migrate` is told of: a configuration file, or the words of one entry.
//
//   sqlite:/var/lib/limen/limen.db
//   etcd:https://a:2379,https://b:2379?ca=FILE&cert=FILE&key=FILE&prefix=/registry
//   /etc/limen/limen.yaml               its storage, with all that belongs to it
//
// Free functions; one thread.
#pragma once

#include <string>
#include <string_view>

#include "config/configuration.h"
#include "storage/migration.h"

namespace limen::app {

// The configuration that the words stand for; all but the store is default unless it is a file's.
// `option` (`--from`) is for messages. Throws UsageError for words nobody understands, and
// std::runtime_error with every problem of a file.
config::ServerConfiguration migration_configuration(std::string_view option,
                                                    const std::string& words);

// How operators know the store of a configuration: the same for all ways of naming it.
std::string store_name(const config::ServerConfiguration& configuration);

// The side of a migration; starts the store's module for each driver. `configuration` outlives it.
storage::MigrationSide migration_side(const config::ServerConfiguration& configuration);

}  // namespace limen::app
