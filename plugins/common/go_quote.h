// Names in reasons as Go's %q writes them, so that they read as kube-apiserver's and no name can
// end its line. Pure function; any thread.
#pragma once

#include <string>
#include <string_view>

namespace limen::plugins {

// In double quotes; quotes, backslashes, control characters and what is no UTF-8 are escaped.
std::string go_quote(std::string_view text);

}  // namespace limen::plugins
