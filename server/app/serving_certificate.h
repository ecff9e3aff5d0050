// The serving certificate of a server that was told of none: a self-signed pair in
// `secure.certDir`, made once and used again on every later start.
#pragma once

#include <string>

#include "config/configuration.h"

namespace limen::app {

struct CertificateFiles {
  std::string certificate, key;
  bool made = false;  // in this call
};

// The files to serve with: the configured ones, or apiserver.crt and apiserver.key of certDir, made
// when they are not there or their time has passed. Throws std::runtime_error when what is there
// cannot be used.
CertificateFiles ensure_serving_certificate(const config::SecureListener& secure);

// What is wrong with the configured certificate files, without making anything; empty: nothing.
std::string serving_certificate_problem(const config::SecureListener& secure);

}  // namespace limen::app
