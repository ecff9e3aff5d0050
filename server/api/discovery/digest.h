// Digests for ETags and hashes. Free functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace limen::api {

std::string sha256(std::string_view bytes);            // 32 raw bytes
std::string sha512_upper_hex(std::string_view bytes);  // 128 characters

}  // namespace limen::api
