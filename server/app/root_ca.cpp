#include "app/root_ca.h"

#include <algorithm>
#include <stdexcept>

#include "app/certificate_bundle.h"
#include "app/files.h"
#include "app/pki.h"
#include "controllers/names.h"
#include "controllers/pem_bundle.h"

namespace limen::app {

namespace {

// Empty when there is none.
std::string text_of(const std::string& file) {
  try {
    return read_file(file);
  } catch (const std::runtime_error&) {
    return {};
  }
}

bool ends_with_its_own_root(const std::string& chain) {
  const auto bundle = controllers::PemBundle::parse(chain);
  if (bundle.certificates.empty()) return false;
  const std::string last = bundle.certificates.back().pem();
  return is_signed_by(last, last);
}

}  // namespace

bool publishes_root_ca(const config::ServerConfiguration& configuration) {
  const auto& off = configuration.disabled_controllers;
  return std::find(off.begin(), off.end(), controllers::kRootCaPublisher) == off.end();
}

std::string root_ca_file(const config::ServerConfiguration& configuration,
                         const CertificateFiles& serving) {
  if (!publishes_root_ca(configuration)) return {};
  if (!configuration.root_ca_file.empty()) return configuration.root_ca_file;
  const std::string chain = text_of(serving.certificate);
  const std::string authority = configuration.secure.cert_dir + "/ca.crt";
  if (is_signed_by(chain, text_of(authority))) return authority;
  return ends_with_its_own_root(chain) ? serving.certificate : std::string();
}

std::string root_ca_problem(const config::ServerConfiguration& configuration) {
  if (!publishes_root_ca(configuration) || configuration.root_ca_file.empty()) return {};
  try {
    static_cast<void>(read_certificate_bundle(configuration.root_ca_file));
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace limen::app
