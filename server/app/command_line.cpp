#include "app/command_line.h"

#include <algorithm>

#include "base/strings.h"
#include "config/findings.h"

namespace limen::app {

namespace {

const OptionSpec* find_option(const Command& command, std::string_view name) {
  for (const OptionSpec& option : command.options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

// `-n` or `-n=value` as the long form says it. Throws for a letter that is none.
std::string long_form(const Command& command, const std::string& word) {
  for (const OptionSpec& option : command.options) {
    if (option.letter == 0 || word[1] != option.letter) continue;
    if (word.size() == 2 || word[2] == '=') return "--" + std::string(option.name) + word.substr(2);
  }
  throw UsageError("unknown option " + word);
}

[[noreturn]] void refuse_option(const Command& command, std::string_view name) {
  std::vector<std::string> known = {"--help"};
  for (const OptionSpec& option : command.options) known.push_back("--" + std::string(option.name));
  const std::string given = "--" + std::string(name);
  throw UsageError("unknown option " + given + config::suggestion(given, known));
}

std::string left_column(const OptionSpec& option) {
  std::string out = option.letter == 0 ? "  --" : std::string("  -") + option.letter + ", --";
  out += option.name;
  if (!option.value.empty()) out += ' ' + std::string(option.value);
  return out;
}

void print_columns(std::ostream& out,
                   const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  for (const auto& [left, right] : rows) {
    out << left << std::string(width + 2 - left.size(), ' ') << right << '\n';
  }
}

// The command whose name is the longest one the words begin with, and the words it uses up.
std::pair<const Command*, std::size_t> find_command(const std::vector<Command>& commands,
                                                    const std::vector<std::string>& words) {
  for (const std::size_t count : {std::size_t{2}, std::size_t{1}}) {
    if (words.size() < count) continue;
    const std::string name = count == 2 ? words[0] + ' ' + words[1] : words[0];
    for (const Command& command : commands) {
      if (command.name == name) return {&command, count};
    }
  }
  return {nullptr, 0};
}

bool is_help(const std::string& word) { return word == "--help" || word == "-h" || word == "help"; }

// `limen modules` and `limen modules --help`: the verbs of one family.
bool print_family(const std::vector<Command>& commands, const std::string& word,
                  std::ostream& out) {
  std::vector<Command> family;
  for (const Command& command : commands) {
    if (command.name.starts_with(word + ' ')) family.push_back(command);
  }
  if (!family.empty()) print_overview(family, out);
  return !family.empty();
}

int unknown_command(const std::vector<Command>& commands, const std::vector<std::string>& words,
                    std::ostream& err) {
  if (print_family(commands, words[0], err)) return kExitUsage;
  std::vector<std::string> known;
  for (const Command& command : commands) {
    const std::string name(command.name);
    known.push_back(name.substr(0, name.find(' ')));
  }
  err << "limen: unknown command " << base::go_quote(words[0])
      << config::suggestion(words[0], known) << "\nTry 'limen --help'.\n";
  return kExitUsage;
}

int run_command(const Command& command, const std::vector<std::string>& words, Streams streams) {
  try {
    const auto end = std::find(words.begin(), words.end(), "--");
    if (std::any_of(words.begin(), end,
                    [](const std::string& word) { return word == "--help" || word == "-h"; })) {
      print_help(command, streams.out);
      return kExitOk;
    }
    return command.run(parse_arguments(command, words), streams);
  } catch (const UsageError& error) {
    streams.err << "limen " << command.name << ": " << error.what() << "\nTry 'limen "
                << command.name << " --help'.\n";
    return kExitUsage;
  } catch (const std::exception& error) {
    streams.err << "limen " << command.name << ": " << error.what() << '\n';
    return kExitFailure;
  }
}

}  // namespace

std::optional<std::string> Arguments::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second.back();
}

std::string Arguments::get_or(std::string_view name, std::string_view fallback) const {
  return get(name).value_or(std::string(fallback));
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Arguments parse_arguments(const Command& command, const std::vector<std::string>& words) {
  Arguments out;
  bool options_end = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string word = words[i];
    if (!options_end && word == "--") {
      options_end = true;
      continue;
    }
    if (options_end || !word.starts_with('-') || word == "-") {
      out.operands_.push_back(word);
      continue;
    }
    if (!word.starts_with("--")) word = long_form(command, word);
    const std::size_t equals = word.find('=');
    const std::string name =
        word.substr(2, equals == std::string::npos ? std::string::npos : equals - 2);
    const OptionSpec* option = find_option(command, name);
    if (option == nullptr) refuse_option(command, name);
    std::string value;
    if (option->value.empty()) {
      if (equals != std::string::npos) throw UsageError("--" + name + " takes no value");
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      throw UsageError("--" + name + " needs a value: " + std::string(option->value));
    }
    auto& values = out.values_[name];
    if (!values.empty() && !option->repeatable) throw UsageError("--" + name + " is given twice");
    values.push_back(std::move(value));
  }
  if (out.operands_.size() > command.max_operands) {
    throw UsageError("unexpected argument " + base::go_quote(out.operands_[command.max_operands]));
  }
  if (out.operands_.size() < command.min_operands) {
    throw UsageError("needs " + std::string(command.operands));
  }
  return out;
}

void print_help(const Command& command, std::ostream& out) {
  out << command.summary << "\n\nUsage: limen " << command.name;
  if (!command.options.empty()) out << " [options]";
  if (!command.operands.empty()) out << ' ' << command.operands;
  out << '\n';
  if (!command.details.empty()) out << '\n' << command.details << '\n';
  std::vector<std::pair<std::string, std::string>> rows;
  for (const OptionSpec& option : command.options) {
    rows.emplace_back(left_column(option),
                      std::string(option.help) + (option.repeatable ? " (repeatable)" : ""));
  }
  rows.emplace_back("  --help", "show this text");
  out << "\nOptions:\n";
  print_columns(out, rows);
}

void print_overview(const std::vector<Command>& commands, std::ostream& out) {
  out << "Limen: an API server that speaks the Kubernetes API, with access control made of "
         "modules.\n"
         "\nUsage: limen COMMAND [options]\n\nCommands:\n";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : commands) {
    if (!command.hidden)
      rows.emplace_back("  " + std::string(command.name), std::string(command.summary));
  }
  print_columns(out, rows);
  out << "\n'limen COMMAND --help' tells more of each.\n";
}

int run_program(const std::vector<Command>& commands, const std::vector<std::string>& words,
                Streams streams) {
  if (words.empty()) {
    print_overview(commands, streams.err);
    return kExitUsage;
  }
  const auto [command, used] = find_command(commands, words);
  if (command != nullptr) {
    const auto rest = words.begin() + static_cast<std::ptrdiff_t>(used);
    return run_command(*command, std::vector<std::string>(rest, words.end()), streams);
  }
  if (is_help(words[0])) {
    print_overview(commands, streams.out);
    return kExitOk;
  }
  if (words.size() > 1 && is_help(words[1]) && print_family(commands, words[0], streams.out)) {
    return kExitOk;
  }
  if (words[0] == "--version") return run_program(commands, {"version"}, streams);
  return unknown_command(commands, words, streams.err);
}

}  // namespace limen::app
