#include "validation/kinds/volume_sources.h"

#include <re2/re2.h>

#include <array>
#include <set>
#include <string>

#include "base/strings.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/projected_volumes.h"

namespace limen::validation::kinds {

namespace {

using Check = void (*)(const Json& source, const VolumeOwner& owner, const FieldPath& path,
                       Causes& causes);

void check_secret_ref(const Json& source, bool needs_namespace, const FieldPath& path,
                      Causes& causes) {
  const Json* ref = member(source, "secretRef");
  if (!ref || !ref->is_object()) return;
  check_filled(*ref, {"name"}, path.child("secretRef"), causes);
  if (needs_namespace) check_filled(*ref, {"namespace"}, path.child("secretRef"), causes);
}

void empty_dir(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  const auto limit = amount_of(member(source, "sizeLimit"));
  if (limit && limit->sign() < 0) {
    causes.forbidden(path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
  }
}

void host_path(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  const std::string_view where = text_at(source, "path");
  if (where.empty()) return causes.required(path.child("path"));
  check_no_backsteps(where, path.child("path"), causes);
  if (has(source, "type")) {
    check_one_of(text_at(source, "type"),
                 {"", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File",
                  "FileOrCreate", "Socket"},
                 path.child("type"), causes);
  }
}

void git_repo(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"repository"}, path, causes);
  check_relative(text_at(source, "directory"), path.child("directory"), causes);
}

void check_partition(const Json& source, const FieldPath& path, Causes& causes) {
  const std::int64_t partition = number_at(source, "partition");
  if (partition < 0 || partition > 255) {
    causes.invalid(path.child("partition"), Json(partition),
                   object::inclusive_range_problem(1, 255));
  }
}

void gce_disk(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"pdName"}, path, causes);
  check_partition(source, path, causes);
}

void aws_disk(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"volumeID"}, path, causes);
  check_partition(source, path, causes);
}

void nfs(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"server", "path"}, path, causes);
  const std::string_view where = text_at(source, "path");
  if (!where.starts_with('/')) {
    causes.invalid(path.child("path"), where, "must be an absolute path");
  }
}

// iqn, eui or naa names (RFC 3720, RFC 3980).
bool is_initiator(std::string_view name) {
  static const re2::RE2 kIqn(R"(iqn\.\d{4}-\d{2}\.([[:alnum:]\-.]+)(:[^,;*&$|\s]+)$)");
  static const re2::RE2 kEui(R"(^eui.[[:alnum:]]{16}$)");
  static const re2::RE2 kNaa(R"(^naa.[[:alnum:]]{32}$)");
  const re2::StringPiece text(name.data(), name.size());
  if (name.starts_with("iqn")) return re2::RE2::PartialMatch(text, kIqn);
  if (name.starts_with("eui")) return re2::RE2::PartialMatch(text, kEui);
  return !name.starts_with("naa") || re2::RE2::PartialMatch(text, kNaa);
}

void check_initiator(std::string_view name, bool persistent, const FieldPath& path,
                     Causes& causes) {
  const bool known = name.starts_with("iqn") || name.starts_with("eui") || name.starts_with("naa");
  if (!known) {
    causes.invalid(path, name,
                   persistent ? "must be valid format"
                              : "must be valid format starting with iqn, eui, or naa");
  } else if (!is_initiator(name)) {
    causes.invalid(path, name, "must be valid format");
  }
}

