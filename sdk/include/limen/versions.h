/* "limen.versions/1": the same object in another version of its API. A table of the host.
 *
 * For admission plugins that hand objects on to somebody who knows them in one version only, as
 * webhooks with matchPolicy Equivalent do. What a plugin changes in another version it turns back
 * into the version of the call's object and tells as edits of that. */
#ifndef LIMEN_VERSIONS_H_
#define LIMEN_VERSIONS_H_

#include "limen/node.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A version in which the resource of a call is served. The name of the resource and the subresource
 * are those of the call in all of them; the kind is that of the objects that travel there, which
 * for a subresource (scale) may be of another group. */
typedef struct limen_version {
  uint32_t struct_size;
  uint32_t reserved;
  limen_str api_group, api_version;         /* of the resource */
  limen_str kind_group, kind_version, kind; /* of the object */
} limen_version;

#define LIMEN_VERSIONS "limen.versions/1"
typedef struct limen_versions_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Calls each(arg, version) for the versions in which objects of the call's resource may be
   * written, until it returns 0: first the one of the request, then the others that hold the same
   * objects, also in other groups (events), those of a group in its order of preference.
   * LIMEN_E_UNSUPPORTED: not a call of admission. [call] */
  limen_status (*list)(const limen_host* host, limen_call* call,
                       int32_t (*each)(void* arg, const limen_version* version), void* arg);
  /* Turns an object, JSON of at most 4 MiB with its apiVersion and kind, into another version.
   * Both must be versions that list() tells, or the one of the call's own object (objects may come
   * in the version they are stored in, whatever the request speaks); `target` needs the three
   * members of the kind only. Values that a version cannot express travel as the API's own
   * conversions have it; nothing is defaulted, validated or dropped. For custom resources the
   * definition's conversion webhook may be asked. All input is copied.
   * done is called exactly once, on a worker thread, never inside this function: LIMEN_OK with the
   * object, borrowed for the callback unless it is retained; else the object is NULL and `error`
   * says why, for people: LIMEN_E_INVALID: no object of such a version; LIMEN_E_DEADLINE: the call
   * has no time left; LIMEN_E_CANCELLED: the plugin stopped first; LIMEN_E_INTERNAL: it cannot be
   * converted. A return other than LIMEN_OK means done is not called: LIMEN_E_UNSUPPORTED for a
   * call that is not of admission, LIMEN_E_INVALID: not JSON or too long, LIMEN_E_UNAVAILABLE: too
   * much is asked already. [call] */
  limen_status (*convert)(const limen_host* host, limen_call* call, limen_str json,
                          const limen_version* target,
                          void (*done)(void* arg, limen_status status, const limen_node* object,
                                       limen_str error),
                          void* arg);
} limen_versions_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_VERSIONS_H_ */
