#include "app/proxy_client.h"

#include <stdexcept>

#include "app/files.h"

namespace limen::app {

KeyPair read_proxy_client(const config::Aggregation& aggregation) {
  const std::string& certificate = aggregation.proxy_client_cert_file;
  const std::string& key = aggregation.proxy_client_key_file;
  if (certificate.empty() && key.empty()) return {};
  if (certificate.empty() || key.empty()) {
    throw std::runtime_error(
        "aggregation: proxyClientCertFile and proxyClientKeyFile go together: give both or none");
  }
  KeyPair pair{read_file(certificate), read_file(key)};
  const std::string problem = pair_problem(pair);
  if (!problem.empty()) {
    throw std::runtime_error((problem == "holds no certificate" ? certificate : key) + ": " +
                             problem);
  }
  return pair;
}

std::string proxy_client_problem(const config::Aggregation& aggregation) {
  try {
    read_proxy_client(aggregation);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

std::vector<std::string> proxy_client_files(const config::Aggregation& aggregation) {
  if (aggregation.proxy_client_cert_file.empty()) return {};
  return {aggregation.proxy_client_cert_file, aggregation.proxy_client_key_file};
}

std::vector<std::string> front_proxy_fields(const controllers::AuthenticationTrust& trust) {
  std::vector<std::string> out;
  for (const auto* list : {&trust.username_headers, &trust.uid_headers, &trust.group_headers}) {
    out.insert(out.end(), list->begin(), list->end());
  }
  for (const std::string& prefix : trust.extra_header_prefixes) out.push_back(prefix + "*");
  return out;
}

}  // namespace limen::app
