// What is wrong with a file, gathered while it is read: every Finding, not only the first.
//
// A Finding keeps its parts apart, for `limen check -o json` and for editors that jump to a place;
// sentence() is the one line that logs and answers show. One load, one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"

namespace limen::config {

struct Finding {
  std::string file;     // as the operator named it; empty: it stands in no file (a flag)
  Position position;    // in `file`; line 0: the whole of it
  std::string path;     // of the value: "limits.maxHeaderBytes"; empty: the whole
  std::string message;  // without a final stop, without file and path
  std::string hint;     // the way out, a sentence or a question; may be empty
};

// `FILE:LINE:COLUMN: path: message; hint`, where a hint that asks stands in parentheses instead.
std::string sentence(const Finding& finding);
std::vector<std::string> sentences(const std::vector<Finding>& findings);

// Whether a finding stands at `path` or below it: what follows from that is no news.
bool any_about(const std::vector<Finding>& findings, std::string_view path);

class Findings {
 public:
  explicit Findings(std::string file) : file_(std::move(file)) {}

  // `path` names the value (`limits.maxHeaderBytes`, `authenticators[1]`); empty: the whole file.
  // What suggestion() put at the end of `what` becomes the hint.
  void add(const Position& position, std::string_view path, std::string_view what,
           std::string_view hint = {});
  // Something outside the file: in another one, or in none (a flag).
  void add(Finding finding);

  // In file order; what stands nowhere last, in the order it was found.
  std::vector<Finding> take();
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  bool about(std::string_view path) const { return any_about(items_, path); }
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::vector<Finding> items_;
};

// ` (did you mean "x"?)` for the candidate nearest to `word`, or nothing when none is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace limen::config
