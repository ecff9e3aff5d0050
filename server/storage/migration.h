// Moving house: everything one driver holds, into another.
//
// Objects keep their keys and values, and with them their uids. Revisions only grow: an object's in
// the target is greater than any it had in the source, and the target has no history, so that who
// followed the source lists again. While it lasts, a mark (migration_mark.h) in the target keeps
// servers off; it goes last, when the target was read anew and found to hold the same. However a
// migration ends, running it again goes on where it stopped: what is there and the same stays, what
// differs is replaced, what the source has no more is removed.
// Thread rule: a free function; blocks. The source must not be written to meanwhile: a driver that
// is alone on its data sees to that, one that shares them is read again at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "storage/driver.h"

namespace limen::storage {

// Why nothing, or not all, was moved: a sentence for the operator. Errors of the drivers themselves
// are DriverErrors.
class MigrationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct MigrationSide {
  // Where it is, in the operator's words; the mark keeps that of the source.
  std::string name;
  // Another driver for the same data, each once the one before has gone.
  std::function<std::unique_ptr<Driver>()> open;
};

enum class MigrationStep { reading_source, reading_target, writing, verifying };

struct MigrationOptions {
  // As StoreOptions::ttl; null: no object goes by itself.
  std::function<std::chrono::seconds(const ResourceId&)> ttl;
  // Told now and then, with how much of the step is done of how much (keys; 0: not known). May be
  // null.
  std::function<void(MigrationStep step, std::size_t done, std::size_t all)> progress;
  // One transaction.
  std::size_t batch_writes = 256;
  std::size_t batch_bytes = std::size_t{8} * 1024 * 1024;
};

struct MigrationReport {
  std::map<std::string, std::size_t> objects;  // by resource: `deployments.apps`, `pods`
  std::size_t keys = 0;                        // all of them
  // Over all keys in byte order, of each the key, a zero byte and the SHA-256 of its value; hex.
  std::string sha256;
  std::size_t written = 0, kept = 0, removed = 0;  // in the target, by this run
  Revision source = 0, target = 0;  // their newest revisions; the target's at the end
  bool resumed = false;             // a migration that had stopped
  bool was_there = false;           // the target held exactly this already; nothing was done
};

// Throws MigrationError and DriverError.
MigrationReport migrate(const MigrationSide& source, const MigrationSide& target,
                        const MigrationOptions& options = {});

}  // namespace limen::storage
