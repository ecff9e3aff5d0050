/* The Limen module ABI: what a server and a module (.so) promise each other.
 *
 * A module exports one data symbol, `limen_module_entry`. The server reads it, asks it for a
 * factory, reads the factory's descriptors, creates plugins from them and calls the table of the
 * plugin's kind. Everything both sides call is a table of C function pointers found by an id such
 * as "limen.log/1". This header holds what every module needs; each service and each kind of plugin
 * has a header beside it, and limen/limen.h includes them all. C++ authors use limen/cpp/plugin.hpp
 * and rarely look here. The header is plain C11 and C++11.
 *
 * POLICY
 *
 * Ownership. What one side made, the other never frees. A pointer given to a call is borrowed until
 * that call is complete: until it returns, or, after LIMEN_PENDING, until complete(). A function
 * that takes a value copies it before it returns. The only shared ownership is retain/release of a
 * node. Text is UTF-8 with a length and no promise of a terminating NUL (`const char*` members are
 * NUL-terminated); a module that hands over invalid UTF-8 has failed its call. In the names,
 * `*_api` is a table of the host, `*_input` is borrowed by the module, `*_reply` is the host's sink
 * for results.
 *
 * Zero. A zeroed reply grants nothing: an authorizer that decides nothing denies, an authenticator
 * that names no user has no opinion, `LIMEN_DENY` is 0.
 *
 * Threads. The tag that ends a function's comment says who may call it:
 *   [control]     one call at a time, on the host's control thread
 *   [any]         any thread, many at once
 *   [call]        inside the invocation it belongs to, or on the thread that will complete it; one
 *                 thread at a time
 *   [start only]  only while the plugin's start() has not completed
 *   [serial]      on a thread of the host, one call at a time for one plugin, in order
 * A module is called from many threads and must be safe for it. There is no way to opt out.
 *
 * Blocking. A plugin whose descriptor does not say LIMEN_MAY_BLOCK is called on the thread that
 * serves the connection and must return within microseconds: no file, no socket, no lock that is
 * held for long. One that says so is called on a pool of worker threads and may take until its
 * deadline. Either may return LIMEN_PENDING and complete the call later from any thread.
 *
 * Deadlines. Every call has one. When it passes, the host answers the request itself (an
 * authenticator has erred, an authorizer denies, an admission controller does what its
 * failurePolicy says), calls on_cancel, and keeps the call and its inputs alive until the module
 * completes it, so nothing dangles. A late result is counted and dropped. A plugin with too many
 * such calls is no longer called until they end.
 *
 * Completion. A call is completed exactly once: by returning anything but LIMEN_PENDING, or by
 * complete() after returning LIMEN_PENDING (complete() may run before the return). A second
 * completion is ignored and logged.
 *
 * Exceptions. None crosses, in either direction, and no thread is unwound through the other side's
 * frames. The C++ wrapper turns an exception into LIMEN_E_INTERNAL with its text; a module that
 * lets one out by hand meets a noexcept frame and ends the process. Do not call exit(), change the
 * signal mask or dispositions, or the locale.
 *
 * Life. init; then any number of: create, start, calls, stop, destroy; then deinit. create only
 * allocates; services are there from start() on. After stop() no new call is made; open ones are
 * finished or failed by the module. Subscriptions, timers, posted work and HTTP requests belong to
 * the plugin: after stop() the host cancels them (their callback gets LIMEN_E_CANCELLED where it
 * has a status), waits for those that run, and then calls nothing but destroy(). Code is never
 * unmapped.
 *
 * Growth. What is released is only added to: names, order, meaning, thread tag and ownership stay.
 * Structures grow at their end; a reader compares struct_size before it touches a member that came
 * later (LIMEN_HAS). Every structure has at least its 1.0 size. A slot that was set stays set; a
 * function that is given up keeps a stub that returns LIMEN_E_UNSUPPORTED. Something that means
 * something else gets a new id ("/2"); the old id stays for at least four minor releases and two
 * years. Values the host gives are a closed set; values a module gives may grow, and the host
 * treats one it does not know as an error. A bit in `flags` that the host does not know is a
 * refusal to load. Reserved members are zero. Ids under limen/draft/ are not promised yet and need
 * the operator's consent; third parties name their own ids in reverse-domain form. A new major
 * version has a new symbol, `limen_module_entry_v2`, beside the old one.
 *
 * Versions. The headers of each minor version are kept for ever, as released (1.0 in the folder
 * checks/abi-1.0 of the SDK's sources); until 1.0 is released, that folder is what it will be.
 * Whatever is built against one of them and says its minor loads in every later server of the same
 * major version; a server refuses a module that needs a newer minor than its own, naming both. What
 * is added states in its comment the minor it came with and is hidden below it
 * (LIMEN_TARGET_MINOR). Tests hold all of this: the layout of each release, a comparison of every
 * type with the newest kept headers, and modules built against the oldest.
 */
