#include "api/admit.h"

#include <algorithm>
#include <utility>

#include "base/api_error.h"
#include "object/decode.h"
#include "validation/schema.h"

namespace limen::api {

Admit::Admit(Call& call, admission::Operation operation, std::string_view verb,
             std::string_view name, std::string_view kind, const catalog::Type* type,
             object::Document options, bool dry_run)
    : call_(call), type_(type), attributes_(call.attributes(verb, name)) {
  review_.operation = operation;
  review_.attributes = &attributes_;
  review_.kind = kind;
  review_.options = std::move(options);
  review_.dry_run = dry_run;
}

bool Admit::anybody(bool mutating) const {
  const auto& controllers = call_.chains.admission.controllers();
  return std::any_of(controllers.begin(), controllers.end(), [&](const auto& controller) {
    return (mutating ? controller->mutates() : controller->validates()) &&
           controller->handles(review_.operation);
  });
}

base::Task<void> Admit::mutate(object::Json& object, const object::Document& old) {
  if (!anybody(true)) co_return;
  const object::Document before(object);
  review_.object = before;
  review_.old_object = old;
  co_await call_.chains.admission.mutate(review_, call_.context.scope);
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
  if (!anybody(false)) co_return;
  review_.object = object::Document(object);
  review_.old_object = old;
  co_await call_.chains.admission.validate(review_, call_.context.scope);
}

base::Task<void> Admit::remove(const object::Document& old) {
  review_.object = {};
  review_.old_object = old;
  if (anybody(true)) co_await call_.chains.admission.mutate(review_, call_.context.scope);
  review_.object = {};
  if (anybody(false)) co_await call_.chains.admission.validate(review_, call_.context.scope);
}

}  // namespace limen::api
