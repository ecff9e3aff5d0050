#include "common/user_file.h"

#include <utility>

#include "common/csv.h"
#include "common/digest.h"

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

// RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    if (length > 2) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
          (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
        return false;
      }
    }
    i += length;
  }
  return true;
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
