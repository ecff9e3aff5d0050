// The database file: where it is, whose it is, and its tables.
//
// Thread rule: one thread.
#pragma once

#include <memory>
#include <string>

#include "sqlite.h"

namespace limen_sqlite {

inline constexpr std::int64_t kApplicationId = 0x4C494D4E;  // "LIMN"
inline constexpr std::int64_t kFormat = 1;                  // user_version of the file

// Makes the folder of the file, for the owner only, when it is missing.
void ensure_folder(const std::string& path);
// Makes an empty file, for the owner only, which must not exist. Waits until what a file holds, or
// that it is there under its name, is on the disk. Throw DatabaseError.
void make_file(const std::string& path);
void sync_file(const std::string& path);
void sync_folder_of(const std::string& path);
// Makes an empty database, likewise, when there is none.
void ensure_file(const std::string& path);

// Opens the file as ours: refuses one that is damaged, of another program or of a newer format.
// Throws DatabaseError.
std::unique_ptr<Connection> open_database(const std::string& path);

// A connection to read with, perhaps beside the server that has the database open. Refuses what
// open_database() refuses, and changes nothing.
std::unique_ptr<Connection> open_to_read(const std::string& path);

// A second connection to the same file, for the checkpointer.
std::unique_ptr<Connection> open_second(const std::string& path);

}  // namespace limen_sqlite
