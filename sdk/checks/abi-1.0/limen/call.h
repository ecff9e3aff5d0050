/* "limen.call/1": what one invocation can be asked and told. A table of the host. */
#ifndef LIMEN_CALL_H_
#define LIMEN_CALL_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LIMEN_CALL "limen.call/1"
typedef struct limen_call_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* When the host stops waiting, in nanoseconds of limen.clock/1's monotonic_ns; INT64_MAX: never.
   * [any] */
  int64_t (*deadline_ns)(const limen_call* call);
  /* 1 after the deadline, when the client has gone, or when the server stops; else 0. [any] */
  int32_t (*cancelled)(const limen_call* call);
  /* Calls fn(arg) at most once, as soon as `cancelled` becomes 1 and at once when it is; never
   * after the call is complete. fn runs on any thread and may complete the call. One for each call:
   * LIMEN_E_INVALID for a second. [call] */
  limen_status (*on_cancel)(limen_call* call, void (*fn)(void* arg), void* arg);
  /* The text of the error the call is about to end with: for the log and, from admission, the
   * client. The last one counts. Never put a secret in it. [call] */
  void (*fail)(limen_call* call, limen_str message);
  /* Ends a call that returned or will return LIMEN_PENDING. Exactly once; not with LIMEN_PENDING.
   * [any] */
  void (*complete)(limen_call* call, limen_status status);
} limen_call_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_CALL_H_ */
