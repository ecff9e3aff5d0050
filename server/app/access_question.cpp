#include "app/access_question.h"

#include <algorithm>
#include <string_view>

#include "app/command_line.h"
#include "base/strings.h"
#include "catalog/catalog.h"

namespace limen::app {

namespace {

struct ResourceWord {
  std::string resource, subresource, group;
  bool has_group = false;
};

// The group may end either part: deployments.apps/scale, deployments/scale.apps.
ResourceWord split_resource(const std::string& text) {
  ResourceWord word;
  const std::size_t slash = text.find('/');
  word.resource = text.substr(0, slash);
  if (slash != std::string::npos) word.subresource = text.substr(slash + 1);
  for (std::string* part : {&word.resource, &word.subresource}) {
    const std::size_t dot = part->find('.');
    if (dot == std::string::npos) continue;
    if (word.has_group) throw UsageError("a resource has one group: " + base::go_quote(text));
    word.has_group = true;
    word.group = part->substr(dot + 1);
    part->erase(dot);
  }
  if (word.resource.empty() || (slash != std::string::npos && word.subresource.empty())) {
    throw UsageError(base::go_quote(text) + " is no RESOURCE[/SUBRESOURCE][.GROUP]");
  }
  return word;
}

bool is_called(const catalog::Resource& resource, const std::string& name) {
  return resource.name == name || resource.singular == name ||
         std::find(resource.short_names.begin(), resource.short_names.end(), name) !=
             resource.short_names.end();
}

const catalog::Resource* find_resource(const ResourceWord& word) {
  const std::string name = base::to_lower(word.resource);
  for (const catalog::GroupVersion& entry : catalog::group_versions()) {
    if (word.has_group && entry.group != word.group) continue;
    for (const catalog::Resource& resource : entry.resources) {
      if (is_called(resource, name)) return &resource;
    }
  }
  return nullptr;
}

void place(const AccessWords& words, const catalog::Resource* known, AccessQuestion& question) {
  const bool namespaced = known == nullptr || known->namespaced;
  if (namespaced) {
    if (!words.all_namespaces) question.ns = words.ns.empty() ? words.default_ns : words.ns;
    return;
  }
  if (!words.ns.empty()) {
    question.remark = question.resource + " lie in no namespace: -n does not count";
  }
  // A request for a namespace is one within it.
  if (known->group.empty() && known->name == "namespaces") question.ns = words.name;
}

void ask_resource(const AccessWords& words, AccessQuestion& question) {
  const ResourceWord word = split_resource(words.what);
  const catalog::Resource* const known = word.resource == "*" ? nullptr : find_resource(word);
  question.resource = known == nullptr ? word.resource : std::string(known->name);
  question.group = known == nullptr ? word.group : std::string(known->group);
  question.version = known == nullptr ? std::string() : std::string(known->version);
  question.subresource = word.subresource;
  question.name = words.name;
  if (known == nullptr && word.resource != "*") {
    question.remark = "the server's own resources have no " + base::go_quote(words.what) +
                      ": it is asked for as it is written";
  }
  place(words, known, question);
}

}  // namespace

AccessQuestion make_question(const AccessWords& words) {
  if (words.all_namespaces && !words.ns.empty()) {
    throw UsageError("--namespace and --all-namespaces exclude each other");
  }
  AccessQuestion question;
  question.verb = words.verb;
  if (!words.what.starts_with('/')) {
    ask_resource(words, question);
    return question;
  }
  if (!words.ns.empty() || words.all_namespaces || !words.name.empty()) {
    throw UsageError("a path has neither namespace nor name");
  }
  question.path = words.what;
  return question;
}

std::vector<std::string> asked_groups(const std::string& user, std::vector<std::string> given) {
  constexpr std::string_view kAccount = "system:serviceaccount:";
  const auto add = [&given](std::string group) {
    if (std::find(given.begin(), given.end(), group) == given.end()) {
      given.push_back(std::move(group));
    }
  };
  if (given.empty() && user.starts_with(kAccount)) {
    const std::string_view rest = std::string_view(user).substr(kAccount.size());
    add("system:serviceaccounts");
    add("system:serviceaccounts:" + std::string(rest.substr(0, rest.find(':'))));
  }
  const bool stranger =
      user == "system:anonymous" ||
      std::find(given.begin(), given.end(), "system:unauthenticated") != given.end();
  add(stranger ? "system:unauthenticated" : "system:authenticated");
  return given;
}

object::Json review_of(const AccessQuestion& question) {
  boost::json::object attributes = {{"verb", question.verb}};
  const auto put = [&attributes](std::string_view key, const std::string& value) {
    if (!value.empty()) attributes[key] = value;
  };
  put("path", question.path);
  put("group", question.group);
  put("version", question.version);
  put("resource", question.resource);
  put("subresource", question.subresource);
  put("namespace", question.ns);
  put("name", question.name);
  boost::json::object spec = {
      {"user", question.user},
      {"groups", boost::json::array(question.groups.begin(), question.groups.end())}};
  spec[question.path.empty() ? "resourceAttributes" : "nonResourceAttributes"] =
      std::move(attributes);
  return boost::json::object{
      {"apiVersion", "access.limen.io/v1"}, {"kind", "AccessReview"}, {"spec", std::move(spec)}};
}

}  // namespace limen::app
