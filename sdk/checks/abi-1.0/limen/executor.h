/* "limen.executor/1": work and timers on the host's worker threads. A table of the host. */
#ifndef LIMEN_EXECUTOR_H_
#define LIMEN_EXECUTOR_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LIMEN_EXECUTOR "limen.executor/1"
typedef struct limen_executor_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Calls fn(arg, status) exactly once on a worker thread, never inside this function: LIMEN_OK, or
   * LIMEN_E_CANCELLED when the plugin stops first. LIMEN_E_UNAVAILABLE: the queue is full or the
   * plugin has stopped; fn is not called then. fn may block. [any] */
  limen_status (*post)(const limen_host* host, void (*fn)(void* arg, limen_status status),
                       void* arg);
  /* The same once delay_ns nanoseconds have passed. [any] */
  limen_status (*post_after)(const limen_host* host, int64_t delay_ns,
                             void (*fn)(void* arg, limen_status status), void* arg);
} limen_executor_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_EXECUTOR_H_ */
