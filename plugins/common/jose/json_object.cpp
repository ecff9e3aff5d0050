#include "common/jose/json_object.h"

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace limen::plugins::jose {

namespace json = boost::json;

namespace {

// Follows the parser through the text and keeps the names seen in every open object.
class NameCheck {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  std::string twice;  // the first name that came twice
  bool repeated = false;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    open_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    open_.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    key_.append(part);
    if (!open_.back().insert(key_).second) {
      twice = key_;
      repeated = true;
      error = json::error::extra_data;  // any: only that there is one counts
      return false;
    }
    key_.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string key_;
};

}  // namespace

json::object parse_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::error_code error;
  json::basic_parser<NameCheck> check(options);
  const std::size_t read = check.write_some(false, text.data(), text.size(), error);
  if (check.handler().repeated) {
    throw std::runtime_error("names \"" + check.handler().twice + "\" twice");
  }
  if (error == json::error::too_deep) throw std::runtime_error("is nested too deep");
  if (error || read != text.size()) throw std::runtime_error("is not JSON");
  json::value value = json::parse(text, error, {}, options);
  if (error) throw std::runtime_error("is not JSON");
  if (!value.is_object()) throw std::runtime_error("is not an object");
  return std::move(value.get_object());
}

}  // namespace limen::plugins::jose
