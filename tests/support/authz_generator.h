// Roles, bindings, policy lines and questions from small alphabets: few names, so that what is made
// meets what is asked, and every odd text that means something or nearly does. Pure functions of
// the choices.
#pragma once

#include <string>
#include <vector>

#include "support/choices.h"
#include "support/rbac_model.h"

namespace limen::test {

inline const std::vector<std::string>& generated_namespaces() {
  static const std::vector<std::string> kAll = {"x", "y"};
  return kAll;
}

// A JSON list of one to three texts.
inline std::string texts_from(Choices& choices, const std::vector<std::string>& alphabet) {
  std::string list = "[";
  for (std::size_t i = choices.pick(3) + 1; i > 0; --i)
    list += "\"" + choices.of(alphabet) + "\"" + (i > 1 ? "," : "]");
  return list;
}

inline std::string make_rule_text(Choices& choices, bool urls) {
  // What is common stands more than once, so that rules meet questions often enough.
  static const std::vector<std::string> kVerbs = {"get",    "get",    "list", "watch", "create",
                                                  "delete", "update", "*",    "*",     "ge"};
  static const std::vector<std::string> kGroups = {"", "apps", "*", "*", "app"};
  static const std::vector<std::string> kResources = {
      "pods", "pods",    "deployments", "deployments", "pods/log", "deployments/scale",
      "*",    "*/scale", "*/log",       "pods/*",      "pod",      "/log"};
  static const std::vector<std::string> kNames = {"p", "q", "*"};
  static const std::vector<std::string> kUrls = {"/healthz", "/api*",    "/apis/*", "*",
                                                 "/",        "/metrics", "/api**",  "/a*s"};
  const std::string verbs = R"({"verbs":)" + texts_from(choices, kVerbs);
  if (urls) return verbs + R"(,"nonResourceURLs":)" + texts_from(choices, kUrls) + "}";
  std::string rule = verbs + R"(,"apiGroups":)" + texts_from(choices, kGroups) +
                     R"(,"resources":)" + texts_from(choices, kResources);
  if (choices.one_in(3)) rule += R"(,"resourceNames":)" + texts_from(choices, kNames);
  return rule + "}";
}

inline std::string make_rules_text(Choices& choices, bool with_urls) {
  std::string rules = "[";
  for (std::size_t i = choices.pick(5); i > 0; --i)
    rules += make_rule_text(choices, with_urls && choices.one_in(3)) + (i > 1 ? "," : "");
  return rules + "]";
}

inline Json make_any_role(Choices& choices) {
  static const std::vector<std::string> kNames = {"r1", "r2", "r3"};
  const bool cluster = choices.one_in(2);
  const std::string ns = cluster ? std::string() : choices.of(generated_namespaces());
  const std::string name = choices.of(kNames);
  return make_role(name, ns, make_rules_text(choices, cluster));
}

inline std::string make_subject_text(Choices& choices) {
  static const std::vector<std::string> kAll = {
      R"({"kind":"User","name":"ann"})",
      R"({"kind":"User","name":"bob"})",
      R"({"kind":"Group","name":"dev"})",
      R"({"kind":"Group","name":"ops"})",
      R"({"kind":"ServiceAccount","name":"app","namespace":"x"})",
      R"({"kind":"ServiceAccount","name":"app"})",
      R"({"kind":"User","name":"system:serviceaccount:y:app"})",
      R"({"kind":"User","name":"*"})",
      R"({"kind":"Group","name":"ann"})",
      R"({"kind":"user","name":"ann"})",
      R"({"kind":"ServiceAccount","name":"ann","namespace":"x"})",
  };
  return choices.of(kAll);
}

inline std::string make_subjects_text(Choices& choices) {
  std::string subjects = "[";
  for (std::size_t i = choices.pick(5); i > 0; --i)
    subjects += make_subject_text(choices) + (i > 1 ? "," : "");
  return subjects + "]";
}

// Some name a role that is not there.
inline Json make_any_binding(Choices& choices) {
  static const std::vector<std::string> kNames = {"b1", "b2", "b3", "b4"};
  static const std::vector<std::string> kRoles = {"r1", "r1", "r2", "r2", "r3", "r3", "gone"};
  const bool cluster = choices.one_in(3);
  const std::string ns = cluster ? std::string() : choices.of(generated_namespaces());
  const bool cluster_role = cluster || choices.one_in(2);
  const std::string name = choices.of(kNames);
  const std::string role = choices.of(kRoles);
  return make_binding(name, ns, cluster_role ? "ClusterRole" : "Role", role,
                      make_subjects_text(choices));
}

inline testkit::UserInfo make_user(Choices& choices) {
  static const std::vector<std::string> kNames = {"ann", "bob", "system:serviceaccount:x:app",
                                                  "system:serviceaccount:y:app",
                                                  "system:anonymous"};
  testkit::UserInfo user{choices.of(kNames)};
  user.groups = {user.name == "system:anonymous" ? "system:unauthenticated"
                                                 : "system:authenticated"};
  if (choices.one_in(3)) user.groups.emplace_back("dev");
  if (choices.one_in(4)) user.groups.emplace_back("ops");
  return user;
}

inline Action make_action(Choices& choices) {
  static const std::vector<std::string> kVerbs = {"get",    "list",   "watch",
                                                  "create", "delete", "update"};
  static const std::vector<std::string> kPaths = {"/",     "/healthz",   "/api",
                                                  "/apis", "/apis/apps", "/metrics"};
  static const std::vector<std::string> kNames = {"", "p", "q"};
  Action action;
  action.user = make_user(choices);
  action.verb = choices.of(kVerbs);
  if (choices.one_in(4)) {
    action.path = choices.of(kPaths);
    return action;
  }
  const bool pods = choices.one_in(2);
  action.resource = pods ? "pods" : "deployments";
  action.api_group = pods ? "" : "apps";
  if (choices.one_in(3)) action.subresource = pods ? "log" : "scale";
  if (!choices.one_in(4)) action.ns = choices.of(generated_namespaces());
  action.name = choices.of(kNames);
  return action;
}

// One line of an ABAC policy file, of either form.
inline std::string make_policy_line(Choices& choices) {
  static const std::vector<std::string> kUsers = {"", "ann", "bob", "*",
                                                  "system:serviceaccount:x:app"};
  static const std::vector<std::string> kUserGroups = {"", "", "dev", "*"};
  static const std::vector<std::string> kSpaces = {"", "x", "y", "*"};
  static const std::vector<std::string> kResources = {"", "pods", "deployments", "*", "pods/log"};
  static const std::vector<std::string> kGroups = {"", "apps", "*"};
  static const std::vector<std::string> kPaths = {"", "/healthz", "/api*", "*", "/", "/apis/**"};
  const bool old_form = choices.one_in(3);
  boost::json::object fields;
  const auto set = [&](const char* key, const std::vector<std::string>& alphabet) {
    const std::string& value = choices.of(alphabet);
    if (!value.empty() || choices.one_in(4)) fields[key] = value;
  };
  set("user", kUsers);
  set("group", kUserGroups);
  set("namespace", kSpaces);
  set("resource", kResources);
  if (choices.one_in(3)) fields["readonly"] = choices.one_in(2);
  if (old_form) return boost::json::serialize(fields);
  set("apiGroup", kGroups);
  if (choices.one_in(3)) set("nonResourcePath", kPaths);
  return boost::json::serialize(Json{{"apiVersion", "abac.authorization.kubernetes.io/v1beta1"},
                                     {"kind", "Policy"},
                                     {"spec", fields}});
}

inline std::string describe(const Action& action) {
  std::string text = action.user.name;
  for (const std::string& group : action.user.groups) text += "," + group;
  text += " " + action.verb;
  if (action.resource.empty()) return text + " " + action.path;
  text += " " + action.api_group + ":" + action.resource;
  if (!action.subresource.empty()) text += "/" + action.subresource;
  return text + " in '" + action.ns + "' named '" + action.name + "'";
}

}  // namespace limen::test