#ifndef LIMEN_ABI_H_
#define LIMEN_ABI_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LIMEN_ABI_MAGIC 0x314E4D4Cu /* "LMN1" in memory, little-endian */
#define LIMEN_ABI_MAJOR 1
#define LIMEN_ABI_MINOR 0

/* The lowest ABI minor version the module is built to run on. Declarations newer than it are
 * hidden, so that using one is a compile error and not a refusal at a customer's. */
#ifndef LIMEN_TARGET_MINOR
#define LIMEN_TARGET_MINOR 0
#endif
#if LIMEN_TARGET_MINOR > LIMEN_ABI_MINOR
#error "LIMEN_TARGET_MINOR is newer than this SDK: lower it or install a newer limen-sdk"
#endif

#if defined(__cplusplus)
#define LIMEN_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define LIMEN_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif
LIMEN_STATIC_ASSERT(sizeof(void*) == 8 && sizeof(size_t) == 8,
                    "the Limen ABI is for 64-bit systems");

/* True when the table or structure at `pointer` is long enough to hold `member`. */
#define LIMEN_HAS(type, pointer, member) \
  ((pointer) != NULL &&                  \
   (pointer)->struct_size >= offsetof(type, member) + sizeof(((const type*)0)->member))

/* The attribute of the one exported symbol; everything else of a module is hidden. */
#if defined(__GNUC__)
#define LIMEN_EXPORT __attribute__((visibility("default")))
#else
#define LIMEN_EXPORT
#endif

/* ---- values ---------------------------------------------------------------------------------- */

/* Borrowed bytes, UTF-8 unless said otherwise. ptr may be NULL when len is 0. */
typedef struct limen_str {
  const char* ptr;
  size_t len;
} limen_str;

typedef struct limen_pair {
  limen_str key, value;
} limen_pair;

typedef struct limen_str_list {
  const limen_str* items;
  size_t count;
} limen_str_list;

/* Below zero is an error; a value not listed here is one too. */
typedef int32_t limen_status;
enum {
  LIMEN_OK = 0,
  LIMEN_PENDING = 1,    /* the call will be completed later */
  LIMEN_NO_OPINION = 2, /* authenticators only: ask the next one */
  LIMEN_E_INVALID = -1,
  LIMEN_E_UNSUPPORTED = -2,
  LIMEN_E_NOT_FOUND = -3,
  LIMEN_E_DEADLINE = -4,
  LIMEN_E_CANCELLED = -5,
  LIMEN_E_UNAVAILABLE = -6,
  LIMEN_E_INTERNAL = -7,
  LIMEN_E_CONFLICT = -8 /* somebody else was first */
};

typedef struct limen_call limen_call; /* of the host: one invocation; dead once complete */
typedef struct limen_node limen_node; /* of the host: a value in an immutable document */
typedef struct limen_host limen_host;
typedef struct limen_plugin limen_plugin;

/* Who a request comes from. Kubernetes' user.Info. */
typedef struct limen_user {
  uint32_t struct_size;
  uint32_t group_count;
  limen_str name, uid;
  const limen_str* groups;
  const limen_pair* extra; /* one pair a value: a key with two values comes twice */
  uint32_t extra_count;
  uint32_t reserved;
} limen_user;

/* ---- both ends ------------------------------------------------------------------------------- */

/* The host as one plugin sees it: it names the scope of that plugin's log, metrics and config. */
struct limen_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  const char* version; /* of the server, for diagnostics */
  void* ctx;           /* the host's own */
  /* The table with this id, or NULL when the host does not offer it. Lives until destroy(). Not
   * before start(). [any] */
  const void* (*get_extension)(const limen_host* host, const char* id);
};

