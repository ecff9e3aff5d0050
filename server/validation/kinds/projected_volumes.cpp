#include "validation/kinds/projected_volumes.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "base/strings.h"
#include "validation/kinds/parts.h"

namespace limen::validation::kinds {

namespace {

using Paths = std::set<std::string_view>;

void check_mode(const Json* mode, const FieldPath& path, Causes& causes) {
  constexpr std::int64_t kHighest = 0777;
  if (!mode || mode->is_null()) return;
  const std::int64_t number = object::int_or(mode, 0);
  if (number < 0 || number > kHighest) {
    causes.invalid(path, *mode, "must be a number between 0 and 0777 (octal), both inclusive");
  }
}

void check_item(const Json& item, const FieldPath& path, Causes& causes) {
  check_filled(item, {"key", "path"}, path, causes);
  check_local_file(text_at(item, "path"), path.child("path"), causes);
  check_mode(member(item, "mode"), path.child("mode"), causes);
}

void check_items(const Json& source, const FieldPath& path, Causes& causes) {
  std::size_t index = 0;
  for (const Json& item : elements(member(source, "items"))) {
    check_item(item, path.child("items").index(index++), causes);
  }
}

void check_downward_file(const Json& file, const FieldPath& path, Causes& causes) {
  check_filled(file, {"path"}, path, causes);
  check_local_file(text_at(file, "path"), path.child("path"), causes);
  const bool resource = has(file, "resourceFieldRef");
  if (has(file, "fieldRef")) {
    check_field_ref(object_at(file, "fieldRef"), true, path.child("fieldRef"), causes);
    if (resource) {
      causes.invalid(path, std::string_view("resource"),
                     "fieldRef and resourceFieldRef can not be specified simultaneously");
    }
  } else if (resource) {
    check_resource_field_ref(object_at(file, "resourceFieldRef"), true,
                             path.child("resourceFieldRef"), causes);
  } else {
    causes.required(path, "one of fieldRef and resourceFieldRef is required");
  }
  check_mode(member(file, "mode"), path.child("mode"), causes);
}

// A projection may not write the same file twice.
void take_path(std::string_view file, std::string_view shown, Paths& taken, const FieldPath& path,
               Causes& causes) {
  if (file.empty() || taken.insert(file).second) return;
  causes.invalid(path, shown, "conflicting duplicate paths");
}

void check_projected_keys(const Json& source, Paths& taken, const FieldPath& volume,
                          const FieldPath& path, Causes& causes) {
  const std::string_view name = text_at(source, "name");
  if (name.empty()) causes.required(path.child("name"));
  std::size_t index = 0;
  for (const Json& item : elements(member(source, "items"))) {
    check_item(item, path.child("items").index(index++), causes);
    take_path(text_at(item, "path"), name, taken, volume, causes);
  }
}

void check_projected_token(const Json& token, const FieldPath& volume, const FieldPath& path,
                           Causes& causes) {
  constexpr std::int64_t kShortest = 600;
  constexpr std::int64_t kLongest = std::int64_t{1} << 32;
  const std::int64_t seconds = number_at(token, "expirationSeconds");
  if (seconds < kShortest) {
    causes.invalid(path.child("expirationSeconds"), Json(seconds),
                   "may not specify a duration less than 10 minutes");
  }
  if (seconds > kLongest) {
    causes.invalid(path.child("expirationSeconds"), Json(seconds),
                   "may not specify a duration larger than 2^32 seconds");
  }
  const std::string_view file = text_at(token, "path");
  if (file.empty()) {
    causes.required(volume.child("path"));
  } else {
    check_local_file(file, volume.child("path"), causes);
  }
}

void check_trust_bundle_name(std::string_view name, const FieldPath& path, Causes& causes) {
  if (name.empty()) causes.required(path, "must be a valid object name");
  const std::size_t colon = name.rfind(':');
  const std::string_view rest = colon == std::string_view::npos ? name : name.substr(colon + 1);
  for (const std::string& problem : object::dns1123_subdomain(rest)) {
    causes.invalid(path, name, "not a valid clustertrustbundlename: " + problem);
  }
}

void check_trust_bundle(const Json& bundle, Paths& taken, const FieldPath& volume,
                        const FieldPath& path, Causes& causes) {
  const bool by_name = has(bundle, "name");
  const bool by_signer = has(bundle, "signerName");
  if (by_name && by_signer) {
    causes.invalid(path, bundle, "only one of name and signerName may be used");
  } else if (by_name) {
    check_trust_bundle_name(text_at(bundle, "name"), path.child("name"), causes);
    if (has(bundle, "labelSelector")) {
      causes.invalid(path.child("labelSelector"), or_null(member(bundle, "labelSelector")),
                     "labelSelector must be unset if name is specified");
    }
  } else if (by_signer) {
    if (text_at(bundle, "signerName").empty()) {
      causes.required(path.child("signerName"), "must be a valid signer name");
    }
    check_signer_name(text_at(bundle, "signerName"), path.child("signerName"), causes);
    check_label_selector(member(bundle, "labelSelector"), path.child("labelSelector"), causes);
  } else {
    causes.required(path, "either name or signerName must be specified");
  }
  const std::string_view file = text_at(bundle, "path");
  check_filled(bundle, {"path"}, path, causes);
  check_local_file(file, path.child("path"), causes);
  take_path(file, file, taken, volume, causes);
}

void check_projection(const Json& source, Paths& taken, const FieldPath& volume,
                      const FieldPath& path, Causes& causes) {
  std::size_t kinds = 0;
  const auto part = [&](std::string_view key) -> const Json* {
    const Json* found = member(source, key);
    if (!found || !found->is_object()) return nullptr;
    ++kinds;
    return found;
  };
  for (const std::string_view key : {"secret", "configMap"}) {
    if (const Json* keys = part(key)) {
      check_projected_keys(*keys, taken, volume, path.child(key), causes);
    }
  }
  if (const Json* downward = part("downwardAPI")) {
    for (const Json& file : elements(member(*downward, "items"))) {
      check_downward_file(file, path.child("downwardAPI"), causes);
      take_path(text_at(file, "path"), text_at(file, "path"), taken, volume, causes);
    }
  }
  if (const Json* token = part("serviceAccountToken")) {
    check_projected_token(*token, volume, path.child("serviceAccountToken"), causes);
  }
  if (const Json* bundle = part("clusterTrustBundle")) {
    check_trust_bundle(*bundle, taken, volume, path.child("clusterTrustBundle"), causes);
  }
  if (kinds > 1) causes.forbidden(path, "may not specify more than 1 volume type per source");
}

// The part before ['...'], and what stands within; nothing when the path has no such end.
bool split_subscript(std::string_view path, std::string_view& head, std::string_view& subscript) {
  const std::size_t open = path.find("['");
  if (open == std::string_view::npos || !path.ends_with("']") || open + 4 > path.size()) {
    return false;
  }
  head = path.substr(0, open);
  subscript = path.substr(open + 2, path.size() - open - 4);
  return !head.empty();
}

bool is_one_of(std::string_view value, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

void check_divisor(const Json& ref, const FieldPath& path, Causes& causes) {
  const auto divisor = amount_of(member(ref, "divisor"));
  if (!divisor || divisor->sign() == 0) return;
  const std::string text = divisor->to_string();
  const std::string_view resource = text_at(ref, "resource");
  // limits.cpu, requests.memory
  const std::size_t dot = resource.find('.');
  const std::string_view name =
      dot == std::string_view::npos ? std::string_view() : resource.substr(dot + 1);
  if (name == "cpu") {
    if (text != "1m" && text != "1") {
      causes.invalid(path.child("divisor"), resource,
                     "only divisor's values 1m and 1 are supported with the cpu resource");
    }
    return;
  }
  std::string_view what;
  if (name == "memory") what = "memory";
  if (name == "ephemeral-storage") what = "local ephemeral storage";
  if (name.starts_with("hugepages-")) what = "hugepages";
  if (what.empty()) return;
  if (!is_one_of(text, {"1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi",
                        "1Ei"})) {
    causes.invalid(path.child("divisor"), resource,
                   "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei "
                   "are supported with the " +
                       std::string(what) + " resource");
  }
}

}  // namespace

void check_field_ref(const Json& ref, bool in_volume, const FieldPath& path, Causes& causes) {
  const std::string_view version = text_at(ref, "apiVersion");
  const std::string_view field = text_at(ref, "fieldPath");
  if (version.empty()) return causes.required(path.child("apiVersion"));
  if (field.empty()) return causes.required(path.child("fieldPath"));
  const auto unknown = [&](const std::string& why) {
    causes.invalid(path.child("fieldPath"), field, "error converting fieldPath: " + why);
  };
  if (version != "v1") return unknown("unsupported pod version: " + std::string(version));
  std::string_view head;
  std::string_view subscript;
  if (split_subscript(field, head, subscript)) {
    if (head == "metadata.annotations") {
      const std::string key = base::to_lower(subscript);
      causes.invalid_each(path, key, object::qualified_name(key));
    } else if (head == "metadata.labels") {
      causes.invalid_each(path, subscript, object::qualified_name(subscript));
    } else {
      unknown("field label does not support subscript: " + std::string(field));
    }
    return;
  }
  // spec.host is an old name of spec.nodeName.
  const std::string_view shown = field == "spec.host" ? std::string_view("spec.nodeName") : field;
  if (!is_one_of(shown,
                 {"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace",
                  "metadata.uid", "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName",
                  "spec.schedulerName", "status.phase", "status.hostIP", "status.hostIPs",
                  "status.podIP", "status.podIPs"})) {
    return unknown("field label not supported: " + std::string(field));
  }
  if (in_volume) {
    check_one_of(shown,
                 {"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace",
                  "metadata.uid"},
                 path.child("fieldPath"), causes);
  } else {
    check_one_of(shown,
                 {"metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
                  "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP",
                  "status.podIPs"},
                 path.child("fieldPath"), causes);
  }
}

void check_resource_field_ref(const Json& ref, bool in_volume, const FieldPath& path,
                              Causes& causes) {
  const std::string_view resource = text_at(ref, "resource");
  if (in_volume && text_at(ref, "containerName").empty()) {
    causes.required(path.child("containerName"));
  } else if (resource.empty()) {
    causes.required(path.child("resource"));
  } else if (!resource.starts_with("limits.hugepages-") &&
             !resource.starts_with("requests.hugepages-")) {
    check_one_of(resource,
                 {"limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu",
                  "requests.ephemeral-storage", "requests.memory"},
                 path.child("resource"), causes);
  }
  if (!resource.empty()) check_divisor(ref, path, causes);
}

void check_secret_volume(const Json& source, const VolumeOwner&, const FieldPath& path,
                         Causes& causes) {
  check_filled(source, {"secretName"}, path, causes);
  check_mode(member(source, "defaultMode"), path.child("defaultMode"), causes);
  check_items(source, path, causes);
}

void check_config_map_volume(const Json& source, const VolumeOwner&, const FieldPath& path,
                             Causes& causes) {
  check_filled(source, {"name"}, path, causes);
  check_mode(member(source, "defaultMode"), path.child("defaultMode"), causes);
  check_items(source, path, causes);
}

void check_downward_volume(const Json& source, const VolumeOwner&, const FieldPath& path,
                           Causes& causes) {
  check_mode(member(source, "defaultMode"), path.child("defaultMode"), causes);
  for (const Json& file : elements(member(source, "items"))) {
    check_downward_file(file, path, causes);
  }
}

void check_projected_volume(const Json& source, const VolumeOwner&, const FieldPath& path,
                            Causes& causes) {
  check_mode(member(source, "defaultMode"), path.child("defaultMode"), causes);
  Paths taken;
  std::size_t index = 0;
  for (const Json& one : elements(member(source, "sources"))) {
    check_projection(one, taken, path, path.child("sources").index(index++), causes);
  }
}

}  // namespace limen::validation::kinds
