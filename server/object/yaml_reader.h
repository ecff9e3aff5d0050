// YAML text to a JSON value, in one pass over yaml-cpp's events.
//
// Scalars resolve as in go-yaml v2 (YAML 1.1: yes, on, 0777), merge keys are applied in order, and
// aliases are expanded within limits, so that no text costs more than its size allows.
// Thread rule: free function, any thread.
#pragma once

#include <string_view>

#include "object/decode.h"

namespace limen::object {

// Throws DecodeError. `storage` keeps the value.
Decoded read_yaml(std::string_view text, const DecodeLimits& limits,
                  boost::json::storage_ptr storage);

// The value of a plain scalar, or of one with an explicit tag ("?" is none, "!" is quoted).
// Throws DecodeError when it cannot be what the tag says.
Json resolve_yaml_scalar(std::string_view tag, std::string_view text,
                         boost::json::storage_ptr storage);

}  // namespace limen::object
