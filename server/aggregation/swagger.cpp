#include "aggregation/swagger.h"

#include <map>
#include <set>
#include <vector>

#include "object/document.h"

namespace limen::aggregation {

namespace {

using object::Json;
using Members = boost::json::object;

constexpr std::string_view kReference = "#/definitions/";
constexpr std::string_view kKinds = "x-kubernetes-group-version-kind";

std::string_view view(const boost::json::string& text) { return {text.data(), text.size()}; }

Json read(std::string_view text, boost::json::storage_ptr storage) {
  boost::json::parse_options options;
  options.max_depth = kMaxSwaggerDepth;
  boost::system::error_code error;
  Json out = boost::json::parse({text.data(), text.size()}, error, std::move(storage), options);
  return error ? Json() : out;
}

// Calls `visit` with every text that refers to a definition. Depth is bounded by read().
template <class Value, class Visit>
void each_reference(Value& value, const Visit& visit) {
  if (value.is_array()) {
    for (auto& one : value.get_array()) each_reference(one, visit);
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) {
      if (member.key() == "$ref" && member.value().is_string()) {
        if (view(member.value().get_string()).starts_with(kReference)) {
          visit(member.value().get_string());
        }
      } else {
        each_reference(member.value(), visit);
      }
    }
  }
}

std::string referred(const boost::json::string& reference) {
  return std::string(view(reference).substr(kReference.size()));
}

const Members* members_at(const Json& value, std::string_view key) {
  const Json* found = value.is_object() ? value.get_object().if_contains(key) : nullptr;
  return found ? found->if_object() : nullptr;
}

bool is_below(std::string_view path, std::string_view base) {
  return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
}

// Equal but for which kinds a definition is said to be of.
bool same_definition(const Json& left, const Json& right) {
  const Members* a = left.if_object();
  const Members* b = right.if_object();
  if (!a || !b) return left == right;
  const auto covered = [](const Members& one, const Members& other) {
    for (const auto& member : one) {
      if (member.key() == kKinds) continue;
      const Json* found = other.if_contains(member.key());
      if (!found || *found != member.value()) return false;
    }
    return true;
  };
  return covered(*a, *b) && covered(*b, *a);
}

// The definitions of `part` that need another name in `whole`, with it.
std::map<std::string, std::string> new_names(const Members& whole, const Members& part) {
  std::map<std::string, std::string> names;
  const auto rename = [&](const std::string& name) {
    if (names.contains(name)) return false;
    for (int number = 2;; ++number) {
      std::string tried = name + "_v" + std::to_string(number);
      if (part.contains(tried)) continue;
      if (whole.contains(tried)) continue;
      names.emplace(name, std::move(tried));
      return true;
    }
  };
  for (const auto& member : part) {
    const Json* there = whole.if_contains(member.key());
    if (there && !same_definition(*there, member.value())) rename(std::string(member.key()));
  }
  // What looks the same but refers to something renamed means something else.
  for (bool again = !names.empty(); again;) {
    again = false;
    for (const auto& member : part) {
      if (!whole.contains(member.key())) continue;
      bool follows = false;
      each_reference(member.value(), [&](const boost::json::string& reference) {
        follows = follows || names.contains(referred(reference));
      });
      if (follows && rename(std::string(member.key()))) again = true;
    }
  }
  return names;
}

void add_part(Members& paths, Members& definitions, Json part) {
  static const Members kNone;
  const Members* its = members_at(part, "definitions");
  const auto names = new_names(definitions, its ? *its : kNone);
  each_reference(part, [&](boost::json::string& reference) {
    const auto found = names.find(referred(reference));
    if (found == names.end()) return;
    const std::string renamed = std::string(kReference) + found->second;
    reference.assign(boost::json::string_view(renamed.data(), renamed.size()));
  });
  if (Members* more = part.get_object()["definitions"].if_object()) {
    for (auto& member : *more) {
      const auto found = names.find(std::string(member.key()));
      const std::string_view name =
          found != names.end() ? std::string_view(found->second) : std::string_view(member.key());
      definitions.emplace(name, std::move(member.value()));  // one that is there stays
    }
  }
  if (Members* more = part.get_object()["paths"].if_object()) {
    for (auto& member : *more) paths.emplace(member.key(), std::move(member.value()));
  }
}

}  // namespace

std::optional<std::string> swagger_part(std::string_view document, std::string_view base_path) {
  boost::json::monotonic_resource arena;
  const Json whole = read(document, &arena);
  const Members* paths = members_at(whole, "paths");
  if (!paths || !whole.get_object().contains("swagger")) return std::nullopt;
  Members kept(&arena);
  for (const auto& member : *paths) {
    if (is_below(member.key(), base_path)) kept.emplace(member.key(), member.value());
  }
  if (kept.empty()) return std::nullopt;
  Members needed(&arena);
  const Members* definitions = members_at(whole, "definitions");
  std::vector<std::string> wanted;
  const auto want = [&](const boost::json::string& reference) {
    wanted.push_back(referred(reference));
  };
  for (const auto& member : kept) each_reference(member.value(), want);
  while (definitions && !wanted.empty()) {
    const std::string name = std::move(wanted.back());
    wanted.pop_back();
    const Json* found = definitions->if_contains(name);
    if (!found || needed.contains(name)) continue;
    needed.emplace(name, *found);
    each_reference(*found, want);
  }
  Members out(&arena);
  out["paths"] = std::move(kept);
  out["definitions"] = std::move(needed);
  return boost::json::serialize(out);
}

std::string merge_swagger(std::string document, SwaggerParts parts) {
  if (parts.empty()) return document;
  boost::json::monotonic_resource arena;
  Json whole = read(document, &arena);
  if (!whole.is_object()) return document;
  Members& members = whole.get_object();
  for (const char* key : {"paths", "definitions"}) members[key];  // there before they are held
  Json& paths = members["paths"];
  Json& definitions = members["definitions"];
  if (!paths.is_object()) paths.emplace_object();
  if (!definitions.is_object()) definitions.emplace_object();
  for (const auto& text : parts) {
    Json part = read(*text, &arena);
    if (part.is_object()) add_part(paths.get_object(), definitions.get_object(), std::move(part));
  }
  return boost::json::serialize(whole);
}

}  // namespace limen::aggregation
