#include "request/request_info.h"

#include <algorithm>

#include "base/strings.h"

namespace limen::request {

Query::Query(std::string_view raw) {
  if (raw.empty()) return;
  for (std::string_view pair : base::split(raw, '&')) {
    // As Go's url.ParseQuery: a pair with a semicolon or a broken escape is dropped.
    if (pair.empty() || pair.find(';') != std::string_view::npos) continue;
    const std::size_t equals = pair.find('=');
    const bool has_value = equals != std::string_view::npos;
    auto key = base::percent_decode(pair.substr(0, equals), true);
    auto value = base::percent_decode(has_value ? pair.substr(equals + 1) : "", true);
    if (key && value) items_.emplace_back(std::move(*key), std::move(*value));
  }
}

bool Query::has(std::string_view key) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](const auto& item) { return item.first == key; });
}

std::string_view Query::get(std::string_view key) const {
  for (const auto& [name, value] : items_)
    if (name == key) return value;
  return {};
}

std::vector<std::string_view> Query::all(std::string_view key) const {
  std::vector<std::string_view> values;
  for (const auto& [name, value] : items_)
    if (name == key) values.push_back(value);
  return values;
}

namespace {

// The path and query of an origin-form or absolute-form target (RFC 9112 section 3.2).
bool origin_form(std::string_view& target) {
  for (std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (!base::iequals(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t path = target.find_first_of("/?");
    if (path == 0 || path == std::string_view::npos || target[path] != '/') return false;
    target.remove_prefix(path);
    return true;
  }
  return !target.empty() && target.front() == '/';
}

// Decodes a path and refuses every spelling that two parsers could read differently: an encoded
// slash, `.` and `..` segments however spelled, empty segments, NUL.
std::optional<std::string> clean_path(std::string_view raw) {
  for (std::size_t at = raw.find('%'); at != std::string_view::npos; at = raw.find('%', at + 1)) {
    const std::string_view escape = raw.substr(at, 3);
    if (base::iequals(escape, "%2f") || escape == "%00") return std::nullopt;
  }
  auto path = base::percent_decode(raw, false);
  if (!path || path->find('\0') != std::string::npos) return std::nullopt;
  if (*path == "/") return path;
  std::string_view rest = std::string_view(*path).substr(1);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  while (true) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return std::nullopt;
    if (slash == std::string_view::npos) return path;
    rest.remove_prefix(slash + 1);
  }
}

std::string verb_of_method(std::string_view method) {
  if (method == "POST") return "create";
  if (method == "GET" || method == "HEAD") return "get";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return "delete";
  return {};
}

// Kubernetes' reading of a boolean query parameter: anything but "false" and "0" is true.
bool truthy(std::string_view value) { return !base::iequals(value, "false") && value != "0"; }

bool is_namespace_subresource(std::string_view part) {
  return part == "status" || part == "finalize";
}

// `metadata.name=x` among the requirements of a field selector names the object.
std::string name_from_selector(std::string_view selector) {
  for (std::string_view term : base::split(selector, ',')) {
    for (std::string_view prefix :
         {std::string_view("metadata.name=="), std::string_view("metadata.name=")}) {
      if (!term.starts_with(prefix)) continue;
      const std::string_view name = term.substr(prefix.size());
      const bool path_safe =
          name != "." && name != ".." && name.find_first_of("/%\\") == std::string_view::npos;
      return path_safe ? std::string(name) : std::string();
    }
  }
  return {};
}

// The deprecated paths that begin with a verb take no part in selectors.
void resolve_collection_verb(RequestInfo& info, bool verb_in_path) {
  if (!info.name.empty()) return;
  if (info.verb == "get") {
    const bool watch = info.query.has("watch") && truthy(info.query.get("watch"));
    info.verb = watch ? "watch" : "list";
  } else if (info.verb == "delete") {
    info.verb = "deletecollection";
  }
  if (verb_in_path) return;
  if (info.verb == "list" || info.verb == "watch" || info.verb == "deletecollection") {
    info.field_selector = info.query.get("fieldSelector");
    info.label_selector = info.query.get("labelSelector");
  }
  if (info.verb == "list" || info.verb == "watch") {
    info.name = name_from_selector(info.field_selector);
  }
}

// Reads group, version, namespace, resource, name and subresource from the path's segments. What is
// not of an API's form stays a non-resource request.
TargetStatus resolve_resource(std::string_view method, std::vector<std::string_view> parts,
                              RequestInfo& info) {
  const auto shift = [&parts] { parts.erase(parts.begin()); };
  if (parts.size() < 3 || (parts[0] != "api" && parts[0] != "apis")) return TargetStatus::ok;
  if (parts[0] == "apis" && parts.size() < 4) return TargetStatus::ok;
  info.prefix = parts[0];
  shift();
  if (info.prefix == "apis") {
    info.group = parts[0];
    shift();
  }
  info.is_resource = true;
  info.version = parts[0];
  shift();

  const bool verb_in_path = parts[0] == "watch" || parts[0] == "proxy";
  if (verb_in_path) {
    if (parts.size() < 2) return TargetStatus::malformed;
    info.verb = parts[0];
    shift();
  } else {
    info.verb = verb_of_method(method);
  }

  if (parts[0] == "namespaces" && parts.size() > 1) {
    info.ns = parts[1];
    if (parts.size() > 2 && !is_namespace_subresource(parts[2])) {
      parts.erase(parts.begin(), parts.begin() + 2);
    }
  }
  info.parts.assign(parts.begin(), parts.end());
  info.resource = parts[0];
  if (parts.size() >= 2) info.name = parts[1];
  if (parts.size() >= 3 && !verb_in_path) info.subresource = parts[2];
  resolve_collection_verb(info, verb_in_path);
  return TargetStatus::ok;
}

}  // namespace

TargetStatus parse_request(std::string_view method, std::string_view target, RequestInfo& out) {
  if (!origin_form(target)) return TargetStatus::malformed;
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  if (question != std::string_view::npos) out.query = Query(target.substr(question + 1));
  auto path = clean_path(target.substr(0, question));
  if (!path) return TargetStatus::malformed;
  out.path = std::move(*path);
  out.verb = base::to_lower(method);

  std::string_view inner = std::string_view(out.path).substr(1);
  if (inner.ends_with('/')) inner.remove_suffix(1);
  return resolve_resource(method, base::split(inner, '/'), out);
}

}  // namespace limen::request
