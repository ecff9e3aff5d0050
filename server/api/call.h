// Call: one resource request once it is known what it is about. What every verb starts from.
//
// Made by Api::serve, passed by reference to one verb. Lives as long as the request's task.
#pragma once

#include <memory>
#include <string_view>

#include "api/access_chains.h"
#include "api/api.h"
#include "api/negotiation.h"
#include "authz/authorizer.h"
#include "catalog/catalog.h"
#include "catalog/custom/custom_catalog.h"
#include "registry/strategy.h"
#include "request/context.h"
#include "storage/store.h"

namespace limen::api {

class ConvertedObjects;

struct Call {
  request::RequestContext& context;
  const AccessChains& chains;
  storage::Store& store;
  const ApiOptions& options;
  const catalog::Resource& resource;
  const catalog::Subresource* subresource;  // null: the resource itself
  Output output;
  catalog::ResourcePtr held = nullptr;  // keeps `resource` there when it is a custom one
  // What has been converted for this request; null for kinds that no webhook converts.
  std::shared_ptr<ConvertedObjects> converted = nullptr;
  bool confirmed = false;  // memory is as new as this request demands; see api/freshness.h

  const request::RequestInfo& info() const { return context.info; }
  const registry::Strategy& strategy() const { return registry::strategy_for(resource); }
  storage::ResourceId id() const;
  // The namespace of the request; "" for cluster-scoped resources, namespaces included.
  std::string_view ns() const;
  storage::Key key(std::string_view name) const;
  // What admission and create-on-update go by: the request's attributes with `verb` and `name`.
  authz::Attributes attributes(std::string_view verb, std::string_view name) const;
  // `resource.group "name"` errors name the resource as it was asked for.
  base::ApiError not_found(std::string_view name) const;
  base::ApiError conflict(std::string_view name, std::string_view why) const;
};

// What answers to an update that lost the race against another.
inline constexpr std::string_view kModifiedText =
    "the object has been modified; please apply your changes to the latest version and try again";

}  // namespace limen::api
