// The ciphers by library, for cipher.cpp alone. `nonce` is of the size the kind has.
// Thread rule: free functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "encryption/configuration.h"

namespace limen::encryption::detail {

inline constexpr std::size_t kGcmNonce = 12;
inline constexpr std::size_t kCbcVector = 16;
inline constexpr std::size_t kBoxNonce = 24;

// Each appends what follows the nonce. Throws storage::DriverError when the library fails.
void seal_gcm(std::string& out, const KeyBytes& key, std::string_view nonce, std::string_view text,
              std::string_view context);
void seal_cbc(std::string& out, const KeyBytes& key, std::string_view vector,
              std::string_view text);
void seal_box(std::string& out, const KeyBytes& key, std::string_view nonce, std::string_view text);

// `sealed` is what follows the nonce.
std::optional<std::string> open_gcm(const KeyBytes& key, std::string_view nonce,
                                    std::string_view sealed, std::string_view context);
std::optional<std::string> open_cbc(const KeyBytes& key, std::string_view vector,
                                    std::string_view sealed);
std::optional<std::string> open_box(const KeyBytes& key, std::string_view nonce,
                                    std::string_view sealed);

}  // namespace limen::encryption::detail
