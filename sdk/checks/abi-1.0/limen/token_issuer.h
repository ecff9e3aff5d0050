/* "limen.token-issuer/1": signing tokens for service accounts. An optional table of an
 * authenticator plugin: who verifies such tokens holds the keys that sign them, the server has
 * none.
 *
 * The server answers TokenRequest (authentication.k8s.io/v1) with it: it has checked that the
 * account, and what the token is to be bound to, exist, and that the requester may have the token.
 * When several authenticators have the table, the first in the config is asked.
 */
#ifndef LIMEN_TOKEN_ISSUER_H_
#define LIMEN_TOKEN_ISSUER_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a token is to say. */
typedef struct limen_token_request {
  uint32_t struct_size;
  uint32_t audience_count;
  limen_str ns, service_account, service_account_uid;
  const limen_str* audiences; /* whom the token is for; none: the API's own */
  /* The API's own audiences; none: those that the plugin names itself. */
  const limen_str* api_audiences;
  uint32_t api_audience_count;
  uint32_t reserved;
  /* The object with which the token dies: a Pod or Secret of `ns`, or a Node. All empty: none. */
  limen_str bound_kind, bound_name, bound_uid;
  /* Where the bound Pod runs; both empty when it runs nowhere, node_uid is when there is no such
   * Node. */
  limen_str node_name, node_uid;
  int64_t expiration_seconds; /* wanted, counted from now; at least 600 */
} limen_token_request;

typedef struct limen_token_reply {
  uint32_t struct_size;
  uint32_t reserved;
  /* The signed token (JWS compact form, RFC 7515) and for how many seconds it is given, counted
   * from now: no more than was wanted. A plugin may let it live longer than it says here. [call] */
  void (*grant)(limen_call* call, limen_str token, int64_t expiration_seconds);
  /* One of the audiences the token is for. [call] */
  void (*add_audience)(limen_call* call, limen_str audience);
  /* A Warning header for the requester. [call] */
  void (*warn)(limen_call* call, limen_str message);
  /* An audit annotation under this very key: no prefix is put before it. [call] */
  void (*annotate)(limen_call* call, limen_str key, limen_str value);
} limen_token_reply;

/* What others need to verify the tokens with. */
enum {
  LIMEN_ISSUER_CONFIGURATION = 1, /* OpenID provider metadata (OpenID Connect Discovery 1.0) */
  LIMEN_ISSUER_KEYS = 2           /* JSON Web Key Set (RFC 7517), public keys only */
};

typedef struct limen_document_reply {
  uint32_t struct_size;
  uint32_t reserved;
  /* The document, JSON. [call] */
  void (*set_text)(limen_call* call, limen_str text);
} limen_document_reply;

#define LIMEN_TOKEN_ISSUER "limen.token-issuer/1"
typedef struct limen_token_issuer {
  uint32_t struct_size;
  uint32_t reserved;
  /* LIMEN_OK after grant(): signed. Anything else: the requester gets 500. [any] */
  limen_status (*issue)(const limen_plugin* plugin, limen_call* call,
                        const limen_token_request* request, const limen_token_reply* reply);
  /* LIMEN_OK after set_text(): published to whoever may read it. LIMEN_E_NOT_FOUND: there is no
   * such document. [any] */
  limen_status (*document)(const limen_plugin* plugin, limen_call* call, int32_t which,
                           const limen_document_reply* reply);
  /* Calls each(arg, audience) for the audiences that stand for the API where the server's config
   * names none. The same for the plugin's life. [any] */
  void (*audiences)(const limen_plugin* plugin, void (*each)(void* arg, limen_str audience),
                    void* arg);
} limen_token_issuer;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_TOKEN_ISSUER_H_ */
