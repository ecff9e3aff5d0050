#include "registry/kubernetes_values.h"

#include <algorithm>

#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/conversion.h"
#include "storage/scan.h"
#include "validation/defaults.h"
#include "validation/protobuf/decode.h"
#include "validation/schema.h"

namespace limen::registry {

namespace {

using object::Json;
using Place = KubernetesKeys::Place;

constexpr std::string_view kProtobuf("k8s\0", 4);
constexpr std::string_view kEncrypted = "k8s:enc:";
constexpr std::string_view kFirstMember = "{\"apiVersion\":\"";

// Takes `text` from the beginning of `rest`; false when it is not there.
bool take(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

// Begins as the store's form of the place's kind does: apiVersion, then kind.
bool begins_as_stored(const Place& place, std::string_view value) {
  if (!take(value, kFirstMember)) return false;
  if (!place.group.empty() && (!take(value, place.group) || !take(value, "/"))) return false;
  if (place.builtin == nullptr) return true;
  return take(value, place.builtin->version) && take(value, "\",\"kind\":\"") &&
         take(value, place.builtin->kind) && take(value, "\",");
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// The row of the kind that a value says it is of, which must be one of the place's resource.
const catalog::Resource& row_of(const Place& place, std::string_view api_version,
                                std::string_view kind) {
  const object::GroupVersionParts parts = object::split_api_version(api_version);
  const catalog::Resource* row = catalog::find_kind(parts.group, parts.version, kind);
  if (row == nullptr) {
    throw UnreadableValue("it is a " + quoted(kind) + " of " + quoted(api_version) +
                          ", which this server does not know: have kube-apiserver write it anew "
                          "in a version of today");
  }
  if (row->name != place.resource || row->storage_group != place.group) {
    throw UnreadableValue("it is a " + quoted(kind) + " of " + quoted(api_version) +
                          ", which does not belong there");
  }
  return *row;
}

void fit(Json& object, const catalog::Resource& row) {
  if (row.type == nullptr) return;
  const validation::Conformance fits = validation::conform(object, *row.type);
  if (!fits.error.empty()) throw UnreadableValue(fits.error);
}

Json from_json(std::string_view value) {
  object::DecodeLimits limits;
  limits.max_bytes = std::max(limits.max_bytes, value.size());  // it is in the store, it is served
  Json object;
  try {
    object = object::decode(value, object::Format::json, limits).value;
  } catch (const object::DecodeError& error) {
    throw UnreadableValue(std::string("it is no JSON: ") + error.what());
  }
  if (!object.is_object()) throw UnreadableValue("it is no JSON object");
  return object;
}

Json from_protobuf(const Place& place, std::string_view value) {
  if (place.builtin == nullptr) {
    throw UnreadableValue("it is protobuf, which custom resources never are");
  }
  namespace protobuf = validation::protobuf;
  try {
    const protobuf::Envelope envelope = protobuf::open_envelope(value);
    const catalog::Resource& row = row_of(place, envelope.api_version, envelope.kind);
    return protobuf::decode_body(value, row.kind, row.type);
  } catch (const protobuf::WireError& error) {
    throw UnreadableValue(std::string("it is no protobuf of its kind: ") + error.what());
  }
}

// To the version that is stored, with what this version fills in.
void to_storage_version(const Place& place, Json& object) {
  const catalog::Resource& row = row_of(place, object::api_version(object), object::kind(object));
  fit(object, row);
  const catalog::Resource& stored = storage_resource(row);
  const Difference differs = difference(row);
  if (differs != Difference::none) to_stored(row, object);
  if (differs == Difference::shape) fit(object, stored);
  validation::apply_defaults(stored, object);
}

void check_custom(const Place& place, const Json& object) {
  const object::GroupVersionParts parts = object::split_api_version(object::api_version(object));
  if (parts.group != place.group || parts.version.empty() || object::kind(object).empty()) {
    throw UnreadableValue("it is a " + quoted(object::kind(object)) + " of " +
                          quoted(object::api_version(object)) + ", which does not belong there");
  }
}

// What is not kept with an object, and that it is the one its key says.
void settle_metadata(const Place& place, Json& object) {
  const std::size_t slash = place.names.find('/');
  const bool in_namespace = slash != std::string_view::npos;
  const std::string_view ns = in_namespace ? place.names.substr(0, slash) : std::string_view();
  const std::string_view name = in_namespace ? place.names.substr(slash + 1) : place.names;
  if (object::name(object) != name || object::ns(object) != ns) {
    throw UnreadableValue("it is of another name or namespace than its key");
  }
  boost::json::object& metadata = object::metadata(object);
  // In order, so that equal objects stay equal texts.
  if (const auto found = metadata.find("selfLink"); found != metadata.end()) {
    metadata.stable_erase(found);
  }
  for (auto member = metadata.begin(); member != metadata.end();) {
    member = member->value().is_null() ? metadata.stable_erase(member) : member + 1;
  }
}

}  // namespace

bool is_store_form(const Place& place, std::string_view value) {
  if (!begins_as_stored(place, value)) return false;
  const auto scanned = storage::scan_object(value);
  return scanned && !scanned->has_revision;
}

std::string store_form(const Place& place, std::string_view value) {
  if (value.starts_with(kEncrypted)) {
    throw UnreadableValue("it is encrypted, and no encryption is configured that reads it");
  }
  const bool protobuf = value.starts_with(kProtobuf);
  Json object = protobuf ? from_protobuf(place, value) : from_json(value);
  if (place.builtin != nullptr) {
    to_storage_version(place, object);
  } else {
    check_custom(place, object);
  }
  settle_metadata(place, object);
  return object::canonical(object);
}

}  // namespace limen::registry
