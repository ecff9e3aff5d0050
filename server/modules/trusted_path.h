// The way to a module, folder by folder; for trust.cpp. What the rules are stands in trust.h.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string_view>

#include "modules/trust.h"

namespace limen::modules {

// Throws unless root or the server's user owns it and nobody else may write it. `what` begins the
// sentence: "module file".
void check_owner(const std::filesystem::path& path, const struct stat& info, std::string_view what);

// The module folder, after every folder on the way to it passed. Opened with O_PATH.
Descriptor open_trusted_folder(const std::filesystem::path& folder);

// The file of this path in `folder`, for reading. A link may name another file of the folder.
Descriptor open_in_folder(int folder, const std::filesystem::path& file);

}  // namespace limen::modules
