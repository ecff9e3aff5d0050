// From the configuration's words about listeners and limits to what the transport wants to know.
#pragma once

#include "app/serving_certificate.h"
#include "config/configuration.h"
#include "transport/server_options.h"

namespace limen::app {

transport::ServerOptions transport_options(const config::ServerConfiguration& configuration,
                                           const CertificateFiles& certificate);

}  // namespace limen::app
