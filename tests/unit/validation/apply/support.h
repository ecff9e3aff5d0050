// Shared by the tests of server-side apply: one object, its owners, and who does what to it.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "object/canonical.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "validation/apply/fields_of.h"
#include "validation/apply/managers.h"
#include "validation/apply/merge.h"

namespace limen::validation::apply {

inline object::Json yaml(std::string_view text) {
  return object::decode(text, object::Format::yaml).value;
}

// One version of one kind.
class OneVersion : public Versions {
 public:
  explicit OneVersion(const catalog::Type* type) : type_(type) {}
  bool find(std::string_view version, Model& type) const override {
    type = type_;
    return version != "gone/v1";
  }
  bool same_shape(std::string_view, std::string_view) const override { return true; }
  object::Json convert(const object::Json& object, std::string_view,
                       std::string_view) const override {
    return object::mutable_copy(object);
  }

 private:
  const catalog::Type* type_;
};

// What becomes of one object.
class World {
 public:
  explicit World(const std::string& type) : type_(catalog::find_type(type)), versions_(type_) {
    EXPECT_NE(type_, nullptr) << type;
    const std::size_t dot = type.rfind('.');
    const std::string version = type.substr(0, dot);
    version_ = version.find(".core.") != std::string::npos   ? "v1"
               : version.find(".apps.") != std::string::npos ? "apps/v1"
                                                             : "rbac.authorization.k8s.io/v1";
  }

  void update(const std::string& manager, const object::Json& next) {
    track_update(managers, exists ? &object : nullptr, next, writer(manager));
    object = next;
    exists = true;
  }

  // The text of the conflict, "" when there is none.
  std::string apply(const std::string& manager, const object::Json& config, bool force = false) {
    Managers after = managers;
    try {
      object::Json result = apply_config(after, object, config, writer(manager), force, nullptr);
      object = std::move(result);
    } catch (const Conflicts& conflicts) {
      return conflicts.message();
    }
    managers = std::move(after);
    exists = true;
    return {};
  }

  const Manager* find(std::string_view name, bool applied) const {
    for (const Manager& manager : managers) {
      if (manager.name == name && manager.applied == applied) return &manager;
    }
    return nullptr;
  }
  std::string fields(std::string_view name, bool applied) const {
    const Manager* manager = find(name, applied);
    return manager ? base::join(manager->fields.paths(), " ") : "nothing";
  }

  const catalog::Type* type() const { return type_; }
  Writer writer(const std::string& manager) const {
    char time[32];
    std::snprintf(time, sizeof time, "2026-01-01T00:00:%02dZ", clock_++ % 60);
    return {manager, version_, "", time, &versions_, nullptr};
  }

  object::Json object = boost::json::object();
  Managers managers;
  bool exists = false;

 private:
  const catalog::Type* type_;
  OneVersion versions_;
  std::string version_;
  mutable int clock_ = 0;
};

}  // namespace limen::validation::apply
