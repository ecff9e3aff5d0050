/* "limen.store-copies/0": copies of what a storage driver keeps, in files. A table of a plugin that
 * has "limen.store/0"; a driver whose data have a backup of their own leaves it out. DRAFT: its
 * shape may change in any release, see README.md in this folder.
 *
 * `limen backup` and `limen restore` start the plugin in a process of their own and call nothing
 * but this table: open() of limen.store/0 was not called, and another process, the server, may have
 * the same data open and write to them. */
#ifndef LIMEN_DRAFT_STORE_COPIES_H_
#define LIMEN_DRAFT_STORE_COPIES_H_

#include "limen/abi.h"
#include "limen/draft/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a copy holds. The host sets struct_size; only what fits is written. */
typedef struct limen_store_report {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t revision;  /* of the newest change */
  int64_t compacted; /* changes up to this one have been forgotten */
  int64_t keys;      /* that there are at `revision` */
  int64_t changes;   /* that are remembered, those of the keys included */
} limen_store_report;

typedef struct limen_store_restore {
  uint32_t struct_size;
  int32_t replace; /* 1: take the place of data that are there; 0: refuse when there are any */
  /* Revisions to leave out behind the newest of the copy, at least 0. More than 0 forgets the
   * history too, so that a client that saw a later state than the copy's is told to list again, and
   * no revision names two states. 0: exactly what was copied. */
  int64_t advance;
} limen_store_restore;

#define LIMEN_STORE_COPIES "limen.store-copies/0"
typedef struct limen_store_copies {
  uint32_t struct_size;
  uint32_t reserved;
  /* Writes the data, as they are at one moment, to `file`, which must not exist, reads all of it
   * again to see that it is whole, and returns once it is durable. Readable by its owner only.
   * Nobody who writes waits for it. On an error no file is left. [serial] */
  limen_status (*save)(const limen_plugin* plugin, limen_str file, limen_store_report* report,
                       const limen_store_error* error);
  /* Reads all of a copy and sees that it is whole. [serial] */
  limen_status (*verify)(const limen_plugin* plugin, limen_str file, limen_store_report* report,
                         const limen_store_error* error);
  /* Verifies a copy and puts what it holds where the plugin's config says the data are, durably and
   * at once: whatever happens, the data are the old or the new ones. The report is of the restored
   * data. Refused with LIMEN_E_UNAVAILABLE while another process has the data open, with
   * LIMEN_E_INVALID when there are data, or what cannot be read, and `replace` is 0. [serial] */
  limen_status (*restore)(const limen_plugin* plugin, limen_str file,
                          const limen_store_restore* options, limen_store_report* report,
                          const limen_store_error* error);
} limen_store_copies;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_DRAFT_STORE_COPIES_H_ */
