// Which protocol a TLS connection carries (ALPN, RFC 7301): HTTP/2 before HTTP/1.1.
//
// A client that offers only others is refused; one that offers nothing speaks HTTP/1.1. HTTP/2 is
// not chosen for a cipher that RFC 9113 section 9.2.2 forbids it: such a client speaks HTTP/1.1 as
// well.
//
// Any thread. Lifetime: the choice is the context's own from then on.
#pragma once

#include <string_view>

struct ssl_ctx_st;

namespace limen::transport {

inline constexpr std::string_view kHttp2 = "h2";
inline constexpr std::string_view kHttp11 = "http/1.1";

void offer_protocols(ssl_ctx_st* context, bool http2);

}  // namespace limen::transport
