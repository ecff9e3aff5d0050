// Name formats: DNS labels and subdomains, qualified names, label values, as RFC 1123, RFC 1035 and
// the Kubernetes API conventions define them. Each check returns the texts of what is wrong,
// exactly as kube-apiserver words them; empty when nothing is. Thread rule: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limen::object {

using Problems = std::vector<std::string>;

Problems dns1123_label(std::string_view text);      // at most 63
Problems dns1123_subdomain(std::string_view text);  // at most 253
Problems dns1035_label(std::string_view text);      // at most 63
Problems qualified_name(std::string_view text);     // [prefix/]name
Problems label_value(std::string_view text);
Problems wildcard_dns1123_subdomain(std::string_view text);  // *.example.com
Problems path_segment_name(std::string_view text);           // no /, %, and not . or ..
Problems config_map_key(std::string_view text);              // keys of ConfigMaps and Secrets
Problems env_var_name(std::string_view text);                // relaxed: printable ASCII without '='
Problems c_identifier(std::string_view text);
Problems port_name(std::string_view text);  // IANA service name
Problems port_number(std::int64_t port);    // 1-65535

// `must be between LOW and HIGH, inclusive`.
std::string inclusive_range_problem(std::int64_t low, std::int64_t high);
// `must be no more than LIMIT bytes`.
std::string max_length_problem(std::size_t limit);

}  // namespace limen::object
