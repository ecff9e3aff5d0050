#include "pipeline/impersonation.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "pipeline/stages.h"

namespace limen::pipeline {

namespace {

constexpr std::string_view kServiceAccountPrefix = "system:serviceaccount:";

// What the Impersonate-* headers ask for.
struct Wanted {
  std::string user, uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
  bool any() const { return !user.empty() || !uid.empty() || !groups.empty() || !extra.empty(); }
};

void add_extra(Wanted& wanted, std::string key, std::string_view value) {
  for (auto& [existing, values] : wanted.extra) {
    if (existing == key) {
      values.emplace_back(value);
      return;
    }
  }
  wanted.extra.emplace_back(std::move(key), std::vector<std::string>{std::string(value)});
}

Wanted read_headers(const transport::RequestHead& head) {
  constexpr std::string_view kExtra = "Impersonate-Extra-";
  Wanted wanted;
  for (const transport::HeaderView& header : head.headers) {
    if (base::iequals(header.name, "Impersonate-User")) {
      if (wanted.user.empty()) wanted.user = header.value;
    } else if (base::iequals(header.name, "Impersonate-Uid")) {
      if (wanted.uid.empty()) wanted.uid = header.value;
    } else if (base::iequals(header.name, "Impersonate-Group")) {
      if (!header.value.empty()) wanted.groups.emplace_back(header.value);
    } else if (header.name.size() > kExtra.size() &&
               base::iequals(header.name.substr(0, kExtra.size()), kExtra)) {
      const std::string key = base::to_lower(header.name.substr(kExtra.size()));
      add_extra(wanted, base::percent_decode(key, false).value_or(key), header.value);
    }
  }
  return wanted;
}

// "system:serviceaccount:NS:NAME" taken apart.
std::optional<std::pair<std::string, std::string>> service_account(std::string_view user) {
  if (!user.starts_with(kServiceAccountPrefix)) return std::nullopt;
  const auto parts = base::split(user.substr(kServiceAccountPrefix.size()), ':');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) return std::nullopt;
  return std::pair(std::string(parts[0]), std::string(parts[1]));
}

authz::Attributes may_impersonate(const request::Identity& caller, std::string_view resource,
                                  std::string_view name) {
  authz::Attributes attributes;
  attributes.user = &caller;
  attributes.verb = "impersonate";
  attributes.version = "v1";
  attributes.is_resource = true;
  attributes.resource = resource;
  attributes.name = name;
  return attributes;
}

// One question for each thing named, in the order kube-apiserver asks them.
std::vector<authz::Attributes> questions(const request::Identity& caller, const Wanted& wanted) {
  std::vector<authz::Attributes> list;
  if (const auto account = service_account(wanted.user)) {
    list.push_back(may_impersonate(caller, "serviceaccounts", account->second));
    list.back().ns = account->first;
  } else {
    list.push_back(may_impersonate(caller, "users", wanted.user));
  }
  for (const std::string& group : wanted.groups) {
    list.push_back(may_impersonate(caller, "groups", group));
  }
  for (const auto& [key, values] : wanted.extra) {
    for (const std::string& value : values) {
      list.push_back(may_impersonate(caller, "userextras", value));
      list.back().group = "authentication.k8s.io";
      list.back().subresource = key;
    }
  }
  if (!wanted.uid.empty()) {
    list.push_back(may_impersonate(caller, "uids", wanted.uid));
    list.back().group = "authentication.k8s.io";
  }
  return list;
}

request::Identity identity_of(Wanted wanted) {
  request::Identity identity;
  identity.name = std::move(wanted.user);
  identity.uid = std::move(wanted.uid);
  identity.groups = std::move(wanted.groups);
  identity.extra = std::move(wanted.extra);
  if (identity.groups.empty()) {
    if (const auto account = service_account(identity.name)) {
      identity.groups = {"system:serviceaccounts", "system:serviceaccounts:" + account->first};
    }
  }
  if (identity.name == request::kAnonymousUser) {
    if (!identity.in_group(request::kUnauthenticatedGroup)) {
      identity.groups.emplace_back(request::kUnauthenticatedGroup);
    }
  } else if (!identity.in_group(request::kAuthenticatedGroup)) {
    identity.groups.emplace_back(request::kAuthenticatedGroup);
  }
  return identity;
}

std::string go_list(const Wanted& wanted) {
  std::vector<std::string> parts;
  const auto object = [](std::string_view kind, std::string_view name, std::string_view ns,
                         std::string_view api_version, std::string_view field_path) {
    return "{" + std::string(kind) + " " + std::string(ns) + " " + std::string(name) + "  " +
           std::string(api_version) + "  " + std::string(field_path) + "}";
  };
  for (const std::string& group : wanted.groups)
    parts.push_back(object("Group", group, "", "", ""));
  for (const auto& [key, values] : wanted.extra)
    for (const std::string& value : values)
      parts.push_back(object("UserExtra", value, "", "authentication.k8s.io/v1", key));
  if (!wanted.uid.empty())
    parts.push_back(object("UID", wanted.uid, "", "authentication.k8s.io/v1", ""));
  return "[" + base::join(parts, " ") + "]";
}

}  // namespace

base::Task<void> impersonate(request::RequestContext& context, const authz::Chain& authz) {
  Wanted wanted = read_headers(context.head());
  if (!wanted.any()) co_return;
  if (wanted.user.empty()) {
    throw base::ApiError::bad_request("requested " + go_list(wanted) +
                                      " without impersonating a user");
  }
  const std::vector<authz::Attributes> asked = questions(context.user, wanted);
  for (const authz::Attributes& attributes : asked) {
    const authz::Outcome outcome = co_await authz.authorize(attributes, context.scope);
    if (!outcome.allowed) throw_forbidden(attributes, outcome);
  }
  context.impersonator = std::move(context.user);
  context.user = identity_of(std::move(wanted));
}

}  // namespace limen::pipeline
