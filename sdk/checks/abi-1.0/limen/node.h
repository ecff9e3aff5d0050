/* "limen.node/1": reading documents (config, objects, options). A table of the host.
 *
 * A node is a value inside an immutable document. It lives as long as what it came with (the call,
 * the plugin for its config), longer when retained. NULL is the absent node; every function takes
 * it. */
#ifndef LIMEN_NODE_H_
#define LIMEN_NODE_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  LIMEN_NODE_ABSENT = 0,
  LIMEN_NODE_NULL = 1,
  LIMEN_NODE_BOOL = 2,
  LIMEN_NODE_INT = 3, /* fits int64_t */
  LIMEN_NODE_DOUBLE = 4,
  LIMEN_NODE_STRING = 5,
  LIMEN_NODE_ARRAY = 6,
  LIMEN_NODE_OBJECT = 7
};

#define LIMEN_NODE "limen.node/1"
typedef struct limen_node_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* One of LIMEN_NODE_*. [any] */
  int32_t (*kind)(const limen_node* node);
  /* The value a JSON pointer (RFC 6901, relative to `node`) leads to, or NULL. [any] */
  const limen_node* (*at)(const limen_node* node, limen_str pointer);
  /* The member of an object, or NULL. [any] */
  const limen_node* (*member)(const limen_node* node, limen_str key);
  /* Of an array or object; 0 for everything else. [any] */
  size_t (*size)(const limen_node* node);
  /* The item of an array or object in document order, or NULL. `key` may be NULL; it is set for
   * objects and lives as long as the node. [any] */
  const limen_node* (*item)(const limen_node* node, size_t index, limen_str* key);
  /* These four set *out and return LIMEN_OK, or leave it and return LIMEN_E_INVALID when the node
   * is of another kind (LIMEN_E_NOT_FOUND when absent). get_double takes an INT too. [any] */
  limen_status (*get_bool)(const limen_node* node, int32_t* out);
  limen_status (*get_int)(const limen_node* node, int64_t* out);
  limen_status (*get_double)(const limen_node* node, double* out);
  limen_status (*get_string)(const limen_node* node, limen_str* out);
  /* Compact JSON (RFC 8259) in one or more chunks; nothing for an absent node. [any] */
  limen_status (*write_json)(const limen_node* node, void (*sink)(void* arg, limen_str chunk),
                             void* arg);
  /* Keeps the whole document of `node` alive until as many release() as retain(). [any] */
  void (*retain)(const limen_node* node);
  void (*release)(const limen_node* node);
} limen_node_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_NODE_H_ */
