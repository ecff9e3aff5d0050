// The static credential files of Kubernetes: CSV lines `secret,user,uid[,"group1,group2"]`.
//
// Read once, at start. Messages name the file and the line and never hold a secret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/text_file.h"

namespace limen::plugins {

inline constexpr std::uintmax_t kMaxUserFileBytes = 64u << 20;

struct UserRecord {
  std::string secret;  // wiped by whoever is done with it
  std::string name, uid;
  std::vector<std::string> groups;  // without empty ones
  std::size_t line = 0;
};

// "file:line: what is wrong", or "file: what is wrong".
class UserFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The records of a file; `secret_column` is "token" or "password", for messages. A record has at
// least three columns and a user name, and is UTF-8. Throws UserFileError.
std::vector<UserRecord> read_user_file(const std::string& path, std::string_view secret_column,
                                       std::uintmax_t max_bytes = kMaxUserFileBytes);

}  // namespace limen::plugins
