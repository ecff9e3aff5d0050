// RequestInfo: what a request asks for, read once from method, path and query. Everything after it
// (authorization, admission, routing, storage) uses this and never looks at the path again.
//
// The rules are kube-apiserver's RequestInfoResolver: prefixes `api` (groupless) and `apis`, verbs
// from methods, `fieldSelector=metadata.name=x` names, subresources of namespaces.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::request {

// The query, decoded, in order. Lookups are linear: queries are short.
class Query {
 public:
  Query() = default;
  explicit Query(std::string_view raw);
  bool has(std::string_view key) const;
  std::string_view get(std::string_view key) const;  // first value or ""
  std::vector<std::string_view> all(std::string_view key) const;
  const std::vector<std::pair<std::string, std::string>>& items() const { return items_; }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

struct RequestInfo {
  bool is_resource = false;
  std::string path;    // decoded once; what a non-resource rule is matched against
  std::string verb;    // get, list, watch, create, update, patch, delete, deletecollection, proxy;
                       // non-resource: the method in lower case
  std::string prefix;  // "api" or "apis"
  std::string group;   // "" is the core group
  std::string version;
  std::string ns;
  std::string resource;
  std::string subresource;
  std::string name;
  std::vector<std::string> parts;  // what follows the version (and namespace) in the path
  std::string field_selector, label_selector;
  Query query;
};

enum class TargetStatus { ok, malformed };  // malformed: answered 400 before anything looks at it

// Parses method and request target. Path confusion is decided here, for every later stage: `//`,
// `.` and `..` segments, encoded slashes, NUL and absolute-form targets.
TargetStatus parse_request(std::string_view method, std::string_view target, RequestInfo& out);

}  // namespace limen::request
