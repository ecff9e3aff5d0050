/* "limen.clock/1": the host's clocks, which a test can drive. A table of the host. */
#ifndef LIMEN_CLOCK_H_
#define LIMEN_CLOCK_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LIMEN_CLOCK "limen.clock/1"
typedef struct limen_clock_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Nanoseconds that only grow; the scale of deadlines. [any] */
  int64_t (*monotonic_ns)(const limen_host* host);
  /* Nanoseconds since 1970-01-01T00:00:00Z. [any] */
  int64_t (*unix_ns)(const limen_host* host);
} limen_clock_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_CLOCK_H_ */
