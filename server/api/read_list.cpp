#include "api/read_list.h"

#include <utility>

#include "api/revision_errors.h"
#include "api/webhook_versions.h"
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

namespace {

storage::ListOptions what_to_read(const Call& call, const ListOptions& options) {
  storage::ListOptions read;
  read.ns = call.ns();
  read.limit = static_cast<std::size_t>(options.limit);
  read.revision = revision_to_read(call, options);
  if (options.continue_from) {
    read.start_ns = options.continue_from->ns;
    read.start_name = options.continue_from->name;
  }
  return read;
}

storage::ListResult list(const Call& call, const ListOptions& options,
                         const storage::ListOptions& read) {
  storage::ListResult result = call.store.list(call.id(), read);
  if (result.status != storage::ReadStatus::ok) {
    refuse(call, options, result.status, read.revision);
  }
  return result;
}

// What is selected shows only after a webhook has made the objects what they are: pages are read
// and looked through until there are enough.
base::Task<storage::ListResult> list_converted(const Call& call, const ListOptions& options) {
  storage::ListOptions read = what_to_read(call, options);
  const auto limit = static_cast<std::size_t>(options.limit);
  const bool everything = options.selects_everything();
  storage::ListResult chosen;
  while (true) {
    read.limit = everything ? limit : registry::Conversions::kBatchObjects;
    storage::ListResult page = list(call, options, read);
    page.objects = co_await as_served(call, std::move(page.objects));
    chosen.revision = page.revision;
    chosen.remaining = page.remaining;
    for (std::size_t i = 0; i < page.objects.size(); ++i) {
      storage::ObjectPtr& object = page.objects[i];
      if (!everything && !options.matches(call.resource, *object)) continue;
      chosen.last_ns = object->ns;
      chosen.last_name = object->name;
      chosen.objects.push_back(std::move(object));
      if (limit == 0 || chosen.objects.size() < limit) continue;
      chosen.more = page.more || i + 1 < page.objects.size();
      co_return chosen;
    }
    if (!page.more) co_return chosen;
    read.revision = page.revision;
    read.start_ns = page.last_ns;
    read.start_name = page.last_name;
  }
}

}  // namespace

base::Task<ListAnswer> read_list(const Call& call, const ListOptions& options) {
  storage::ListResult result;
  if (call.converted) {
    result = co_await list_converted(call, options);
  } else {
    storage::ListOptions read = what_to_read(call, options);
    if (!options.selects_everything()) {
      read.filter = [&](const storage::StoredObject& object) {
        return options.matches(call.resource, object);
      };
    }
    result = list(call, options, read);
  }
  ListAnswer answer;
  answer.objects = std::move(result.objects);
  answer.revision = result.revision;
  if (result.more) {
    answer.token = ContinueToken{result.revision, result.last_ns, result.last_name}.encode();
    if (options.selects_everything()) answer.remaining = result.remaining;
  }
  co_return answer;
}

}  // namespace limen::api
