// Selectors as authorizers are asked about them (row Z12).
//
// A selector only narrows what is asked for, so that what of it cannot be read is left out: the
// question is then about more objects, and the error says why. Pure functions; any thread.
#pragma once

#include <string_view>

#include "authz/authorizer.h"
#include "object/document.h"

namespace limen::authz {

// From the text of a query parameter.
Selector read_field_selector(std::string_view text);
Selector read_label_selector(std::string_view text);

// From FieldSelectorAttributes and LabelSelectorAttributes of authorization.k8s.io/v1: the
// rawSelector, else the requirements. Fields have one value each.
Selector field_selector_of(const object::Json& attributes);
Selector label_selector_of(const object::Json& attributes);

}  // namespace limen::authz
