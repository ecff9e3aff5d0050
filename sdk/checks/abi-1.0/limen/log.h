/* "limen.log/1": the server's log, one line an event. A table of the host. */
#ifndef LIMEN_LOG_H_
#define LIMEN_LOG_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LIMEN_LOG_DEBUG = 0, LIMEN_LOG_INFO = 1, LIMEN_LOG_WARN = 2, LIMEN_LOG_ERROR = 3 };

#define LIMEN_LOG "limen.log/1"
typedef struct limen_log_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* 1 when lines of this level are written. [any] */
  int32_t (*enabled)(const limen_host* host, int32_t level);
  /* A constant sentence and what varies as pairs; the host adds the plugin's name. Never a secret.
   * [any] */
  void (*write)(const limen_host* host, int32_t level, limen_str message, const limen_pair* pairs,
                size_t pair_count);
} limen_log_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_LOG_H_ */
