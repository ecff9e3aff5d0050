#include "mutation.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/admission_webhook/json_patch.h"

namespace limen::webhooks {

namespace {

using boost::json::object;
using boost::json::serialize;
using boost::json::value;

void write_canonical(const value& of, std::string& out) {
  if (const object* members = of.if_object()) {
    std::vector<std::pair<std::string_view, const value*>> sorted;
    for (const auto& member : *members) sorted.emplace_back(member.key(), &member.value());
    std::sort(sorted.begin(), sorted.end());
    out += '{';
    for (const auto& [key, item] : sorted) {
      out += serialize(boost::json::string(key)) + ':';
      write_canonical(*item, out);
      out += ',';
    }
    out += '}';
  } else if (const boost::json::array* items = of.if_array()) {
    out += '[';
    for (const value& item : *items) {
      write_canonical(item, out);
      out += ',';
    }
    out += ']';
  } else {
    out += serialize(of);
  }
}

}  // namespace

Mutation::Mutation(const Node& object) : has_object_(object), json_(object.to_json()) {
  if (!has_object_) return;
  boost::system::error_code error;
  original_ = parse_deep(json_, error);
  if (error) throw std::runtime_error("the object cannot be read: " + error.message());
  current_ = original_;
}

Labels Mutation::labels() const {
  Labels out;
  boost::system::error_code error;
  const value* labels = current_.find_pointer("/metadata/labels", error);
  if (labels == nullptr || !labels->is_object()) return out;
  for (const auto& [key, text] : labels->get_object()) {
    if (text.is_string()) out.emplace(key, text.get_string());
  }
  return out;
}

std::string Mutation::canonical() const {
  std::string out;
  write_canonical(current_, out);
  return out;
}

bool Mutation::apply(const value& patch) {
  value after = apply_json_patch(current_, patch);
  if (!after.is_object()) throw PatchError("the patch leaves no object");
  if (after == current_) return false;
  current_ = std::move(after);
  json_ = serialize(current_);
  return true;
}

Result<void> Mutation::tell(Patch patch) const {
  Result<void> result;
  if (!has_object_) return result;
  const object& before = original_.get_object();
  const object& after = current_.get_object();
  for (const auto& member : before) {
    if (result.ok() && !after.contains(member.key())) {
      result = patch.remove("/" + pointer_part(member.key()));
    }
  }
  for (const auto& member : after) {
    const value* old = before.if_contains(member.key());
    if (!result.ok() || (old != nullptr && *old == member.value())) continue;
    result = patch.set_json("/" + pointer_part(member.key()), serialize(member.value()));
  }
  return result;
}

}  // namespace limen::webhooks
