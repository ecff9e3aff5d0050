// Ownership: what one write means for metadata.managedFields (row M10).
//
// Every write says which fields its manager has set; an update takes them from whoever had them, a
// server-side apply asks first. Owners are reckoned before admission and before what the server
// fills in, in the version the client speaks, so that nobody owns what he did not write. Objects
// that nobody owns anything of (written before, or asked to be forgotten) are left so by updates.
// Lives on the verb's frame. Thread rule: the request's loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/call.h"
#include "api/write_options.h"
#include "object/document.h"
#include "registry/lifecycle.h"
#include "validation/apply/managers.h"

namespace limen::api {

class Ownership {
 public:
  // `part` is what the write reaches. Borrows all three.
  Ownership(const Call& call, registry::Part part, const WriteOptions& options);
  ~Ownership();
  Ownership(const Ownership&) = delete;
  Ownership& operator=(const Ownership&) = delete;

  // Sets the owners of a new object, in stored form.
  void created(object::Json& object) const;
  // Sets the owners of `object`, which is to replace `old`; both in stored form. A client that
  // sends other owners than the object has replaces them; `[{}]` forgets them.
  void updated(const object::Json& old, object::Json& object) const;

  // `live` (null: there is none) after `config` has been applied to it, with its owners; all in
  // the version of the request. Throws ApiError: 409 for conflicts unless the options force them.
  object::Json applied(const object::Json* live, const object::Json& config) const;

 private:
  class CatalogVersions;
  validation::apply::Managers base_of(const object::Json* given, const object::Json* live) const;
  void confine(validation::apply::FieldSet& set) const;
  // `object` in the version of the request, when that is another than the stored one.
  const object::Json& served(const object::Json& object, object::Json& room) const;

  const Call& call_;
  registry::Part part_;
  const WriteOptions& options_;
  std::unique_ptr<const CatalogVersions> versions_;
  validation::apply::Writer writer_;
};

// The name a write goes by: the fieldManager parameter, or what the User-Agent begins with.
std::string manager_name(const WriteOptions& options, std::string_view user_agent);

}  // namespace limen::api
