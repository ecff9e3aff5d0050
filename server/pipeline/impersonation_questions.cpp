#include "pipeline/impersonation_questions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "authz/refusal.h"
#include "base/strings.h"
#include "object/names.h"

namespace limen::pipeline {

namespace {

using authz::Attributes;
using request::Identity;

constexpr std::string_view kGroup = "authentication.k8s.io";
constexpr std::string_view kNodeNameKey = "authentication.kubernetes.io/node-name";
constexpr std::string_view kAssociatedKeys = "authentication.kubernetes.io/associated-node-keys";
constexpr std::size_t kMany =
    4;  // from so many on, a constrained mode first asks about all at once

// "system:serviceaccount:NS:NAME" taken apart.
std::optional<std::pair<std::string, std::string>> service_account(std::string_view user) {
  constexpr std::string_view kPrefix = "system:serviceaccount:";
  if (!user.starts_with(kPrefix)) return std::nullopt;
  const auto parts = base::split(user.substr(kPrefix.size()), ':');
  if (parts.size() != 2 || !object::dns1123_label(parts[0]).empty() ||
      !object::dns1123_subdomain(parts[1]).empty()) {
    return std::nullopt;
  }
  return std::pair(std::string(parts[0]), std::string(parts[1]));
}

// The NAME of "system:node:NAME".
std::optional<std::string> node(std::string_view user) {
  constexpr std::string_view kPrefix = "system:node:";
  if (!user.starts_with(kPrefix)) return std::nullopt;
  const std::string_view name = user.substr(kPrefix.size());
  if (!object::dns1123_subdomain(name).empty()) return std::nullopt;
  return std::string(name);
}

bool only_named(const Identity& wanted) {
  return wanted.uid.empty() && wanted.groups.empty() && wanted.extra.empty();
}

// True when `caller` is a service account whose token says it runs on this very node.
bool runs_on(const Identity& caller, const std::string& name) {
  if (!service_account(caller.name)) return false;
  for (const auto& [key, values] : caller.extra)
    if (key == kNodeNameKey) return values.size() == 1 && values.front() == name;
  return false;
}

class Asked {
 public:
  Asked(Mode mode, const Identity& wanted, const Identity& caller)
      : mode_(mode), wanted_(wanted), caller_(caller) {}

  Question user() const {
    Attributes attributes = may("users", wanted_.name, constrained());
    if (const auto account = service_account(wanted_.name)) {
      attributes.resource = "serviceaccounts";
      attributes.ns = account->first;
      attributes.name = account->second;
    } else if (const auto name = node(wanted_.name); name && constrained()) {
      attributes.resource = "nodes";
      // Not this node, but whichever the caller runs on.
      attributes.name = mode_ == Mode::associated_node ? "*" : *name;
    }
    return {std::nullopt, std::nullopt, {std::move(attributes)}};
  }

  Question uid() const {
    if (wanted_.uid.empty()) return {};
    return {std::nullopt, std::nullopt, {may("uids", wanted_.uid, true)}};
  }

  Question groups() const {
    Question question;
    if (constrained()) {
      if (wanted_.in_group("")) {
        question.refused = authz::forbidden_error(
            may("groups", "", true), "impersonating the empty string group is not allowed");
      } else if (wanted_.in_group(request::kMastersGroup)) {
        question.refused =
            authz::forbidden_error(may("groups", request::kMastersGroup, true),
                                   "impersonating the system:masters group is not allowed");
      }
      if (question.refused) return question;
      if (wanted_.groups.size() >= kMany) question.at_once = may("groups", "*", true);
    }
    for (const std::string& group : wanted_.groups) {
      question.each.push_back(may("groups", group, constrained()));
    }
    return question;
  }

  Question extra() const {
    Question question;
    std::size_t values_in_all = 0;
    for (const auto& [key, values] : wanted_.extra) {
      const std::string problem = constrained() ? extra_problem(key, values) : std::string();
      if (!problem.empty()) {
        question.refused = authz::forbidden_error(may("userextras", "", true), problem);
        return question;
      }
      values_in_all += values.size();
      for (const std::string& value : values) question.each.push_back(may_extra(key, value));
    }
    if (constrained() && values_in_all >= kMany) question.at_once = may_extra("*", "*");
    return question;
  }

 private:
  bool constrained() const { return mode_ != Mode::legacy; }

