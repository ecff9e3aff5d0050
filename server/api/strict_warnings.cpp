#include "api/strict_warnings.h"

#include <string_view>
#include <utility>

#include "base/strings.h"

namespace limen::api {

void warn_of_findings(request::RequestContext& context, std::vector<std::string> findings) {
  constexpr std::string_view kYamlList = "yaml: unmarshal errors:\n";
  for (std::string& finding : findings) {
    if (!finding.starts_with(kYamlList)) {
      context.warn(std::move(finding));
      continue;
    }
    const std::string_view lines = std::string_view(finding).substr(kYamlList.size());
    for (const std::string_view line : base::split(lines, '\n')) {
      context.warn(std::string(base::trim(line)));
    }
  }
}

}  // namespace limen::api