/* Descriptor flags. */
enum {
  LIMEN_MAY_BLOCK = 1u << 0, /* calls go to worker threads instead of the connection's own */
  /* Authenticators: the answer depends on the bearer token and the wanted audiences and on nothing
   * else of the request. The host then asks once for requests that come together with one token,
   * gives that call only these two, and honours cache_for. */
  LIMEN_BY_TOKEN = 1u << 1
};
#define LIMEN_DESCRIPTOR_FLAGS_1_0 (LIMEN_MAY_BLOCK | LIMEN_BY_TOKEN)

/* What one kind of plugin in a module is. Static data of the module. */
typedef struct limen_descriptor {
  uint32_t struct_size;
  uint32_t flags;
  const char* id; /* "com.example.opa"; bundled modules use their bare name. Unique for its kind */
  const char* kind; /* LIMEN_KIND_AUTHENTICATOR, _AUTHORIZER, _ADMISSION or a draft kind */
  const char *version, *vendor, *url, *summary; /* shown to operators; may be NULL except version */
  /* JSON Schema of the plugin's `config:`; NULL: it takes none. The host checks the config against
   * it and fills in defaults before create(). Keywords: type, properties, required,
   * additionalProperties, items, enum, minimum, maximum, minLength, maxLength, minItems, maxItems,
   * pattern (RE2), default, description. An unknown key is an error unless additionalProperties
   * says otherwise. */
  const char* config_schema;
  /* Ids of host tables it cannot work without, ended by NULL; may be NULL. Checked before create().
   */
  const char* const* required;
} limen_descriptor;

/* One instance of a plugin. Made by create(), freed by destroy(). */
struct limen_plugin {
  uint32_t struct_size;
  uint32_t reserved;
  const limen_descriptor* desc;
  void* self; /* the module's own */
  /* Reads the config and gets ready; an error's text is given with fail(). May return
   * LIMEN_PENDING. [control] */
  limen_status (*start)(const limen_plugin* plugin, limen_call* call);
  /* No new call follows. Finish or fail what is open. [control] */
  void (*stop)(const limen_plugin* plugin);
  /* No call is open any more. Also called for a plugin whose start() failed or never ran. [control]
   */
  void (*destroy)(const limen_plugin* plugin);
  /* The plugin's table with this id (its kind's, or an optional one), NULL when it has none.
   * Constant for the plugin's life. Not before start() has completed. [any] */
  const void* (*get_extension)(const limen_plugin* plugin, const char* id);
};

#define LIMEN_FACTORY "limen.factory/1"
typedef struct limen_factory {
  uint32_t struct_size;
  uint32_t count; /* of descriptors, at least 1 */
  /* The descriptor at `index` < count. No side effects. [any] */
  const limen_descriptor* (*descriptor)(uint32_t index);
  /* A new instance of the descriptor at `index`: an index and not an id, since one module may hold
   * an authenticator and an authorizer of the same id. Allocates only: host services must not be
   * used yet. `host` lives until destroy(); `instance_name` is copied by who needs it later. NULL
   * is a failure. [control] */
  const limen_plugin* (*create)(const limen_host* host, uint32_t index, const char* instance_name);
} limen_factory;

/* The exported symbol `limen_module_entry` is one of these, constant and initialised without
 * running code, so that a host can judge a module before any of its code runs. */
typedef struct limen_module_entry_t {
  uint32_t magic, struct_size;
  uint16_t abi_major;
  uint16_t abi_minor; /* the lowest minor of a host this module can run on */
  uint32_t flags;     /* none defined yet: zero */
  const char* build;  /* compiler and SDK version, for diagnostics */
  /* Once before anything else; the path is the file's. May follow deinit() again. May be NULL.
   * [control] */
  limen_status (*init)(const char* module_path);
  /* Balances init(). May be NULL. [control] */
  void (*deinit)(void);
  /* The factory with this id, NULL for an unknown one. [any] */
  const void* (*get_factory)(const char* factory_id);
} limen_module_entry_t;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_ABI_H_ */
