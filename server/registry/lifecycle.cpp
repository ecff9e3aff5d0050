#include "registry/lifecycle.h"

#include <algorithm>
#include <chrono>

#include "base/strings.h"
#include "base/time.h"
#include "object/metadata.h"
#include "validation/apply/managers.h"

namespace limen::registry {

namespace {

using object::Json;

constexpr std::size_t kSuffixLength = 5;
constexpr std::size_t kMaxGeneratedBase = 63 - kSuffixLength;
constexpr std::string_view kOrphan = "orphan";
constexpr std::string_view kForeground = "foregroundDeletion";

bool has_status(const catalog::Resource& resource) {
  return resource.subresource("status") != nullptr;
}

void take_member(Json& target, const Json& source, std::string_view key);

void take_from_spec(Json& target, const Json& source, std::string_view key) {
  static const Json kNone(boost::json::object_kind);
  const Json* spec = object::member(source, "spec");
  if (!object::member(target, "spec")) target.get_object()["spec"].emplace_object();
  take_member(*object::member(target, "spec"), spec && spec->is_object() ? *spec : kNone, key);
}

bool same_names(const boost::json::array& left, const boost::json::array& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Json& one, const Json& other) {
                      return object::text_at(one, "name") == object::text_at(other, "name");
                    });
}

// Of a pod's containers the resources and how they are resized. Other containers than there were
// are taken as they are: validation says that they may not be.
void take_resized(Json& target, const Json& source, std::string_view list) {
  Json* const spec = object::member(target, "spec");
  Json* const there = spec ? object::member(*spec, list) : nullptr;
  const Json* const written = object::find(source, {"spec", list});
  if (!there || !written || !there->is_array() || !written->is_array() ||
      !same_names(there->get_array(), written->get_array())) {
    return take_from_spec(target, source, list);
  }
  for (std::size_t i = 0; i < there->get_array().size(); ++i) {
    Json& container = there->get_array()[i];
    if (!container.is_object()) continue;
    for (const std::string_view key : {"resources", "resizePolicy"}) {
      take_member(container, written->get_array()[i], key);
    }
  }
}

// Sets or removes `key` of `target` so that it is as in `source`.
void take_member(Json& target, const Json& source, std::string_view key) {
  if (const Json* value = object::member(source, key)) {
    target.get_object()[key] = *value;
  } else {
    target.get_object().erase(key);
  }
}

// The same for a member of metadata.
void keep_metadata(Json& object, const Json& old, std::string_view key) {
  const Json* old_metadata = object::metadata_of(old);
  const Json* value = old_metadata ? object::member(*old_metadata, key) : nullptr;
  boost::json::object& metadata = object::metadata(object);
  if (value) {
    metadata[key] = *value;
  } else {
    metadata.erase(key);
  }
}

bool same_member(const Json& left, const Json& right, std::string_view key) {
  const Json* a = object::member(left, key);
  const Json* b = object::member(right, key);
  if (!a || !b) return a == b;
  return *a == *b;
}

// The desired state: everything but metadata and, where status is written by itself, status.
bool same_desired_state(const Json& left, const Json& right, bool status_counts) {
  const auto covered = [status_counts](const Json& one, const Json& other) {
    return std::all_of(one.get_object().begin(), one.get_object().end(), [&](const auto& entry) {
      const std::string_view key(entry.key().data(), entry.key().size());
      return key == "metadata" || (key == "status" && !status_counts) ||
             same_member(one, other, key);
    });
  };
  return covered(left, right) && covered(right, left);
}

bool annotations_differ(const Json& left, const Json& right) {
  return object::annotations(left) != object::annotations(right);
}

// Of a write through a subresource: everything is as it was, but for the part that was written.
void confine_to_part(const Strategy& strategy, Part part, Json& object, const Json& old) {
  switch (part) {
    case Part::whole:
    case Part::internal:
      return;
    case Part::status: {
      Json narrowed(old, object.storage());
      take_member(narrowed, object, "status");
      if (strategy.status_keeps_metadata) {
        keep_metadata(narrowed, object, "managedFields");
        object = std::move(narrowed);
        return;
      }
      take_member(narrowed, object, "metadata");
      // Old kubelets lose them.
      if (strategy.status_keeps_owners) keep_metadata(narrowed, old, "ownerReferences");
      if (strategy.status_keeps_labels) keep_metadata(narrowed, old, "labels");
      object = std::move(narrowed);
      return;
    }
    case Part::finalize: {
      const Json* finalizers = object::find(object, {"spec", "finalizers"});
      Json narrowed(old, object.storage());
      boost::json::object& spec = object::object_at(narrowed, "spec");
      if (finalizers) {
        spec["finalizers"] = *finalizers;
      } else {
        spec.erase("finalizers");
      }
      keep_metadata(narrowed, object, "resourceVersion");
      keep_metadata(narrowed, object, "managedFields");
      object = std::move(narrowed);
      return;
    }
    case Part::ephemeral_containers:
    case Part::resize: {
      Json narrowed(old, object.storage());
      if (part == Part::resize) {
        take_resized(narrowed, object, "containers");
        take_resized(narrowed, object, "initContainers");
        take_from_spec(narrowed, object, "resources");
      } else {
        take_from_spec(narrowed, object, "ephemeralContainers");
      }
      keep_metadata(narrowed, object, "resourceVersion");
      keep_metadata(narrowed, object, "managedFields");
      object = std::move(narrowed);
      return;
    }
  }
}

}  // namespace

