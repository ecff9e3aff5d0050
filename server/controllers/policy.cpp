#include "controllers/policy.h"

#include <stdexcept>

#include "base/strings.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

using object::Json;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

boost::json::array list_of(std::string_view text) {
  boost::json::array list;
  for (const std::string_view item : base::split(base::trim(text), ',')) {
    list.emplace_back(item == "." ? std::string_view() : item);
  }
  return list;
}

std::pair<std::string_view, std::string_view> cut(std::string_view text, char at) {
  const std::size_t place = text.find(at);
  if (place == std::string_view::npos) return {text, {}};
  return {text.substr(0, place), text.substr(place + 1)};
}

// Builds the objects line by line.
class PolicyReader {
 public:
  void read(std::string_view line) {
    if (base::trim(line).empty()) return;
    const bool begins = line.front() != ' ';
    const auto [word, rest] = cut(base::trim(line), ' ');
    if (begins) return begin(word, rest);
    if (objects_.empty()) throw std::invalid_argument("belongs to nothing");
    add(word, rest);
  }
  std::vector<PolicyObject> take() { return std::move(objects_); }

 private:
  void begin(std::string_view kind, std::string_view rest) {
    PolicyObject made;
    made.key.name = rest;
    made.object = boost::json::object();
    if (kind == "cluster-role") {
      prepare(made, "ClusterRole", "clusterroles", "rules");
      made.object.get_object()["rules"] = nullptr;
    } else if (kind == "role") {
      in_namespace(made, rest);
      prepare(made, "Role", "roles", "rules");
    } else if (kind == "cluster-role-binding") {
      prepare(made, "ClusterRoleBinding", "clusterrolebindings", "subjects");
    } else if (kind == "role-binding") {
      in_namespace(made, rest);
      prepare(made, "RoleBinding", "rolebindings", "subjects");
    } else {
      throw std::invalid_argument("is no kind of object");
    }
    objects_.push_back(std::move(made));
  }

  static void in_namespace(PolicyObject& made, std::string_view rest) {
    const auto [ns, name] = cut(rest, ' ');
    made.key.ns = ns;
    made.key.name = name;
  }

  static void prepare(PolicyObject& made, std::string_view kind, std::string_view resource,
                      const char* list) {
    made.key.id = {std::string(kGroup), std::string(resource)};
    object::set_type(made.object, "rbac.authorization.k8s.io/v1", kind);
    made.object.get_object()[list] = boost::json::array();
    object::set_metadata(made.object, "name", made.key.name);
    object::set_metadata(made.object, "namespace", made.key.ns);
    boost::json::object& metadata = object::metadata(made.object);
    metadata["labels"] = {{"kubernetes.io/bootstrapping", "rbac-defaults"}};
    metadata["annotations"] = {{"rbac.authorization.kubernetes.io/autoupdate", "true"}};
  }

  void add(std::string_view word, std::string_view rest) {
    boost::json::object& object = objects_.back().object.get_object();
    if (word == "label") {
      const auto [key, value] = cut(rest, '=');
      object["metadata"].at("labels").get_object()[key] = value;
    } else if (word == "collects") {
      const auto [key, value] = cut(rest, '=');
      boost::json::object& rule = object::object_at(objects_.back().object, "aggregationRule");
      Json& selectors = rule["clusterRoleSelectors"];
      if (!selectors.is_array()) selectors.emplace_array();
      boost::json::object labels;
      labels[key] = value;
      selectors.get_array().push_back(boost::json::object{{"matchLabels", std::move(labels)}});
    } else if (word == "rule" || word == "urls") {
      add_rule(object["rules"], rest, word == "urls");
    } else if (word == "grants") {
      const auto [kind, name] = cut(rest, '/');
      object["roleRef"] = {{"apiGroup", kGroup}, {"kind", kind}, {"name", name}};
    } else if (word == "to") {
      add_subject(object["subjects"], rest);
    } else {
      throw std::invalid_argument("is no part of an object");
    }
  }

  static void add_rule(Json& rules, std::string_view text, bool urls) {
    if (!rules.is_array()) rules.emplace_array();
    const auto parts = base::split(text, '|');
    if (parts.size() < 2 || parts.size() > 4 || urls != (parts.size() == 2)) {
      throw std::invalid_argument("is no rule");
    }
    boost::json::object rule;
    rule["verbs"] = list_of(parts[0]);
    if (urls) {
      rule["nonResourceURLs"] = list_of(parts[1]);
    } else {
      rule["apiGroups"] = list_of(parts[1]);
      rule["resources"] = list_of(parts[2]);
      if (parts.size() == 4) rule["resourceNames"] = list_of(parts[3]);
    }
    rules.get_array().push_back(std::move(rule));
  }

  static void add_subject(Json& subjects, std::string_view text) {
    const auto [kind, rest] = cut(text, '/');
    boost::json::object subject;
    subject["kind"] = kind;
    if (kind == "ServiceAccount") {
      const auto [ns, name] = cut(rest, '/');
      subject["name"] = name;
      subject["namespace"] = ns;
    } else if (kind == "User" || kind == "Group") {
      subject["apiGroup"] = kGroup;
      subject["name"] = rest;
    } else {
      throw std::invalid_argument("is no subject");
    }
    subjects.get_array().push_back(std::move(subject));
  }

  std::vector<PolicyObject> objects_;
};

}  // namespace

std::vector<PolicyObject> parse_policy(std::string_view table) {
  PolicyReader reader;
  std::size_t number = 0;
  for (const std::string_view line : base::split(table, '\n')) {
    ++number;
    try {
      reader.read(line);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("line " + std::to_string(number) + " (" + std::string(line) +
                                  ") " + error.what());
    }
  }
  return reader.take();
}

}  // namespace limen::controllers
