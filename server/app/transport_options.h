// From the configuration's words about listeners and limits to what the transport wants to know.
#pragma once

#include "app/serving_certificate.h"
#include "config/configuration.h"
#include "transport/server_options.h"

namespace limen::app {

transport::ServerOptions transport_options(const config::ServerConfiguration& configuration,
                                           const CertificateFiles& certificate);

// The files whose change calls for new certificates.
std::vector<std::string> tls_files(const config::SecureListener& secure,
                                   const CertificateFiles& certificate);

}  // namespace limen::app
