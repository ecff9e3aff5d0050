// Admit: one write's passage through the admission chain.
//
// Keeps the Review that both rounds share. Objects are handed over only when some controller takes
// the operation, so that a chain that has nothing to say costs nothing. Lives on the verb's frame.
#pragma once

#include <string>
#include <string_view>

#include "admission/passage.h"
#include "api/call.h"
#include "api/write_options.h"
#include "base/task.h"
#include "object/document.h"
#include "registry/writes_under_way.h"

namespace limen::api {

class Admit {
 public:
  // `verb` is the attributes' verb; `type` of the objects, null when unknown: changes made by
  // modules are checked against it.
  Admit(Call& call, admission::Operation operation, std::string_view verb, std::string_view name,
        std::string_view kind, const catalog::Type* type, object::Document options, bool dry_run);

  // Lets mutating controllers change `object`, which is to replace `old` (empty on create). Throws
  // ApiError when one refuses.
  base::Task<void> mutate(object::Json& object, const object::Document& old);
  // Asks validating controllers about the final object. From then on the write counts as under way
  // (registry/writes_under_way.h), for as long as this lives.
  base::Task<void> validate(const object::Json& object, const object::Document& old);
  // Both rounds of a delete: only the object that goes is there to be looked at.
  base::Task<void> remove(const object::Document& old);

 private:
  bool anybody(bool mutating) const;
  base::Task<void> run(bool mutating);
  void tell_shadows(bool admitted) const;

  Call& call_;
  const catalog::Type* type_;
  authz::Attributes attributes_;
  admission::Review review_;
  admission::Passage passage_;
  registry::WritesUnderWay::Token under_way_;
};

}  // namespace limen::api
