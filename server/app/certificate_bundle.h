// Files of certificates, read as a whole or not at all. Any thread.
#pragma once

#include <string>

namespace limen::app {

struct CertificateBundle {
  std::string text;          // the file as it is
  std::string certificates;  // PEM of its certificates and nothing else, each once
};

// Throws std::runtime_error that begins with the path when the file cannot be read, holds no
// certificate, or one that cannot be read.
CertificateBundle read_certificate_bundle(const std::string& file);

}  // namespace limen::app
