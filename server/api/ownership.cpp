#include "api/ownership.h"

#include <chrono>
#include <optional>
#include <utility>

#include "api/body.h"
#include "api/webhook_versions.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "base/time.h"
#include "catalog/custom/definition.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/conversion.h"
#include "validation/apply/fields_of.h"
#include "validation/custom/objects.h"

namespace limen::api {

namespace {

namespace apply = validation::apply;
using base::ApiError;
using object::Json;
using registry::Difference;
using registry::Part;

constexpr std::size_t kMaxManagerName = 128;
constexpr std::string_view kKubectl = "kubectl";
constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::size_t kMaxAnnotations = 256 * 1024;  // bytes, of all of an object

const Json* managed_fields(const Json& object) {
  return object::find(object, {"metadata", "managedFields"});
}

void set_managed_fields(Json& object, apply::Managers managers) {
  if (managers.empty()) {
    object::metadata(object).erase("managedFields");
  } else {
    object::metadata(object)["managedFields"] = apply::managers_json(std::move(managers));
  }
}

ApiError conflict_error(const apply::Conflicts& conflicts) {
  base::StatusDetails details;
  for (const apply::Conflict& conflict : conflicts.all) {
    details.causes.push_back(
        {"FieldManagerConflict", "conflict with " + conflict.manager, conflict.path});
  }
  return {409, "Conflict", conflicts.message(), std::move(details)};
}

const Json* last_applied(const Json& object) {
  const Json* text = object::find(object, {"metadata", "annotations", kLastApplied});
  return text && text->is_string() ? text : nullptr;
}

// The fields that `kubectl apply` has applied so far on the client's side; it takes them over when
// it goes on on the server's.
std::optional<apply::FieldSet> last_applied_fields(const Json& live, const apply::Model& model) {
  const Json* text = last_applied(live);
  if (text == nullptr) return std::nullopt;
  try {
    const std::string_view json(text->get_string());
    const object::Decoded decoded = object::decode(json, object::Format::json);
    if (!decoded.value.is_object()) return std::nullopt;
    return apply::fields_of(decoded.value, model);
  } catch (const object::DecodeError&) {
    return std::nullopt;
  }
}

// Keeps the annotation true that an older kubectl would go by.
void renew_last_applied(Json& object, const Json& config) {
  Json shown = object::mutable_copy(config);
  if (Json* annotations = object::metadata(shown).if_contains("annotations");
      annotations && annotations->is_object()) {
    annotations->get_object().erase(kLastApplied);
  }
  std::string text = object::to_json(shown) + "\n";
  boost::json::object& annotations = object::object_at(object.at("metadata"), "annotations");
  if (text.size() > kMaxAnnotations) {
    annotations.erase(kLastApplied);
  } else {
    annotations[kLastApplied] = text;
  }
}

// What does not fit the schema, with the text of kube-apiserver, which has no reason for it.
void refuse_faults(const std::vector<std::string>& faults, const Json& config) {
  if (faults.empty()) return;
  const object::GroupVersionParts parts = object::split_api_version(object::api_version(config));
  std::string text = "failed to create typed patch object (" + std::string(object::ns(config)) +
                     "/" + std::string(object::name(config)) + "; " + std::string(parts.group) +
                     "/" + std::string(parts.version) +
                     ", Kind=" + std::string(object::kind(config)) + "): ";
  if (faults.size() == 1) {
    text += faults.front();
  } else {
    text += "errors:";
    for (const std::string& fault : faults) text += "\n  " + fault;
  }
  throw ApiError(500, "", std::move(text));
}

apply::Model model_of(const catalog::Resource& resource) {
  if (resource.custom == nullptr) return resource.type;
  if (resource.custom->any_fields) return {};
  return &resource.custom->schema;
}

// What is applied to a custom kind without what its schema has no place for: nobody owns what is
// not kept.
Json kept_part(const catalog::Resource& resource, const Json& config) {
  Json kept = object::mutable_copy(config);
  if (resource.custom != nullptr) validation::prune_custom(kept, *resource.custom);
  return kept;
}

}  // namespace

// The catalog's versions of the call's resource.
class Ownership::CatalogVersions final : public apply::Versions {
 public:
  explicit CatalogVersions(const Call& call)
      : call_(call),
        resource_(call.resource),
        own_(object::group_version(resource_.group, resource_.version)) {}

  const std::string& own() const { return own_; }

  bool find(std::string_view api_version, apply::Model& model) const override {
    const catalog::Resource* resource = resource_of(api_version);
    if (resource == nullptr) return false;
    model = model_of(*resource);
    return true;
  }

  bool same_shape(std::string_view left, std::string_view right) const override {
    if (left == right) return true;
    if (call_.converted) return false;
    return !has_own_shape(left) && !has_own_shape(right);
  }

  Json convert(const Json& object, std::string_view from, std::string_view to) const override {
    if (call_.converted) {
      return call_.converted->get(object, object::split_api_version(to).version);
    }
    Json copy = object::mutable_copy(object);
    const catalog::Resource* source = resource_of(from);
    const catalog::Resource* target = resource_of(to);
    if (resource_.custom != nullptr) {
      // No defaults: what was taken out is not to come back.
      if (target != nullptr) validation::prune_custom(copy, *target->custom);
      object::set_type(copy, to, resource_.kind);
      return copy;
    }
    if (source != nullptr) registry::to_stored(*source, copy);
    if (target != nullptr) registry::to_served(*target, copy);
    return copy;
  }

