// A definition of a custom resource for tests, and serving it for as long as a test wants.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <vector>

#include "catalog/custom/custom_catalog.h"

namespace limen::test {

// A stored CustomResourceDefinition of `plural`.example.com whose version v1 has the schema given;
// `version_more` and `more` begin with a comma.
inline std::string definition_text(const std::string& kind, const std::string& plural,
                                   const std::string& schema, const std::string& version_more = "",
                                   const std::string& more = "") {
  return R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","spec":{)"
         R"("group":"example.com","scope":"Namespaced","names":{"plural":")" +
         plural + R"(","singular":"one","kind":")" + kind + R"(","listKind":")" + kind +
         R"(List","shortNames":["sh"],"categories":["all"]},"versions":[{"name":"v1","served":true,)"
         R"("storage":true,"schema":{"openAPIV3Schema":)" +
         schema + "}" + version_more + "}" +
         R"(]},"status":{"conditions":[{"type":"Established","status":"True"}],)"
         R"("storedVersions":["v1"]},"metadata":{"name":")" +
         plural + R"(.example.com","uid":"u-1","generation":1)" + more + "}}";
}

inline catalog::DefinitionPtr definition(const std::string& text) {
  return std::make_shared<const catalog::CustomDefinition>(
      boost::json::parse(text), std::make_shared<const std::string>(text));
}

// Serves the definitions while it lives.
class Served {
 public:
  explicit Served(std::vector<catalog::DefinitionPtr> definitions) {
    catalog::publish_custom(std::make_shared<const catalog::CustomCatalog>(std::move(definitions)));
  }
  ~Served() { catalog::publish_custom(std::make_shared<const catalog::CustomCatalog>()); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
};

}  // namespace limen::test
