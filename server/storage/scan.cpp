#include "storage/scan.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstring>

namespace limen::storage {

namespace {

// Walks compact JSON. Values that do not matter are skipped by their brackets and quotes alone;
// text that breaks off anywhere leaves the cursor broken, never past the end.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool broken() const { return broken_; }
  bool at_end() const { return at_ == end_; }
  bool sees(char c) const { return at_ != end_ && *at_ == c; }
  bool accept(char c) {
    if (!sees(c)) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  // The raw text of a string, without its quotes.
  std::string_view string() {
    expect('"');
    if (broken_) return {};
    const char* const begin = at_;
    skip_string_rest();
    return broken_ ? std::string_view() : std::string_view(begin, at_ - begin - 1);
  }
  void skip_value() {
    if (broken_ || at_ == end_) return fail();
    if (*at_ == '"') {
      ++at_;
      return skip_string_rest();
    }
    if (*at_ != '{' && *at_ != '[') return skip_scalar();
    std::size_t depth = 0;
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"') {
        skip_string_rest();
        if (broken_) return;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (--depth == 0) return;
      }
    }
    fail();
  }
  void fail() {
    broken_ = true;
    at_ = end_;
  }

 private:
  void skip_scalar() {
    const char* const begin = at_;
    while (at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != ']') ++at_;
    if (at_ == begin) fail();
  }
  // From behind the opening quote to behind the closing one.
  void skip_string_rest() {
    while (at_ != end_) {
      const void* const quote = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
      if (quote == nullptr) break;
      const char* const close = static_cast<const char*>(quote);
      std::size_t slashes = 0;
      while (close - slashes != at_ && close[-1 - static_cast<std::ptrdiff_t>(slashes)] == '\\')
        ++slashes;
      at_ = close + 1;
      if (slashes % 2 == 0) return;
    }
    fail();
  }

  const char* at_;
  const char* end_;
  bool broken_ = false;
};

// A string's value from its raw text.
std::optional<std::string> unescape(std::string_view raw) {
  if (raw.find('\\') == std::string_view::npos) return std::string(raw);
  boost::json::error_code error;
  std::string quoted = "\"";
  quoted += raw;
  quoted += '"';
  const boost::json::value value = boost::json::parse(quoted, error);
  if (error || !value.is_string()) return std::nullopt;
  return std::string(value.get_string());
}

// Calls `member(key)` at each member's value, which it must consume.
template <class Member>
void read_object(Cursor& cursor, Member member) {
  cursor.expect('{');
  if (cursor.accept('}')) return;
  while (!cursor.broken()) {
    const std::string_view key = cursor.string();
    cursor.expect(':');
    member(key);
    if (!cursor.accept(',')) break;
  }
  cursor.expect('}');
}

void read_labels(Cursor& cursor, Scanned& out) {
  read_object(cursor, [&](std::string_view raw_key) {
    auto key = unescape(raw_key);
    auto value = unescape(cursor.string());
    if (!key || !value) return cursor.fail();
    out.labels.emplace_back(std::move(*key), std::move(*value));
  });
  std::sort(out.labels.begin(), out.labels.end());
  out.labels.shrink_to_fit();
}

void read_metadata(Cursor& cursor, Scanned& out) {
  read_object(cursor, [&](std::string_view key) {
    if (key == "labels" && cursor.sees('{')) {
      read_labels(cursor, out);
    } else if (key == "uid") {
      auto uid = unescape(cursor.string());
      if (!uid) return cursor.fail();
      out.uid = std::move(*uid);
    } else {
      out.has_revision |= key == "resourceVersion";
      cursor.skip_value();
    }
  });
}

}  // namespace

std::optional<Scanned> scan_object(std::string_view canonical) {
  Scanned out;
  Cursor cursor(canonical);
  bool metadata_last = false;
  read_object(cursor, [&](std::string_view key) {
    metadata_last = key == "metadata";
    metadata_last ? read_metadata(cursor, out) : cursor.skip_value();
  });
  if (cursor.broken() || !cursor.at_end() || !metadata_last) return std::nullopt;
  return out;
}

}  // namespace limen::storage
