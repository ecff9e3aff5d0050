#include "controllers/storage_protection.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "controllers/names.h"
#include "controllers/owner_references.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "registry/lifecycle.h"

namespace limen::controllers {

namespace {

using object::Json;
using storage::ObjectPtr;
using storage::StoredObject;

constexpr std::string_view kPods = "pods";
constexpr std::string_view kClaims = "persistentvolumeclaims";
constexpr std::string_view kVolumes = "persistentvolumes";
constexpr std::string_view kClasses = "volumeattributesclasses";

struct Protection {
  std::string_view resource, finalizer;
};
constexpr std::array<Protection, 3> kProtections = {{
    {kClaims, "kubernetes.io/pvc-protection"},
    {kVolumes, "kubernetes.io/pv-protection"},
    {kClasses, "kubernetes.io/vac-protection"},
}};

// Null for what is not protected.
const Protection* protection_of(std::string_view resource) {
  for (const Protection& one : kProtections) {
    if (one.resource == resource) return &one;
  }
  return nullptr;
}

storage::ResourceId id_of(std::string_view resource) {
  return {resource == kClasses ? "storage.k8s.io" : "", std::string(resource)};
}

std::string key_text(std::string_view resource, const StoredObject& object) {
  return std::string(resource) + '/' + object.ns + '/' + object.name;
}

storage::Key parse_key(const std::string& key) {
  const std::size_t first = key.find('/');
  const std::size_t second = key.find('/', first + 1);
  return {id_of(key.substr(0, first)), key.substr(first + 1, second - first - 1),
          key.substr(second + 1)};
}

bool mentions(const StoredObject& object, std::string_view text) {
  return object.json.find(text) != std::string::npos;
}

// Names hold nothing that JSON would escape: what does not mention one need not be parsed.
bool mentions_name(const StoredObject& object, std::string_view name) {
  return mentions(object, '"' + std::string(name) + '"');
}

std::string_view text_in(const Json& value, std::string_view part, std::string_view key) {
  const Json* const inner = object::member(value, part);
  return inner ? object::text_at(*inner, key) : std::string_view();
}

bool is_finished(const Json& pod) {
  const std::string_view phase = text_in(pod, "status", "phase");
  return phase == "Succeeded" || phase == "Failed";
}

// Its kubelet is done with it, or was not asked.
bool is_shut_down(const Json& pod) {
  const Json* const grace = object::find(pod, {"metadata", "deletionGracePeriodSeconds"});
  return !object::deletion_timestamp(pod).empty() && grace && object::int_or(grace, -1) == 0;
}

bool is_owned_by(const Json& object, std::string_view uid) {
  const auto owners = owner_references(object);
  return std::any_of(owners.begin(), owners.end(),
                     [&](const OwnerReference& owner) { return owner.uid == uid; });
}

// The claim was made for this volume of the pod. Deleted in the foreground the pod waits for that
// claim, which therefore must not wait for a pod that has been shut down.
bool is_ephemeral(const Json& pod, const Json& volume, const Json& claim) {
  if (!object::member(volume, "ephemeral")) return false;
  const std::string made =
      std::string(object::name(pod)) + '-' + std::string(object::text_at(volume, "name"));
  return made == object::name(claim) && is_owned_by(claim, object::uid(pod)) && !is_shut_down(pod);
}

bool names_class(const Json& user, std::string_view name) {
  if (text_in(user, "spec", "volumeAttributesClassName") == name) return true;
  if (text_in(user, "status", "currentVolumeAttributesClassName") == name) return true;
  const Json* const change = object::find(user, {"status", "modifyVolumeStatus"});
  return change && object::text_at(*change, "targetVolumeAttributesClassName") == name;
}

// Whether `user` keeps `json`, which is of `resource`. Of a volume its own phase tells.
bool is_used_by(std::string_view resource, const Json& json, const Json& user) {
  if (resource == kClaims) return uses_claim(user, json);
  if (resource == kClasses) return names_class(user, object::name(json));
  return text_in(user, "status", "phase") == "Bound";
}

bool may_use(const StoredObject& user, const StoredObject& object) {
  return mentions_name(user, object.name) || mentions(user, "\"ephemeral\"");
}

std::vector<std::string_view> users_of(std::string_view resource) {
  if (resource == kClaims) return {kPods};
  if (resource == kClasses) return {kClaims, kVolumes};
  return {};
}

}  // namespace

bool uses_claim(const Json& pod, const Json& claim) {
  if (is_finished(pod)) return false;
  const Json* const volumes = object::find(pod, {"spec", "volumes"});
  if (!volumes || !volumes->is_array()) return false;
  const auto& list = volumes->get_array();
  return std::any_of(list.begin(), list.end(), [&](const Json& volume) {
    return text_in(volume, "persistentVolumeClaim", "claimName") == object::name(claim) ||
           is_ephemeral(pod, volume, claim);
  });
}

StorageProtection::StorageProtection(Scope& scope, Objects& objects)
    : objects_(objects),
      queue_(scope, kStorageProtection, [this](std::string key) { return look(std::move(key)); }),
      pods_(follow(id_of(kPods))),
      claims_(follow(id_of(kClaims))),
      volumes_(follow(id_of(kVolumes))),
      classes_(follow(id_of(kClasses))) {}

std::string_view StorageProtection::name() const { return kStorageProtection; }

Informer StorageProtection::follow(storage::ResourceId id) {
  const std::string resource = id.resource;
  return Informer(
      objects_.store(), objects_.loop(), std::move(id),
      [this, resource](const StoredObject& object, bool gone) { told(resource, object, gone); });
}

void StorageProtection::start() {
  for (Informer* const one : {&pods_, &claims_, &volumes_, &classes_}) one->start();
}

void StorageProtection::stop() {
  for (Informer* const one : {&pods_, &claims_, &volumes_, &classes_}) one->stop();
}

void StorageProtection::told(const std::string& resource, const StoredObject& object, bool gone) {
  const std::string key = key_text(resource, object);
  const auto node = waiting_.extract(key);
  if (!node.empty()) {
    for (const std::string& waits : node.mapped()) queue_.add(waits);
  }
  const bool deleted = !gone && mentions(object, "\"deletionTimestamp\"");
  if (deleted && protection_of(resource)) queue_.add(key);
}

// The key of somebody who uses it, the one known already for choice; empty when nobody does.
std::string StorageProtection::find_user(const std::string& key, std::string_view resource,
                                         const StoredObject& object, const Json& json) const {
  const auto uses = [&](const StoredObject& user) {
    const object::Document document = object::Document::parse(user.json);
    return is_used_by(resource, json, document.root());
  };
  if (resource == kVolumes) return uses(object) ? key : std::string();
  const auto known = users_.find(key);
  if (known != users_.end()) {
    const ObjectPtr user = objects_.store().get(parse_key(known->second));
    if (user && uses(*user)) return known->second;
  }
  storage::ListOptions options;
  options.ns = object.ns;
  for (const std::string_view of : users_of(resource)) {
    const storage::ListResult list = objects_.store().list(id_of(of), options);
    for (const ObjectPtr& user : list.objects) {
      if (may_use(*user, object) && uses(*user)) return key_text(of, *user);
    }
  }
  return {};
}

void StorageProtection::remember(const std::string& key, const std::string& user) {
  users_[key] = user;
  waiting_[user].insert(key);
}

void StorageProtection::forget(const std::string& key) {
  const auto known = users_.find(key);
  if (known == users_.end()) return;
  const auto waiting = waiting_.find(known->second);
  if (waiting != waiting_.end()) {
    waiting->second.erase(key);
    if (waiting->second.empty()) waiting_.erase(waiting);
  }
  users_.erase(known);
}

base::Task<bool> StorageProtection::look(std::string key) {
  storage::Key place = parse_key(key);
  const Protection* const protection = protection_of(place.id.resource);
  const ObjectPtr current = objects_.store().get(place);
  const object::Document document =
      current ? object::Document::parse(current->json) : object::Document();
  const Json& old = document.root();
  if (!current || !protection || object::deletion_timestamp(old).empty() ||
      !has_finalizer(old, protection->finalizer)) {
    forget(key);
    co_return true;
  }
  const std::string user = find_user(key, protection->resource, *current, old);
  forget(key);
  if (!user.empty()) {
    remember(key, user);
    co_return false;  // looked at now and then, should the end of its user not have been told
  }
  Json changed = object::mutable_copy(old);
  drop_finalizer(changed, protection->finalizer);
  const catalog::Resource* const resource =
      catalog::find_resource(place.id.group, "v1", place.id.resource);
  if (resource && registry::completes_deletion(*resource, changed, old)) {
    co_return co_await objects_.remove(std::move(place), current->revision);
  }
  co_return co_await objects_.update(std::move(place), current->revision, std::move(changed));
}

}  // namespace limen::controllers
