// Swagger 2.0 in protobuf, as gnostic's openapi.v2.Document defines it.
//
// kubectl up to 1.26 asks for this form. Only what Limen's documents use is written; the field
// numbers are those of gnostic's OpenAPIv2.proto. Parts of the document may come from other
// servers: what has not the type it should have is left out. Free function, any thread; recursive,
// so the document's depth is its reader's to bound.
#pragma once

#include <string>

#include "object/document.h"

namespace limen::api {

std::string swagger_to_protobuf(const object::Json& document);

}  // namespace limen::api
