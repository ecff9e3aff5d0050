#include "api/admit.h"

#include <algorithm>
#include <utility>

#include "api/equivalent_versions.h"
#include "base/api_error.h"
#include "object/decode.h"
#include "validation/schema.h"

namespace limen::api {

namespace {

bool shows_changes(const Call& call) {
  const auto& audit = call.context.audit;
  return audit != nullptr && audit->level >= request::AuditLevel::request;
}

}  // namespace

Admit::Admit(Call& call, admission::Operation operation, std::string_view verb,
             std::string_view name, std::string_view kind, const catalog::Type* type,
             object::Document options, bool dry_run)
    : call_(call),
      type_(type),
      attributes_(call.attributes(verb, name)),
      passage_(call.chains.admission.controllers(), call.context.scope, shows_changes(call)) {
  review_.operation = operation;
  review_.attributes = &attributes_;
  review_.kind = kind;
  review_.options = std::move(options);
  review_.dry_run = dry_run;
  const AccessChainsPtr chains = call.chains.weak_from_this().lock();
  if (chains != nullptr) review_.authorizers = {chains, &chains->authz};
}

bool Admit::anybody(bool mutating) const {
  const auto& controllers = call_.chains.admission.controllers();
  return std::any_of(controllers.begin(), controllers.end(), [&](const auto& controller) {
    return (mutating ? controller->mutates() : controller->validates()) &&
           controller->handles(review_.operation);
  });
}

// One round, with `review_` as its subject.
base::Task<void> Admit::run(bool mutating) {
  if (!anybody(mutating)) co_return;
  if (review_.versions == nullptr) review_.versions = equivalent_versions(call_);
  try {
    if (mutating) {
      co_await passage_.mutate(review_);
    } else {
      co_await passage_.validate(review_);
    }
  } catch (const base::ApiError&) {
    tell_shadows(false);
    throw;
  }
}

void Admit::tell_shadows(bool admitted) const {
  const auto& shadows = call_.chains.shadows;
  if (shadows != nullptr) shadows->admitted(review_, admitted, call_.context.scope);
}

base::Task<void> Admit::mutate(object::Json& object, const object::Document& old) {
  if (!anybody(true)) co_return;
  const object::Document before(object);
  review_.object = before;
  review_.old_object = old;
  co_await run(true);
  if (&review_.object.root() == &before.root()) co_return;
  object = object::mutable_copy(review_.object.root());
  if (!type_) co_return;
  const validation::Conformance fits = validation::conform(object, *type_);
  if (!fits.error.empty()) {
    throw base::ApiError::internal("an admission controller made an object that is none: " +
                                   fits.error);
  }
}

base::Task<void> Admit::validate(const object::Json& object, const object::Document& old) {
  const auto& shadows = call_.chains.shadows;
  const bool observed = shadows != nullptr && shadows->has_controllers();
  if (!observed && !anybody(false)) co_return;
  // A connection stores nothing and may last for hours.
  if (review_.operation != admission::kConnect && !review_.dry_run && !under_way_) {
    under_way_ = registry::writes_under_way().begin(call_.ns());
  }
  review_.object = object::Document(object);
  review_.old_object = old;
  co_await run(false);
  tell_shadows(true);
}

base::Task<void> Admit::remove(const object::Document& old) {
  review_.object = {};
  review_.old_object = old;
  co_await run(true);
  review_.object = {};
  co_await run(false);
  tell_shadows(true);
}

}  // namespace limen::api
