// Grants: the rows of a SQLite database that allow something. README.md has the table.
//
// Opened for reading only, with one prepared statement, so that nothing of a request ever becomes
// SQL. Errors are std::runtime_error. Any thread; one question at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace acme {

// What is asked, in the spelling of the table.
struct Question {
  std::string_view verb;
  std::string_view resource;  // pods, deployments.apps, pods/log
  std::string_view ns;        // empty: cluster-wide
  std::string_view name;      // empty: all
};

class Grants {
 public:
  explicit Grants(const std::string& path);

  // The number of the first row that allows it to `subject` (user:NAME or group:NAME); nothing when
  // there is none. Waits half a second at most for somebody who writes.
  std::optional<std::int64_t> find(std::string_view subject, const Question& question) const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<std::mutex> mutex_;
  std::unique_ptr<sqlite3, Close> database_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;  // goes before its database
};

}  // namespace acme
