#include "api/read_list.h"

#include <utility>

#include "api/revision_errors.h"
#include "base/json_text.h"

namespace limen::api {

namespace {

constexpr std::string_view kContinueExpired =
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first "
    "chunk was returned and now may show up in the list.";

// Which revision to read: 0 is the newest.
storage::Revision revision_to_read(const Call& call, const ListOptions& options) {
  if (options.continue_from) {
    return options.continue_from->revision < 0 ? 0 : options.continue_from->revision;
  }
  if (!options.revision || *options.revision == 0) return 0;
  const storage::Revision current = call.store.revision();
  if (*options.revision > current) throw too_large_revision(*options.revision, current);
  return options.exact() ? *options.revision : 0;
}

[[noreturn]] void refuse(const Call& call, const ListOptions& options, storage::ReadStatus status,
                         storage::Revision wanted) {
  if (status == storage::ReadStatus::too_new) {
    throw too_large_revision(wanted, call.store.revision());
  }
  if (options.continue_from) {
    ContinueToken token = *options.continue_from;
    token.revision = -1;
    throw ContinueExpired(token);
  }
  throw base::ApiError::expired("The resourceVersion for the provided list is too old.");
}

}  // namespace

ContinueExpired::ContinueExpired(const ContinueToken& token)
    : base::ApiError(base::ApiError::expired(std::string(kContinueExpired))),
      token_(token.encode()) {}

std::string ContinueExpired::status_json() const {
  constexpr std::string_view kEmpty = "\"metadata\":{}";
  std::string json = to_json();
  std::string metadata = "\"metadata\":{\"continue\":";
  base::append_json_string(metadata, token_);
  metadata += '}';
  return json.replace(json.find(kEmpty), kEmpty.size(), metadata);
}

ListAnswer read_list(const Call& call, const ListOptions& options) {
  storage::ListOptions read;
  read.ns = call.ns();
  read.limit = static_cast<std::size_t>(options.limit);
  read.revision = revision_to_read(call, options);
  if (options.continue_from) {
    read.start_ns = options.continue_from->ns;
    read.start_name = options.continue_from->name;
  }
  if (!options.selects_everything()) {
    read.filter = [&](const storage::StoredObject& object) {
      return options.matches(call.resource, object);
    };
  }
  storage::ListResult result = call.store.list(call.id(), read);
  if (result.status != storage::ReadStatus::ok) {
    refuse(call, options, result.status, read.revision);
  }
  ListAnswer answer;
  answer.objects = std::move(result.objects);
  answer.revision = result.revision;
  if (result.more) {
    answer.token = ContinueToken{result.revision, result.last_ns, result.last_name}.encode();
    if (options.selects_everything()) answer.remaining = result.remaining;
  }
  return answer;
}

}  // namespace limen::api
