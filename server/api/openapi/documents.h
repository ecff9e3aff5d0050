// The OpenAPI documents as text. Free functions, any thread; building one costs milliseconds, so
// the caller keeps it.
#pragma once

#include <string>

#include "catalog/custom/custom_catalog.h"

namespace limen::api {

// One group-version in OpenAPI 3.0.
std::string openapi3_document(const catalog::GroupVersion& entry);
// The same of a custom group-version.
std::string openapi3_custom_document(const catalog::GroupVersion& entry);
// Everything in Swagger 2.0.
std::string swagger2_document(const catalog::CustomCatalog& custom);

}  // namespace limen::api
