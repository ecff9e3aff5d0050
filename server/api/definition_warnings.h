// What a CustomResourceDefinition asks for that is stored and not acted upon: said as warnings.
#pragma once

#include "api/call.h"
#include "object/document.h"

namespace limen::api {

// Warns the request's client; does nothing for other kinds.
void warn_about_definition(Call& call, const object::Json& object);

}  // namespace limen::api
