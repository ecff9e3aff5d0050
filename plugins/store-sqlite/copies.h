// Copies of a database: made beside the server that writes to it, verified, put back.
//
// A copy is a database file of the same format, alone in one file (no write-ahead log beside it).
// Free functions; one call at a time, any thread. Errors: DatabaseError that names the file.
#pragma once

#include <cstdint>
#include <limen/cpp/store_copies.hpp>
#include <stdexcept>
#include <string>

namespace limen_sqlite {

// There are data where a copy should go, and nobody said that they may be replaced.
class NotEmptyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Copies the database as it is at one moment to `file`, which must not exist; reads the copy whole
// and waits until it is on the disk. Writers go on meanwhile. On an error there is no file.
limen::StoreReport save_copy(const std::string& database, const std::string& file);

// Reads all of a copy: SQLite's own check, the checksum of every row, the agreement of the tables.
limen::StoreReport verify_copy(const std::string& file);

// Puts a copy in the place of the database, at once: whatever happens, one of both is there. Holds
// the database's lock meanwhile. Throws NotEmptyError as `options` says.
limen::StoreReport restore_copy(const std::string& database, const std::string& file,
                                const limen::StoreRestore& options);

}  // namespace limen_sqlite
