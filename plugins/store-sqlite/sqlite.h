// A thin C++ face of SQLite's C API: connections and prepared statements that close themselves and
// throw what went wrong, with the path.
//
// Thread rule: a connection and its statements belong to one thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace limen_sqlite {

// what() names the database file and says what is wrong with it.
class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(const std::string& text, int code) : std::runtime_error(text), code_(code) {}
  int code() const { return code_; }  // SQLite's primary result code; SQLITE_ERROR for our own

 private:
  int code_;
};

class Connection {
 public:
  // The file must exist.
  explicit Connection(const std::string& path);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  sqlite3* raw() const { return handle_; }
  const std::string& path() const { return path_; }
  void run(const char* sql);
  // The first column of the first row as a number; 0 when there is no row.
  std::int64_t number(const char* sql);
  std::string text(const char* sql);
  // Throws the error SQLite holds for this connection.
  [[noreturn]] void fail() const;

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

class Statement {
 public:
  Statement(Connection& connection, const char* sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Parameters count from 1. Bytes are borrowed until the next reset().
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind_bytes(int index, std::string_view bytes);
  // True when there is a row. Throws DatabaseError.
  bool step();
  // Runs to the end and makes ready for the next use.
  void run();
  void reset();

  // Columns count from 0. Views live until the next step().
  std::int64_t number(int column) const;
  std::string_view bytes(int column) const;

 private:
  Connection& connection_;
  sqlite3_stmt* handle_ = nullptr;
};

// Resets the statement at the end of the block, whichever way it is left: one that is not reset
// keeps its transaction open.
class Use {
 public:
  explicit Use(Statement& statement) : statement_(statement) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() { statement_.reset(); }

 private:
  Statement& statement_;
};

}  // namespace limen_sqlite
