// conf/limen.yaml, made from the tables of keys.
#include <algorithm>

#include "config/reference.h"

namespace limen::config {

namespace {

constexpr std::size_t kWidth = 110;      // of a line
constexpr std::size_t kTextColumn = 38;  // of words that stand behind a value

constexpr std::string_view kHead =
    "# Limen's configuration: every option with its default.\n"
    "#\n"
    "# `limen check FILE` reads this file and says everything that is wrong with it, without "
    "starting. "
    "An unknown\n"
    "# key, a value out of range or a module that is not there is a refusal with file, line and "
    "column. Durations\n"
    "# are written 500ms, 30s, 5m, 1h. Relative paths count from the folder the server was started "
    "in.\n"
    "# limen.yaml(5) has the bounds of each value.\n"
    "#\n"
    "# Made by `limen man --configuration`: a changed default or text is changed in "
    "server/config.\n"
    "apiVersion: config.limen.io/v1\n"
    "kind: ServerConfiguration\n";

// `text` in lines of comment, each behind `indent`; the first goes on from `first`.
void add_comment(std::string& out, std::string_view text, std::size_t indent,
                 const std::string& first = {}) {
  const std::string begin = std::string(indent, ' ') + '#' + std::string(first.size(), ' ');
  std::string line = std::string(indent, ' ') + '#' + first;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (line.size() + 1 + end > kWidth) {
      out += line + '\n';
      line = begin;
    }
    line += ' ';
    line += text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += line + '\n';
}

// The words on a value, with its unit and flag.
std::string words(const KeyReference& key) {
  std::string out(key.text->text);
  std::string more(key.text->unit);
  if (!key.text->flag.empty()) {
    if (!more.empty()) more += ", ";
    more += key.text->flag;
  }
  if (more.empty()) return out;
  if (out.ends_with('.')) out.pop_back();
  return out + " (" + more + ").";
}

std::string_view last_part(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

// `key: value`, or the example as a comment where nothing is given.
std::string line_of(const KeyReference& key, std::size_t indent) {
  std::string out(indent, ' ');
  const bool given = key.text->example.empty();
  if (!given) out += "# ";
  out += std::string(last_part(key.text->path)) + ": ";
  if (!given) return out += key.text->example;
  if (!key.shipped.empty()) return out += key.shipped;
  return out += key.fallback.empty() ? "\"\"" : key.fallback;
}

void add_value(std::string& out, const KeyReference& key, std::size_t indent) {
  std::string line = line_of(key, indent);
  std::string text = words(key);
  const std::size_t column = std::max(kTextColumn, line.size() + 2);
  if (column + 1 + text.size() <= kWidth) {
    if (text.ends_with('.')) text.pop_back();
    line.resize(column, ' ');
    out += line + "# " + text + '\n';
    return;
  }
  add_comment(out, text, indent);
  out += line + '\n';
}

// What an entry of the lists of modules may say.
void add_entry_keys(std::string& out) {
  add_comment(
      out,
      "The access control: three lists of modules, asked in this order. The keys of an entry:", 0);
  for (const KeyReference& key : entry_reference()) {
    if (!key.text->path.starts_with("entry.")) continue;
    std::string first = "   " + std::string(last_part(key.text->path));
    first.resize(16, ' ');
    add_comment(out, std::string(key.text->text) + " Default: " + key.fallback + '.', 0, first);
  }
  add_comment(
      out,
      "`limen modules list` shows what a configuration makes of them, `limen modules inspect "
      "NAME` and limen-NAME(7) one module; `limen reload` puts changes of the three lists in force "
      "while the server "
      "serves.",
      0);
}

}  // namespace

std::string shipped_configuration() {
  std::string out(kHead);
  bool after_value = false;  // single values of the top level stand together
  for (const KeyReference& key : key_reference()) {
    const std::string_view path = key.text->path;
    if (path.find('.') != std::string_view::npos) {
      add_value(out, key, 2);
      after_value = false;
      continue;
    }
    const bool lines = key.shipped.starts_with('\n');
    if (!key.section && !lines) {
      if (!after_value) out += '\n';
      add_value(out, key, 0);
      after_value = true;
      continue;
    }
    out += '\n';
    if (path == "authenticators") {
      add_entry_keys(out);
      out += '\n';
    }
    add_comment(out, key.text->text, 0);
    // A list whose lines are all comments is one itself: its presence would have a meaning.
    const bool none = lines && key.shipped.find("\n ") == std::string_view::npos;
    out += (none ? "# " : "") + std::string(path) + ':';
    if (lines) out += key.shipped;
    out += '\n';
    after_value = false;
  }
  return out;
}

}  // namespace limen::config
