#include "samples.h"

#include <algorithm>
#include <string_view>

namespace limen::module_check {

using testkit::Action;
using testkit::Json;

namespace {

// Two bytes, three and four a letter, and marks that combine.
constexpr const char* kStrange = "J\u00fcrgen \u674e\u96f7 \U0001f600 e\u0301";

std::vector<testkit::UserInfo> users() {
  return {{"alice", "u-1", {"developers", "system:authenticated"}, {}},
          {"system:serviceaccount:default:builder",
           "u-2",
           {"system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"},
           {{"authentication.kubernetes.io/pod-name", "builder-0"}}},
          {"system:node:node-1", "u-3", {"system:nodes", "system:authenticated"}, {}},
          {kStrange, "", {kStrange}, {{kStrange, kStrange}}},
          {"system:anonymous", "", {"system:unauthenticated"}, {}}};
}

std::vector<Sample> authentications() {
  std::vector<testkit::AuthnRequest> requests(8);
  requests[1].headers = {{"Authorization", "Bearer abc.def.ghi"}};
  requests[2].headers = {{"Authorization", "Bearer " + std::string(8192, 'x')}};
  requests[3].headers = {{"Authorization", "Basic YWxpY2U6c2VjcmV0"}};
  requests[4].headers = {{"Authorization", "Bearer"}, {"X-Remote-User", kStrange}};
  requests[5].certificates = {std::string("\x30\x03\x02\x01\x00", 5), std::string(64, '\0')};
  requests[6].headers = {{"Authorization", "Bearer abc"}};
  requests[6].audiences = {"https://api.example.com", kStrange};
  requests[7].method = "POST";
  requests[7].path = "/api/v1/namespaces/default/pods";
  requests[7].query = "watch=1&labelSelector=a%3Db";
  requests[7].headers = {{"Authorization", "bEaReR  spaced "}};
  std::vector<Sample> out;
  for (testkit::AuthnRequest& request : requests) {
    Sample& sample = out.emplace_back();
    sample.request = std::move(request);
  }
  return out;
}

Action action(const testkit::UserInfo& user, const std::string& verb, const std::string& group,
              const std::string& resource, const std::string& ns, const std::string& name) {
  Action out;
  out.user = user;
  out.verb = verb;
  out.api_group = group;
  out.resource = resource;
  out.ns = ns;
  out.name = name;
  return out;
}

std::vector<Sample> authorizations() {
  std::vector<Sample> out;
  const auto add = [&](Action what) {
    Sample& sample = out.emplace_back();
    sample.what = Ask::authorize;
    sample.action = std::move(what);
  };
  for (const testkit::UserInfo& user : users()) {
    add(action(user, "get", "", "pods", "default", "web-0"));
    add(action(user, "create", "apps", "deployments", "kube-system", ""));
  }
  const testkit::UserInfo alice = users()[0];
  Action list = action(alice, "list", "", "secrets", "", "");
  list.field_selector = "metadata.name=token";
  list.field_requirements = {{"metadata.name", LIMEN_OP_IN, {"token"}}};
  list.label_selector = "app in (a,b),!old";
  list.label_requirements = {{"app", LIMEN_OP_IN, {"a", "b"}},
                             {"old", LIMEN_OP_DOES_NOT_EXIST, {}}};
  add(list);
  list.label_requirements.clear();
  list.label_selector = "((";
  list.label_selector_error = "cannot be read";
  add(list);
  Action explained = action(alice, "delete", "", "nodes", "", "node-1");
  explained.explain = true;
  add(explained);
  Action page;
  page.user = users()[3];
  page.path = "/healthz/\u00e9";
  add(page);
  Action sub = action(users()[1], "create", "", "pods", "default", "web-0");
  sub.subresource = "exec";
  add(sub);
  Sample& rules = out.emplace_back();
  rules.what = Ask::rules_for;
  rules.action = action(alice, "", "", "", "default", "");
  return out;
}

Json pod(const std::string& name) {
  return boost::json::parse(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
                            R"(","namespace":"default","labels":{"app":"web"}},"spec":{
    "initContainers":[{"name":"init","image":"registry.example.com/init:1"}],
    "containers":[{"name":"main","image":"nginx:1.25","ports":[{"containerPort":80}],
      "resources":{"requests":{"cpu":"100m","memory":"64Mi"}}},{"name":"side","image":"envoy"}]}})");
}

