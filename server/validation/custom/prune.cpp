#include <string>
#include <utility>

#include "object/metadata.h"
#include "validation/custom/objects.h"

namespace limen::validation {

namespace {

using catalog::Schema;

bool is_meta_member(std::string_view name) {
  return name == "apiVersion" || name == "kind" || name == "metadata";
}

// So many dropped members are named.
constexpr std::size_t kMaxUnknown = 100;

class Pruner {
 public:
  Conformance run(Json& object, const Schema& schema, bool any_fields) {
    resource(object, schema, any_fields);
    return std::move(result_);
  }
  void value(Json& value, const Schema& schema) {
    if (schema.embedded) return resource(value, schema, false);
    members(value, schema, false);
  }

 private:
  // The path of a member, for as long as it lives.
  class At {
   public:
    At(std::string& path, std::string_view name) : path_(path), size_(path.size()) {
      if (!path_.empty()) path_ += '.';
      path_ += name;
    }
    At(std::string& path, std::size_t index) : path_(path), size_(path.size()) {
      path_ += '[' + std::to_string(index) + ']';
    }
    ~At() { path_.resize(size_); }
    At(const At&) = delete;
    At& operator=(const At&) = delete;

   private:
    std::string& path_;
    std::size_t size_;
  };

  void resource(Json& object, const Schema& schema, bool any_fields) {
    if (object.is_object()) meta(object);
    if (!any_fields) members(object, schema, true);
  }

  // Brings the `metadata` of an object or an embedded one to its type.
  void meta(Json& object) {
    Json* metadata = object::member(object, "metadata");
    if (!metadata) return;
    static const catalog::Type& type =
        *catalog::find_type("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
    if (metadata->is_null()) metadata->emplace_object();
    Conformance fits = conform(*metadata, type);
    if (!fits.error.empty() && result_.error.empty()) result_.error = std::move(fits.error);
    const At at(path_, "metadata");
    constexpr std::string_view kLead = "unknown field \"";
    for (std::string& finding : fits.unknown) {
      if (finding.starts_with(kLead)) finding.insert(kLead.size(), path_ + ".");
      result_.unknown.push_back(std::move(finding));
    }
  }

  void members(Json& value, const Schema& schema, bool root) {
    if (value.is_array()) {
      if (!schema.items()) return;
      std::size_t index = 0;
      for (Json& element : value.get_array()) {
        const At at(path_, index++);
        this->value(element, *schema.items());
      }
      return;
    }
    boost::json::object* const object = value.if_object();
    if (!object) return;
    // Erasing moves the last member to where the erased one was.
    for (auto it = object->begin(); it != object->end();) {
      const std::string_view name(it->key().data(), it->key().size());
      if (root && is_meta_member(name)) {
        ++it;
        continue;
      }
      const At at(path_, name);
      if (const Schema* known = schema.property(name)) {
        this->value(it->value(), *known);
      } else if (schema.members()) {
        this->value(it->value(), *schema.members());
      } else if (!schema.any_member && !schema.preserve_unknown) {
        if (result_.unknown.size() < kMaxUnknown) {
          result_.unknown.push_back("unknown field \"" + path_ + '"');
        }
        it = object->erase(it);
        continue;
      }
      ++it;
    }
  }

  Conformance result_;
  std::string path_;
};

bool is_refused_null(const Json& value, const Schema& schema) {
  return value.is_null() && !schema.nullable;
}

void default_members(boost::json::object& object, const Schema& schema, bool root) {
  for (const catalog::Property& property : schema.properties()) {
    if (root && is_meta_member(property.name)) continue;
    Json* const value = object.if_contains(property.name);
    if (value && !is_refused_null(*value, property.schema)) continue;
    if (property.schema.otherwise()) {
      object[property.name] = *property.schema.otherwise();
    } else if (value) {
      object.erase(property.name);
    }
  }
  for (auto it = object.begin(); it != object.end();) {
    const std::string_view name(it->key().data(), it->key().size());
    const Schema* below = schema.property(name);
    if (root && is_meta_member(name)) below = nullptr;
    if (!below && !(root && is_meta_member(name))) below = schema.members();
    if (below) {
      if (is_refused_null(it->value(), *below)) {
        if (!below->otherwise()) {
          it = object.erase(it);
          continue;
        }
        it->value() = *below->otherwise();
      }
      default_value(it->value(), *below);
    }
    ++it;
  }
}

}  // namespace

Conformance conform_custom(Json& object, const catalog::CustomKind& kind) {
  Conformance result = Pruner().run(object, kind.schema, kind.any_fields);
  if (result.error.empty()) default_custom(object, kind);
  return result;
}

void adopt_custom(Json& object, const catalog::CustomKind& kind) {
  if (!object.is_object()) return;
  if (!kind.any_fields) Pruner().run(object, kind.schema, false);
  default_custom(object, kind);
}

void prune_custom(Json& object, const catalog::CustomKind& kind) {
  if (!kind.any_fields) Pruner().run(object, kind.schema, false);
}

void prune_value(Json& value, const Schema& schema) { Pruner().value(value, schema); }

void default_custom(Json& object, const catalog::CustomKind& kind) {
  if (boost::json::object* const members = object.if_object()) {
    default_members(*members, kind.schema, true);
  }
}

void default_value(Json& value, const Schema& schema) {
  if (value.is_array() && schema.items()) {
    for (Json& element : value.get_array()) {
      if (is_refused_null(element, *schema.items()) && schema.items()->otherwise()) {
        element = *schema.items()->otherwise();
      }
      default_value(element, *schema.items());
    }
  } else if (boost::json::object* const members = value.if_object()) {
    default_members(*members, schema, schema.embedded);
  }
}

}  // namespace limen::validation
