#include "api/list_options.h"

#include <algorithm>
#include <vector>

#include "api/query_values.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "registry/fields.h"

namespace limen::api {

namespace {

using base::ApiError;
using base::StatusCause;

void forbid(std::vector<StatusCause>& causes, std::string field, const std::string& why) {
  causes.push_back({"FieldValueForbidden", "Forbidden: " + why, std::move(field)});
}

// resourceVersionMatch with a value that is not offered.
void unsupported_match(std::vector<StatusCause>& causes, const std::string& match,
                       std::string_view offered) {
  causes.push_back({"FieldValueNotSupported",
                    "Unsupported value: " + base::go_quote(match) +
                        ": supported values: " + std::string(offered),
                    "resourceVersionMatch"});
}

void check_watch(const request::Query& query, const ListOptions& options,
                 std::vector<StatusCause>& causes) {
  const std::string field = "resourceVersionMatch";
  if (options.send_initial_events && options.match != "NotOlderThan") {
    forbid(causes, field,
           "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (options.match.empty()) return;
  if (!options.send_initial_events) {
    forbid(causes, field,
           "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  }
  if (options.match != "NotOlderThan") unsupported_match(causes, options.match, "\"NotOlderThan\"");
  if (!query.get("continue").empty()) {
    forbid(causes, field, "resourceVersionMatch is forbidden when continue is provided");
  }
}

void check_list(const request::Query& query, const ListOptions& options,
                std::vector<StatusCause>& causes) {
  const std::string field = "resourceVersionMatch";
  if (!options.match.empty()) {
    if (query.get("resourceVersion").empty()) {
      forbid(causes, field, "resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if (!query.get("continue").empty()) {
      forbid(causes, field, "resourceVersionMatch is forbidden when continue is provided");
    }
    if (options.match != "Exact" && options.match != "NotOlderThan") {
      unsupported_match(causes, options.match, "\"Exact\", \"NotOlderThan\", \"\"");
    }
    if (options.match == "Exact" && query.get("resourceVersion") == "0") {
      forbid(causes, field,
             "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
  }
  if (options.send_initial_events) {
    forbid(causes, "sendInitialEvents", "sendInitialEvents is forbidden for list");
  }
}

void parse_selectors(const request::Query& query, ListOptions& options) {
  try {
    options.labels = object::LabelSelector::parse(query.get("labelSelector"));
    options.fields = object::FieldSelector::parse(query.get("fieldSelector"));
  } catch (const object::SelectorError& error) {
    throw ApiError::bad_request(error.what());
  }
}

// A list or watch of one named object is one with metadata.name selected.
void select_name(const std::string& name, ListOptions& options) {
  if (options.fields.matches_everything()) {
    std::string text = "metadata.name=";
    for (const char byte : name) {
      if (byte == '\\' || byte == ',' || byte == '=') text += '\\';
      text += byte;
    }
    options.fields = object::FieldSelector::parse(text);
    return;
  }
  const std::string* selected = options.fields.exact("metadata.name");
  if (!selected || *selected != name) {
    throw ApiError::bad_request("fieldSelector metadata.name doesn't match requested name");
  }
}

void check(const request::Query& query, const ListOptions& options) {
  std::vector<StatusCause> causes;
  // The deprecated paths are watches that do not say so in their query; they are held to a list's
  // rules.
  if (options.watch && query_bool(query, "watch").value_or(false)) {
    check_watch(query, options, causes);
  } else {
    check_list(query, options, causes);
  }
  if (!causes.empty()) throw ApiError::invalid("meta.k8s.io", "ListOptions", "", std::move(causes));
}

// The one object that a list names is read by its key: it has no pages.
bool reads_one(const request::RequestInfo& info, const catalog::Resource& resource) {
  return !info.name.empty() && (!resource.namespaced || !info.ns.empty());
}

void place_list(const request::RequestInfo& info, const catalog::Resource& resource,
                ListOptions& options) {
  const std::string_view wanted = info.query.get("resourceVersion");
  const std::string_view token = info.query.get("continue");
  if (reads_one(info, resource)) {
    options.limit = 0;
  } else if (!token.empty()) {
    options.continue_from = ContinueToken::decode(token);
    if (!wanted.empty() && wanted != "0") {
      throw ApiError::bad_request("specifying resource version is not allowed when using continue");
    }
    return;
  }
  options.revision = parse_revision(wanted);
}

}  // namespace

namespace {

std::optional<storage::Revision> revision_of(std::string_view text) {
  const auto revision = base::parse_int(text);
  const bool plain = revision && *revision >= 0 && text.front() != '+' && text.front() != '-';
  return plain ? revision : std::nullopt;
}

std::string no_revision(std::string_view text) {
  return "resourceVersion: Invalid value: " + base::go_quote(text) +
         ": strconv.ParseUint: parsing " + base::go_quote(text) + ": invalid syntax";
}

}  // namespace

std::optional<storage::Revision> parse_revision(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (const auto revision = revision_of(text)) return revision;
  throw ApiError::bad_request("invalid resource version: " + no_revision(text));
}

std::optional<storage::Revision> parse_start_revision(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (const auto revision = revision_of(text)) return revision;
  // kube-apiserver finds this in its cache and has no reason for it.
  throw ApiError(500, "", no_revision(text));
}

bool ListOptions::exact() const {
  if (!revision || *revision == 0) return false;
  // A limited list of a named revision has always been of exactly that one.
  return match == "Exact" || (match.empty() && limit > 0);
}

bool ListOptions::matches(const catalog::Resource& resource,
                          const storage::StoredObject& object) const {
  return labels.matches(object.labels) && registry::matches_fields(resource, fields, object);
}

ListOptions parse_list_options(const request::RequestInfo& info, const catalog::Resource& resource,
                               bool watching) {
  const request::Query& query = info.query;
  ListOptions options;
  options.watch = watching;
  options.bookmarks = query_bool(query, "allowWatchBookmarks").value_or(false);
  options.match = query.get("resourceVersionMatch");
  options.timeout_seconds = query_int(query, "timeoutSeconds");
  options.limit = std::max<std::int64_t>(0, query_int(query, "limit").value_or(0));
  options.send_initial_events = query_bool(query, "sendInitialEvents");
  parse_selectors(query, options);
  check(query, options);
  registry::check_field_selector(resource, options.fields);
  if (!info.name.empty()) select_name(info.name, options);
  if (watching) {
    options.revision = parse_start_revision(query.get("resourceVersion"));
  } else {
    place_list(info, resource, options);
  }
  return options;
}

}  // namespace limen::api
