#include "policy.h"

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace limen::abac {

namespace {

namespace json = boost::json;

constexpr std::string_view kApiVersion = "abac.authorization.kubernetes.io/v1beta1";
constexpr const char* kAuthenticated = "system:authenticated";

std::string text_member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_string())
    throw std::runtime_error("\"" + std::string(key) + "\" must be a string");
  return std::string(value->get_string());
}

bool flag_member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return false;
  if (!value->is_bool())
    throw std::runtime_error("\"" + std::string(key) + "\" must be true or false");
  return value->get_bool();
}

// A misspelt key would widen a rule without a word; so it is an error and not ignored.
void only_known(const json::object& object, std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    bool found = false;
    for (const std::string_view key : known) found = found || member.key() == key;
    if (!found) throw std::runtime_error("unknown key \"" + std::string(member.key()) + "\"");
  }
}

// In both forms a user or group of "*" means everybody who is authenticated.
void expand_everybody(Policy& policy) {
  if (policy.user != "*" && policy.group != "*") return;
  policy.group = kAuthenticated;
  policy.user.clear();
}

Policy from_v1beta1(const json::object& root) {
  only_known(root, {"apiVersion", "kind", "spec"});
  const json::value* spec_value = root.if_contains("spec");
  if (spec_value == nullptr || !spec_value->is_object())
    throw std::runtime_error("\"spec\" must be an object");
  const json::object& spec = spec_value->get_object();
  only_known(spec,
             {"user", "group", "readonly", "apiGroup", "resource", "namespace", "nonResourcePath"});
  Policy policy;
  policy.user = text_member(spec, "user");
  policy.group = text_member(spec, "group");
  policy.readonly = flag_member(spec, "readonly");
  policy.api_group = text_member(spec, "apiGroup");
  policy.resource = text_member(spec, "resource");
  policy.ns = text_member(spec, "namespace");
  policy.non_resource_path = text_member(spec, "nonResourcePath");
  expand_everybody(policy);
  return policy;
}

// The form of 2014: what is left out matches everything.
Policy from_unversioned(const json::object& root) {
  only_known(root, {"user", "group", "readonly", "resource", "namespace"});
  Policy policy;
  policy.user = text_member(root, "user");
  policy.group = text_member(root, "group");
  policy.readonly = flag_member(root, "readonly");
  policy.resource = text_member(root, "resource");
  policy.ns = text_member(root, "namespace");
  policy.api_group = "*";
  if (policy.user.empty() && policy.group.empty()) policy.group = kAuthenticated;
  if (policy.ns.empty() && policy.resource.empty()) policy.non_resource_path = "*";
  if (policy.ns.empty()) policy.ns = "*";
  if (policy.resource.empty()) policy.resource = "*";
  expand_everybody(policy);
  return policy;
}

bool matches_verb(const Policy& policy, const Attributes& attributes) {
  return attributes.is_read_only() || !policy.readonly;
}

bool matches_text(std::string_view wanted, std::string_view asked) {
  return wanted == "*" || wanted == asked;
}

bool matches_path(std::string_view wanted, std::string_view asked) {
  if (wanted == "*" || wanted == asked) return true;
  if (!wanted.ends_with('*')) return false;
  while (wanted.ends_with('*')) wanted.remove_suffix(1);
  return asked.starts_with(wanted);
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

}  // namespace

Policy parse_policy(std::string_view text, std::size_t line) {
  boost::system::error_code error;
  const json::value root = json::parse({text.data(), text.size()}, error);
  if (error) throw std::runtime_error("not a JSON object: " + error.message());
  if (!root.is_object()) throw std::runtime_error("not a JSON object");
  const json::object& object = root.get_object();
  const std::string api_version = text_member(object, "apiVersion");
  const std::string kind = text_member(object, "kind");
  Policy policy;
  if (api_version.empty() && kind.empty()) {
    policy = from_unversioned(object);
  } else if (api_version == kApiVersion && kind == "Policy") {
    policy = from_v1beta1(object);
  } else {
    throw std::runtime_error("no kind \"" + kind + "\" is registered for version \"" + api_version +
                             "\"; write kind Policy of " + std::string(kApiVersion));
  }
  policy.line = line;
  return policy;
}

namespace {

// Reads the lines of a file; `wrong` gets one sentence for each that cannot be used.
template <class Wrong>
std::vector<Policy> read_lines(const std::string& path, const Wrong& wrong) {
  const std::string where = "error reading policy file " + path;
  std::vector<Policy> policies;
  std::ifstream file(path);
  if (!file) {
    wrong(where + ": " + std::strerror(errno));
    return policies;
  }
  std::string text;
  for (std::size_t line = 1; std::getline(file, text); ++line) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string::npos || text[first] == '#') continue;
    try {
      policies.push_back(parse_policy(text, line));
    } catch (const std::exception& error) {
      wrong(where + ", line " + std::to_string(line) + ": " + error.what());
    }
  }
  if (file.bad()) wrong(where + ": read failed");
  return policies;
}

}  // namespace

std::vector<Policy> read_policies(const std::string& path) {
  return read_lines(path, [](const std::string& problem) { throw std::runtime_error(problem); });
}

std::vector<std::string> policy_problems(const std::string& path) {
  std::vector<std::string> out;
  read_lines(path, [&out](const std::string& problem) {
    if (out.size() < kMostProblems) out.push_back(problem);
  });
  return out;
}

bool matches_subject(const Policy& policy, const UserView& user) {
  bool matched = false;
  if (!policy.user.empty()) {
    if (policy.user != user.name()) return false;
    matched = true;
  }
  if (!policy.group.empty()) {
    if (!user.in_group(policy.group)) return false;
    matched = true;
  }
  return matched;
}

bool matches(const Policy& policy, const Attributes& attributes) {
  if (!matches_subject(policy, attributes.user()) || !matches_verb(policy, attributes))
    return false;
  if (!attributes.is_resource()) return matches_path(policy.non_resource_path, attributes.path());
  return matches_text(policy.ns, attributes.ns()) &&
         matches_text(policy.resource, attributes.resource()) &&
         matches_text(policy.api_group, attributes.api_group());
}

std::string shortfall(const Policy& policy, const Attributes& attributes) {
  std::vector<std::string> lacks;
  if (!matches_subject(policy, attributes.user())) {
    // Near is a policy for this user as long as they are in a group.
    if (policy.user.empty() || policy.user != attributes.user().name()) return {};
    lacks.push_back("is for members of the group " + quoted(policy.group) + " only");
  }
  if (!matches_verb(policy, attributes)) lacks.emplace_back("is read-only");
  if (!attributes.is_resource()) {
    if (!matches_path(policy.non_resource_path, attributes.path())) return {};
  } else {
    if (!matches_text(policy.resource, attributes.resource())) return {};
    if (!matches_text(policy.ns, attributes.ns())) {
      lacks.push_back(policy.ns.empty() ? std::string("is for the cluster scope only")
                                        : "is for the namespace " + quoted(policy.ns) + " only");
    }
    if (!matches_text(policy.api_group, attributes.api_group())) {
      lacks.push_back("is for the API group " + quoted(policy.api_group) + " only");
    }
  }
  return lacks.size() == 1 ? lacks.front() : std::string();
}

}  // namespace limen::abac
