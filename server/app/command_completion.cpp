// `limen completion SHELL`: a script made from the table of verbs, so that it cannot fall behind
// it.
#include <set>
#include <sstream>

#include "app/commands.h"

namespace limen::app {

namespace {

std::string first_word(std::string_view name) {
  return std::string(name.substr(0, name.find(' ')));
}
std::string second_word(std::string_view name) {
  const std::size_t space = name.find(' ');
  return space == std::string_view::npos ? std::string() : std::string(name.substr(space + 1));
}

std::string joined(const std::set<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string options_of(const Command& command) {
  std::string out = "--help";
  for (const OptionSpec& option : command.options) out += " --" + std::string(option.name);
  return out;
}

// The second words of a verb's family: "list inspect" for modules; the shells for completion.
std::string followers(const std::string& verb) {
  if (verb == "completion") return "bash zsh fish";
  if (verb == "explain") return "get list watch create update patch delete";
  std::set<std::string> words;
  for (const Command& command : all_commands()) {
    if (first_word(command.name) == verb && !second_word(command.name).empty()) {
      words.insert(second_word(command.name));
    }
  }
  return joined(words);
}

std::set<std::string> verbs() {
  std::set<std::string> out;
  for (const Command& command : all_commands()) {
    if (!command.hidden) out.insert(first_word(command.name));
  }
  return out;
}

// bash and zsh share one function; zsh runs it through bashcompinit.
void write_bash(std::ostream& out) {
  out << "_limen() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local verb=${COMP_WORDS[1]} second=${COMP_WORDS[2]}\n"
         "  case $previous in\n"
         "    --config|--state|--tls-*|--module-path|--kubeconfig)\n"
         "      COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
         "    --output|-o) COMPREPLY=($(compgen -W 'text json' -- \"$word\")); return ;;\n"
         "  esac\n"
         "  local choices=''\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    choices='"
      << joined(verbs())
      << "'\n"
         "  else\n"
         "    case \"$verb $second\" in\n";
  for (const Command& command : all_commands()) {
    if (second_word(command.name).empty()) continue;
    out << "      '" << command.name << "') choices='" << options_of(command) << "' ;;\n";
  }
  for (const std::string& verb : verbs()) {
    std::string choices = followers(verb);
    for (const Command& command : all_commands()) {
      if (command.name == verb) choices += (choices.empty() ? "" : " ") + options_of(command);
    }
    out << "      '" << verb << "'*) choices='" << choices << "' ;;\n";
  }
  out << "    esac\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$choices\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _limen limen\n";
}

void write_zsh(std::ostream& out) {
  out << "#compdef limen\nautoload -U +X bashcompinit && bashcompinit\n";
  write_bash(out);
}

void write_fish(std::ostream& out) {
  out << "complete -c limen -f\n";
  for (const std::string& verb : verbs()) {
    out << "complete -c limen -n __fish_use_subcommand -a " << verb << '\n';
    const std::string more = followers(verb);
    if (!more.empty()) {
      out << "complete -c limen -n '__fish_seen_subcommand_from " << verb << "' -a '" << more
          << "'\n";
    }
  }
  for (const Command& command : all_commands()) {
    for (const OptionSpec& option : command.options) {
      out << "complete -c limen -n '__fish_seen_subcommand_from " << first_word(command.name)
          << "' -l " << option.name;
      if (option.letter != 0) out << " -s " << option.letter;
      out << (option.value.empty() ? "" : " -r -F") << '\n';
    }
  }
}

int run(const Arguments& arguments, Streams streams) {
  const std::string& shell = arguments.operands()[0];
  if (shell == "bash") {
    write_bash(streams.out);
  } else if (shell == "zsh") {
    write_zsh(streams.out);
  } else if (shell == "fish") {
    write_fish(streams.out);
  } else {
    throw UsageError("the shell must be bash, zsh or fish");
  }
  return kExitOk;
}

}  // namespace

Command completion_command() {
  Command command;
  command.name = "completion";
  command.summary = "print a completion script for a shell";
  command.details = "For bash: source <(limen completion bash)";
  command.operands = "bash|zsh|fish";
  command.min_operands = 1;
  command.max_operands = 1;
  command.run = run;
  return command;
}

}  // namespace limen::app
