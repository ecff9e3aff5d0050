/* "limen.admission/1": may this object be stored, and does it need changing? A table of the plugin.
 *
 * All plugins that mutate run in the order of the config, then all that validate; the first refusal
 * ends it. Reads never come here. */
#ifndef LIMEN_ADMISSION_H_
#define LIMEN_ADMISSION_H_

#include "limen/authorizer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  LIMEN_OP_CREATE = 1,
  LIMEN_OP_UPDATE = 2, /* update and patch */
  LIMEN_OP_DELETE = 4,
  LIMEN_OP_CONNECT = 8 /* exec, attach, portforward, proxy */
};

typedef struct limen_admission_input {
  uint32_t struct_size;
  uint32_t operation;                 /* one of LIMEN_OP_* */
  const limen_attributes* attributes; /* user, resource, subresource, ns, name */
  limen_str kind;                     /* of the object */
  const limen_node* object;           /* as it would be stored; absent on delete */
  const limen_node* old_object;       /* as stored; absent on create */
  const limen_node* options; /* CreateOptions, UpdateOptions, PatchOptions or DeleteOptions */
  uint8_t dry_run;           /* 1: nothing will be stored; have no side effect */
  uint8_t reinvocation;      /* 1: asked again because a later plugin changed the object */
  uint8_t comes_again; /* 1, in the first round of admit(): another plugin looked at the object
                        * before, so that an edit made now brings a round of reinvocation */
  uint8_t reserved[5];
  uint64_t
      write; /* the same in both rounds of admit() about one write, and in no other; 0: not told */
} limen_admission_input;

/* Edits of the object, recorded in order and applied by the host as one transaction after a
 * successful admit(): a failed or refusing plugin leaves no trace. Nodes of the input do not
 * change.
 *
 * A pointer is RFC 6901 from the object's root. A set on a member adds or replaces it; on an array,
 * index N replaces item N and "-" appends. Missing parents are created as objects. A set that would
 * walk through a value that is neither object nor array, or an index past the end, fails the whole
 * call. metadata.name, .namespace, .uid and .resourceVersion may not be changed.
 * The setters return LIMEN_OK, or LIMEN_E_INVALID for a malformed pointer, value or text, which
 * also fails the whole call. */
typedef struct limen_patch_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Any value, as JSON text. [call] */
  limen_status (*set_json)(limen_call* call, limen_str pointer, limen_str json);
  /* [call] */
  limen_status (*set_string)(limen_call* call, limen_str pointer, limen_str value);
  /* [call] */
  limen_status (*set_int)(limen_call* call, limen_str pointer, int64_t value);
  /* [call] */
  limen_status (*set_bool)(limen_call* call, limen_str pointer, int32_t value);
  /* A value of another document. [call] */
  limen_status (*set_node)(limen_call* call, limen_str pointer, const limen_node* value);
  /* Before item N of an array, or at its end with "-" (RFC 6902 "add"). [call] */
  limen_status (*insert_json)(limen_call* call, limen_str pointer, limen_str json);
  /* Removing what is not there does nothing. [call] */
  limen_status (*remove)(limen_call* call, limen_str pointer);
} limen_patch_api;

typedef struct limen_admission_reply {
  uint32_t struct_size;
  uint32_t reserved;
  /* Refuses. http_code 400 to 599, 0 is 403; reason is a StatusReason, empty for the code's own;
   * the message is shown to the client. [call] */
  void (*deny)(limen_call* call, int32_t http_code, limen_str reason, limen_str message);
  /* A StatusCause for the refusal; field is a path such as spec.containers[0].image. [call] */
  void (*add_cause)(limen_call* call, limen_str type, limen_str message, limen_str field);
  /* A Warning header (299) of the answer, whatever its outcome. [call] */
  void (*warn)(limen_call* call, limen_str message);
  /* An annotation of the audit event; a key without "/" is put behind the plugin's name. [call] */
  void (*annotate)(limen_call* call, limen_str key, limen_str value);
  /* NULL while validating. */
  const limen_patch_api* patch;
} limen_admission_reply;

#define LIMEN_KIND_ADMISSION "limen.admission/1"
typedef struct limen_admission {
  uint32_t struct_size;
  uint32_t operations; /* the LIMEN_OP_* it wants to see; the host skips the others */
  /* LIMEN_OK without deny(): admitted, edits count. LIMEN_OK after deny(): refused. An error: what
   * the instance's failurePolicy says. Must do nothing when its work is already done (it may be
   * asked again). NULL: does not mutate. [any] */
  limen_status (*admit)(const limen_plugin* plugin, limen_call* call,
                        const limen_admission_input* input, const limen_admission_reply* reply);
  /* The same without edits, after all mutation. NULL: does not validate. [any] */
  limen_status (*validate)(const limen_plugin* plugin, limen_call* call,
                           const limen_admission_input* input, const limen_admission_reply* reply);
} limen_admission;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_ADMISSION_H_ */
