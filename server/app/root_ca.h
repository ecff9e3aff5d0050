// The authority by which clients trust the serving certificate, as the root-ca-publisher tells it
// to what runs in the cluster. Any thread.
#pragma once

#include <string>

#include "app/serving_certificate.h"
#include "config/configuration.h"

namespace limen::app {

// controllers.rootCAFile; when that is not given ca.crt in certDir, where `limen init` puts it, if
// it signed the serving certificate; else the serving certificate's own file, if that ends with a
// certificate that signs itself. Empty: nobody knows, or root-ca-publisher is switched off.
std::string root_ca_file(const config::ServerConfiguration& configuration,
                         const CertificateFiles& serving);

// Whether root-ca-publisher is on.
bool publishes_root_ca(const config::ServerConfiguration& configuration);

// What is wrong with a configured rootCAFile, as a sentence; empty: nothing.
std::string root_ca_problem(const config::ServerConfiguration& configuration);

}  // namespace limen::app
