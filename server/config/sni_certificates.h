// Reading `secure.sniCertificates`.
#pragma once

#include <yaml-cpp/yaml.h>

#include <vector>

#include "config/configuration.h"
#include "config/findings.h"

namespace limen::config {

void read_sni_certificates(Findings& findings, const YAML::Node& node,
                           std::vector<SniCertificate>& out);

}  // namespace limen::config
