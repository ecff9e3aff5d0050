// The server's log: one line an event, key=value pairs, never a secret.
//
// Messages are constant sentences; what varies goes into the pairs. Any thread. Written to stderr
// in text (default) or JSON. Callers must not pass credentials; values are escaped, control
// characters too, so that one event is always one line.
//
// Each room (a folder of server/) has a level, and so has each module instance: what it was given
// with set_levels(), or else the level of all. A message knows its room from the file it stands in.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace limen::log {

enum class Level : int { debug = 0, info = 1, warn = 2, error = 3 };
enum class Format { text, json };
using Pair = std::pair<std::string_view, std::string_view>;

inline constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warn", "error"};
constexpr std::string_view name_of(Level level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}
std::optional<Level> level_of(std::string_view name);

inline constexpr std::array<std::string_view, 25> kRooms = {
    "admission",   "aggregation",   "api",       "app",        "audit",
    "authn",       "authz",         "base",      "catalog",    "config",
    "controllers", "encryption",    "fairness",  "isolation",  "modules",
    "object",      "observability", "pipeline",  "proxy",      "registry",
    "request",     "storage",       "transport", "validation", "watch"};

// Where a line comes from: an index into kRooms, or kNowhere.
using Room = std::uint8_t;
inline constexpr Room kNowhere = kRooms.size();

// The room of a source file: what follows the last /server/ of its path.
constexpr Room room_of(std::string_view file) {
  constexpr std::string_view kServer = "/server/";
  const std::size_t at = file.rfind(kServer);
  if (at == std::string_view::npos) return kNowhere;
  file.remove_prefix(at + kServer.size());
  file = file.substr(0, file.find('/'));
  for (Room room = 0; room < kNowhere; ++room) {
    if (kRooms[room] == file) return room;
  }
  return kNowhere;
}

// A constant sentence and where it stands. Made by the compiler from the literal.
class Message {
 public:
  // The compilers' own word for the caller's file: clang 14 has no std::source_location.
  consteval Message(const char* sentence, const char* file = __builtin_FILE())
      : text(sentence), room(room_of(file)) {}
  std::string_view text;
  Room room;
};

// What is written: from `all` on, and of those who have a level of their own from that on. A name
// is a room, or kModulePrefix and the name of a module instance.
struct Levels {
  Level all = Level::info;
  std::map<std::string, Level, std::less<>> own;
};
inline constexpr std::string_view kModulePrefix = "module/";

// Why nothing can have a level under this name, as one clause; empty when something can.
std::string name_problem(std::string_view name);
// Names that name_problem() refuses do no harm.
void set_levels(const Levels& levels);
Levels levels();
void set_level(Level level);  // of all; nothing keeps a level of its own
void set_format(Format format);

bool enabled(Level level, Room room);
// Of a line that the module instance writes.
bool module_enabled(Level level, std::string_view instance);

void write(Level level, const Message& message, const Pair* pairs, std::size_t count);
void write_for_module(Level level, std::string_view instance, std::string_view message,
                      const Pair* pairs, std::size_t count);

inline void debug(Message message, std::initializer_list<Pair> pairs = {}) {
  if (enabled(Level::debug, message.room))
    write(Level::debug, message, pairs.begin(), pairs.size());
}
inline void info(Message message, std::initializer_list<Pair> pairs = {}) {
  if (enabled(Level::info, message.room)) write(Level::info, message, pairs.begin(), pairs.size());
}
inline void warn(Message message, std::initializer_list<Pair> pairs = {}) {
  if (enabled(Level::warn, message.room)) write(Level::warn, message, pairs.begin(), pairs.size());
}
inline void error(Message message, std::initializer_list<Pair> pairs = {}) {
  if (enabled(Level::error, message.room))
    write(Level::error, message, pairs.begin(), pairs.size());
}

}  // namespace limen::log
