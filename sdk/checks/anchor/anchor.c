/* An object whose one variable has every type of the ABI in it, so that tools which compare debug
 * information see each of them; tables that are found by id are behind `const void*` otherwise. */
#include "limen/limen.h"

struct limen_abi {
  const struct limen_access_answer* access_answer;
  const struct limen_access_api* access_api;
  const struct limen_admission* admission;
  const struct limen_admission_input* admission_input;
  const struct limen_admission_reply* admission_reply;
  const struct limen_attributes* attributes;
  const struct limen_authenticator* authenticator;
  const struct limen_authn_input* authn_input;
  const struct limen_authn_reply* authn_reply;
  const struct limen_authorizer* authorizer;
  const struct limen_authorizer_rules* authorizer_rules;
  const struct limen_authz_reply* authz_reply;
  const struct limen_call_api* call_api;
  const struct limen_clock_api* clock_api;
  const struct limen_config_api* config_api;
  const struct limen_descriptor* descriptor;
  const struct limen_document_reply* document_reply;
  const struct limen_executor_api* executor_api;
  const struct limen_factory* factory;
  const struct limen_host* host;
  const struct limen_http_api* http_api;
  const struct limen_http_request* http_request;
  const struct limen_http_response* http_response;
  const struct limen_log_api* log_api;
  const struct limen_metrics_api* metrics_api;
  const struct limen_module_entry_t* module_entry_t;
  const struct limen_node_api* node_api;
  const struct limen_objects_api* objects_api;
  const struct limen_pair* pair;
  const struct limen_patch_api* patch_api;
  const struct limen_plugin* plugin;
  const struct limen_requirement* requirement;
  const struct limen_rights_api* rights_api;
  const struct limen_rules_input* rules_input;
  const struct limen_rules_reply* rules_reply;
  const struct limen_str* str;
  const struct limen_str_list* str_list;
  const struct limen_token_issuer* token_issuer;
  const struct limen_token_reply* token_reply;
  const struct limen_token_request* token_request;
  const struct limen_user* user;
  const struct limen_validate* validate;
  const struct limen_validate_reply* validate_reply;
  const struct limen_version* version;
  const struct limen_versions_api* versions_api;
};

extern const struct limen_abi limen_abi_anchor;
const struct limen_abi limen_abi_anchor = {0};
