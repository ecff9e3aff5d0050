/* "limen.http/1": outbound HTTP requests on the host's threads. A table of the host.
 *
 * Connections are kept for the next request of the same plugin to the same host and port with the
 * same trust, certificate and name. One that the server closed meanwhile is replaced once without
 * telling, when nothing of an answer had been read. Files are read anew for each request. */
#ifndef LIMEN_HTTP_H_
#define LIMEN_HTTP_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct limen_http_request {
  uint32_t struct_size;
  uint32_t header_count;
  limen_str method; /* GET, POST, ... */
  limen_str url;    /* https://host[:port]/path; http:// as well */
  const limen_pair* headers;
  limen_str body;
  limen_str ca_file; /* PEM; empty: the system's trust store. The host name is always checked */
  limen_str client_cert_file;  /* PEM; empty: none */
  limen_str client_key_file;   /* PEM */
  int64_t timeout_ns;          /* 0: 10 s. Never past the parent call's deadline */
  uint64_t max_response_bytes; /* 0: 1 MiB; a longer body is LIMEN_E_INVALID */
  limen_str ca_pem;            /* PEM text instead of ca_file; empty: ca_file counts */
  limen_str client_cert_pem;   /* PEM text instead of client_cert_file, intermediates after it */
  limen_str client_key_pem;    /* PEM text instead of client_key_file; secret */
  limen_str tls_server_name;   /* asked for (SNI) and verified instead of the URL's host */
} limen_http_request;

typedef struct limen_http_response {
  uint32_t struct_size;
  int32_t code; /* the status; 3xx is returned as it is, never followed */
  const limen_pair* headers;
  size_t header_count;
  limen_str body;  /* bytes */
  limen_str error; /* for the log, when the status is an error */
} limen_http_response;

#define LIMEN_HTTP "limen.http/1"
typedef struct limen_http_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Starts a request; everything in `request` is copied. done is called exactly once on a worker
   * thread, never inside this function: LIMEN_OK whatever the HTTP code, LIMEN_E_DEADLINE,
   * LIMEN_E_CANCELLED (the parent call was cancelled or the plugin stopped), LIMEN_E_UNAVAILABLE
   * (no connection) or LIMEN_E_INVALID. `response` is borrowed for the callback and never NULL.
   * `parent` may be NULL. A return other than LIMEN_OK means done is not called. [any] */
  limen_status (*send)(
      const limen_host* host, limen_call* parent, const limen_http_request* request,
      void (*done)(void* arg, limen_status status, const limen_http_response* response), void* arg);
} limen_http_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_HTTP_H_ */
