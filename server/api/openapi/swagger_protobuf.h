// Swagger 2.0 in protobuf, as gnostic's openapi.v2.Document defines it.
//
// kubectl up to 1.26 asks for this form. Only what Limen's documents use is written; the field
// numbers are those of gnostic's OpenAPIv2.proto. Free function, any thread.
#pragma once

#include <string>

#include "object/document.h"

namespace limen::api {

std::string swagger_to_protobuf(const object::Json& document);

}  // namespace limen::api
