#include "object/decode.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>

#include "object/go_json.h"
#include "object/yaml_reader.h"

namespace limen::object {

namespace {

using boost::json::storage_ptr;

// Builds the value as boost::json::parser does, and counts the members it sees: when the value has
// fewer, some were repeated.
struct Handler {
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  boost::json::value_stack stack;
  std::size_t members = 0;

  using Error = boost::json::error_code;
  using View = boost::json::string_view;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return true; }
  bool on_object_end(std::size_t count, Error&) {
    members += count;
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t count, Error&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(View text, std::size_t, Error&) {
    stack.push_chars(text);
    return true;
  }
  bool on_key(View text, std::size_t, Error&) {
    stack.push_key(text);
    return true;
  }
  bool on_string_part(View text, std::size_t, Error&) {
    stack.push_chars(text);
    return true;
  }
  bool on_string(View text, std::size_t, Error&) {
    stack.push_string(text);
    return true;
  }
  bool on_number_part(View, Error&) { return true; }
  bool on_int64(std::int64_t value, View, Error&) {
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, View, Error&) {
    stack.push_uint64(value);
    return true;
  }
  // Boost.JSON's own conversion may be off by the last bit, and a value that is read and written
  // over and over must not drift; `text` is all of the number, since the body comes in one piece.
  bool on_double(double approximate, View text, Error& error) {
    double value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec == std::errc::result_out_of_range && std::fabs(approximate) < 1) value = 0;
    if (result.ec == std::errc::result_out_of_range && std::fabs(approximate) >= 1) {
      error = boost::json::error::exponent_overflow;
      return false;
    }
    stack.push_double(value);
    return true;
  }
  bool on_bool(bool value, Error&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(Error&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(View, Error&) { return true; }
  bool on_comment(View, Error&) { return true; }
};

std::size_t count_members(const Json& value) {
  std::size_t count = 0;
  if (const boost::json::object* members = value.if_object()) {
    count = members->size();
    for (const auto& member : *members) count += count_members(member.value());
  } else if (const boost::json::array* elements = value.if_array()) {
    for (const Json& element : *elements) count += count_members(element);
  }
  return count;
}

Decoded read_json(std::string_view body, const DecodeLimits& limits, const storage_ptr& storage) {
  boost::json::parse_options options;
  options.max_depth = limits.max_depth;
  boost::json::basic_parser<Handler> parser(options);
  parser.handler().stack.reset(storage);
  boost::json::error_code error;
  const std::size_t used = parser.write_some(false, body.data(), body.size(), error);
  if (error || used < body.size()) {
    const GoJsonReport report = scan_go_json(body, limits.max_depth);
    if (!report.error.empty()) throw DecodeError(report.error);
    // Well-formed to Go: text that is not UTF-8, a lone surrogate, a number out of any range.
    throw DecodeError("unsupported JSON text: " + error.message());
  }
  Decoded out{parser.handler().stack.release(), {}};
  if (count_members(out.value) != parser.handler().members) {
    for (const std::string& path : scan_go_json(body, limits.max_depth).duplicates) {
      out.duplicates.push_back("duplicate field \"" + path + "\"");
    }
  }
  return out;
}

// A text's arena: about what its tree takes, within bounds.
storage_ptr new_arena(std::size_t text_bytes) {
  const std::size_t first =
      std::min<std::size_t>(std::max<std::size_t>(1024, text_bytes * 3), 4 * 1024 * 1024);
  return boost::json::make_shared_resource<boost::json::monotonic_resource>(first);
}

}  // namespace

Decoded decode(std::string_view body, Format format, const DecodeLimits& limits) {
  if (body.size() > limits.max_bytes) {
    throw DecodeError("text of " + std::to_string(body.size()) + " bytes exceeds the limit of " +
                      std::to_string(limits.max_bytes));
  }
  const storage_ptr storage = new_arena(body.size());
  return format == Format::json ? read_json(body, limits, storage)
                                : read_yaml(body, limits, storage);
}

Json mutable_copy(const Json& value) {
  return Json(value, boost::json::make_shared_resource<boost::json::monotonic_resource>());
}

}  // namespace limen::object
