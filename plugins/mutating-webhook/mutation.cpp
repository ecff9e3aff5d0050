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

value read(const std::string& json) {
  boost::system::error_code error;
  value out = parse_deep(json, error);
  if (error) throw std::runtime_error("the object cannot be read: " + error.message());
  return out;
}

}  // namespace

Mutation::Mutation(const Node& object, const Node& old_object)
    : has_object_(object), json_(object.to_json()) {
  if (old_object) {
    old_json_ = old_object.to_json();
    old_home_ = form_of(old_object);
  }
  if (!has_object_) return;
  original_ = read(json_);
  current_ = original_;
  home_ = form_of(object);
}

Labels Mutation::labels() const {
  Labels out;
  boost::system::error_code error;
  const value& now = away_ ? away_->value : current_;
  const value* labels = now.find_pointer("/metadata/labels", error);
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
  value& now = away_ ? away_->value : current_;
  value after = apply_json_patch(now, patch);
  if (!after.is_object()) throw PatchError("the patch leaves no object");
  if (after == now) return false;
  now = std::move(after);
  (away_ ? away_->json : json_) = serialize(now);
  if (away_) away_->changed = true;
  return true;
}

std::optional<Mutation::Turn> Mutation::turn_home() {
  if (away_ && away_->changed) return Turn{Turn::What::home, away_->json, home_};
  away_.reset();
  return std::nullopt;
}

std::optional<Mutation::Turn> Mutation::next_turn(const ObjectVersion& version) {
  if (has_object_ && !(away_ && same_form(away_->form, version))) {
    if (auto home = turn_home()) return home;
    if (differs(home_, version)) return Turn{Turn::What::away, json_, version};
  }
  if (!old_json_.empty() && differs(old_home_, version) &&
      olds_.count(version.kind_api_version()) == 0) {
    return Turn{Turn::What::old_object, old_json_, version};
  }
  return std::nullopt;
}

void Mutation::take(const Turn& turn, const Node& turned) {
  std::string json = turned.to_json();
  if (turn.what == Turn::What::old_object) {
    olds_[turn.to.kind_api_version()] = std::move(json);
    return;
  }
  value read_value = read(json);
  if (turn.what == Turn::What::away) {
    away_ = Away{turn.to, std::move(json), std::move(read_value), false};
    return;
  }
  away_.reset();
  json_ = std::move(json);
  current_ = std::move(read_value);
}

const std::string& Mutation::old_in(const ObjectVersion& version) const {
  const auto found = olds_.find(version.kind_api_version());
  return found == olds_.end() ? old_json_ : found->second;
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
