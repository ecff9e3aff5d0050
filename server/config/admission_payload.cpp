#include "config/admission_payload.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/strings.h"

namespace limen::config {

namespace {

// The kinds a plugin is configured with, the newest first.
struct Kind {
  std::string_view plugin, api_version, kind;
};
constexpr Kind kKinds[] = {
    {"PodSecurity", "pod-security.admission.config.k8s.io/v1", "PodSecurityConfiguration"},
    {"PodSecurity", "pod-security.admission.config.k8s.io/v1beta1", "PodSecurityConfiguration"},
    {"PodSecurity", "pod-security.admission.config.k8s.io/v1alpha1", "PodSecurityConfiguration"},
    {"PodTolerationRestriction", "podtolerationrestriction.admission.k8s.io/v1alpha1",
     "Configuration"},
    {"EventRateLimit", "eventratelimit.admission.k8s.io/v1alpha1", "Configuration"},
    {"MutatingAdmissionWebhook", "apiserver.config.k8s.io/v1", "WebhookAdmissionConfiguration"},
    {"MutatingAdmissionWebhook", "apiserver.config.k8s.io/v1alpha1", "WebhookAdmission"},
    {"ValidatingAdmissionWebhook", "apiserver.config.k8s.io/v1", "WebhookAdmissionConfiguration"},
    {"ValidatingAdmissionWebhook", "apiserver.config.k8s.io/v1alpha1", "WebhookAdmission"},
    {"ResourceQuota", "apiserver.config.k8s.io/v1", "ResourceQuotaConfiguration"},
    {"ResourceQuota", "resourcequota.admission.k8s.io/v1beta1", "Configuration"},
    {"ResourceQuota", "resourcequota.admission.k8s.io/v1alpha1", "Configuration"},
};

const Kind* first_kind(const AdmissionPlugin& plugin) {
  const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const Kind& each) { return each.plugin == plugin.name; });
  return found == std::end(kKinds) ? nullptr : found;
}

std::string_view text_at(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

// Renames a value: `from` and all below it stand at `to` afterwards.
void move_positions(ModuleEntry& entry, const std::string& from, const std::string& to) {
  for (auto& [pointer, position] : entry.config_positions) {
    if (pointer == from || pointer.starts_with(from + '/')) {
      pointer = to + pointer.substr(from.size());
    }
  }
}

void check_kind(const AdmissionPlugin& plugin, Findings& findings, const std::string& path,
                ModuleEntry& entry) {
  boost::json::object& object = entry.config.get_object();
  const Kind* newest = first_kind(plugin);
  if (newest == nullptr || (!object.contains("apiVersion") && !object.contains("kind"))) return;
  const std::string_view api_version = text_at(object, "apiVersion");
  const std::string_view kind = text_at(object, "kind");
  const bool known = std::any_of(std::begin(kKinds), std::end(kKinds), [&](const Kind& each) {
    return each.plugin == plugin.name && each.api_version == api_version && each.kind == kind;
  });
  if (known) {
    object.erase("apiVersion");
    object.erase("kind");
    return;
  }
  const bool wrong_version =
      std::none_of(std::begin(kKinds), std::end(kKinds), [&](const Kind& each) {
        return each.plugin == plugin.name && each.api_version == api_version;
      });
  findings.add(entry.position_of(wrong_version ? "/apiVersion" : "/kind"), path,
               "must have the apiVersion " + std::string(newest->api_version) + " and the kind " +
                   std::string(newest->kind));
}

// PodNodeSelector's namespaces stand beside clusterDefaultNodeSelector there, and by themselves
// here.
void gather_namespaces(ModuleEntry& entry) {
  boost::json::object out, namespaces;
  for (auto& member : entry.config.get_object()) {
    const std::string_view key(member.key().data(), member.key().size());
    if (key == "clusterDefaultNodeSelector") {
      out.emplace(member.key(), member.value());
    } else {
      namespaces.emplace(member.key(), member.value());
      move_positions(entry, "/" + std::string(key), "/namespaces/" + std::string(key));
    }
  }
  out.emplace("namespaces", std::move(namespaces));
  entry.config = std::move(out);
}

void take_off_wrapper(const AdmissionPlugin& plugin, Findings& findings, const std::string& path,
                      ModuleEntry& entry) {
  const std::string wrapper(plugin.wrapper);
  boost::json::object& object = entry.config.get_object();
  if (wrapper.empty() || !object.contains(wrapper)) return;
  for (const auto& member : object) {
    const std::string key = std::string(member.key());
    if (key == wrapper) continue;
    findings.add(entry.position_of("/" + key), path,
                 "unknown key " + base::go_quote(key) + " beside " + wrapper);
  }
  if (!object.at(wrapper).is_object()) {
    findings.add(entry.position_of("/" + wrapper), path + '.' + wrapper, "must be a map");
    return;
  }
  object::Json inner = std::move(object.at(wrapper));
  entry.config = std::move(inner);
  std::erase_if(entry.config_positions, [&](const auto& each) {
    return each.first != "/" + wrapper && !each.first.starts_with("/" + wrapper + '/');
  });
  move_positions(entry, "/" + wrapper, "");
  if (plugin.name == "PodNodeSelector") gather_namespaces(entry);
}

}  // namespace

void unwrap_payload(const AdmissionPlugin& plugin, Findings& findings, const std::string& path,
                    ModuleEntry& entry) {
  if (!entry.config.is_object()) return;
  check_kind(plugin, findings, path, entry);
  take_off_wrapper(plugin, findings, path, entry);
}

}  // namespace limen::config
