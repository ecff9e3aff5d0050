// The server's log: one line an event, key=value pairs, never a secret.
//
// Messages are constant sentences; what varies goes into the pairs. Any thread. Written to stderr in
// text (default) or JSON. Callers must not pass credentials; values are escaped, control characters
// too, so that one event is always one line.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

namespace limen::log {

enum class Level : int { debug = 0, info = 1, warn = 2, error = 3 };
enum class Format { text, json };
using Pair = std::pair<std::string_view, std::string_view>;

void set_level(Level level);
void set_format(Format format);
bool enabled(Level level);

void write(Level level, std::string_view message, const Pair* pairs, std::size_t count);
inline void debug(std::string_view message, std::initializer_list<Pair> pairs = {}) {
  if (enabled(Level::debug)) write(Level::debug, message, pairs.begin(), pairs.size());
}
inline void info(std::string_view message, std::initializer_list<Pair> pairs = {}) {
  if (enabled(Level::info)) write(Level::info, message, pairs.begin(), pairs.size());
}
inline void warn(std::string_view message, std::initializer_list<Pair> pairs = {}) {
  if (enabled(Level::warn)) write(Level::warn, message, pairs.begin(), pairs.size());
}
inline void error(std::string_view message, std::initializer_list<Pair> pairs = {}) {
  if (enabled(Level::error)) write(Level::error, message, pairs.begin(), pairs.size());
}

}  // namespace limen::log
