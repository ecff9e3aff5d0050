// The fields of an object, and how two states of it differ, as sets.
// Thread rule: free functions, any thread.
#pragma once

#include <string>
#include <vector>

#include "object/document.h"
#include "validation/apply/field_set.h"
#include "validation/apply/model.h"

namespace limen::validation::apply {

// What somebody who states `object` states: every leaf, every item of a list, every name of a map.
FieldSet fields_of(const object::Json& object, const Model& model);

struct Comparison {
  FieldSet added, modified, removed;
  bool empty() const { return added.empty() && modified.empty() && removed.empty(); }
  FieldSet changed() const { return united(added, modified); }
};
Comparison compare(const object::Json& before, const object::Json& after, const Model& model);

// An object of the type that nobody has set anything in, with the structures of `like` that Go
// keeps in it by value: they are no change when an object is created.
object::Json blank(const object::Json& like, const Model& model);

// What keeps `object` from being applied, as kube-apiserver words it: `.spec.foo: field not
// declared in schema`. Empty when nothing does.
std::vector<std::string> faults_of(const object::Json& object, const Model& model);

}  // namespace limen::validation::apply