void wipe_system_fields(Json& object) {
  boost::json::object& metadata = object::metadata(object);
  for (const char* key : {"uid", "creationTimestamp", "deletionTimestamp",
                          "deletionGracePeriodSeconds", "selfLink", "managedFields"}) {
    metadata.erase(key);
  }
}

void generate_name(Json& object) {
  std::string name(object::generate_name(object).substr(0, kMaxGeneratedBase));
  name += base::random_name_suffix(kSuffixLength);
  object::set_metadata(object, "name", name);
}

void prepare_create(const catalog::Resource& resource, const Strategy& strategy, Json& object,
                    const request::Identity& user) {
  object::set_metadata(object, "uid", base::random_uuid());
  object::set_metadata(object, "creationTimestamp",
                       base::format_time(std::chrono::system_clock::now()));
  boost::json::object& metadata = object::metadata(object);
  metadata.erase("generation");
  metadata.erase("resourceVersion");
  if (strategy.counts_generation) object::set_generation(object, 1);
  if (has_status(resource) && !strategy.status_on_create) {
    if (strategy.initial_status.empty()) {
      object.get_object().erase("status");
    } else {
      object.get_object()["status"] = boost::json::parse(
          boost::json::string_view(strategy.initial_status.data(), strategy.initial_status.size()));
    }
  }
  if (object::name(object).empty() && !object::generate_name(object).empty()) {
    generate_name(object);
  }
  if (strategy.prepare_create) strategy.prepare_create(object, user);
}

void prepare_update(const catalog::Resource& resource, const Strategy& strategy, Part part,
                    Json& object, const Json& old) {
  confine_to_part(strategy, part, object, old);
  boost::json::object& metadata = object::metadata(object);
  metadata.erase("selfLink");
  keep_metadata(object, old, "creationTimestamp");
  keep_metadata(object, old, "generation");
  if (object::uid(object).empty()) keep_metadata(object, old, "uid");
  if (!object::deletion_timestamp(old).empty()) {
    keep_metadata(object, old, "deletionTimestamp");
    keep_metadata(object, old, "deletionGracePeriodSeconds");
  } else {
    // Only a delete marks an object as being deleted.
    metadata.erase("deletionTimestamp");
    metadata.erase("deletionGracePeriodSeconds");
  }
  if (part == Part::whole) {
    if (has_status(resource)) take_member(object, old, "status");
    if (strategy.prepare_update) strategy.prepare_update(object, old);
  }
  const std::int64_t generation = object::generation(old);
  if (strategy.counts_generation &&
      (!same_desired_state(object, old, resource.custom && !has_status(resource)) ||
       (strategy.annotations_count && annotations_differ(object, old)))) {
    object::set_generation(object, generation + 1);
  }
}

bool same_content(const Json& left, const Json& right) {
  const Json* a = object::metadata_of(left);
  const Json* b = object::metadata_of(right);
  if (!a || !b || left.get_object().size() != right.get_object().size()) return false;
  for (const auto& entry : left.get_object()) {
    const std::string_view key(entry.key().data(), entry.key().size());
    if (key != "metadata" && !same_member(left, right, key)) return false;
  }
  const auto covered = [](const Json& one, const Json& other) {
    return std::all_of(one.get_object().begin(), one.get_object().end(), [&](const auto& entry) {
      const std::string_view key(entry.key().data(), entry.key().size());
      if (key == "managedFields") {
        return validation::apply::same_managers(&entry.value(), object::member(other, key));
      }
      return key == "resourceVersion" || same_member(one, other, key);
    });
  };
  return covered(*a, *b) && covered(*b, *a);
}

bool completes_deletion(const catalog::Resource& resource, const Json& object, const Json& old) {
  if (object::deletion_timestamp(old).empty() || !object::finalizers(object).empty()) return false;
  if (resource.storage_group.empty() && resource.name == "namespaces") {
    const Json* finalizers = object::find(object, {"spec", "finalizers"});
    if (finalizers && finalizers->is_array() && !finalizers->get_array().empty()) return false;
  }
  const Json* grace = object::find(old, {"metadata", "deletionGracePeriodSeconds"});
  return object::int_or(grace, 0) == 0;
}

void mark_deleted(Json& object, std::int64_t grace) {
  const auto when = std::chrono::system_clock::now() + std::chrono::seconds(grace);
  object::set_metadata(object, "deletionTimestamp", base::format_time(when));
  object::metadata(object)["deletionGracePeriodSeconds"] = grace;
  const std::int64_t generation = object::generation(object);
  if (generation > 0) object::set_generation(object, generation + 1);
}

std::optional<std::vector<std::string>> finalizers_for(const Strategy& strategy, const Json& object,
                                                       Propagation propagation) {
  if (!strategy.garbage_collected) return std::nullopt;
  const std::vector<std::string> present = object::finalizers(object);
  const auto has = [&](std::string_view name) {
    return std::find(present.begin(), present.end(), name) != present.end();
  };
  const bool unset = propagation == Propagation::unset;
  const bool foreground =
      propagation == Propagation::foreground || (unset && has(kForeground) && !has(kOrphan));
  const bool orphan = propagation == Propagation::orphan ||
                      (unset && !foreground && (has(kOrphan) || strategy.orphans_dependents));
  if (orphan == has(kOrphan) && foreground == has(kForeground)) return std::nullopt;
  std::vector<std::string> wanted;
  for (const std::string& name : present)
    if (name != kOrphan && name != kForeground) wanted.push_back(name);
  if (orphan) wanted.emplace_back(kOrphan);
  if (foreground) wanted.emplace_back(kForeground);
  return wanted;
}

}  // namespace limen::registry
