// What types and fields are for, in a sentence: the descriptions of OpenAPI documents, which
// `kubectl explain` prints. Kinds in daily use and their most used fields have one of their own;
// the members that all kinds share have one by name. Constant data, any thread.
#pragma once

#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace limen::api {

// Of a type, and of one of its fields; "" when there is none.
std::string_view description_of(const catalog::Type& type);
std::string_view description_of(const catalog::Type& type, const catalog::Field& field);

// What the table calls a type (core.v1.Pod), and all that it names: types, and fields after another
// dot.
std::string_view described_place(const catalog::Type& type);
std::vector<std::string_view> described_places();

}  // namespace limen::api
