// Private keys that were written where the name of their file belongs.
//
// Whoever used such a value would tell it in the message about the file that is not there. Pure;
// any thread.
#pragma once

#include <string_view>

#include "config/configuration.h"
#include "config/findings.h"

namespace limen::config {

inline constexpr std::string_view kInlineKey = "holds a private key in so many words";
inline constexpr std::string_view kInlineKeyHint = "write it to a file and give that file's name";

// True for text that holds a private key in PEM.
bool is_private_key(std::string_view text);

// Adds a finding for each value of a module's config that is one; `path` is the entry's.
void refuse_inline_keys(const ModuleEntry& entry, Findings& findings);

}  // namespace limen::config
