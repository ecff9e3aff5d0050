// Status codes' names and the answers the transport gives by itself, before there is a request.
//
// Names and form are those of Go's net/http, which kube-apiserver shows to its clients. Pure
// functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace limen::transport {

// "OK", "Not Found", ...; empty for a code without a name.
std::string_view status_text(int code);

// "400 Bad Request", or "400 Bad Request: detail" when there is one.
std::string refusal_text(int code, std::string_view detail);

// A whole answer, head and body, that ends the connection: the status line and the text body both
// say refusal_text.
std::string refusal(int code, std::string_view detail);

// The answer to a transfer coding that is not "chunked": 501, its own body.
std::string unsupported_coding_refusal();

// To plain HTTP on the TLS port.
inline constexpr std::string_view kPlainHttpOnTlsPort =
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

}  // namespace limen::transport
