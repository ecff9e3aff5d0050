#include "api/protobuf_answer.h"

#include <array>
#include <functional>
#include <map>
#include <utility>

#include "api/respond.h"
#include "base/api_error.h"
#include "object/metadata.h"
#include "validation/protobuf/encode.h"

namespace limen::api {

namespace {

namespace protobuf = validation::protobuf;
using catalog::Type;
using object::Json;

constexpr std::uint32_t kMetadataField = 1;  // of a list and of PartialObjectMetadata

// Objects larger than this are not kept for the next watcher.
constexpr std::size_t kMaxKept = 64 * 1024;
constexpr std::size_t kKept = 64;

// Types that have a group, version and kind, by the apiVersion and kind an object names.
const Type* find_typed(std::string_view api_version, std::string_view kind) {
  using Key = std::pair<std::string, std::string_view>;
  static const std::map<Key, const Type*, std::less<>> known = [] {
    std::map<Key, const Type*, std::less<>> found;
    for (const Type& type : catalog::types()) {
      if (type.kind.empty()) continue;
      found.emplace(Key(object::group_version(type.group, type.version), type.kind), &type);
    }
    return found;
  }();
  const auto at = known.find(Key(api_version, kind));
  return at == known.end() ? nullptr : at->second;
}

const Type& metadata_type() {
  static const Type* const type =
      catalog::find_type("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  return *type;
}

std::string partial_message(const Json& object) {
  static const Json none = boost::json::object();
  const Json* metadata = object::metadata_of(object);
  const std::string message =
      protobuf::encode_message(metadata ? *metadata : none, metadata_type());
  return protobuf::field_head(kMetadataField, message.size()) + message;
}

std::string enveloped(std::string_view api_version, std::string_view kind,
                      const std::string& message) {
  std::string body = protobuf::envelope_head(api_version, kind, message.size());
  body += message;
  return body += protobuf::kEnvelopeTail;
}

std::string event_body(const catalog::Resource& resource, const storage::ObjectPtr& object,
                       View view, std::string_view meta_version) {
  const bool partial = view != View::object;
  const std::string message = protobuf_item(resource, object, partial);
  if (partial) {
    return enveloped(object::group_version("meta.k8s.io", meta_version), "PartialObjectMetadata",
                     message);
  }
  return enveloped(object::group_version(resource.group, resource.version), resource.kind, message);
}

// What one loop has encoded last.
struct Kept {
  storage::ObjectPtr object;
  const catalog::Resource* resource = nullptr;
  bool partial = false;
  std::string_view meta_version;
  std::shared_ptr<const std::string> body;
};

}  // namespace

bool has_protobuf(const catalog::Resource& resource, const catalog::Subresource* subresource) {
  if (resource.custom) return false;
  const Type* type = subresource ? subresource->type : resource.type;
  if (!type || type->fields.empty()) return false;
  // Kinds without numbers of fields are none of Kubernetes' own.
  for (const catalog::Field& field : type->fields)
    if (field.number != 0) return true;
  return false;
}

std::string protobuf_body(std::string_view json) {
  const object::Document document = object::Document::parse(json);
  const Json& root = document.root();
  const std::string_view api_version = object::api_version(root);
  const std::string_view kind = object::kind(root);
  if (kind == "PartialObjectMetadata") return enveloped(api_version, kind, partial_message(root));
  const Type* type = find_typed(api_version, kind);
  if (!type) throw base::ApiError::not_acceptable(served_types(false, Answer::object));
  return enveloped(api_version, kind, protobuf::encode_message(root, *type));
}

std::string protobuf_item(const catalog::Resource& resource, const storage::ObjectPtr& object,
                          bool partial) {
  // Metadata are the same in every version of a kind.
  const object::Document document =
      object::Document::parse(partial ? object->json : served_json(resource, object));
  if (partial) return partial_message(document.root());
  return protobuf::encode_message(document.root(), *resource.type);
}

std::shared_ptr<const std::string> protobuf_event(const catalog::Resource& resource,
                                                  const storage::ObjectPtr& object, View view,
                                                  std::string_view meta_version) {
  thread_local std::array<Kept, kKept> kept;
  const bool partial = view != View::object;
  const auto place = static_cast<std::size_t>(object->revision) % kKept;
  Kept& known = kept[place];
  if (known.object == object && known.resource == &resource && known.partial == partial &&
      known.meta_version == meta_version) {
    return known.body;
  }
  auto body = std::make_shared<const std::string>(event_body(resource, object, view, meta_version));
  if (body->size() <= kMaxKept && object->json.size() <= kMaxKept) {
    known = {object, &resource, partial, meta_version, body};
  }
  return body;
}

}  // namespace limen::api
