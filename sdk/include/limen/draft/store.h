/* "limen.store/0": a storage driver, where a server keeps its objects durably. A table of the
 * plugin. DRAFT: its shape may change in any release, see README.md in this folder.
 *
 * A driver is an ordered log of changes to keys with compare-and-swap. The server holds all objects
 * in memory and asks a driver for nothing but to remember: what was committed when the server
 * starts, and to make each batch of writes durable. Keys and values are bytes to a driver; keys are
 * UTF-8 paths such as /registry/apps/deployments/shop/web, values are JSON.
 *
 * Revisions begin at 2 with the first change (a driver in which nothing was ever changed is at
 * revision 1) and grow by one a change, for ever: a revision is not used again, not even after a
 * crash and not when its change has been forgotten.
 *
 * A driver may share its data with other servers: it has watch() and confirm() then. All changes,
 * those of its own server too, reach the server through watch(), in one order.
 *
 * Order of calls: start(), open(), load(), then watch() once, then commit(), confirm(), compact()
 * and advance() one call at a time, then stop(). */
#ifndef LIMEN_DRAFT_STORE_H_
#define LIMEN_DRAFT_STORE_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct limen_store_state {
  int64_t revision;  /* of the newest change; 1 when there never was one */
  int64_t compacted; /* changes up to this one have been forgotten; 0: none */
  limen_str prefix;  /* what keys begin with instead of /registry; empty: that. Until stop(). */
} limen_store_state;

/* A key as it became at `revision`. Borrowed during the call it is given to. */
typedef struct limen_store_change {
  limen_str key;
  limen_str value; /* empty when removed */
  int64_t revision;
  int64_t created; /* the revision the key was created at; 0 where a removal is only told */
  int32_t removed; /* 0 or 1 */
  int32_t reserved;
} limen_store_change;

typedef struct limen_store_op {
  limen_str key;
  limen_str value;  /* ignored when `remove` */
  int64_t expected; /* the revision the key must be at; 0: it must not exist */
  int32_t remove;   /* 0 or 1 */
  int32_t ttl;      /* seconds after which the key may go by itself; 0: it stays. A driver without
                     * leases ignores it; the server removes what has expired then. */
} limen_store_op;

/* In place of an op's revision: it failed, and whether it was done is not known. */
#define LIMEN_STORE_UNKNOWN ((int64_t)-1)

/* Where an error's text goes; at most once a call. The text is for the operator and names the place
 * (a path, an address). */
typedef struct limen_store_error {
  uint32_t struct_size;
  uint32_t reserved;
  void (*set)(void* arg, limen_str message);
  void* arg;
} limen_store_error;

/* Where a driver that shares its data tells what happens there. One call at a time, from any
 * thread, until stop() returns. */
typedef struct limen_store_watcher {
  uint32_t struct_size;
  uint32_t reserved;
  void* arg;
  /* A change, by whomever, in revision order. Several keys may share a revision where another
   * program wrote them in one transaction. */
  void (*changed)(void* arg, const limen_store_change* change);
  /* Changes were missed: they had been forgotten before they could be told. What changed() tells
   * until resynced() are all keys that there are at `revision`, in any order. */
  void (*resync)(void* arg, int64_t revision);
  void (*resynced)(void* arg);
  /* Nothing can be read or written for now, for this reason (one sentence for the operator, which
   * names the place); empty: it can again. */
  void (*trouble)(void* arg, limen_str reason);
} limen_store_watcher;

#define LIMEN_KIND_STORE "limen.store/0"
typedef struct limen_store {
  uint32_t struct_size;
  uint32_t reserved;
  /* Where the data stand. [serial] */
  limen_status (*open)(const limen_plugin* plugin, limen_store_state* out,
                       const limen_store_error* error);
  /* Gives every key as it was at the revision last compacted to, in any order, then every change
   * since then up to the revision that open() gave, in revision order. `each` returns 0 to be given
   * more; load() then returns LIMEN_E_CANCELLED otherwise. [serial] */
  limen_status (*load)(const limen_plugin* plugin,
                       int32_t (*each)(void* arg, const limen_store_change* change), void* arg,
                       const limen_store_error* error);
  /* Does the ops: those of one key in order, each seeing what those before it did. Calls
   * done(arg, ...) exactly once, inside this call or later from any thread: LIMEN_OK with one
   * revision an op (0: the key was not at the expected one, the op did nothing;
   * LIMEN_STORE_UNKNOWN: it failed, `error` says why), once all of it is durable; or an error with
   * a text, and nothing was stored. `ops` lives until then. A driver alone on its data does a batch
   * as one transaction, in order. One that shares them may do ops of different keys in any order,
   * and before it calls done() it has told its watcher of every change up to the newest that any of
   * these ops made or was refused for. [serial] */
  void (*commit)(const limen_plugin* plugin, const limen_store_op* ops, size_t count,
                 void (*done)(void* arg, limen_status status, limen_str error,
                              const int64_t* revisions, size_t count),
                 void* arg);
  /* Forgets changes up to `revision`, at most `limit` of them in one call; the newest state of
   * every key stays. Sets *reached. [serial] */
  limen_status (*compact)(const limen_plugin* plugin, int64_t revision, size_t limit,
                          int64_t* reached, const limen_store_error* error);
  /* From now on tells `watcher`, which lives until stop(), of every change after the revision that
   * open() gave. NULL for a driver that is alone on its data. [serial] */
  limen_status (*watch)(const limen_plugin* plugin, const limen_store_watcher* watcher);
  /* Calls done(arg, ...) exactly once, inside this call or later from any thread: LIMEN_OK when the
   * watcher has been told of every change that was durable when confirm() was called; or an error
   * with a text. Beside a commit that is under way. NULL where `watch` is. [serial] */
  void (*confirm)(const limen_plugin* plugin,
                  void (*done)(void* arg, limen_status status, limen_str error), void* arg);
  /* Has the next change get a revision greater than `revision`. For data that come from elsewhere,
   * whose readers have seen theirs. No change is told. NULL: cannot. [serial] */
  limen_status (*advance)(const limen_plugin* plugin, int64_t revision,
                          const limen_store_error* error);
} limen_store;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_DRAFT_STORE_H_ */
