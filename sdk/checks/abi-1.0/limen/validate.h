/* "limen.validate/1": judging a config without creating anything, for `limen check`. An optional
 * table of the module, found with get_factory(). */
#ifndef LIMEN_VALIDATE_H_
#define LIMEN_VALIDATE_H_

#include "limen/node.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LIMEN_FINDING_WARNING = 1, LIMEN_FINDING_ERROR = 2 };

typedef struct limen_validate_reply {
  uint32_t struct_size;
  uint32_t reserved;
  void* ctx; /* the host's own */
  /* One finding: where in the config (RFC 6901 from its root, "" for the whole) and what. Never a
   * secret. [call] */
  void (*add)(const struct limen_validate_reply* reply, int32_t severity, limen_str pointer,
              limen_str message);
} limen_validate_reply;

#define LIMEN_VALIDATE "limen.validate/1"
typedef struct limen_validate {
  uint32_t struct_size;
  uint32_t reserved;
  /* Tells what is wrong with the config of the descriptor at `index`, which has already passed its
   * schema. May read files the config names; starts nothing, keeps nothing. `nodes` reads the
   * config. LIMEN_OK: judged, findings or not. LIMEN_E_UNSUPPORTED: this descriptor has no opinion.
   * [control] */
  limen_status (*validate)(uint32_t index, const limen_node_api* nodes, const limen_node* config,
                           const limen_validate_reply* reply);
} limen_validate;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_VALIDATE_H_ */