void iscsi(const Json& source, const VolumeOwner& owner, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kMaxTarget = 64;
  const std::string_view portal = text_at(source, "targetPortal");
  check_filled(source, {"targetPortal"}, path, causes);
  const std::string_view name = owner.persistent ? owner.owner : owner.volume;
  const bool too_long =
      has(source, "initiatorName") && name.size() + 1 + portal.size() > kMaxTarget;
  constexpr std::string_view kTooLong =
      "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if "
      "iscsi.initiatorName is specified.";
  if (too_long && owner.persistent) causes.invalid(path.child("targetportal"), portal, kTooLong);
  const std::string_view iqn = text_at(source, "iqn");
  if (iqn.empty()) {
    causes.required(path.child("iqn"));
  } else {
    check_initiator(iqn, owner.persistent, path.child("iqn"), causes);
  }
  check_range(member(source, "lun"), 0, 255, path.child("lun"), causes);
  const bool secret = has(source, "secretRef");
  if (!secret && (is_true(member(source, "chapAuthDiscovery")) ||
                  is_true(member(source, "chapAuthSession")))) {
    causes.required(path.child("secretRef"));
  }
  if (owner.persistent) check_secret_ref(source, false, path, causes);
  if (has(source, "initiatorName")) {
    check_initiator(text_at(source, "initiatorName"), owner.persistent, path.child("initiatorname"),
                    causes);
  }
  if (too_long && !owner.persistent) {
    // The path is the volume's, not the source's.
    const std::string& text = path.text();
    causes.invalid(FieldPath(text.substr(0, text.rfind('.'))).child("name"), name, kTooLong);
  }
}

void glusterfs(const Json& source, const VolumeOwner& owner, const FieldPath& path,
               Causes& causes) {
  check_filled(source, {"endpoints", "path"}, path, causes);
  if (!owner.persistent || !has(source, "endpointsNamespace")) return;
  const std::string_view ns = text_at(source, "endpointsNamespace");
  if (ns.empty()) {
    causes.invalid(path.child("endpointsNamespace"), ns,
                   "if the endpointnamespace is set, it must be a valid namespace name");
  } else {
    check_text(ns, object::dns1123_label, path.child("endpointsNamespace"), causes);
  }
}

void flocker(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(source, "datasetName");
  const std::string_view uuid = text_at(source, "datasetUUID");
  if (name.empty() && uuid.empty()) {
    causes.required(path, "one of datasetName and datasetUUID is required");
  }
  if (!name.empty() && !uuid.empty()) {
    causes.invalid(path, std::string_view("resource"),
                   "datasetName and datasetUUID can not be specified simultaneously");
  }
  if (name.find('/') != std::string_view::npos) {
    causes.invalid(path.child("datasetName"), name, "must not contain '/'");
  }
}

void claim(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"claimName"}, path, causes);
}

void rbd(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  if (elements(member(source, "monitors")).empty()) causes.required(path.child("monitors"));
  check_filled(source, {"image"}, path, causes);
}

void cinder(const Json& source, const VolumeOwner& owner, const FieldPath& path, Causes& causes) {
  check_filled(source, {"volumeID"}, path, causes);
  check_secret_ref(source, owner.persistent, path, causes);
}

void ceph_fs(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  if (elements(member(source, "monitors")).empty()) causes.required(path.child("monitors"));
}

void quobyte(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  constexpr std::string_view kPairs =
      "must be a host:port pair or multiple pairs separated by commas";
  const std::string_view registry = text_at(source, "registry");
  if (registry.empty()) {
    causes.required(path.child("registry"), kPairs);
  } else if (text_at(source, "tenant").size() >= 65) {
    causes.required(path.child("tenant"),
                    "must be a UUID and may not exceed a length of 64 characters");
  } else {
    for (const std::string_view pair : base::split(registry, ',')) {
      if (pair.find(':') == std::string_view::npos) {
        causes.invalid(path.child("registry"), registry, kPairs);
      }
    }
  }
  check_filled(source, {"volume"}, path, causes);
}

void fibre_channel(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  const Json* names = member(source, "targetWWNs");
  const bool wide = !elements(member(source, "wwids")).empty();
  if (elements(names).empty()) {
    if (!wide) {
      causes.required(path.child("targetWWNs"),
                      "must specify either targetWWNs or wwids, but not both");
    }
    return;
  }
  if (wide) {
    causes.invalid(path.child("targetWWNs"), *names,
                   "targetWWNs and wwids can not be specified simultaneously");
  }
  if (!has(source, "lun")) {
    causes.required(path.child("lun"), "lun is required if targetWWNs is specified");
  } else {
    check_range(member(source, "lun"), 0, 255, path.child("lun"), causes);
  }
}

void flex_volume(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"driver"}, path, causes);
  for (const auto& option : members(member(source, "options"))) {
    const std::string_view key = option.key();
    const std::string domain = "." + base::to_lower(key.substr(0, key.find('/')));
    if (domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io")) {
      causes.invalid(path.child("options").key(key), key,
                     "kubernetes.io and k8s.io namespaces are reserved");
    }
  }
}

