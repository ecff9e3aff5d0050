// JSON pointers (RFC 6901).
#pragma once

#include <string>
#include <string_view>

namespace limen::object {

// A member's name as one reference token: "~" and "/" are escaped (section 4). Any thread.
std::string pointer_part(std::string_view key);

}  // namespace limen::object
