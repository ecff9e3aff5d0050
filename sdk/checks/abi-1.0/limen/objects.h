/* "limen.objects/1": every stored object, kept up to date, and three narrow ways to write. A table
 * of the host. */
#ifndef LIMEN_OBJECTS_H_
#define LIMEN_OBJECTS_H_

#include "limen/node.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  LIMEN_OBJECT_ADDED = 1,
  LIMEN_OBJECT_MODIFIED = 2,
  LIMEN_OBJECT_DELETED = 3, /* the object is its last state */
  LIMEN_OBJECT_SYNCED = 4   /* everything that existed at the start has been told; no object */
};

#define LIMEN_OBJECTS "limen.objects/1"
typedef struct limen_objects_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Tells fn of every object of a resource: first those that exist (ADDED), then SYNCED, then each
   * change in order. fn is called [serial] and must not block for long; `object` is borrowed for
   * the callback. group "" is core, version "" the stored one. LIMEN_E_NOT_FOUND: no such resource.
   * [start only] */
  limen_status (*subscribe)(const limen_host* host, limen_str group, limen_str version,
                            limen_str resource,
                            void (*fn)(void* arg, int32_t event, const limen_node* object),
                            void* arg);
  /* 1 when every subscription of this plugin has seen SYNCED. [any] */
  int32_t (*synced)(const limen_host* host);
  /* One object as it is now; ns "" for cluster-scoped ones. No subscription is needed. *out has to
   * be released. LIMEN_E_NOT_FOUND: no such object. [any] */
  limen_status (*get)(const limen_host* host, limen_str group, limen_str resource, limen_str ns,
                      limen_str name, const limen_node** out);
  /* Calls each(arg, object) for the objects in ns ("": all) that match the selector ("": all) in
   * order of namespace and name, until it returns 0. The objects are borrowed for the callback.
   * LIMEN_E_INVALID: not a label selector. [any] */
  limen_status (*list)(const limen_host* host, limen_str group, limen_str resource, limen_str ns,
                       limen_str label_selector,
                       int32_t (*each)(void* arg, const limen_node* object), void* arg);
  /* Marks a stored object for others: sets one label, unless it has that value already. The write
   * is on its way when this returns, and what becomes of it is in the host's log; not for what a
   * plugin itself relies on. LIMEN_E_NOT_FOUND: no such object. LIMEN_E_INVALID: not a label.
   * [any] */
  limen_status (*set_label)(const limen_host* host, limen_str group, limen_str resource,
                            limen_str ns, limen_str name, limen_str label, limen_str value);
  /* Replaces .status of a stored object that is still at `resource_version` (of its metadata); for
   * what a plugin keeps account of, and not admitted by anybody. status_json is a JSON object. done
   * is called exactly once, on a worker thread, never inside this function: LIMEN_OK once it is
   * durable; LIMEN_E_CONFLICT: the object has changed since; LIMEN_E_NOT_FOUND: it has gone;
   * LIMEN_E_UNAVAILABLE: the store does not take it now; LIMEN_E_CANCELLED: the plugin stopped
   * first, and what became of it is not known. A return other than LIMEN_OK means done is not
   * called: LIMEN_E_INVALID (no JSON object, no version), LIMEN_E_NOT_FOUND. [any] */
  limen_status (*update_status)(const limen_host* host, limen_str group, limen_str resource,
                                limen_str ns, limen_str name, limen_str resource_version,
                                limen_str status_json, void (*done)(void* arg, limen_status status),
                                void* arg);
  /* Stores a new object, filled in as the server fills in its own, and not admitted by anybody.
   * `json` is the whole object with apiVersion, kind and metadata.name. done as above;
   * LIMEN_E_CONFLICT: there is one of this name. LIMEN_E_UNSUPPORTED: this server lets no plugin
   * create objects. [any] */
  limen_status (*create)(const limen_host* host, limen_str group, limen_str resource, limen_str ns,
                         limen_str name, limen_str json,
                         void (*done)(void* arg, limen_status status), void* arg);
  /* By which resource the objects of a kind are addressed: calls tell(arg, resource, namespaced)
   * once, inside this function. LIMEN_E_NOT_FOUND: no such kind is served. [any] */
  limen_status (*resource_of)(const limen_host* host, limen_str group, limen_str version,
                              limen_str kind,
                              void (*tell)(void* arg, limen_str resource, int32_t namespaced),
                              void* arg);
} limen_objects_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_OBJECTS_H_ */
