#include "aggregation/identity_headers.h"

#include <string_view>

#include "base/percent_encoding.h"

namespace limen::aggregation {

namespace {

// Plain are the token characters of RFC 9110 section 5.6.2, without the percent sign that escapes
// the others.
std::string escaped_key(std::string_view key) {
  return base::percent_encode(key, "!#$&'*+-.^_`|~");
}

}  // namespace

HeaderList identity_headers(const request::Identity& user) {
  HeaderList out;
  out.emplace_back("X-Remote-User", user.name);
  if (!user.uid.empty()) out.emplace_back("X-Remote-Uid", user.uid);
  for (const std::string& group : user.groups) out.emplace_back("X-Remote-Group", group);
  for (const auto& [key, values] : user.extra) {
    const std::string name = "X-Remote-Extra-" + escaped_key(key);
    for (const std::string& value : values) out.emplace_back(name, value);
  }
  return out;
}

std::vector<std::string> withheld_headers() {
  // With underscores too: some servers take them for hyphens.
  return {"Authorization",   "X-Remote-*",       "X_Remote*",        "Impersonate-*",
          "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-Proto"};
}

}  // namespace limen::aggregation
