#include "api/table/cells.h"

#include <algorithm>

#include "base/json_text.h"
#include "object/metadata.h"

namespace limen::api {
namespace {

using object::Json;

std::string requirement_text(const Json& requirement) {
  const std::string key(object::text_at(requirement, "key"));
  const std::string_view op = object::text_at(requirement, "operator");
  if (op == "Exists") return key;
  if (op == "DoesNotExist") return "!" + key;
  std::vector<std::string> values;
  for (const Json& value : list_in(requirement, {"values"})) {
    if (value.is_string()) values.emplace_back(value.as_string());
  }
  std::sort(values.begin(), values.end());
  std::string out = key + (op == "NotIn" ? " notin (" : " in (");
  for (const std::string& value : values) out += value + ",";
  if (!values.empty()) out.pop_back();
  return out + ")";
}

}  // namespace

void Cells::text(std::string_view value) {
  base::append_json_string(out_, value);
  out_ += ',';
}

void Cells::text_or(std::string_view value, std::string_view otherwise) {
  text(value.empty() ? otherwise : value);
}

void Cells::number(std::int64_t value) {
  out_ += std::to_string(value);
  out_ += ',';
}

void Cells::boolean(bool value) { out_ += value ? "true," : "false,"; }

std::string Cells::elapsed(std::string_view time) const {
  const auto parsed = base::parse_time(time);
  if (!parsed) return "<unknown>";
  return base::human_duration(std::chrono::duration_cast<std::chrono::seconds>(now_ - *parsed));
}

void Cells::age(const Json& object) { since(object::creation_timestamp(object)); }

std::string_view text_in(const Json& value, Path path) {
  const Json* found = object::find(value, path);
  return found != nullptr && found->is_string() ? std::string_view(found->as_string()) : "";
}

std::int64_t number_in(const Json& value, Path path, std::int64_t otherwise) {
  return object::int_or(object::find(value, path), otherwise);
}

bool boolean_in(const Json& value, Path path, bool otherwise) {
  const Json* found = object::find(value, path);
  return found != nullptr && found->is_bool() ? found->as_bool() : otherwise;
}

std::span<const Json> list_in(const Json& value, Path path) {
  const Json* found = object::find(value, path);
  if (found == nullptr || !found->is_array()) return {};
  return {found->as_array().data(), found->as_array().size()};
}

std::int64_t size_in(const Json& value, Path path) {
  const Json* found = object::find(value, path);
  if (found == nullptr) return 0;
  if (found->is_object()) return static_cast<std::int64_t>(found->as_object().size());
  return found->is_array() ? static_cast<std::int64_t>(found->as_array().size()) : 0;
}

std::string scalar_in(const Json& value, Path path) {
  const Json* found = object::find(value, path);
  if (found == nullptr) return {};
  if (found->is_string()) return std::string(found->as_string());
  return found->is_number() ? boost::json::serialize(*found) : std::string();
}

std::string labels_text(const Json* map) {
  std::string out;
  for (const auto& [key, value] : object::to_labels(map)) {
    out += std::string(key) + "=" + std::string(value) + ",";
  }
  if (out.empty()) return "<none>";
  out.pop_back();
  return out;
}

std::string selector_text(const Json* selector) {
  if (selector == nullptr) return "<none>";
  // Requirements are sorted by key; those of one key stay as written.
  std::vector<std::pair<std::string, std::string>> parts;
  for (const auto& [key, value] : object::to_labels(object::member(*selector, "matchLabels"))) {
    parts.emplace_back(key, std::string(key) + "=" + std::string(value));
  }
  for (const Json& requirement : list_in(*selector, {"matchExpressions"})) {
    parts.emplace_back(object::text_at(requirement, "key"), requirement_text(requirement));
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out;
  for (const auto& [key, text] : parts) out += text + ",";
  if (out.empty()) return "<none>";
  out.pop_back();
  return out;
}

std::string joined(std::span<const Json> list, std::string_view member,
                   std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) out += separator;
    out += object::text_at(list[i], member);
  }
  return out;
}

std::string joined_texts(std::span<const Json> list, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) out += separator;
    if (list[i].is_string()) out += list[i].as_string();
  }
  return out;
}

std::string container_names(const Json* containers) {
  return containers == nullptr ? "" : joined(list_in(*containers, {}), "name", ",");
}

std::string container_images(const Json* containers) {
  return containers == nullptr ? "" : joined(list_in(*containers, {}), "image", ",");
}

std::string some_of(const std::vector<std::string>& texts, std::size_t most,
                    std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < texts.size() && i < most; ++i) {
    if (i != 0) out += separator;
    out += texts[i];
  }
  if (texts.size() > most) out += " + " + std::to_string(texts.size() - most) + " more...";
  return out;
}

std::string_view condition_status(const Json& object, std::string_view type) {
  for (const Json& condition : list_in(object, {"status", "conditions"})) {
    if (object::text_at(condition, "type") == type) return object::text_at(condition, "status");
  }
  return {};
}

}  // namespace limen::api
