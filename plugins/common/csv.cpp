#include "common/csv.h"

#include <utility>

namespace limen::plugins {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<CsvRecord> read_all() {
    std::vector<CsvRecord> records;
    while (!at_end()) {
      if (skip_line_end()) continue;
      records.push_back(read_record());
    }
    return records;
  }

 private:
  bool at_end() const { return position_ >= text_.size(); }
  char peek() const { return text_[position_]; }

  // LF or CRLF; a CR alone is an ordinary character.
  bool at_line_end() const {
    return peek() == '\n' || (peek() == '\r' && text_.substr(position_, 2) == "\r\n");
  }
  bool skip_line_end() {
    if (at_end() || !at_line_end()) return false;
    position_ += peek() == '\r' ? 2 : 1;
    ++line_;
    return true;
  }

  CsvRecord read_record() {
    CsvRecord record;
    record.line = line_;
    for (;;) {
      record.fields.push_back(!at_end() && peek() == '"' ? read_quoted() : read_plain());
      if (at_end() || skip_line_end()) return record;
      ++position_;  // the comma
    }
  }

  std::string read_plain() {
    const std::size_t start = position_;
    while (!at_end() && peek() != ',' && !at_line_end()) {
      if (peek() == '"') throw CsvError(line_, "a quote (\") inside an unquoted field");
      ++position_;
    }
    return std::string(text_.substr(start, position_ - start));
  }

  std::string read_quoted() {
    const std::size_t opened = line_;
    std::string field;
    ++position_;
    while (!at_end()) {
      if (peek() == '"') {
        ++position_;
        if (at_end() || peek() == ',' || at_line_end()) return field;
        if (peek() != '"') throw CsvError(line_, "text after the closing quote (\") of a field");
        field += '"';
        ++position_;
      } else if (skip_line_end()) {
        field += '\n';
      } else {
        field += peek();
        ++position_;
      }
    }
    throw CsvError(opened, "a quoted field that is never closed");
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

std::vector<CsvRecord> parse_csv(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return Reader(text).read_all();
}

}  // namespace limen::plugins
