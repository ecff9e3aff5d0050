// Lines of a table: words, whether the line is indented, and where it stands for errors.
#pragma once

#include "tables.h"

namespace limen::catalog::tools {

struct Line {
  std::string file, text;
  std::size_t number = 0;
  bool indented = false;
  std::vector<std::string> words;  // never empty

  [[noreturn]] void fail(const std::string& what) const { throw TableError(file, number, what); }
  // The text after the first `count` words.
  std::string rest_after(std::size_t count) const;
};

// The lines that are neither empty nor comments. Throws TableError when the file cannot be read.
std::vector<Line> read_lines(const std::filesystem::path& path);
std::vector<std::string> split_text(const std::string& text, char separator);

}  // namespace limen::catalog::tools
