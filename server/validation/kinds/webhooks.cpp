// Rules of MutatingWebhookConfiguration and ValidatingWebhookConfiguration.
#include <set>
#include <string>

#include "base/strings.h"
#include "validation/kinds/parts.h"
#include "validation/kinds/rules.h"
#include "validation/kinds/webhook_rules.h"

namespace limen::validation::kinds {

namespace {

constexpr std::string_view kUrlForm = "; desired format: https://host[/path]";

bool has_text(std::span<const Json> list, std::string_view wanted) {
  for (const Json& each : list) {
    if (text(&each) == wanted) return true;
  }
  return false;
}

// A list that is not empty, where "*" stands alone.
void check_wildcards(const Json& rule, std::string_view key, std::string_view what,
                     const FieldPath& path, Causes& causes) {
  const std::span<const Json> list = elements(member(rule, key));
  if (list.empty()) causes.required(path.child(key));
  if (list.size() > 1 && has_text(list, "*")) {
    causes.invalid(path.child(key), or_null(member(rule, key)),
                   "if '*' is present, must not specify other " + std::string(what));
  }
}

// resource, resource/subresource and the same with "*" in either place.
void check_resources(const Json& rule, const FieldPath& path, Causes& causes) {
  const std::span<const Json> list = elements(member(rule, "resources"));
  if (list.empty()) causes.required(path);
  std::set<std::string_view> all_subresources_of, everywhere;
  bool plain = false;
  std::size_t index = 0;
  for (const Json& each : list) {
    const FieldPath at = path.index(index++);
    const std::string_view name = text(&each);
    if (name.empty()) {
      causes.required(at);
      continue;
    }
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos) {
      plain = name != "*";
      continue;
    }
    const std::string_view resource = name.substr(0, slash), sub = name.substr(slash + 1);
    const std::string refusal = "' is present, must not specify " + std::string(name);
    if (all_subresources_of.contains(resource)) {
      causes.invalid(at, name, "if '" + std::string(resource) + "/*" + refusal);
    }
    if (everywhere.contains(sub)) {
      causes.invalid(at, name, "if '*/" + std::string(sub) + refusal);
    }
    if (sub == "*") all_subresources_of.insert(resource);
    if (resource == "*") everywhere.insert(sub);
  }
  if (list.size() > 1 && has_text(list, "*/*")) {
    causes.invalid(path, or_null(member(rule, "resources")),
                   "if '*/*' is present, must not specify other resources");
  }
  if (plain && has_text(list, "*")) {
    causes.invalid(path, or_null(member(rule, "resources")),
                   "if '*' is present, must not specify other resources without subresources");
  }
}

}  // namespace

void check_operation_rule(const Json& rule, const FieldPath& path, Causes& causes) {
  check_wildcards(rule, "operations", "operations", path, causes);
  std::size_t index = 0;
  for (const Json& operation : elements(member(rule, "operations"))) {
    check_one_of(text(&operation), {"*", "CONNECT", "CREATE", "DELETE", "UPDATE"},
                 path.child("operations").index(index++), causes);
  }
  check_wildcards(rule, "apiGroups", "API groups", path, causes);
  check_wildcards(rule, "apiVersions", "API versions", path, causes);
  index = 0;
  for (const Json& version : elements(member(rule, "apiVersions"))) {
    if (text(&version).empty()) causes.required(path.child("apiVersions").index(index));
    ++index;
  }
  check_resources(rule, path.child("resources"), causes);
  if (has(rule, "scope")) {
    check_one_of(text_at(rule, "scope"), {"*", "Cluster", "Namespaced"}, path.child("scope"),
                 causes);
  }
}

namespace {

void check_url(std::string_view url, const FieldPath& path, Causes& causes) {
  const auto cut = [](std::string_view& from, char mark) {
    const std::size_t at = from.find(mark);
    if (at == std::string_view::npos) return std::string_view();
    const std::string_view rest = from.substr(at + 1);
    from = from.substr(0, at);
    return rest;
  };
  std::string_view left = url;
  const std::string_view fragment = cut(left, '#');
  const std::string_view query = cut(left, '?');
  std::string scheme;
  const std::size_t colon = left.find_first_of(":/");
  if (colon != std::string_view::npos && left[colon] == ':') {
    for (const char c : left.substr(0, colon)) {
      scheme += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    left.remove_prefix(colon + 1);
  }
  std::string_view host, user;
  bool has_user = false;
  if (left.starts_with("//")) {
    host = left.substr(2);
    host = host.substr(0, host.find('/'));
    if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
      has_user = true;
      user = host.substr(0, at);
      host.remove_prefix(at + 1);
    }
  }
  if (scheme != "https") {
    causes.invalid(path, std::string_view(scheme),
                   "'https' is the only allowed URL scheme" + std::string(kUrlForm));
  }
  if (host.empty()) {
    causes.invalid(path, host, "host must be specified" + std::string(kUrlForm));
  }
  if (has_user) causes.invalid(path, user, "user information is not permitted in the URL");
  if (!fragment.empty()) causes.invalid(path, fragment, "fragments are not permitted in the URL");
  if (!query.empty()) {
    causes.invalid(path, query, "query parameters are not permitted in the URL");
  }
}

void check_service_path(std::string_view file, const FieldPath& path, Causes& causes) {
  if (file.empty() || file == "/") return;
  if (file == "//") return causes.invalid(path, file, "segment[0] may not be empty");
  if (!file.starts_with('/')) causes.invalid(path, file, "must start with a '/'");
  std::string_view steps = file.substr(1);
  if (steps.ends_with('/')) steps.remove_suffix(1);
  for (std::size_t index = 0;; ++index) {
    const std::size_t slash = steps.find('/');
    const std::string_view step = steps.substr(0, slash);
    const std::string segment = "segment[" + std::to_string(index) + "]";
    if (step.empty()) {
      causes.invalid(path, file, segment + " may not be empty");
    } else {
      for (const std::string& problem : object::dns1123_subdomain(step)) {
        causes.invalid(path, file, segment + ": " + problem);
      }
    }
    if (slash == std::string_view::npos) return;
    steps.remove_prefix(slash + 1);
  }
}

void check_service(const Json& service, const FieldPath& path, Causes& causes) {
  if (text_at(service, "name").empty()) {
    causes.required(path.child("name"), "service name is required");
  }
  if (text_at(service, "namespace").empty()) {
    causes.required(path.child("namespace"), "service namespace is required");
  }
  const std::int64_t port = number_at(service, "port");
  if (port < 1 || port > 65535) {
    causes.invalid(path.child("port"), Json(port),
                   "port is not valid: must be between 1 and 65535, inclusive");
  }
  check_service_path(text_at(service, "path"), path.child("path"), causes);
}

void check_client(const Json& hook, const FieldPath& path, Causes& causes) {
  const Json& client = object_at(hook, "clientConfig");
  if (has(client, "url") == has(client, "service")) {
    causes.required(path, "exactly one of url or service is required");
  } else if (has(client, "url")) {
    check_url(text_at(client, "url"), path.child("url"), causes);
  } else {
    check_service(object_at(client, "service"), path.child("service"), causes);
  }
}

}  // namespace

