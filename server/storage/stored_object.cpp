#include "storage/stored_object.h"

#include <array>
#include <charconv>
#include <utility>

#include "storage/scan.h"

namespace limen::storage {

namespace {

constexpr std::string_view kMember = ",\"resourceVersion\":\"";
constexpr std::string_view kEnd = "\"}}";
// Digits there is room for; a revision with more grows the text once.
constexpr std::size_t kUsualDigits = 8;

// The part of `json` before the resourceVersion member.
std::string_view unversioned(const StoredObject& object) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), object.revision).ptr;
  const auto count = static_cast<std::size_t>(end - digits.begin());
  return std::string_view(object.json)
      .substr(0, object.json.size() - kMember.size() - count - kEnd.size());
}

void append_version(std::string& json, Revision revision) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), revision).ptr;
  json.append(digits.begin(), end);
  json += kEnd;
}

}  // namespace

Draft prepare(const std::string& ns, const std::string& name, std::string_view canonical) {
  auto scanned = scan_object(canonical);
  if (!scanned) return nullptr;
  auto draft = std::make_shared<StoredObject>();
  draft->ns = ns;
  draft->name = name;
  draft->uid = std::move(scanned->uid);
  draft->labels = std::move(scanned->labels);
  draft->json.reserve(canonical.size() + kMember.size() + kUsualDigits + 1);
  draft->json.append(canonical, 0, canonical.size() - 2);
  draft->json += kMember;
  return draft;
}

ObjectPtr finish(Draft draft, Revision revision, Revision created) {
  draft->revision = revision;
  draft->create_revision = created;
  append_version(draft->json, revision);
  return draft;
}

ObjectPtr at_revision(const StoredObject& object, Revision revision) {
  auto copy = std::make_shared<StoredObject>();
  copy->ns = object.ns;
  copy->name = object.name;
  copy->uid = object.uid;
  copy->labels = object.labels;
  copy->form = object.form;
  const std::string_view text = unversioned(object);
  copy->json.reserve(text.size() + kMember.size() + kUsualDigits + kEnd.size());
  copy->json += text;
  copy->json += kMember;
  return finish(std::move(copy), revision, object.create_revision);
}

std::string canonical_text(const StoredObject& object) {
  std::string text(unversioned(object));
  text += "}}";
  return text;
}

std::size_t memory_of(const StoredObject& object) {
  std::size_t bytes = sizeof(StoredObject) + object.json.capacity() + object.name.capacity() +
                      object.ns.capacity() + object.uid.capacity();
  for (const auto& [key, value] : object.labels) {
    bytes += sizeof(object.labels[0]) + key.capacity() + value.capacity();
  }
  return bytes;
}

}  // namespace limen::storage
