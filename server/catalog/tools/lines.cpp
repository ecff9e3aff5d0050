#include "lines.h"

#include <fstream>
#include <sstream>

namespace limen::catalog::tools {

std::string Line::rest_after(std::size_t count) const {
  std::size_t at = text.find_first_not_of(' ');
  for (std::size_t i = 0; i < count && at != std::string::npos; ++i) {
    at = text.find_first_not_of(' ', text.find(' ', at));
  }
  return at == std::string::npos ? "" : text.substr(at);
}

std::vector<Line> read_lines(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw TableError(path.string(), 0, "cannot be read");
  std::vector<Line> lines;
  Line line;
  line.file = path.string();
  for (std::size_t number = 1; std::getline(in, line.text); ++number) {
    line.number = number;
    line.indented = line.text.starts_with(' ');
    line.words.clear();
    std::istringstream words(line.text);
    for (std::string word; words >> word;) line.words.push_back(word);
    if (line.words.empty() || line.text.starts_with("# ")) continue;
    lines.push_back(line);
  }
  if (lines.empty()) throw TableError(path.string(), 0, "is empty");
  return lines;
}

std::vector<std::string> split_text(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = text.find(separator); end != std::string::npos;
       end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace limen::catalog::tools
