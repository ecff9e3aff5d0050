// Custom kinds in OpenAPI documents: what stands for a kind's type, and its schema as text.
//
// Custom kinds have no catalog Type; documents refer to schemas by the name of a type, so each kind
// gets a stand-in with a name and nothing else: com.example.stable.v1.CronTab for CronTabs of
// stable.example.com/v1. One thread; lives as long as the document is being written.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "api/openapi/dialect.h"
#include "api/openapi/schema.h"
#include "catalog/custom/custom_catalog.h"

namespace limen::api {

class CustomSchemas {
 public:
  // The group-version with rows whose types are stand-ins.
  catalog::GroupVersion stand_in(const catalog::GroupVersion& entry);
  // The stand-in of the list of a kind, by that of the kind; null for other types.
  const catalog::Type* list_of(const catalog::Type& type) const;
  // Adds the built-in types that schemas of custom kinds refer to.
  static void add_referred(TypeSet& types);
  // Appends the schema of a stand-in; false for other types.
  bool append(std::string& out, const catalog::Type& type, Dialect dialect) const;

 private:
  struct Kind {
    const catalog::CustomKind* custom = nullptr;
    std::string name, list_name;
    catalog::Type type{}, list{};
    std::vector<catalog::Subresource> subresources;
  };
  void append_kind_schema(std::string& out, const Kind& kind, Dialect dialect) const;
  static void append_list_schema(std::string& out, const Kind& kind, Dialect dialect);

  std::deque<Kind> kinds_;
  std::deque<std::vector<catalog::Resource>> rows_;
  std::map<const catalog::Type*, const Kind*> by_type_;
};

}  // namespace limen::api
