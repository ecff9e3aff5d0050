// CSV records (RFC 4180), read as Kubernetes reads its static credential files.
//
// Fields are separated by commas and records by LF or CRLF; a field in double quotes may hold
// commas, line ends and doubled quotes; blank lines are skipped; records may differ in length;
// white space is kept. A quote inside an unquoted field, or text after a closing quote, is an
// error. Pure function of its input; any thread.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace limen::plugins {

struct CsvRecord {
  std::vector<std::string> fields;
  std::size_t line = 0;  // where it begins, from 1
};

// The text says what is wrong and never quotes the input, which holds secrets.
class CsvError : public std::runtime_error {
 public:
  CsvError(std::size_t line, const char* text) : std::runtime_error(text), line_(line) {}
  std::size_t line() const { return line_; }

 private:
  std::size_t line_;
};

// All records of `text`; a UTF-8 byte order mark at its start is skipped. Throws CsvError.
std::vector<CsvRecord> parse_csv(std::string_view text);

}  // namespace limen::plugins
