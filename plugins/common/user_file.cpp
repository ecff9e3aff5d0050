#include "common/user_file.h"

#include <utility>

#include "common/csv.h"
#include "common/digest.h"
#include "common/utf8.h"

namespace limen::plugins {

namespace {

[[noreturn]] void refuse(const std::string& path, std::size_t line, const std::string& what) {
  throw UserFileError(path + ":" + std::to_string(line) + ": " + what);
}

std::string read_file(const std::string& path, std::uintmax_t max_bytes) {
  try {
    return read_text_file(path, max_bytes);
  } catch (const FileError& error) {
    throw UserFileError(error.what());
  }
}

std::vector<std::string> split_groups(std::string_view text) {
  std::vector<std::string> groups;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (comma != 0) groups.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return groups;
}

UserRecord to_user(const std::string& path, std::string_view secret_column, CsvRecord& record) {
  const std::string column(secret_column);
  if (record.fields.size() < 3) {
    refuse(path, record.line,
           column + " file must have at least 3 columns (" + column +
               ", user name, user uid), found " + std::to_string(record.fields.size()));
  }
  for (std::size_t i = 1; i < record.fields.size() && i < 4; ++i) {
    if (!is_utf8(record.fields[i])) {
      refuse(path, record.line, "column " + std::to_string(i + 1) + " is not UTF-8");
    }
  }
  if (record.fields[1].empty()) refuse(path, record.line, "the user name is empty");
  UserRecord user;
  user.secret = std::move(record.fields[0]);
  user.name = std::move(record.fields[1]);
  user.uid = std::move(record.fields[2]);
  if (record.fields.size() > 3) user.groups = split_groups(record.fields[3]);
  user.line = record.line;
  return user;
}

}  // namespace

std::vector<UserRecord> read_user_file(const std::string& path, std::string_view secret_column,
                                       std::uintmax_t max_bytes) {
  std::string text = read_file(path, max_bytes);
  try {
    std::vector<UserRecord> users;
    for (CsvRecord& record : parse_csv(text)) {
      users.push_back(to_user(path, secret_column, record));
    }
    wipe(text);
    return users;
  } catch (const CsvError& error) {
    wipe(text);
    refuse(path, error.line(), error.what());
  }
}

}  // namespace limen::plugins