void azure_file(const Json& source, const VolumeOwner& owner, const FieldPath& path,
                Causes& causes) {
  check_filled(source, {"secretName", "shareName"}, path, causes);
  if (owner.persistent && has(source, "secretNamespace")) {
    check_filled(source, {"secretNamespace"}, path, causes);
  }
}

void azure_disk(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"diskName", "diskURI"}, path, causes);
  check_enum(text_at(source, "cachingMode"), {"None", "ReadOnly", "ReadWrite"},
             path.child("cachingMode"), false, causes);
  const std::string_view kind = text_at(source, "kind");
  check_enum(kind, {"Dedicated", "Managed", "Shared"}, path.child("kind"), false, causes);
  const std::string_view uri = text_at(source, "diskURI");
  if (kind == "Managed" && !uri.starts_with("/subscriptions/")) {
    causes.not_supported(path.child("diskURI"), uri,
                         {"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/"
                          "microsoft.compute/disks/{disk-id}"});
  }
  if (!kind.empty() && kind != "Managed" && !uri.starts_with("https://")) {
    causes.not_supported(
        path.child("diskURI"), uri,
        {"https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"});
  }
}

void vsphere(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"volumePath"}, path, causes);
}

void photon(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"pdID"}, path, causes);
}

void portworx(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"volumeID"}, path, causes);
}

void scale_io(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  check_filled(source, {"gateway", "system", "volumeName"}, path, causes);
}

void storage_os(const Json& source, const VolumeOwner& owner, const FieldPath& path,
                Causes& causes) {
  check_needed_text(text_at(source, "volumeName"), object::dns1123_label, path.child("volumeName"),
                    causes);
  check_set_text(source, "volumeNamespace", object::dns1123_label, path, causes);
  check_secret_ref(source, owner.persistent, path, causes);
}

void local_disk(const Json& source, const VolumeOwner&, const FieldPath& path, Causes& causes) {
  const std::string_view where = text_at(source, "path");
  if (where.empty()) return causes.required(path.child("path"));
  check_no_backsteps(where, path.child("path"), causes);
}

void csi(const Json& source, const VolumeOwner& owner, const FieldPath& path, Causes& causes) {
  check_csi_driver_name(text_at(source, "driver"), path.child("driver"), causes);
  if (owner.persistent) {
    check_filled(source, {"volumeHandle"}, path, causes);
    for (const std::string_view key : {"controllerPublishSecretRef", "controllerExpandSecretRef",
                                       "nodePublishSecretRef", "nodeExpandSecretRef"}) {
      const Json* ref = member(source, key);
      if (!ref || !ref->is_object()) continue;
      const FieldPath at = path.child(key);
      check_needed_text(text_at(*ref, "name"), object::dns1123_subdomain, at.child("name"), causes);
      check_needed_text(text_at(*ref, "namespace"), object::dns1123_label, at.child("namespace"),
                        causes);
    }
    return;
  }
  const Json* ref = member(source, "nodePublishSecretRef");
  if (!ref || !ref->is_object()) return;
  const std::string_view name = text_at(*ref, "name");
  if (name.empty()) {
    causes.required(path.child("nodePublishSecretRef").child("name"));
  } else {
    check_text(name, object::dns1123_subdomain, path.child("name"), causes);
  }
}

void ephemeral(const Json& source, const VolumeOwner& owner, const FieldPath& path,
               Causes& causes) {
  const FieldPath at = path.child("volumeClaimTemplate");
  if (!has(source, "volumeClaimTemplate")) {
    causes.required(at);
  } else {
    const Json& claim_template = object_at(source, "volumeClaimTemplate");
    check_template_metadata(object_at(claim_template, "metadata"), at.child("metadata"), causes);
    check_claim_spec(spec_of(claim_template), at.child("spec"), causes);
  }
  if (owner.owner.empty() || owner.volume.empty()) return;
  const std::string name = std::string(owner.owner) + "-" + std::string(owner.volume);
  const std::string& text = path.text();
  const FieldPath volume(text.substr(0, text.rfind('.')));
  for (const std::string& problem : object::dns1123_subdomain(name)) {
    causes.invalid(volume.child("name"), owner.volume,
                   "PVC name " + base::go_quote(name) + ": " + problem);
  }
}

