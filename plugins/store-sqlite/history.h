// What a database holds, read whole and compared with what was written. See README.md for the
// format.
//
// Free functions over a connection; the thread rule is the connection's. Errors: DatabaseError that
// says the database is damaged and where.
#pragma once

#include <cstdint>
#include <functional>
#include <limen/cpp/store.hpp>
#include <string>

#include "sqlite.h"

namespace limen_sqlite {

[[noreturn]] void damaged(const std::string& path, const std::string& what);

// The newest revision and how far the history has been forgotten.
limen::StoreState state_of(Connection& connection);

// Gives every change there is, in revision order, until `each` returns false. To the end, it
// notices changes that are missing, out of place or not as they were written.
void read_history(Connection& connection, const limen::StoreState& state,
                  const std::function<bool(const limen::StoreChange&)>& each);

// Forgets all history, the newest state of every key aside, and goes on from `revision`, which is
// not before the newest. Durable on return when the connection's commits are.
void go_on_from(Connection& connection, std::int64_t revision);

}  // namespace limen_sqlite