void check_match_conditions(const Json& owner, const FieldPath& path, Causes& causes) {
  constexpr std::size_t kMost = 64;
  const std::span<const Json> conditions = elements(member(owner, "matchConditions"));
  if (conditions.size() > kMost) causes.too_many(path, conditions.size(), kMost);
  std::set<std::string_view> names;
  std::size_t index = 0;
  for (const Json& condition : conditions) {
    const FieldPath at = path.index(index++);
    if (base::trim(text_at(condition, "expression")).empty()) {
      causes.required(at.child("expression"));
    }
    const std::string_view name = text_at(condition, "name");
    check_needed_text(name, object::qualified_name, at.child("name"), causes);
    if (!name.empty() && !names.insert(name).second) causes.duplicate(at.child("name"), name);
  }
}

namespace {

void check_hook(const Json& hook, const FieldPath& path, Causes& causes) {
  check_qualified_domain(text_at(hook, "name"), path.child("name"), causes);
  std::size_t index = 0;
  for (const Json& rule : elements(member(hook, "rules"))) {
    check_operation_rule(rule, path.child("rules").index(index++), causes);
  }
  const auto one_of = [&](std::string_view key, std::initializer_list<std::string_view> allowed) {
    if (has(hook, key)) check_one_of(text_at(hook, key), allowed, path.child(key), causes);
  };
  one_of("failurePolicy", {"Fail", "Ignore"});
  one_of("matchPolicy", {"Equivalent", "Exact"});
  if (!has(hook, "sideEffects")) {
    causes.required(path.child("sideEffects"), "must specify one of None, NoneOnDryRun");
  }
  one_of("sideEffects", {"None", "NoneOnDryRun"});
  if (has(hook, "timeoutSeconds")) {
    const std::int64_t seconds = number_at(hook, "timeoutSeconds");
    if (seconds < 1 || seconds > 30) {
      causes.invalid(path.child("timeoutSeconds"), Json(seconds),
                     "the timeout value must be between 1 and 30 seconds");
    }
  }
  for (const std::string_view key : {"namespaceSelector", "objectSelector"}) {
    check_label_selector(member(hook, key), path.child(key), causes);
  }
  one_of("reinvocationPolicy", {"IfNeeded", "Never"});
  check_client(hook, path.child("clientConfig"), causes);
  check_match_conditions(hook, path.child("matchConditions"), causes);
}

void check_review_versions(const Json& hook, const FieldPath& path, Causes& causes) {
  const std::span<const Json> versions = elements(member(hook, "admissionReviewVersions"));
  if (versions.empty()) return causes.required(path, "must specify one of v1, v1beta1");
  std::set<std::string_view> seen;
  std::size_t index = 0;
  for (const Json& each : versions) {
    const FieldPath at = path.index(index++);
    const std::string_view version = text(&each);
    if (!seen.insert(version).second) {
      causes.invalid(at, version, "duplicate version");
    } else {
      check_text(version, object::dns1035_label, at, causes);
    }
  }
  if (!seen.contains("v1") && !seen.contains("v1beta1")) {
    causes.invalid(path, or_null(member(hook, "admissionReviewVersions")),
                   "must include at least one of v1, v1beta1");
  }
}

}  // namespace

void check_webhooks(const Json& object, Causes& causes) {
  std::set<std::string_view> names;
  std::size_t index = 0;
  for (const Json& hook : elements(member(object, "webhooks"))) {
    const FieldPath path = FieldPath("webhooks").index(index++);
    check_hook(hook, path, causes);
    check_review_versions(hook, path.child("admissionReviewVersions"), causes);
    const std::string_view name = text_at(hook, "name");
    if (!name.empty() && !names.insert(name).second) causes.duplicate(path.child("name"), name);
  }
}

}  // namespace limen::validation::kinds