void image(const Json& source, const VolumeOwner& owner, const FieldPath& path, Causes& causes) {
  if (owner.in_pod) check_filled(source, {"reference"}, path, causes);
  check_enum(text_at(source, "pullPolicy"), {"Always", "IfNotPresent", "Never"},
             path.child("pullPolicy"), true, causes);
}

struct Source {
  std::string_view key;
  Check check;
  bool in_pods, persistent;
  std::string_view details = {};  // the path of its causes, where it is not the key
  std::string_view second = {};   // the path when it is one source too many
};

// In the order in which kube-apiserver counts them.
constexpr auto kSources = std::to_array<Source>({
    {"emptyDir", empty_dir, true, false},
    {"hostPath", host_path, true, true},
    {"gitRepo", git_repo, true, false},
    {"gcePersistentDisk", gce_disk, true, true, "persistentDisk"},
    {"awsElasticBlockStore", aws_disk, true, true},
    {"secret", check_secret_volume, true, false},
    {"nfs", nfs, true, true},
    {"iscsi", iscsi, true, true},
    {"glusterfs", glusterfs, true, true},
    {"flocker", flocker, true, true},
    {"persistentVolumeClaim", claim, true, false},
    {"rbd", rbd, true, true},
    {"cinder", cinder, true, true},
    {"cephfs", ceph_fs, true, true, "cephfs", "cephFS"},
    {"quobyte", quobyte, true, true},
    {"downwardAPI", check_downward_volume, true, false, "downwardAPI", "downwarAPI"},
    {"fc", fibre_channel, true, true},
    {"flexVolume", flex_volume, true, true},
    {"configMap", check_config_map_volume, true, false},
    {"azureFile", azure_file, true, true},
    {"vsphereVolume", vsphere, true, true},
    {"photonPersistentDisk", photon, true, true},
    {"portworxVolume", portworx, true, true},
    {"azureDisk", azure_disk, true, true},
    {"storageos", storage_os, true, true},
    {"projected", check_projected_volume, true, false},
    {"scaleIO", scale_io, true, true},
    {"local", local_disk, false, true},
    {"csi", csi, true, true},
    {"ephemeral", ephemeral, true, false},
    {"image", image, true, false},
});

}  // namespace

void check_volume_sources(const Json& holder, const VolumeOwner& owner, const FieldPath& path,
                          Causes& causes) {
  bool found = false;
  for (const Source& source : kSources) {
    if (!(owner.persistent ? source.persistent : source.in_pods)) continue;
    const Json* value = member(holder, source.key);
    if (!value || !value->is_object()) continue;
    if (found) {
      causes.forbidden(path.child(source.second.empty() ? source.key : source.second),
                       "may not specify more than 1 volume type");
      continue;
    }
    found = true;
    source.check(*value, owner, path.child(source.details.empty() ? source.key : source.details),
                 causes);
  }
  if (!found) causes.required(path, "must specify a volume type");
}

bool is_persistent_source(std::string_view key) {
  for (const Source& source : kSources) {
    if (source.persistent && source.key == key) return true;
  }
  return false;
}

void check_csi_driver_name(std::string_view name, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kMaxName = 63;
  if (name.empty()) causes.required(path);
  if (name.size() > kMaxName) causes.too_long(path, kMaxName);
  causes.invalid_each(path, name, object::dns1123_subdomain(base::to_lower(name)));
}

void check_template_metadata(const Json& metadata, const FieldPath& path, Causes& causes) {
  check_annotations(member(metadata, "annotations"), path.child("annotations"), causes);
  check_labels(member(metadata, "labels"), path.child("labels"), causes);
  for (const auto& entry : members(&metadata)) {
    const std::string_view key = entry.key();
    if (key == "annotations" || key == "labels" || entry.value().is_null()) continue;
    // Go's field is called UID.
    causes.forbidden(path.child(key == "uid" ? "uID" : key), "cannot be set");
  }
}

}  // namespace limen::validation::kinds
