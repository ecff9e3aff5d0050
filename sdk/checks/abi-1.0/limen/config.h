/* "limen.config/1": the plugin's own `config:`. A table of the host. */
#ifndef LIMEN_CONFIG_H_
#define LIMEN_CONFIG_H_

#include "limen/node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LIMEN_CONFIG "limen.config/1"
typedef struct limen_config_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* The subtree, checked against the descriptor's schema and with its defaults filled in; an empty
   * object when the operator gave none. Lives until destroy(). [any] */
  const limen_node* (*root)(const limen_host* host);
  /* The name the operator gave this instance. NUL-terminated, lives until destroy(). [any] */
  const char* (*instance_name)(const limen_host* host);
} limen_config_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_CONFIG_H_ */
