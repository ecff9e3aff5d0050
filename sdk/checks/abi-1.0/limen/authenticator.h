/* "limen.authenticator/1": who does a request come from? A table of the plugin.
 *
 * Authenticators are asked in the order of the config; the first that names a user wins. None: 401.
 */
#ifndef LIMEN_AUTHENTICATOR_H_
#define LIMEN_AUTHENTICATOR_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The request as far as it is read: everything but its body. When a token is reviewed on somebody's
 * behalf (TokenReview) only bearer_token and audiences are set. */
typedef struct limen_authn_input {
  uint32_t struct_size;
  uint32_t peer_cert_count;
  limen_str method;
  limen_str path;         /* decoded, without query */
  limen_str query;        /* as sent, without "?" */
  limen_str source_ip;    /* of the connection, textual, no port */
  limen_str sni;          /* server name the client asked for in TLS; empty when none */
  limen_str bearer_token; /* of "Authorization: Bearer" (RFC 6750); empty when none */
  /* DER (bytes, not text) of the certificates the client presented in TLS, leaf first. TLS proved
   * that the client holds the leaf's key; nothing else about them has been checked. */
  const limen_str* peer_certs_der;
  /* The audiences the credential must be good for one of; none: the server's own. */
  const limen_str* audiences;
  uint32_t audience_count;
  uint32_t header_count;
  /* The first value of a header, empty when there is none; a header sent empty reads the same.
   * [call] */
  limen_str (*header)(const limen_call* call, limen_str lower_case_name);
  /* The header at `index` < header_count as sent, repeated ones each by itself. LIMEN_E_NOT_FOUND
   * past the end. [call] */
  limen_status (*header_at)(const limen_call* call, uint32_t index, limen_pair* out);
} limen_authn_input;

typedef struct limen_authn_reply {
  uint32_t struct_size;
  uint32_t reserved;
  /* Names the user and forgets groups, extra and audiences given before. `name` must not be empty.
   * [call] */
  void (*set_user)(limen_call* call, limen_str name, limen_str uid);
  /* [call] */
  void (*add_group)(limen_call* call, limen_str group);
  /* One more value of an extra key; keys are lower case. [call] */
  void (*add_extra)(limen_call* call, limen_str key, limen_str value);
  /* One of the wanted audiences that the credential is good for. None: it is bound to no audience
   * and good for the server's own. [call] */
  void (*add_audience)(limen_call* call, limen_str audience);
  /* How long the host may reuse this success for the same bearer token and wanted audiences, in
   * nanoseconds; 0, the default, is never. A limit, not a promise: a host keeps no success longer
   * than 10 s. Only for plugins that say LIMEN_BY_TOKEN. [call] */
  void (*cache_for)(limen_call* call, int64_t ns);
  /* A WWW-Authenticate challenge (RFC 9110 section 11.6.1) for the 401, should no authenticator
   * succeed. Works with LIMEN_NO_OPINION and errors. [call] */
  void (*add_challenge)(limen_call* call, limen_str challenge);
  /* A sentence for the client, in a Warning header (RFC 9111 section 5.5 as of RFC 7234), should
   * this call succeed. [call] */
  void (*warn)(limen_call* call, limen_str message);
  /* An audit annotation of the request, whatever comes of this call; keys are qualified names such
   * as "example.com/key". [call] */
  void (*annotate)(limen_call* call, limen_str key, limen_str value);
} limen_authn_reply;

#define LIMEN_KIND_AUTHENTICATOR "limen.authenticator/1"
typedef struct limen_authenticator {
  uint32_t struct_size;
  uint32_t reserved;
  /* LIMEN_OK after set_user: authenticated. LIMEN_NO_OPINION: no credential of this plugin's kind,
   * ask the next. An error: there was one and it is bad or could not be judged; it is logged, the
   * next is asked, and nobody is anonymous any more. [any] */
  limen_status (*authenticate)(const limen_plugin* plugin, limen_call* call,
                               const limen_authn_input* input, const limen_authn_reply* reply);
} limen_authenticator;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_AUTHENTICATOR_H_ */
