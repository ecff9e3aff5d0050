// The command line: a table of verbs and their options; parsing, help and completion follow it.
//
// Options are `--name value` or `--name=value`, some also `-n value`; a switch takes no value; `--`
// ends them. Exit status is 0 for success, 1 for a failure, 2 for a command line nobody
// understands.
#pragma once

#include <map>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace limen::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

struct OptionSpec {
  std::string_view name;   // without dashes
  std::string_view value;  // what to show for its value (FILE, N); empty: a switch
  std::string_view help;
  bool repeatable = false;
  char letter = 0;  // its short form: -n; 0: none
};

// A parsed command line.
class Arguments {
 public:
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  // The last value given; nothing when the option was not given.
  std::optional<std::string> get(std::string_view name) const;
  std::string get_or(std::string_view name, std::string_view fallback) const;
  std::vector<std::string> all(std::string_view name) const;
  const std::vector<std::string>& operands() const { return operands_; }

 private:
  friend Arguments parse_arguments(const struct Command& command,
                                   const std::vector<std::string>& words);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> operands_;
};

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

struct Command {
  std::string_view name;      // "serve", "modules list"
  std::string_view summary;   // one line
  std::string_view details;   // paragraphs for --help; may be empty
  std::string_view operands;  // how they are shown: "FILE|NAME"; empty: none are taken
  std::size_t min_operands = 0, max_operands = 0;
  std::vector<OptionSpec> options;
  bool hidden = false;  // not shown among the others; for those who build packages
  int (*run)(const Arguments& arguments, Streams streams) = nullptr;
};

// A command line that breaks the rules; what() is one sentence.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reads the words after the verb. Throws UsageError.
Arguments parse_arguments(const Command& command, const std::vector<std::string>& words);

void print_help(const Command& command, std::ostream& out);
void print_overview(const std::vector<Command>& commands, std::ostream& out);

// Runs the program: `words` without the program's name. Returns the exit status; throws nothing.
int run_program(const std::vector<Command>& commands, const std::vector<std::string>& words,
                Streams streams);

}  // namespace limen::app
