/* "limen.authorizer/1": may this user do that? A table of the plugin.
 *
 * Authorizers are asked in the order of the config; the first that allows or denies wins. None:
 * 403. */
#ifndef LIMEN_AUTHORIZER_H_
#define LIMEN_AUTHORIZER_H_

#include "limen/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  LIMEN_DENY = 0,
  LIMEN_ALLOW = 1,
  LIMEN_VERDICT_NO_OPINION = 2,
  /* Reserved for decisions that depend on the object and for lists filtered to what the user may
   * see. A host that does not know them treats them as an error, which denies. */
  LIMEN_VERDICT_CONDITIONAL = 3,
  LIMEN_VERDICT_FILTER = 4
};

/* How the value of a label or field is to stand to the values of a requirement. */
enum {
  LIMEN_OP_IN = 0,     /* one of them; also = and == */
  LIMEN_OP_NOT_IN = 1, /* none of them; also != */
  LIMEN_OP_EXISTS = 2,
  LIMEN_OP_DOES_NOT_EXIST = 3,
  LIMEN_OP_GREATER_THAN = 4,
  LIMEN_OP_LESS_THAN = 5
};

/* One requirement of a selector; all of them hold together. A plugin may leave out what it does not
 * know: its answer is then for more objects than are asked for. */
typedef struct limen_requirement {
  limen_str key;
  const limen_str* values; /* of labels: sorted, each once */
  uint32_t value_count;
  int32_t op;
} limen_requirement;

/* What is to be done. Kubernetes' authorizer.Attributes. */
typedef struct limen_attributes {
  uint32_t struct_size;
  uint8_t is_resource; /* 1: a resource request; 0: `path` counts, and verb is the method in lower
                          case */
  uint8_t read_only;   /* 1: get, list or watch */
  /* 1: the decision is explained to a person and nothing is done by it. Decide as always, count and
   * remember nothing, and say what nearly decided otherwise: add_cause("near-miss", sentence), a
   * few at most; where a cache answered, add_cause("cache", "hit"). */
  uint8_t explain;
  uint8_t reserved;
  const limen_user* user;
  limen_str
      verb; /* get, list, watch, create, update, patch, delete, deletecollection, proxy, ... */
  limen_str api_group, api_version, resource, subresource, ns, name; /* api_group "" is core */
  limen_str path;                           /* decoded; of non-resource requests */
  limen_str field_selector, label_selector; /* as sent with list, watch and deletecollection */
  /* The same, read. A selector that cannot be read has no requirements, and its error says why: it
   * is then asked about all objects. */
  const limen_requirement *field_requirements, *label_requirements;
  uint32_t field_requirement_count, label_requirement_count;
  limen_str field_selector_error, label_selector_error;
} limen_attributes;

typedef struct limen_authz_reply {
  uint32_t struct_size;
  uint32_t reserved;
  /* The verdict and a sentence for people; not called is LIMEN_DENY. The last one counts. [call] */
  void (*decide)(limen_call* call, int32_t verdict, limen_str reason);
  /* Which rule decided, in the plugin's own terms and the same each time ("policy.jsonl:12"). For
   * explaining; not for the client. One that costs something to name may be left out unless
   * attributes->explain. [call] */
  void (*set_rule)(limen_call* call, limen_str rule_id);
  /* One fact the verdict rests on ("binding", "ClusterRoleBinding/x"); as set_rule. [call] */
  void (*add_cause)(limen_call* call, limen_str key, limen_str value);
  /* What went wrong on the way to the verdict, which stands all the same. When the request is not
   * allowed in the end, the client gets 500 with this text instead of 403. [call] */
  void (*set_error)(limen_call* call, limen_str message);
} limen_authz_reply;

#define LIMEN_KIND_AUTHORIZER "limen.authorizer/1"
typedef struct limen_authorizer {
  uint32_t struct_size;
  uint32_t reserved;
  /* LIMEN_OK: what decide() said counts. An error denies, whatever decide() said, and the client
   * gets 500; a plugin that would rather leave the matter to the next one says
   * LIMEN_VERDICT_NO_OPINION and set_error(). [any] */
  limen_status (*authorize)(const limen_plugin* plugin, limen_call* call,
                            const limen_attributes* attributes, const limen_authz_reply* reply);
} limen_authorizer;

/* Optional: listing what a user may do, for SelfSubjectRulesReview. */
typedef struct limen_rules_input {
  uint32_t struct_size;
  uint32_t reserved;
  const limen_user* user;
  limen_str ns; /* empty: only what holds in every namespace and at the cluster scope is wanted. The
                   host measures by the answer what the user may grant to others */
} limen_rules_input;

typedef struct limen_rules_reply {
  uint32_t struct_size;
  uint32_t reserved;
  /* Fields as in ResourceRule of authorization.k8s.io/v1. [call] */
  void (*add_resource_rule)(limen_call* call, limen_str_list verbs, limen_str_list api_groups,
                            limen_str_list resources, limen_str_list resource_names);
  /* Fields as in NonResourceRule of authorization.k8s.io/v1. [call] */
  void (*add_non_resource_rule)(limen_call* call, limen_str_list verbs, limen_str_list urls);
  /* The list may lack rules; `error` says why and is shown to the user. [call] */
  void (*set_incomplete)(limen_call* call, limen_str error);
} limen_rules_reply;

#define LIMEN_AUTHORIZER_RULES "limen.authorizer.rules/1"
typedef struct limen_authorizer_rules {
  uint32_t struct_size;
  uint32_t reserved;
  /* LIMEN_OK: the rules given so far are the answer. An error makes the answer incomplete. [any] */
  limen_status (*rules_for)(const limen_plugin* plugin, limen_call* call,
                            const limen_rules_input* input, const limen_rules_reply* reply);
} limen_authorizer_rules;

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* LIMEN_AUTHORIZER_H_ */
