// What is wrong with a file, gathered while it is read. One load, one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"

namespace limen::config {

class Findings {
 public:
  explicit Findings(std::string file) : file_(std::move(file)) {}

  // `path` names the value (`limits.maxHeaderBytes`, `authenticators[1]`); empty: the whole file.
  void add(const Position& position, std::string_view path, std::string_view what);
  // A sentence about something outside the file (a flag), as it is.
  void add(std::string sentence);

  // In file order; what stands nowhere last, in the order it was found.
  std::vector<std::string> sentences() const;
  bool empty() const { return items_.empty(); }
  const std::string& file() const { return file_; }

 private:
  struct Item {
    Position position;
    std::string text;
  };
  std::string file_;
  std::vector<Item> items_;
};

// ` (did you mean "x"?)` for the candidate nearest to `word`, or nothing when none is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace limen::config
