#include "transport/tls_alpn.h"

#include <openssl/ssl.h>

namespace limen::transport {
namespace {

// The client's own spelling of `wanted`, behind its length; null when it is not offered.
const unsigned char* find_offer(const unsigned char* offered, unsigned int offered_size,
                                std::string_view wanted) {
  for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
    const unsigned char size = offered[at];
    if (at + 1U + size > offered_size) break;
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), size);
    if (name == wanted) return offered + at;
  }
  return nullptr;
}

// Ephemeral keys and authenticated encryption: what is left of TLS 1.2 when RFC 9113's list of
// forbidden suites is taken away, and all of TLS 1.3.
bool cipher_fits_http2(SSL* ssl) {
  if (SSL_version(ssl) == TLS1_3_VERSION) return true;
  if (SSL_version(ssl) != TLS1_2_VERSION) return false;
  const SSL_CIPHER* const cipher = SSL_get_pending_cipher(ssl);
  if (cipher == nullptr || SSL_CIPHER_is_aead(cipher) != 1) return false;
  const int exchange = SSL_CIPHER_get_kx_nid(cipher);
  return exchange == NID_kx_ecdhe || exchange == NID_kx_dhe;
}

template <bool kWithHttp2>
int select_protocol(SSL* ssl, const unsigned char** selected, unsigned char* selected_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  const unsigned char* found = nullptr;
  if (kWithHttp2 && cipher_fits_http2(ssl)) found = find_offer(offered, offered_size, kHttp2);
  if (found == nullptr) found = find_offer(offered, offered_size, kHttp11);
  if (found == nullptr) return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 section 3.2
  *selected = found + 1;
  *selected_size = *found;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

void offer_protocols(SSL_CTX* context, bool http2) {
  SSL_CTX_set_alpn_select_cb(context, http2 ? select_protocol<true> : select_protocol<false>,
                             nullptr);
}

}  // namespace limen::transport
