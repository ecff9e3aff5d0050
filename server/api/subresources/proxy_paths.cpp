#include "api/subresources/proxy_paths.h"

#include <vector>

#include "base/strings.h"

namespace limen::api {

std::optional<ProxyName> split_proxy_name(std::string_view text) {
  const std::vector<std::string_view> parts = base::split(text, ':');
  ProxyName name;
  switch (parts.size()) {
    case 1:
      name.name = parts[0];
      break;
    case 2:
      name.name = parts[0];
      name.port = parts[1];
      break;
    case 3:
      name.scheme = parts[0];
      name.name = parts[1];
      name.port = parts[2];
      break;
    default:
      return std::nullopt;
  }
  const bool known = name.scheme.empty() || name.scheme == "http" || name.scheme == "https";
  if (name.name.empty() || !known) return std::nullopt;
  return name;
}

// /api/v1/namespaces/NS/pods/NAME/proxy, /api/v1/nodes/NAME/proxy: no segment of a path that was
// taken is empty, so they can be counted.
ProxyPath split_proxy_path(std::string_view target, bool namespaced) {
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  ProxyPath path;
  if (question != std::string_view::npos) path.query = target.substr(question);
  const std::string_view raw = target.substr(0, question);
  std::size_t at = 0;
  for (int segment = namespaced ? 7 : 5; segment > 0 && at != std::string_view::npos; --segment) {
    at = raw.find('/', at + 1);
  }
  path.before = raw.substr(0, at);
  if (at != std::string_view::npos) path.inner = raw.substr(at);
  return path;
}

std::string LocationRewrite::apply(const std::string& location) const {
  std::string_view rest = location;
  const std::size_t scheme = rest.find("://");
  const bool has_scheme =
      scheme != std::string_view::npos && rest.find_first_of("/?#") == scheme + 1;
  if (has_scheme) rest.remove_prefix(scheme + 1);
  if (rest.starts_with("//")) {
    const std::size_t end = rest.find_first_of("/?#", 2);
    const std::string_view host = rest.substr(2, end == std::string_view::npos ? end : end - 2);
    if (host != target_host && host != client_host) return location;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    if (rest.empty() || rest.front() != '/') return before + "/" + std::string(rest);
  } else if (has_scheme) {
    return location;
  }
  if (rest.empty() || rest.front() != '/') return location;
  if (rest.starts_with(before)) return std::string(rest);
  return before + std::string(rest);
}

}  // namespace limen::api
