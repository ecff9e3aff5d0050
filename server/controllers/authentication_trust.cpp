#include "controllers/authentication_trust.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string_view>

#include "controllers/pem_bundle.h"

namespace limen::controllers {

namespace {

using TimePoint = std::chrono::system_clock::time_point;

constexpr std::string_view kClientCa = "client-ca-file";
constexpr std::string_view kFrontProxyCa = "requestheader-client-ca-file";
constexpr std::chrono::minutes kExpirySlack{5};
constexpr std::size_t kMaxDataBytes = 1024 * 1024;

struct ListKey {
  std::string_view name;
  std::vector<std::string> AuthenticationTrust::*values;
};
constexpr ListKey kLists[] = {
    {"requestheader-username-headers", &AuthenticationTrust::username_headers},
    {"requestheader-uid-headers", &AuthenticationTrust::uid_headers},
    {"requestheader-group-headers", &AuthenticationTrust::group_headers},
    {"requestheader-extra-headers-prefix", &AuthenticationTrust::extra_header_prefixes},
    {"requestheader-allowed-names", &AuthenticationTrust::allowed_names},
};

std::string_view text_of(const boost::json::object& data, std::string_view key) {
  const auto* value = data.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

std::string united_bundle(std::string_view there, std::string_view ours, TimePoint now) {
  std::string both(there);
  both.push_back('\n');
  both += ours;
  std::string out;
  for (const BundledCertificate& certificate : PemBundle::parse(both).certificates) {
    if (certificate.not_after > now - kExpirySlack) out += certificate.pem();
  }
  return out;
}

std::vector<std::string> list_of(std::string_view json) {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(json, error);
  std::vector<std::string> out;
  if (error || !parsed.is_array()) return out;
  for (const auto& item : parsed.get_array()) {
    if (!item.is_string()) return {};
    out.emplace_back(item.get_string());
  }
  return out;
}

std::string united_list(std::string_view there, const std::vector<std::string>& ours) {
  std::vector<std::string> all = list_of(there);
  all.insert(all.end(), ours.begin(), ours.end());
  std::set<std::string_view> seen;
  boost::json::array out;
  for (const std::string& one : all) {
    if (seen.insert(one).second) out.emplace_back(one);
  }
  return boost::json::serialize(out);
}

// True when something is told under the key.
bool put(boost::json::object& data, std::string_view key, const std::string& text) {
  if (text.empty()) {
    data.erase(key);
  } else {
    data[key] = text;
  }
  return !text.empty();
}

void unite(boost::json::object& data, const AuthenticationTrust& trust, TimePoint now) {
  put(data, kClientCa, united_bundle(text_of(data, kClientCa), trust.client_ca, now));
  const bool proxies = put(data, kFrontProxyCa,
                           united_bundle(text_of(data, kFrontProxyCa), trust.front_proxy_ca, now));
  for (const ListKey& list : kLists) {
    put(data, list.name,
        proxies ? united_list(text_of(data, list.name), trust.*list.values) : std::string());
  }
}

std::size_t size_of(const boost::json::object& data) {
  std::size_t size = 0;
  for (const auto& [key, value] : data) {
    size += key.size() + (value.is_string() ? value.get_string().size() : 0);
  }
  return size;
}

}  // namespace

void add_trust(boost::json::object& data, const AuthenticationTrust& trust, TimePoint now) {
  unite(data, trust, now);
  if (size_of(data) <= kMaxDataBytes) return;
  data.clear();
  unite(data, trust, now);
  if (size_of(data) > kMaxDataBytes) {
    throw std::length_error("the certificate authorities are more than a ConfigMap may hold");
  }
}

}  // namespace limen::controllers
