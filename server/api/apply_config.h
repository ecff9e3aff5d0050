// The body of a server-side apply: read, and made an object of its kind again once it is applied.
// Thread rule: the request's loop.
#pragma once

#include <string_view>

#include "api/call.h"
#include "api/write_options.h"
#include "base/task.h"
#include "object/document.h"
#include "validation/read_object.h"

namespace limen::api {

// Throws ApiError 400 for what is no YAML or another kind than `expected`. Repeated members become
// warnings or a 400, as the options say; unknown ones are refused when the configuration is
// applied.
base::Task<object::Json> read_config(Call& call, std::string_view text,
                                     validation::ExpectedKind expected,
                                     const WriteOptions& options);

// Amounts and times in their canonical text, nulls dropped. Throws ApiError 400 when the object is
// none of its kind.
void conform_applied(object::Json& object, const validation::ExpectedKind& expected);

}  // namespace limen::api