 private:
  const catalog::Resource* resource_of(std::string_view api_version) const {
    if (api_version == own_) return &resource_;
    const object::GroupVersionParts parts = object::split_api_version(api_version);
    if (resource_.custom != nullptr) {
      if (parts.group != resource_.group) return nullptr;
      const catalog::CustomKind* kind = resource_.custom->definition->kind_of(parts.version);
      return kind ? &kind->resource : nullptr;
    }
    return catalog::find_resource(parts.group, parts.version, resource_.name);
  }
  bool has_own_shape(std::string_view api_version) const {
    const catalog::Resource* resource = resource_of(api_version);
    return resource != nullptr && registry::difference(*resource) == Difference::shape;
  }

  const Call& call_;
  const catalog::Resource& resource_;
  std::string own_;
};

std::string manager_name(const WriteOptions& options, std::string_view user_agent) {
  if (!options.field_manager.empty()) return options.field_manager;
  std::string name;
  for (const char c : user_agent.substr(0, user_agent.find('/'))) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) continue;
    if (name.size() == kMaxManagerName) break;
    name += c;
  }
  return name;
}

Ownership::Ownership(const Call& call, Part part, const WriteOptions& options)
    : call_(call),
      part_(part),
      options_(options),
      versions_(std::make_unique<const CatalogVersions>(call)) {
  writer_.name = manager_name(options, call.context.head().header("User-Agent"));
  writer_.api_version = versions_->own();
  writer_.subresource = call.info().subresource;
  writer_.time = base::format_time(std::chrono::system_clock::now());
  writer_.versions = versions_.get();
  writer_.confine = [this](apply::FieldSet& set) { confine(set); };
}

Ownership::~Ownership() = default;

// Leaves in `set` what the write reaches.
void Ownership::confine(apply::FieldSet& set) const {
  switch (part_) {
    case Part::internal:
      return;
    case Part::whole:
      if (call_.resource.subresource("status") != nullptr) set.drop({"status"});
      return;
    case Part::status:
      if (call_.strategy().status_keeps_metadata) return set.keep_only({"status"});
      set.keep_only({"metadata", "status"});
      set.drop({"metadata", "ownerReferences"});
      if (call_.strategy().status_keeps_labels) set.drop({"metadata", "labels"});
      return;
    case Part::finalize:
      return set.keep_path({"spec", "finalizers"});
    case Part::ephemeral_containers:
      return set.keep_path({"spec", "ephemeralContainers"});
    case Part::resize:
      return set.keep_path({"spec", "containers"});
  }
}

const Json& Ownership::served(const Json& object, Json& room) const {
  if (registry::difference(call_.resource) != Difference::shape) return object;
  room = served_form(call_, object);
  return room;
}

void Ownership::created(Json& object) const {
  apply::Managers managers;
  Json room;
  apply::track_update(managers, nullptr, served(object, room), writer_);
  set_managed_fields(object, std::move(managers));
}

// The owners a write starts from: those the client sent if they are any, else the object's.
apply::Managers Ownership::base_of(const Json* given, const Json* live) const {
  if (writer_.subresource.empty()) {
    if (apply::is_reset(given)) return {};
    std::optional<apply::Managers> sent = apply::read_managers(given);
    if (sent && !sent->empty()) return std::move(*sent);
  }
  return apply::read_managers(live).value_or(apply::Managers{});
}

void Ownership::updated(const Json& old, Json& object) const {
  const Json* live = managed_fields(old);
  if (part_ == Part::internal) {
    if (live) object::metadata(object)["managedFields"] = *live;
    return;
  }
  apply::Managers managers = base_of(managed_fields(object), live);
  if (!managers.empty()) {
    Json room;
    Json old_room;
    apply::track_update(managers, &served(old, old_room), served(object, room), writer_);
  }
  set_managed_fields(object, std::move(managers));
}

Json Ownership::applied(const Json* live, const Json& sent) const {
  const apply::Model model = model_of(call_.resource);
  if (managed_fields(sent) != nullptr) {
    throw ApiError::bad_request("metadata.managedFields must be nil");
  }
  refuse_faults(apply::faults_of(sent, model), sent);
  const Json config = kept_part(call_.resource, sent);
  const Json nothing = boost::json::object();
  const Json& before = live ? *live : nothing;
  std::optional<apply::Managers> managers = apply::read_managers(managed_fields(before));
  if (!managers) throw ApiError(500, "", "failed to decode managed fields");
  std::optional<apply::FieldSet> tolerated;
  const bool kubectl = writer_.name == kKubectl;
  if (kubectl) tolerated = last_applied_fields(before, model);
  try {
    Json result = apply::apply_config(*managers, before, config, writer_, options_.force,
                                      tolerated ? &*tolerated : nullptr);
    if (kubectl && last_applied(result)) renew_last_applied(result, config);
    set_managed_fields(result, std::move(*managers));
    return result;
  } catch (const apply::Conflicts& conflicts) {
    throw conflict_error(conflicts);
  }
}

}  // namespace limen::api