  // Users and groups were in the core group before there were modes.
  Attributes may(std::string_view resource, std::string_view name, bool in_group) const {
    Attributes attributes;
    attributes.user = &caller_;
    attributes.verb = "impersonate";
    if (constrained()) attributes.verb += ":" + std::string(name_of(mode_));
    if (in_group) attributes.group = kGroup;
    attributes.version = "v1";
    attributes.is_resource = true;
    attributes.resource = resource;
    attributes.name = name;
    return attributes;
  }
  Attributes may_extra(std::string_view key, std::string_view value) const {
    Attributes attributes = may("userextras", value, true);
    attributes.subresource = key;
    return attributes;
  }

  // What the modes refuse that the old way had to let pass.
  static std::string extra_problem(const std::string& key, const std::vector<std::string>& values) {
    if (key.empty()) return "impersonating the empty string key in extra is not allowed";
    const std::string problem = path_problem(key);
    if (!problem.empty()) {
      return "impersonating an invalid key in extra is not allowed: extra.key: Invalid value: " +
             problem;
    }
    if (key != base::to_lower(key)) {
      return "impersonating a non-lowercase key in extra is not allowed: " + base::go_quote(key);
    }
    if (std::find(values.begin(), values.end(), "") != values.end()) {
      return "impersonating the empty string value in extra is not allowed";
    }
    return {};
  }

  // A key must be DOMAIN/PATH.
  static std::string path_problem(const std::string& key) {
    constexpr std::string_view kPathBytes =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-._~%!$&'()*+,;=:";
    const std::size_t slash = key.find('/');
    if (slash == 0 || slash == std::string::npos || slash + 1 == key.size()) {
      return base::go_quote(key) + ": must be a domain-prefixed path (such as \"acme.io/foo\")";
    }
    const std::string domain = key.substr(0, slash);
    const object::Problems problems = object::dns1123_subdomain(domain);
    if (!problems.empty()) return base::go_quote(domain) + ": " + problems.front();
    const std::string path = key.substr(slash + 1);
    if (path.find_first_not_of(kPathBytes) == std::string::npos) return {};
    return base::go_quote(path) +
           ": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
  }

  const Mode mode_;
  const Identity& wanted_;
  const Identity& caller_;
};

}  // namespace

std::string_view name_of(Mode mode) {
  switch (mode) {
    case Mode::associated_node:
      return "associated-node";
    case Mode::arbitrary_node:
      return "arbitrary-node";
    case Mode::service_account:
      return "serviceaccount";
    case Mode::user_info:
      return "user-info";
    case Mode::legacy:
      break;
  }
  return "legacy";
}

bool applies(Mode mode, const Identity& wanted, const Identity& caller) {
  const auto wanted_node = node(wanted.name);
  switch (mode) {
    case Mode::associated_node:
      return wanted_node && only_named(wanted) && runs_on(caller, *wanted_node);
    case Mode::arbitrary_node:
      return wanted_node && only_named(wanted);
    case Mode::service_account:
      return only_named(wanted) && service_account(wanted.name);
    case Mode::user_info:
      return !wanted_node && !service_account(wanted.name);
    case Mode::legacy:
      break;
  }
  return true;
}

std::vector<Question> questions_of(Mode mode, const Identity& wanted, const Identity& caller) {
  const Asked asked(mode, wanted, caller);
  std::vector<Question> questions;
  questions.push_back(asked.user());
  questions.push_back(asked.uid());
  questions.push_back(asked.groups());
  questions.push_back(asked.extra());
  return questions;
}

void hide_node(Identity& caller) {
  std::vector<std::string> keys;
  for (const auto& [key, values] : caller.extra) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  caller.extra = {{std::string(kAssociatedKeys), std::move(keys)}};
}

Identity identity_of(Mode mode, const Identity& wanted) {
  Identity identity = wanted;
  if (identity.groups.empty()) {
    if (const auto account = service_account(identity.name)) {
      identity.groups = {"system:serviceaccounts", "system:serviceaccounts:" + account->first};
    } else if (mode != Mode::legacy && node(identity.name)) {
      identity.groups = {"system:nodes"};
    }
  }
  if (identity.name == request::kAnonymousUser) {
    if (!identity.in_group(request::kUnauthenticatedGroup)) {
      identity.groups.emplace_back(request::kUnauthenticatedGroup);
    }
  } else if (!identity.in_group(request::kUnauthenticatedGroup) &&
             !identity.in_group(request::kAuthenticatedGroup)) {
    identity.groups.emplace_back(request::kAuthenticatedGroup);
  }
  return identity;
}

}  // namespace limen::pipeline
