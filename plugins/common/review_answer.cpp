#include "common/review_answer.h"

#include <utility>

namespace limen::plugins {

using boost::json::value;

void ReviewFields::refuse(std::string_view key, std::string_view what) const {
  throw ReviewError("the answer is no " + std::string(kind_) + ": " + path_ + std::string(key) +
                    " is " + std::string(what));
}

const value* ReviewFields::find(std::string_view key) const {
  const value* found = object_.if_contains(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string ReviewFields::text(std::string_view key) const {
  const value* found = find(key);
  if (found == nullptr) return {};
  if (!found->is_string()) refuse(key, "not a string");
  return std::string(found->get_string());
}

bool ReviewFields::flag(std::string_view key) const {
  const value* found = find(key);
  if (found == nullptr) return false;
  if (!found->is_bool()) refuse(key, "not a boolean");
  return found->get_bool();
}

std::vector<std::string> ReviewFields::strings(const value& list, std::string_view key) const {
  if (!list.is_array()) refuse(key, "not a list");
  std::vector<std::string> out;
  for (const value& one : list.get_array()) {
    if (!one.is_string()) refuse(key, "not a list of strings");
    out.emplace_back(one.get_string());
  }
  return out;
}

std::vector<std::string> ReviewFields::texts(std::string_view key) const {
  const value* found = find(key);
  return found == nullptr ? std::vector<std::string>{} : strings(*found, key);
}

std::vector<std::pair<std::string, std::string>> ReviewFields::pairs(std::string_view key) const {
  std::vector<std::pair<std::string, std::string>> out;
  const value* found = find(key);
  if (found == nullptr) return out;
  if (!found->is_object()) refuse(key, "not an object");
  for (const auto& [name, text] : found->get_object()) {
    if (text.is_null()) continue;
    if (!text.is_string()) refuse(key, "not a map of strings");
    out.emplace_back(name, text.get_string());
  }
  return out;
}

std::vector<std::pair<std::string, std::vector<std::string>>> ReviewFields::lists(
    std::string_view key) const {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  const value* found = find(key);
  if (found == nullptr) return out;
  if (!found->is_object()) refuse(key, "not an object");
  for (const auto& [name, list] : found->get_object()) {
    // The error names the map: a member's name is the answer's own word.
    if (!list.is_null()) out.emplace_back(name, strings(list, key));
  }
  return out;
}

std::optional<ReviewFields> ReviewFields::object(std::string_view key) const {
  const value* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_object()) refuse(key, "not an object");
  return ReviewFields(found->get_object(), kind_, path_ + std::string(key) + ".");
}

ReviewAnswer::ReviewAnswer(std::string_view kind, std::string_view api_version,
                           std::string_view answer, Naming naming)
    : kind_(kind) {
  boost::system::error_code error;
  root_ = boost::json::parse(answer, error);
  if (error || !root_.is_object()) {
    throw ReviewError("the answer is no " + std::string(kind) + ": it is not a JSON object");
  }
  const ReviewFields review = fields();
  const auto check = [&](const char* field, std::string_view wanted) {
    const std::string named = review.text(field);
    if (named == wanted || (named.empty() && naming == Naming::optional)) return;
    review.refuse(field, "not " + std::string(wanted));
  };
  check("kind", kind);
  check("apiVersion", api_version);
}

ReviewFields ReviewAnswer::fields() const { return {root_.get_object(), kind_, ""}; }

ReviewFields ReviewAnswer::status() const {
  const ReviewFields review = fields();
  auto status = review.object("status");
  if (!status) review.refuse("status", "not an object");
  return *std::move(status);
}

}  // namespace limen::plugins
