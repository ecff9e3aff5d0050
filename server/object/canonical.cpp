#include "object/canonical.h"

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace limen::object {

namespace {

constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}

// The letter after the backslash for bytes that cannot stand for themselves in a JSON string.
constexpr std::array<char, 256> kEscapes = make_escapes();

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char escape = kEscapes[static_cast<unsigned char>(text[i])];
    if (escape == 0) continue;
    out.append(text, run, i - run);
    run = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      constexpr std::string_view kHex = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(text[i]);
      out += "00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  out.append(text, run);
  out += '"';
}

template <typename Integer>
void append_integer(std::string& out, Integer value) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

// Shortest form that reads back the same; exponents only where Go's encoder uses them.
void append_double(std::string& out, double value) {
  std::array<char, 64> buffer;
  char* const begin = buffer.data();
  const double size = std::fabs(value);
  if (value == 0) {
    out += '0';  // a negative zero too: its text would be read back as the integer
    return;
  }
  if (size >= 1e-6 && size < 1e21) {
    const auto end =
        std::to_chars(begin, begin + buffer.size(), value, std::chars_format::fixed).ptr;
    out.append(begin, end);
    return;
  }
  const auto end =
      std::to_chars(begin, begin + buffer.size(), value, std::chars_format::scientific).ptr;
  std::string text(begin, end);
  // C writes at least two digits of exponent, Go drops a leading zero of negative ones.
  if (const std::size_t at = text.find("e-0"); at != std::string::npos) text.erase(at + 2, 1);
  out += text;
}

void append_members(std::string& out, const boost::json::object& members) {
  out += '{';
  bool first = true;
  for (const auto& member : members) {
    if (!first) out += ',';
    first = false;
    append_string(out, member.key());
    out += ':';
    append_json(out, member.value());
  }
  out += '}';
}

void append_member(std::string& out, std::string_view key, const Json& value) {
  append_string(out, key);
  out += ':';
  append_json(out, value);
  out += ',';
}

// Room for the text without counting it: objects of the daily size fit, larger ones grow.
constexpr std::size_t kTypicalObjectBytes = 1536;

}  // namespace

void append_json(std::string& out, const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out += "null";
      return;
    case boost::json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      return;
    case boost::json::kind::int64:
      return append_integer(out, value.get_int64());
    case boost::json::kind::uint64:
      return append_integer(out, value.get_uint64());
    case boost::json::kind::double_:
      return append_double(out, value.get_double());
    case boost::json::kind::string:
      return append_string(out, std::string_view(value.get_string()));
    case boost::json::kind::object:
      return append_members(out, value.get_object());
    case boost::json::kind::array: {
      out += '[';
      bool first = true;
      for (const Json& element : value.get_array()) {
        if (!first) out += ',';
        first = false;
        append_json(out, element);
      }
      out += ']';
      return;
    }
  }
}

std::string to_json(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string canonical(const Json& object) {
  const boost::json::object* members = object.if_object();
  const Json* metadata = members ? members->if_contains("metadata") : nullptr;
  if (!metadata || !metadata->is_object()) {
    throw std::invalid_argument("canonical: the object has no metadata");
  }
  std::string out;
  out.reserve(kTypicalObjectBytes);
  out += '{';
  for (const std::string_view key : {"apiVersion", "kind"}) {
    if (const Json* value = members->if_contains(key)) append_member(out, key, *value);
  }
  for (const auto& member : *members) {
    const std::string_view key = member.key();
    if (key == "metadata" || key == "apiVersion" || key == "kind") continue;
    append_member(out, key, member.value());
  }
  out += "\"metadata\":{";
  const std::size_t empty = out.size();
  for (const auto& member : metadata->get_object()) {
    if (member.key() == "resourceVersion") continue;
    append_member(out, member.key(), member.value());
  }
  if (out.size() == empty) throw std::invalid_argument("canonical: metadata is empty");
  out.back() = '}';  // over the last comma
  out += '}';
  return out;
}

std::string with_revision(std::string_view canonical, std::int64_t revision) {
  constexpr std::string_view kMember = ",\"resourceVersion\":\"";
  std::string out;
  out.reserve(canonical.size() + kMember.size() + 24);
  out.append(canonical, 0, canonical.size() - 2);
  out += kMember;
  append_integer(out, revision);
  out += "\"}}";
  return out;
}

}  // namespace limen::object
