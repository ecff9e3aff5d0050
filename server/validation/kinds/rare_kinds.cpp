// Rules of kinds that programs write and people seldom see: storage capacities, migrations of
// stored objects, candidates for leases, requests for certificates of pods.
#include <string>

#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"

namespace limen::validation::kinds {

namespace {

const FieldPath& spec_path() {
  static const FieldPath kPath("spec");
  return kPath;
}

void check_uid(const Json& spec, std::string_view key, Causes& causes) {
  constexpr std::size_t kLongest = 128;
  const std::string_view uid = text_at(spec, key);
  if (uid.empty()) causes.invalid(spec_path().child(key), uid, "must not be empty");
  if (uid.size() > kLongest) causes.too_long(spec_path().child(key), kLongest);
}

}  // namespace

void check_storage_capacity(const Json& object, Causes& causes) {
  check_label_selector(member(object, "nodeTopology"), FieldPath("nodeTopology"), causes);
  check_text(text_at(object, "storageClassName"), object::dns1123_subdomain,
             FieldPath("storageClassName"), causes);
  if (has(object, "capacity")) {
    check_amount_not_negative(*member(object, "capacity"), FieldPath("capacity"), causes);
  }
}

void check_storage_capacity_update(const Json& object, const Json& old, Causes& causes) {
  for (const std::string_view key : {"nodeTopology", "storageClassName"}) {
    check_immutable(member(object, key), member(old, key), FieldPath(key), causes);
  }
}

void check_migration(const Json& object, Causes& causes) {
  const Json& resource = object_at(spec_of(object), "resource");
  if (text_at(resource, "resource").empty()) {
    causes.required(FieldPath("spec.resource.resource"), "resource is required");
  }
}

void check_migration_update(const Json& object, const Json& old, Causes& causes) {
  const Json& now = object_at(spec_of(object), "resource");
  const Json& before = object_at(spec_of(old), "resource");
  for (const std::string_view key : {"group", "resource"}) {
    if (text_at(now, key) == text_at(before, key)) continue;
    causes.invalid(FieldPath(key), text_at(now, key), kImmutable);
  }
}

void check_lease_candidate(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_filled(spec, {"leaseName", "binaryVersion", "strategy"}, spec_path(), causes);
}

void check_lease_candidate_update(const Json& object, const Json& old, Causes& causes) {
  check_immutable(member(spec_of(object), "leaseName"), member(spec_of(old), "leaseName"),
                  spec_path().child("leaseName"), causes);
}

void check_pod_certificate_request(const Json& object, Causes& causes) {
  const Json& spec = spec_of(object);
  check_signer_name(text_at(spec, "signerName"), spec_path().child("signerName"), causes);
  check_text(text_at(spec, "podName"), object::dns1123_subdomain, spec_path().child("podName"),
             causes);
  check_uid(spec, "podUID", causes);
  check_text(text_at(spec, "serviceAccountName"), object::dns1123_subdomain,
             spec_path().child("serviceAccountName"), causes);
  check_uid(spec, "serviceAccountUID", causes);
  check_text(text_at(spec, "nodeName"), object::dns1123_subdomain, spec_path().child("nodeName"),
             causes);
  check_uid(spec, "nodeUID", causes);
}

}  // namespace limen::validation::kinds
