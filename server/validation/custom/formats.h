// Formats: what `format` in a schema asks of texts and numbers.
//
// Thread rule: free functions, any thread.
#pragma once

#include <string_view>

#include "object/document.h"

namespace limen::validation {

// True when the format is known; values of others are not looked at.
bool is_known_format(std::string_view format);
// True when the text is of the format, or the format says nothing of texts.
bool matches_format(std::string_view format, std::string_view text);
// True when the number is in the range of the format (int32, int64, float, double).
bool fits_format(std::string_view format, const object::Json& number);

}  // namespace limen::validation
