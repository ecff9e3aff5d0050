#include "observability/log.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/json_text.h"
#include "base/strings.h"
#include "base/time.h"

namespace limen::log {

namespace {

std::atomic<Level> current_level{Level::info};
std::atomic<Format> current_format{Format::text};

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

std::string_view json_name(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "error";
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

void append_json(std::string& out, Level level, std::string_view message, const Pair* pairs,
                 std::size_t count) {
  out += R"({"time":")";
  out += base::format_micro_time(std::chrono::system_clock::now());
  out += R"(","level":")";
  out += json_name(level);
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

}  // namespace

void set_level(Level level) { current_level.store(level, std::memory_order_relaxed); }
void set_format(Format format) { current_format.store(format, std::memory_order_relaxed); }
bool enabled(Level level) { return level >= current_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, const Pair* pairs, std::size_t count) {
  if (!enabled(level)) return;
  std::string line;
  line.reserve(160);
  if (current_format.load(std::memory_order_relaxed) == Format::json) {
    append_json(line, level, message, pairs, count);
  } else {
    append_text(line, level, message, pairs, count);
  }
  line += '\n';
  write_line(line);
}

}  // namespace limen::log
