/* "limen.access/1": what the server's authorizers say of somebody. A table of the host.
 *
 * For admission plugins whose answer depends on a right beside the one to write the object: may the
 * user approve for this signer, delete the owner that is named? */
#ifndef LIMEN_ACCESS_H_
#define LIMEN_ACCESS_H_

#include "limen/authorizer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct limen_access_answer {
  uint32_t struct_size;
  int32_t verdict;  /* LIMEN_ALLOW, LIMEN_DENY, or LIMEN_VERDICT_NO_OPINION: nobody allows */
  limen_str reason; /* of the authorizers, for people */
  limen_str error;  /* what went wrong on the way, for the log; nothing is allowed by it */
} limen_access_answer;

#define LIMEN_ACCESS "limen.access/1"
typedef struct limen_access_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Asks the authorizers that are in force for the request of `call`, which must be one of
   * admission, whether attributes->user may do what the rest of `attributes` says; all of it is
   * copied. done is called exactly once, on a worker thread, never inside this function: LIMEN_OK,
   * or LIMEN_E_CANCELLED when the plugin stopped first; the answer, borrowed for the callback and
   * never NULL, then says LIMEN_VERDICT_NO_OPINION. A return other than LIMEN_OK means done is not
   * called: LIMEN_E_UNSUPPORTED for a call of another kind, LIMEN_E_INVALID without a user. [call]
   */
  limen_status (*ask)(const limen_host* host, limen_call* call, const limen_attributes* attributes,
                      void (*done)(void* arg, limen_status status,
                                   const limen_access_answer* answer),
                      void* arg);
} limen_access_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_ACCESS_H_ */