std::vector<std::pair<std::string, Json>> objects() {
  const auto parse = [](const char* text) { return boost::json::parse(text); };
  return {
      {"pods", pod("web-0")},
      {"configmaps", parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"plain",
        "namespace":"default"}})")},
      {"configmaps", parse(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"odd",
        "namespace":"default","labels":null,"annotations":{"note":"\u674e\ud83d\ude00"}},
        "data":{"a/b~c":"x","":"empty"}})")},
      {"services", parse(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web",
        "namespace":"default"},"spec":{"ports":[{"port":80}]}})")},
      {"namespaces", parse(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"}})")},
      {"deployments", parse(R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web",
        "namespace":"default"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
        "template":{"metadata":{"labels":{"app":"web"}},
        "spec":{"containers":[{"name":"main","image":"nginx"}]}}}})")},
      {"things", parse(R"({"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"t"},
        "spec":[1,2.5,"x",null,{"deep":[[[]]]}]})")}};
}

std::string member(const Json& object, std::string_view pointer) {
  boost::system::error_code error;
  const Json* found = object.find_pointer(pointer, error);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

testkit::Review review_of(const Json& object, const std::string& resource,
                          std::uint32_t operation) {
  testkit::Review out;
  out.operation = operation;
  out.kind = member(object, "/kind");
  const std::string version = member(object, "/apiVersion");
  const std::size_t slash = version.find('/');
  const std::string verb = operation == LIMEN_OP_CREATE   ? "create"
                           : operation == LIMEN_OP_UPDATE ? "update"
                           : operation == LIMEN_OP_DELETE ? "delete"
                                                          : "connect";
  out.action =
      action(users()[0], verb, slash == std::string::npos ? "" : version.substr(0, slash), resource,
             member(object, "/metadata/namespace"), member(object, "/metadata/name"));
  out.action.api_version = slash == std::string::npos ? version : version.substr(slash + 1);
  if (operation != LIMEN_OP_DELETE) out.object = object;
  if (operation != LIMEN_OP_CREATE) out.old_object = object;
  out.options = boost::json::object();
  return out;
}

std::vector<Sample> admissions(std::uint32_t operations, const std::vector<Json>& own) {
  auto all = objects();
  for (const Json& object : own) {
    std::string resource = member(object, "/kind") + "s";
    std::transform(resource.begin(), resource.end(), resource.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    all.emplace_back(resource, object);
  }
  std::vector<Sample> out;
  for (const auto& [resource, object] : all) {
    for (const std::uint32_t operation : {LIMEN_OP_CREATE, LIMEN_OP_UPDATE, LIMEN_OP_DELETE}) {
      if ((operations & operation) == 0) continue;
      for (const Ask what : {Ask::admit, Ask::validate}) {
        Sample& sample = out.emplace_back();
        sample.what = what;
        sample.review = review_of(object, resource, operation);
      }
    }
  }
  if ((operations & LIMEN_OP_CONNECT) != 0) {
    Sample& sample = out.emplace_back();
    sample.what = Ask::validate;
    sample.review = review_of(pod("web-0"), "pods", LIMEN_OP_CONNECT);
    sample.review.action.subresource = "exec";
  }
  return out;
}

const Json* property(const Json& schema, const char* key) {
  return schema.is_object() ? schema.get_object().if_contains(key) : nullptr;
}

std::string type_of(const Json& schema) {
  const Json* type = property(schema, "type");
  return type != nullptr && type->is_string() ? std::string(type->get_string()) : "object";
}

std::int64_t number_of(const Json& schema, const char* key, std::int64_t otherwise) {
  const Json* value = property(schema, key);
  return value != nullptr && value->is_number() ? value->to_number<std::int64_t>() : otherwise;
}

Json smallest(const Json& schema) {
  if (const Json* value = property(schema, "default")) return *value;
  if (const Json* values = property(schema, "enum");
      values != nullptr && values->is_array() && !values->get_array().empty()) {
    return values->get_array()[0];
  }
  const std::string type = type_of(schema);
  if (type == "boolean") return false;
  if (type == "integer" || type == "number") return number_of(schema, "minimum", 1);
  if (type == "string") {
    const std::int64_t shortest =
        std::clamp<std::int64_t>(number_of(schema, "minLength", 1), 1, 4096);
    return Json(std::string(static_cast<std::size_t>(shortest), 'a'));
  }
  if (type == "array") {
    boost::json::array out;
    const Json* items = property(schema, "items");
    for (std::int64_t i = number_of(schema, "minItems", 0); i > 0 && items != nullptr; --i) {
      out.push_back(smallest(*items));
    }
    return out;
  }
  return smallest_config(schema);
}

// Values the schema allows, at its edges.
std::vector<Json> edges(const Json& schema) {
  std::vector<Json> out;
  if (const Json* values = property(schema, "enum"); values != nullptr && values->is_array()) {
    out.assign(values->get_array().begin(), values->get_array().end());
    return out;
  }
  const std::string type = type_of(schema);
  if (type == "boolean") return {true, false};
  if (type == "integer" || type == "number") {
    out = {number_of(schema, "minimum", -1), number_of(schema, "maximum", INT32_MAX)};
  } else if (type == "string" && property(schema, "pattern") == nullptr) {
    const std::int64_t longest = std::min<std::int64_t>(number_of(schema, "maxLength", 4096), 4096);
    if (number_of(schema, "minLength", 0) == 0) out.emplace_back("");
    out.emplace_back(
        std::string(static_cast<std::size_t>(std::max<std::int64_t>(longest, 0)), 'z'));
    if (longest >= 32) out.emplace_back(kStrange);
    if (longest >= 32) out.emplace_back("/nonexistent/\u00e9");
  } else if (type == "array") {
    const Json* items = property(schema, "items");
    if (number_of(schema, "minItems", 0) == 0) out.emplace_back(boost::json::array());
    if (items != nullptr) {
      const std::int64_t most = std::min<std::int64_t>(number_of(schema, "maxItems", 64), 64);
      boost::json::array many;
      for (std::int64_t i = 0; i < most; ++i) many.push_back(smallest(*items));
      out.emplace_back(std::move(many));
    }
  } else if (type == "object") {
    out.push_back(smallest_config(schema));
  }
  return out;
}

}  // namespace

std::vector<Sample> samples_for(const std::string& kind, std::uint32_t operations,
                                const std::vector<Json>& objects) {
  if (kind == LIMEN_KIND_AUTHENTICATOR) return authentications();
  if (kind == LIMEN_KIND_AUTHORIZER) return authorizations();
  if (kind == LIMEN_KIND_ADMISSION) return admissions(operations, objects);
  return {};
}

Sample numbered(Sample sample, std::size_t number) {
  const std::string text = std::to_string(number);
  sample.request.headers = {{"Authorization", "Bearer token-" + text}, {"X-Badge", text}};
  sample.action.user.name = "user-" + text;
  sample.review.action.user.name = "user-" + text;
  sample.review.action.name = "object-" + text;
  for (Json* object : {&sample.review.object, &sample.review.old_object}) {
    if (object->is_object()) object->at("metadata").as_object()["name"] = "object-" + text;
  }
  return sample;
}

Json smallest_config(const Json& schema) {
  boost::json::object out;
  const Json* properties = property(schema, "properties");
  if (properties == nullptr || !properties->is_object()) return out;
  const Json* required = property(schema, "required");
  for (const auto& one : properties->get_object()) {
    bool wanted = property(one.value(), "default") != nullptr;
    if (required != nullptr && required->is_array()) {
      for (const Json& name : required->get_array()) {
        wanted = wanted || (name.is_string() && name.get_string() == one.key());
      }
    }
    if (wanted) out[one.key()] = smallest(one.value());
  }
  return out;
}

std::vector<Json> edge_configs(const Json& schema, std::size_t limit) {
  const Json base = smallest_config(schema);
  std::vector<Json> out = {base};
  const Json* properties = property(schema, "properties");
  if (properties == nullptr || !properties->is_object()) return out;
  for (const auto& one : properties->get_object()) {
    for (Json& value : edges(one.value())) {
      if (out.size() == limit) return out;
      out.push_back(base);
      out.back().as_object()[one.key()] = std::move(value);
    }
  }
  return out;
}

}  // namespace limen::module_check
