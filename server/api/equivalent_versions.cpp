#include "api/equivalent_versions.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/api_error.h"
#include "catalog/custom/definition.h"
#include "object/metadata.h"
#include "registry/conversion.h"
#include "registry/webhook_conversion.h"

namespace limen::api {

namespace {

using admission::Version;
using base::ApiError;
using catalog::Resource;
using catalog::Subresource;
using object::Json;

Version row_of(const Resource& resource, const Subresource* sub) {
  Version out{std::string(resource.group), std::string(resource.version), {}, {}, {}};
  out.kind_group = sub == nullptr ? resource.group : sub->group;
  out.kind_version = sub == nullptr ? resource.version : sub->version;
  out.kind = sub == nullptr ? resource.kind : sub->kind;
  return out;
}

[[noreturn]] void refuse(std::string_view api_version, std::string_view kind) {
  throw ApiError::bad_request("objects of this request cannot be " + std::string(api_version) +
                              ", Kind=" + std::string(kind));
}

class EquivalentVersions final : public admission::Versions {
 public:
  explicit EquivalentVersions(const Call& call)
      : resource_(call.resource),
        subresource_(call.subresource),
        held_(call.held),
        conversions_(call.options.conversions) {}

  std::vector<Version> all() const override {
    std::vector<Version> out{row_of(resource_, subresource_)};
    if (resource_.custom != nullptr) {
      for (const auto& kind : resource_.custom->definition->kinds()) {
        if (kind->served && kind.get() != resource_.custom) add(kind->resource, out);
      }
      return out;
    }
    for (const catalog::GroupVersion& one : catalog::group_versions()) {
      const Resource* const other = catalog::find_resource(one.group, one.version, resource_.name);
      if (other != nullptr && other != &resource_ && holds_the_same(*other)) add(*other, out);
    }
    return out;
  }

  base::Task<Json> convert(Json object, Version target, request::CallScope& scope) const override {
    const std::string to = object::group_version(target.kind_group, target.kind_version);
    if (object::api_version(object) == to && object::kind(object) == target.kind) co_return object;
    if (resource_.custom == nullptr) {
      convert_built_in(object, target);
      co_return object;
    }
    check_custom(object::split_api_version(object::api_version(object)), object::kind(object));
    check_custom({target.kind_group, target.kind_version}, target.kind);
    if (!resource_.custom->converts()) {
      object::set_type(object, to, target.kind);
      co_return object;
    }
    if (conversions_ == nullptr) {
      throw ApiError::internal("this server does not call conversion webhooks");
    }
    registry::Conversions::Scope on_behalf{*resource_.custom, held_, scope.loop, scope.deadline,
                                           scope.cancelled};
    std::string version = std::move(target.kind_version);
    co_return co_await conversions_->one(std::move(on_behalf), std::move(version),
                                         std::move(object));
  }

 private:
  bool holds_the_same(const Resource& other) const {
    return other.custom == nullptr && other.storage_group == resource_.storage_group &&
           other.stored() == resource_.stored();
  }

  void add(const Resource& other, std::vector<Version>& out) const {
    const Subresource* sub = nullptr;
    if (subresource_ != nullptr) {
      sub = other.subresource(subresource_->name);
      if (sub == nullptr) return;
    }
    out.push_back(row_of(other, sub));
  }

  const Resource& family(std::string_view group, std::string_view version,
                         std::string_view kind) const {
    const Resource* const found = catalog::find_resource(group, version, resource_.name);
    if (found == nullptr || found->kind != kind || !holds_the_same(*found)) {
      refuse(object::group_version(group, version), kind);
    }
    return *found;
  }

  void convert_built_in(Json& object, const Version& target) const {
    const auto from = object::split_api_version(object::api_version(object));
    const Resource& source = family(from.group, from.version, object::kind(object));
    const Resource& wanted = family(target.kind_group, target.kind_version, target.kind);
    registry::to_stored(source, object);
    registry::to_served(wanted, object);
  }

  void check_custom(object::GroupVersionParts at, std::string_view kind) const {
    const catalog::CustomDefinition& definition = *resource_.custom->definition;
    if (at.group != definition.group() || kind != resource_.kind ||
        definition.kind_of(at.version) == nullptr) {
      refuse(object::group_version(at.group, at.version), kind);
    }
  }

  const Resource& resource_;
  const Subresource* const subresource_;
  const catalog::ResourcePtr held_;  // keeps the two there when they are of a custom kind
  registry::Conversions* const conversions_;
};

}  // namespace

std::shared_ptr<const admission::Versions> equivalent_versions(const Call& call) {
  return std::make_shared<const EquivalentVersions>(call);
}

}  // namespace limen::api
