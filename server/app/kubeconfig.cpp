#include "app/kubeconfig.h"

#include "base/json_text.h"
#include "base/strings.h"

namespace limen::app {

std::string kubeconfig_text(const Kubeconfig& kubeconfig) {
  std::string server;
  base::append_json_string(server, kubeconfig.server);
  return "apiVersion: v1\n"
         "kind: Config\n"
         "clusters:\n"
         "- name: limen\n"
         "  cluster:\n"
         "    server: " +
         server +
         "\n"
         "    certificate-authority-data: " +
         base::base64_encode(kubeconfig.authority) +
         "\n"
         "users:\n"
         "- name: kubernetes-admin\n"
         "  user:\n"
         "    client-certificate-data: " +
         base::base64_encode(kubeconfig.client.certificate) +
         "\n"
         "    client-key-data: " +
         base::base64_encode(kubeconfig.client.key) +
         "\n"
         "contexts:\n"
         "- name: kubernetes-admin@limen\n"
         "  context: {cluster: limen, user: kubernetes-admin}\n"
         "current-context: kubernetes-admin@limen\n";
}

std::string https_url(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return "https://" + (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

}  // namespace limen::app
