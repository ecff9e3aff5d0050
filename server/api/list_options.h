// ListOptions: what a list or watch asks for, read from the query and checked.
//
// The rules for resourceVersion, resourceVersionMatch, limit, continue and sendInitialEvents are
// kube-apiserver's (KEP-1904, KEP-2340, KEP-3157), texts included. A value type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/continue_token.h"
#include "catalog/catalog.h"
#include "object/selector.h"
#include "request/request_info.h"
#include "storage/store.h"

namespace limen::api {

struct ListOptions {
  object::LabelSelector labels;
  object::FieldSelector fields;
  std::int64_t limit = 0;  // 0: no limit
  std::optional<ContinueToken> continue_from;
  std::optional<storage::Revision> revision;  // resourceVersion; nothing for ""
  std::string match;                          // resourceVersionMatch
  std::optional<std::int64_t> timeout_seconds;
  bool watch = false;
  bool bookmarks = false;
  std::optional<bool> send_initial_events;

  bool selects_everything() const {
    return labels.matches_everything() && fields.matches_everything();
  }
  // True when the list must be of exactly `revision`, false when of any not older.
  bool exact() const;
  bool matches(const catalog::Resource& resource, const storage::StoredObject& object) const;
};

// Throws ApiError 400 or 422. `watching`: the verb is watch, however that was said.
ListOptions parse_list_options(const request::RequestInfo& info, const catalog::Resource& resource,
                               bool watching);

// A resourceVersion of a list's query: nothing for "". Throws ApiError 400 when it is no number.
std::optional<storage::Revision> parse_revision(std::string_view text);
// The same of a watch or a get, which refuse with a 500 that has no reason.
std::optional<storage::Revision> parse_start_revision(std::string_view text);

}  // namespace limen::api
