#include "modules/object_writes.h"

#include <charconv>
#include <utility>

#include "modules/host_scope.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::modules {

namespace {

limen_status status_of(storage::WriteStatus status) {
  switch (status) {
    case storage::WriteStatus::ok:
      return LIMEN_OK;
    case storage::WriteStatus::already_exists:
    case storage::WriteStatus::conflict:
      return LIMEN_E_CONFLICT;
    case storage::WriteStatus::not_found:
      return LIMEN_E_NOT_FOUND;
    case storage::WriteStatus::too_busy:
    case storage::WriteStatus::unavailable:
    case storage::WriteStatus::unknown:
      break;
  }
  return LIMEN_E_UNAVAILABLE;
}

// A revision from a resourceVersion; 0 for what is none.
storage::Revision revision_of(std::string_view text) {
  storage::Revision revision = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, revision);
  return read.ec == std::errc() && read.ptr == end && revision > 0 ? revision : 0;
}

// Empty for what is not a JSON object.
object::Document object_of(std::string_view json) {
  try {
    object::Document document = object::Document::parse(json);
    if (document.root().is_object()) return document;
  } catch (const std::exception&) {
    // Said by the empty answer.
  }
  return {};
}

Answers::Give giving(WriteDone done, void* arg) {
  return [done, arg](limen_status status) { done(arg, status); };
}

}  // namespace

limen_status replace_status(HostScope& scope, const storage::Key& key,
                            std::string_view resource_version, std::string_view status_json,
                            WriteDone done, void* arg) {
  const storage::Revision expected = revision_of(resource_version);
  const object::Document status = object_of(status_json);
  if (done == nullptr || expected == 0 || !status) return LIMEN_E_INVALID;
  const ObjectFeed& objects = scope.objects();
  storage::Store* const store = objects.source().store;
  if (store == nullptr || !objects.known(key.id.group, key.id.resource)) return LIMEN_E_NOT_FOUND;
  const storage::ObjectPtr stored = store->get(key);
  if (stored == nullptr) return LIMEN_E_NOT_FOUND;
  object::Json changed = object::mutable_copy(object::Document::parse(stored->json).root());
  changed.as_object()["status"] = object::mutable_copy(status.root());
  const auto answers = scope.background().answers();
  OwedAnswer owed(answers, giving(done, arg));
  const std::uint64_t number = owed.number();
  if (number == 0) return LIMEN_E_UNAVAILABLE;
  if (stored->revision != expected) {
    answers->finish(number, LIMEN_E_CONFLICT);
  } else {
    store->update(key, expected, object::canonical(changed),
                  [answers, number](const storage::WriteResult& result) {
                    answers->finish(number, status_of(result.status));
                  });
  }
  owed.put();
  return LIMEN_OK;
}

limen_status create_new(HostScope& scope, storage::Key key, std::string_view json, WriteDone done,
                        void* arg) {
  const object::Document document = object_of(json);
  const ObjectFeed& objects = scope.objects();
  if (!objects.source().create) return LIMEN_E_UNSUPPORTED;
  if (done == nullptr || !document || object::name(document.root()) != key.name) {
    return LIMEN_E_INVALID;
  }
  if (!objects.known(key.id.group, key.id.resource)) return LIMEN_E_NOT_FOUND;
  const auto answers = scope.background().answers();
  OwedAnswer owed(answers, giving(done, arg));
  const std::uint64_t number = owed.number();
  if (number == 0) return LIMEN_E_UNAVAILABLE;
  objects.source().create(std::move(key), object::mutable_copy(document.root()),
                          [answers, number](storage::WriteStatus status) {
                            answers->finish(number, status_of(status));
                          });
  owed.put();
  return LIMEN_OK;
}

}  // namespace limen::modules
