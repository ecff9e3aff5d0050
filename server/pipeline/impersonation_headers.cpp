#include "pipeline/impersonation_headers.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/api_error.h"
#include "base/strings.h"

namespace limen::pipeline {

namespace {

using request::Identity;

constexpr std::string_view kExtraPrefix = "Impersonate-Extra-";

void add_extra(Identity& wanted, std::string key, std::string_view value) {
  for (auto& [existing, values] : wanted.extra) {
    if (existing == key) {
      values.emplace_back(value);
      return;
    }
  }
  wanted.extra.emplace_back(std::move(key), std::vector<std::string>{std::string(value)});
}

bool names_somebody(const Identity& wanted) {
  return !wanted.name.empty() || !wanted.uid.empty() || !wanted.groups.empty() ||
         !wanted.extra.empty();
}

std::string go_strings(const std::vector<std::string>& values) {
  if (values.empty()) return "[]string(nil)";
  std::vector<std::string> quoted;
  quoted.reserve(values.size());
  for (const std::string& value : values) quoted.push_back(base::go_quote(value));
  return "[]string{" + base::join(quoted, ", ") + "}";
}

// The headers as kube-apiserver writes them into its refusal.
std::string go_text(const Identity& wanted) {
  std::string extra = "map[string][]string(nil)";
  if (!wanted.extra.empty()) {
    const std::map<std::string, std::vector<std::string>> sorted(wanted.extra.begin(),
                                                                 wanted.extra.end());
    std::vector<std::string> members;
    for (const auto& [key, values] : sorted) {
      members.push_back(base::go_quote(key) + ":" + go_strings(values));
    }
    extra = "map[string][]string{" + base::join(members, ", ") + "}";
  }
  return "&user.DefaultInfo{Name:" + base::go_quote(wanted.name) +
         ", UID:" + base::go_quote(wanted.uid) + ", Groups:" + go_strings(wanted.groups) +
         ", Extra:" + extra + "}";
}

}  // namespace

std::optional<Identity> wanted_identity(const transport::RequestHead& head) {
  Identity wanted;
  wanted.name = head.header("Impersonate-User");
  wanted.uid = head.header("Impersonate-Uid");
  for (const transport::HeaderView& header : head.headers) {
    if (base::iequals(header.name, "Impersonate-Group")) {
      wanted.groups.emplace_back(header.value);
    } else if (header.name.size() >= kExtraPrefix.size() &&
               base::iequals(header.name.substr(0, kExtraPrefix.size()), kExtraPrefix)) {
      const std::string key = base::to_lower(header.name.substr(kExtraPrefix.size()));
      add_extra(wanted, base::percent_decode(key, false).value_or(key), header.value);
    }
  }
  if (!names_somebody(wanted)) return std::nullopt;
  if (!wanted.name.empty()) return wanted;
  throw base::ApiError::bad_request("requested " + go_text(wanted) +
                                    " without impersonating a user name");
}

}  // namespace limen::pipeline
