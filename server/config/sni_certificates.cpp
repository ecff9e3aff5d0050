#include "config/sni_certificates.h"

#include <string>

#include "config/keys.h"
#include "config/module_entries.h"
#include "config/yaml_values.h"

namespace limen::config {

namespace {

constexpr const char* kPath = "secure.sniCertificates";

void read_names(Findings& findings, const YAML::Node& node, const std::string& path,
                std::vector<std::string>& out) {
  if (!node.IsSequence()) {
    return findings.add(position_of(node), path + ".names", "must be a list of domain names");
  }
  for (const YAML::Node& item : node) {
    if (item.IsScalar() && !item.Scalar().empty()) {
      out.push_back(item.Scalar());
    } else {
      findings.add(position_of(item), path + ".names", "must be a list of domain names");
    }
  }
}

void read_file_name(Findings& findings, const YAML::Node& node, const std::string& path,
                    std::string& out) {
  if (node.IsScalar() && !node.Scalar().empty()) {
    out = node.Scalar();
  } else {
    findings.add(position_of(node), path, "must name a PEM file");
  }
}

}  // namespace

void read_sni_certificates(Findings& findings, const YAML::Node& node,
                           std::vector<SniCertificate>& out) {
  if (!node.IsSequence()) {
    return findings.add(position_of(node), kPath, "must be a list of certificates");
  }
  for (std::size_t i = 0; i < node.size(); ++i) {
    const std::string path = std::string(kPath) + '[' + std::to_string(i) + ']';
    if (!node[i].IsMap()) {
      findings.add(position_of(node[i]), path, "must be a map with certFile and keyFile");
      continue;
    }
    SniCertificate made;
    for (const auto& [key, value] :
         checked_items(findings, node[i], path, keys_in(Map::sni_certificate))) {
      if (key == "certFile") read_file_name(findings, value, path + ".certFile", made.cert_file);
      if (key == "keyFile") read_file_name(findings, value, path + ".keyFile", made.key_file);
      if (key == "names") read_names(findings, value, path, made.names);
    }
    if (made.cert_file.empty() || made.key_file.empty()) {
      findings.add(position_of(node[i]), path, "certFile and keyFile must be given together");
    }
    out.push_back(std::move(made));
  }
}

}  // namespace limen::config
