// Whether front proxies and ordinary clients are told apart.
//
// The request-header module believes everybody with a certificate of its authority. Where the x509
// module trusts the same authority, or one below it, every user with a certificate could name any
// other, unless allowedNames says which certificates are the proxies'. No module sees another's
// config, so this is looked at here, as kube-apiserver does at start. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "config/configuration.h"

namespace limen::app {

inline constexpr std::string_view kFrontProxyModule = "request-header";
inline constexpr std::string_view kClientCertificateModule = "x509";

// Why not, as a sentence that begins with the entry's place; empty when all is well. Files that
// cannot be read are passed over: the modules refuse them.
std::string shared_proxy_authority(const config::ServerConfiguration& configuration);

}  // namespace limen::app
