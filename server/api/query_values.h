// Reading typed values from a query as kube-apiserver does, with Go's texts for what is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "request/request_info.h"

namespace limen::api {

// Absent: nothing. Present: false for "false" in any case and "0", true for anything else.
std::optional<bool> query_bool(const request::Query& query, std::string_view key);
// Absent: nothing. Throws ApiError 400 when the text is no 64-bit integer; the empty one is none.
std::optional<std::int64_t> query_int(const request::Query& query, std::string_view key);

}  // namespace limen::api
