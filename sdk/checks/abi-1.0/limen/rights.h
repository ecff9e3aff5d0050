/* "limen.rights/1": telling the host that answers have changed. A table of the host. */
#ifndef LIMEN_RIGHTS_H_
#define LIMEN_RIGHTS_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LIMEN_RIGHTS "limen.rights/1"
typedef struct limen_rights_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* An authorizer that may answer differently from now on says so. The host then asks again about
   * the requests that are still running (watches) and ends those that nobody allows any more. Calls
   * close together count as one; from other kinds of plugins they count for nothing. [any] */
  void (*changed)(const limen_host* host);
} limen_rights_api;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_RIGHTS_H_ */
