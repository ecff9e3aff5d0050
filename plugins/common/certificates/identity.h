// From a certificate's subject to a user, as Kubernetes reads it: the common name is the user name,
// each organization a group, an attribute of type 1.3.6.1.4.1.57683.2 the UID.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <vector>

namespace limen::plugins {

struct CertificateIdentity {
  std::string name;  // empty: the certificate names nobody
  std::string uid;
  std::vector<std::string> groups;
};

// Of several common names the last counts. Throws std::runtime_error for more than one UID, an
// empty UID, and a name that holds a NUL or is not text: such names are made to be read differently
// by different readers.
CertificateIdentity identity_of(const X509& certificate);

}  // namespace limen::plugins
