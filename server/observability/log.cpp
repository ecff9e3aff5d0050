#include "observability/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "base/strings.h"
#include "base/time.h"
#include "observability/log_changes.h"

namespace limen::log {

namespace {

std::atomic<Format> current_format{Format::text};

// What counts for each room, and beyond them for lines from nowhere. Zero is debug: they must be
// said.
struct RoomLevels {
  RoomLevels() {
    for (auto& level : of) level.store(Level::info, std::memory_order_relaxed);
  }
  std::array<std::atomic<Level>, kNowhere + 1> of;
};
RoomLevels room_levels;

// The lowest level of any module: what is below costs no look at the names.
std::atomic<Level> lowest_of_modules{Level::info};
std::mutex levels_mutex;
Levels current_levels;  // guarded by levels_mutex

constexpr std::string_view kHex = "0123456789abcdef";

std::string_view text_name(Level level) {
  switch (level) {
    case Level::debug:
      return "DEBUG";
    case Level::info:
      return "INFO ";
    case Level::warn:
      return "WARN ";
    case Level::error:
      return "ERROR";
  }
  return "ERROR";
}

void append_hex_escape(std::string& out, unsigned char byte) {
  out += "\\x";
  out += kHex[byte >> 4U];
  out += kHex[byte & 0xFU];
}

// C0, DEL and C1 control characters never reach a terminal or a line-based collector: they could
// end the line or drive the terminal. Text that is not UTF-8 is shown byte by byte.
void append_escaped(std::string& out, std::string_view text) {
  const bool utf8 = base::is_valid_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = utf8 && byte == 0xC2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\r') {
      out += "\\r";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += static_cast<char>(byte);
    } else if (byte < 0x20 || byte == 0x7F || (!utf8 && byte >= 0x80)) {
      append_hex_escape(out, byte);
    } else if (c1) {
      out += "\\u00";
      const auto low = static_cast<unsigned char>(text[++i]);
      out += kHex[low >> 4U];
      out += kHex[low & 0xFU];
    } else {
      out += static_cast<char>(byte);
    }
  }
}

bool is_plain(std::string_view value) {
  if (value.empty()) return false;
  for (const char c : value) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("-_.:/@+,%*[]()").find(c) != std::string_view::npos;
    if (!fine) return false;
  }
  return true;
}

void append_text(std::string& out, Level level, std::string_view message, const Pair* pairs,
                 std::size_t count) {
  out += base::format_micro_time(std::chrono::system_clock::now());
  out += ' ';
  out += text_name(level);
  out += ' ';
  append_escaped(out, message);
  for (std::size_t i = 0; i < count; ++i) {
    out += ' ';
    append_escaped(out, pairs[i].first);
    out += '=';
    if (is_plain(pairs[i].second)) {
      out += pairs[i].second;
    } else {
      out += '"';
      append_escaped(out, pairs[i].second);
      out += '"';
    }
  }
}

void append_json(std::string& out, Level level, Room room, std::string_view message,
                 const Pair* pairs, std::size_t count) {
  out += R"({"time":")";
  out += base::format_micro_time(std::chrono::system_clock::now());
  out += R"(","level":")";
  out += name_of(level);
  if (room != kNowhere) {
    out += R"(","room":")";
    out += kRooms[room];
  }
  out += R"(","msg":)";
  base::append_json_string(out, message);
  for (std::size_t i = 0; i < count; ++i) {
    out += ',';
    base::append_json_string(out, pairs[i].first);
    out += ':';
    base::append_json_string(out, pairs[i].second);
  }
  out += '}';
}

// One write(2) a line, so that lines of several threads do not mix. A log that cannot be written is
// no reason to stop serving.
void write_line(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

void write_event(Level level, Room room, std::string_view message, const Pair* pairs,
                 std::size_t count) {
  std::string line;
  line.reserve(160);
  if (current_format.load(std::memory_order_relaxed) == Format::json) {
    append_json(line, level, room, message, pairs, count);
  } else {
    append_text(line, level, message, pairs, count);
  }
  line += '\n';
  write_line(line);
}

void keep_levels(const Levels& levels) {
  const std::lock_guard lock(levels_mutex);
  current_levels = levels;
  for (std::size_t room = 0; room <= kNowhere; ++room) {
    const auto own = room < kNowhere ? levels.own.find(kRooms[room]) : levels.own.end();
    room_levels.of[room].store(own == levels.own.end() ? levels.all : own->second,
                               std::memory_order_relaxed);
  }
  Level lowest = levels.all;
  for (const auto& [name, level] : levels.own) {
    if (name.starts_with(kModulePrefix)) lowest = std::min(lowest, level);
  }
  lowest_of_modules.store(lowest, std::memory_order_relaxed);
}

}  // namespace

std::optional<Level> level_of(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::string name_problem(std::string_view name) {
  if (name.size() > kModulePrefix.size() && name.starts_with(kModulePrefix)) return {};
  for (const std::string_view room : kRooms) {
    if (room == name) return {};
  }
  return "must be a room of the server such as authn, or module/NAME for an instance";
}

void set_levels(const Levels& levels) {
  keep_levels(levels);
  tell_listeners();
}

Levels levels() {
  const std::lock_guard lock(levels_mutex);
  return current_levels;
}

void set_level(Level level) { set_levels({level, {}}); }
void set_format(Format format) {
  current_format.store(format, std::memory_order_relaxed);
  tell_listeners();
}
Format format() { return current_format.load(std::memory_order_relaxed); }

bool enabled(Level level, Room room) {
  return level >= room_levels.of[room].load(std::memory_order_relaxed);
}

bool module_enabled(Level level, std::string_view instance) {
  if (level < lowest_of_modules.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(levels_mutex);
  if (current_levels.own.empty()) return level >= current_levels.all;
  const auto own = current_levels.own.find(std::string(kModulePrefix).append(instance));
  return level >= (own == current_levels.own.end() ? current_levels.all : own->second);
}

void write(Level level, const Message& message, const Pair* pairs, std::size_t count) {
  if (enabled(level, message.room)) write_event(level, message.room, message.text, pairs, count);
}

void write_for_module(Level level, std::string_view instance, std::string_view message,
                      const Pair* pairs, std::size_t count) {
  static constexpr Room kModules = room_of("/server/modules/");
  if (!module_enabled(level, instance)) return;
  std::vector<Pair> all = {{"module", instance}};
  all.insert(all.end(), pairs, pairs + count);
  write_event(level, kModules, message, all.data(), all.size());
}

}  // namespace limen::log
