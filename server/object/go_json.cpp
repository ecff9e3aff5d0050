#include "object/go_json.h"

#include <map>

#include "base/strings.h"

namespace limen::object {

namespace {

// Kubernetes reports no more than this many of one body.
constexpr std::size_t kMaxDuplicates = 100;

// An open object or array, with what the path of a member below it needs.
struct Level {
  bool is_object = false;
  std::size_t index = 0;             // arrays: of the current element
  std::string key;                   // objects: of the current member
  std::map<std::string, bool> seen;  // objects: members so far, and whether reported as repeated
};

// Go quotes the offending character as a Go character literal.
std::string quote_character(std::string_view rest) {
  if (rest[0] == '\'') return "'\\''";
  if (rest[0] == '"') return "'\"'";
  // Go looks at bytes: one of a longer sequence is named as the code point of its own value.
  const auto byte = static_cast<unsigned char>(rest[0]);
  std::string character(rest.substr(0, 1));
  if (byte >= 0x80) {
    character = {static_cast<char>(0xC0 | (byte >> 6)), static_cast<char>(0x80 | (byte & 0x3F))};
  }
  std::string quoted = base::go_quote(character);
  quoted.front() = quoted.back() = '\'';
  return quoted;
}

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

  GoJsonReport run() {
    if (value()) {
      while (!levels_.empty()) {
        if (!(levels_.back().is_object ? after_member() : after_element())) break;
      }
      if (report_.error.empty()) {
        skip_space();
        if (!at_end()) fail("after top-level value");
      }
    }
    return std::move(report_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }

  void skip_space() {
    while (!at_end() && std::string_view(" \t\r\n").find(peek()) != std::string_view::npos) ++at_;
  }

  bool fail(std::string_view context) {
    report_.error = at_end() ? "unexpected end of JSON input"
                             : "invalid character " + quote_character(text_.substr(at_)) + " " +
                                   std::string(context);
    return false;
  }

  // One value, or the opening of one: what follows is read by the loop of run().
  bool value() {
    skip_space();
    if (at_end()) return fail("");
    switch (peek()) {
      case '{':
        return open(true) && first_member();
      case '[':
        return open(false) && first_element();
      case '"':
        return string(nullptr);
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        if (peek() == '-' || (peek() >= '0' && peek() <= '9')) return number();
        return fail("looking for beginning of value");
    }
  }

  bool open(bool is_object) {
    if (levels_.size() >= max_depth_) {
      report_.error = "exceeded max depth";
      return false;
    }
    ++at_;
    levels_.emplace_back().is_object = is_object;
    return true;
  }

  bool close() {
    ++at_;
    levels_.pop_back();
    return true;
  }

  bool first_member() {
    skip_space();
    if (at_end()) return fail("");
    if (peek() == '}') return close();
    return member();
  }

  bool member() {
    skip_space();
    if (at_end() || peek() != '"') return fail("looking for beginning of object key string");
    std::string key;
    if (!string(&key)) return false;
    note_key(std::move(key));
    skip_space();
    if (at_end() || peek() != ':') return fail("after object key");
    ++at_;
    return value();
  }

  bool after_member() {
    skip_space();
    if (at_end()) return fail("");
    if (peek() == '}') return close();
    if (peek() != ',') return fail("after object key:value pair");
    ++at_;
    return member();
  }

  bool first_element() {
    skip_space();
    if (at_end()) return fail("");
    if (peek() == ']') return close();
    return value();
  }

  bool after_element() {
    skip_space();
    if (at_end()) return fail("");
    if (peek() == ']') return close();
    if (peek() != ',') return fail("after array element");
    ++at_;
    ++levels_.back().index;
    return value();
  }

  bool literal(std::string_view word) {
    for (std::size_t i = 0; i < word.size(); ++i, ++at_) {
      if (at_end() || peek() != word[i]) {
        return fail("in literal " + std::string(word) + " (expecting '" + word[i] + "')");
      }
    }
    return true;
  }

  bool digits(std::string_view context) {
    if (at_end() || peek() < '0' || peek() > '9') return fail(context);
    while (!at_end() && peek() >= '0' && peek() <= '9') ++at_;
    return true;
  }

  bool number() {
    if (peek() == '-') ++at_;
    if (!at_end() && peek() == '0') {
      ++at_;
    } else if (!digits("in numeric literal")) {
      return false;
    }
    if (!at_end() && peek() == '.') {
      ++at_;
      if (!digits("after decimal point in numeric literal")) return false;
    }
    if (!at_end() && (peek() == 'e' || peek() == 'E')) {
      ++at_;
      if (!at_end() && (peek() == '+' || peek() == '-')) ++at_;
      if (!digits("in exponent of numeric literal")) return false;
    }
    return true;
  }

  bool string(std::string* decoded) {
    for (++at_; !at_end(); ++at_) {
      const auto byte = static_cast<unsigned char>(peek());
      if (byte == '"') {
        ++at_;
        return true;
      }
      if (byte < 0x20) return fail("in string literal");
      if (byte == '\\') {
        if (!escape(decoded)) return false;
      } else if (decoded) {
        *decoded += peek();
      }
    }
    return fail("");
  }

  // Leaves the scanner on the escape's last character. Code points are kept as written: two
  // spellings of one key count as two here, and only cost a warning.
  bool escape(std::string* decoded) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    ++at_;
    if (at_end()) return fail("");
    if (const std::size_t which = kLetters.find(peek()); which != std::string_view::npos) {
      if (decoded) *decoded += kMeanings[which];
      return true;
    }
    if (peek() != 'u') return fail("in string escape code");
    const std::size_t start = at_ - 1;
    for (int i = 0; i < 4; ++i) {
      ++at_;
      if (at_end() ||
          std::string_view("0123456789abcdefABCDEF").find(peek()) == std::string_view::npos) {
        return fail("in \\u hexadecimal character escape");
      }
    }
    if (decoded) *decoded += text_.substr(start, at_ - start + 1);
    return true;
  }

  void note_key(std::string key) {
    Level& level = levels_.back();
    level.key = std::move(key);
    auto [entry, fresh] = level.seen.try_emplace(level.key, false);
    // A path is made once a member, so that the work stays linear in the text.
    if (fresh || entry->second || report_.duplicates.size() >= kMaxDuplicates) return;
    entry->second = true;
    std::string path;
    for (const Level& each : levels_) {
      if (each.is_object) {
        if (!path.empty()) path += '.';
        path += each.key;
      } else {
        path += '[' + std::to_string(each.index) + ']';
      }
    }
    report_.duplicates.push_back(std::move(path));
  }

  std::string_view text_;
  std::size_t max_depth_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
  GoJsonReport report_;
};

}  // namespace

GoJsonReport scan_go_json(std::string_view text, std::size_t max_depth) {
  return Scanner(text, max_depth).run();
}

}  // namespace limen::object
