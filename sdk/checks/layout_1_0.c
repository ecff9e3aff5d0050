/* The layout of ABI 1.0: what a module built against it relies on. A failure here means that
 * released modules would break: put the change at the end of the structure instead. Sizes are
 * prefixes, so that a structure may grow. */
#include "limen/limen.h"

#define SIZE(type, size) \
  LIMEN_STATIC_ASSERT(sizeof(struct type) >= (size), #type " is shorter than in 1.0")
/* Passed by value and in arrays, so that it can never grow. */
#define EXACT(type, size) \
  LIMEN_STATIC_ASSERT(sizeof(struct type) == (size), #type " has another size than in 1.0")
#define SLOT(type, member, offset) \
  LIMEN_STATIC_ASSERT(offsetof(struct type, member) == (offset), #type "." #member " has moved")

EXACT(limen_str, 16);
SLOT(limen_str, ptr, 0);
SLOT(limen_str, len, 8);

EXACT(limen_pair, 32);
SLOT(limen_pair, key, 0);
SLOT(limen_pair, value, 16);

EXACT(limen_str_list, 16);
SLOT(limen_str_list, items, 0);
SLOT(limen_str_list, count, 8);

SIZE(limen_user, 64);
SLOT(limen_user, struct_size, 0);
SLOT(limen_user, group_count, 4);
SLOT(limen_user, name, 8);
SLOT(limen_user, uid, 24);
SLOT(limen_user, groups, 40);
SLOT(limen_user, extra, 48);
SLOT(limen_user, extra_count, 56);
SLOT(limen_user, reserved, 60);

SIZE(limen_host, 32);
SLOT(limen_host, struct_size, 0);
SLOT(limen_host, abi_major, 4);
SLOT(limen_host, abi_minor, 6);
SLOT(limen_host, version, 8);
SLOT(limen_host, ctx, 16);
SLOT(limen_host, get_extension, 24);

SIZE(limen_descriptor, 72);
SLOT(limen_descriptor, struct_size, 0);
SLOT(limen_descriptor, flags, 4);
SLOT(limen_descriptor, id, 8);
SLOT(limen_descriptor, kind, 16);
SLOT(limen_descriptor, version, 24);
SLOT(limen_descriptor, vendor, 32);
SLOT(limen_descriptor, url, 40);
SLOT(limen_descriptor, summary, 48);
SLOT(limen_descriptor, config_schema, 56);
SLOT(limen_descriptor, required, 64);

SIZE(limen_plugin, 56);
SLOT(limen_plugin, struct_size, 0);
SLOT(limen_plugin, reserved, 4);
SLOT(limen_plugin, desc, 8);
SLOT(limen_plugin, self, 16);
SLOT(limen_plugin, start, 24);
SLOT(limen_plugin, stop, 32);
SLOT(limen_plugin, destroy, 40);
SLOT(limen_plugin, get_extension, 48);

SIZE(limen_factory, 24);
SLOT(limen_factory, struct_size, 0);
SLOT(limen_factory, count, 4);
SLOT(limen_factory, descriptor, 8);
SLOT(limen_factory, create, 16);

SIZE(limen_module_entry_t, 48);
SLOT(limen_module_entry_t, magic, 0);
SLOT(limen_module_entry_t, struct_size, 4);
SLOT(limen_module_entry_t, abi_major, 8);
SLOT(limen_module_entry_t, abi_minor, 10);
SLOT(limen_module_entry_t, flags, 12);
SLOT(limen_module_entry_t, build, 16);
SLOT(limen_module_entry_t, init, 24);
SLOT(limen_module_entry_t, deinit, 32);
SLOT(limen_module_entry_t, get_factory, 40);

SIZE(limen_call_api, 48);
SLOT(limen_call_api, struct_size, 0);
SLOT(limen_call_api, reserved, 4);
SLOT(limen_call_api, deadline_ns, 8);
SLOT(limen_call_api, cancelled, 16);
SLOT(limen_call_api, on_cancel, 24);
SLOT(limen_call_api, fail, 32);
SLOT(limen_call_api, complete, 40);

SIZE(limen_node_api, 104);
SLOT(limen_node_api, struct_size, 0);
SLOT(limen_node_api, reserved, 4);
SLOT(limen_node_api, kind, 8);
SLOT(limen_node_api, at, 16);
SLOT(limen_node_api, member, 24);

SIZE(limen_node_api, 32);
SLOT(limen_node_api, item, 40);
SLOT(limen_node_api, get_bool, 48);
SLOT(limen_node_api, get_int, 56);
SLOT(limen_node_api, get_double, 64);
SLOT(limen_node_api, get_string, 72);
SLOT(limen_node_api, write_json, 80);
SLOT(limen_node_api, retain, 88);
SLOT(limen_node_api, release, 96);

SIZE(limen_authn_input, 144);
SLOT(limen_authn_input, struct_size, 0);
SLOT(limen_authn_input, peer_cert_count, 4);
SLOT(limen_authn_input, method, 8);
SLOT(limen_authn_input, path, 24);
SLOT(limen_authn_input, query, 40);
SLOT(limen_authn_input, source_ip, 56);
SLOT(limen_authn_input, sni, 72);
SLOT(limen_authn_input, bearer_token, 88);
SLOT(limen_authn_input, peer_certs_der, 104);
SLOT(limen_authn_input, audiences, 112);
SLOT(limen_authn_input, audience_count, 120);
SLOT(limen_authn_input, header_count, 124);
SLOT(limen_authn_input, header, 128);
SLOT(limen_authn_input, header_at, 136);

SIZE(limen_authn_reply, 72);
SLOT(limen_authn_reply, struct_size, 0);
SLOT(limen_authn_reply, reserved, 4);
SLOT(limen_authn_reply, set_user, 8);
SLOT(limen_authn_reply, add_group, 16);
SLOT(limen_authn_reply, add_extra, 24);
SLOT(limen_authn_reply, add_audience, 32);
SLOT(limen_authn_reply, cache_for, 40);
SLOT(limen_authn_reply, add_challenge, 48);
SLOT(limen_authn_reply, warn, 56);
SLOT(limen_authn_reply, annotate, 64);

SIZE(limen_authenticator, 16);
SLOT(limen_authenticator, struct_size, 0);
SLOT(limen_authenticator, reserved, 4);
SLOT(limen_authenticator, authenticate, 8);

SIZE(limen_token_request, 168);
SLOT(limen_token_request, struct_size, 0);
SLOT(limen_token_request, audience_count, 4);
SLOT(limen_token_request, ns, 8);
SLOT(limen_token_request, service_account, 24);
SLOT(limen_token_request, service_account_uid, 40);
SLOT(limen_token_request, audiences, 56);
SLOT(limen_token_request, api_audiences, 64);
SLOT(limen_token_request, api_audience_count, 72);
SLOT(limen_token_request, reserved, 76);
SLOT(limen_token_request, bound_kind, 80);
SLOT(limen_token_request, bound_name, 96);
SLOT(limen_token_request, bound_uid, 112);
SLOT(limen_token_request, node_name, 128);
SLOT(limen_token_request, node_uid, 144);
SLOT(limen_token_request, expiration_seconds, 160);

SIZE(limen_token_reply, 40);
SLOT(limen_token_reply, struct_size, 0);
SLOT(limen_token_reply, reserved, 4);
SLOT(limen_token_reply, grant, 8);
SLOT(limen_token_reply, add_audience, 16);
SLOT(limen_token_reply, warn, 24);
SLOT(limen_token_reply, annotate, 32);

SIZE(limen_document_reply, 16);
SLOT(limen_document_reply, struct_size, 0);
SLOT(limen_document_reply, reserved, 4);
SLOT(limen_document_reply, set_text, 8);

SIZE(limen_token_issuer, 32);
SLOT(limen_token_issuer, struct_size, 0);
SLOT(limen_token_issuer, reserved, 4);
SLOT(limen_token_issuer, issue, 8);
SLOT(limen_token_issuer, document, 16);
SLOT(limen_token_issuer, audiences, 24);

EXACT(limen_requirement, 32);
SLOT(limen_requirement, key, 0);
SLOT(limen_requirement, values, 16);
SLOT(limen_requirement, value_count, 24);
SLOT(limen_requirement, op, 28);

SIZE(limen_attributes, 232);
SLOT(limen_attributes, struct_size, 0);
SLOT(limen_attributes, is_resource, 4);
SLOT(limen_attributes, read_only, 5);
SLOT(limen_attributes, explain, 6);
SLOT(limen_attributes, reserved, 7);
SLOT(limen_attributes, user, 8);
SLOT(limen_attributes, verb, 16);
SLOT(limen_attributes, api_group, 32);
SLOT(limen_attributes, api_version, 48);
SLOT(limen_attributes, resource, 64);
SLOT(limen_attributes, subresource, 80);
SLOT(limen_attributes, ns, 96);
SLOT(limen_attributes, name, 112);
SLOT(limen_attributes, path, 128);
SLOT(limen_attributes, field_selector, 144);
SLOT(limen_attributes, label_selector, 160);
SLOT(limen_attributes, field_requirements, 176);
SLOT(limen_attributes, label_requirements, 184);
SLOT(limen_attributes, field_requirement_count, 192);
SLOT(limen_attributes, label_requirement_count, 196);
SLOT(limen_attributes, field_selector_error, 200);
SLOT(limen_attributes, label_selector_error, 216);

SIZE(limen_authz_reply, 40);
SLOT(limen_authz_reply, struct_size, 0);
SLOT(limen_authz_reply, reserved, 4);
SLOT(limen_authz_reply, decide, 8);
SLOT(limen_authz_reply, set_rule, 16);
SLOT(limen_authz_reply, add_cause, 24);
SLOT(limen_authz_reply, set_error, 32);

SIZE(limen_authorizer, 16);
SLOT(limen_authorizer, struct_size, 0);
SLOT(limen_authorizer, reserved, 4);
SLOT(limen_authorizer, authorize, 8);

SIZE(limen_rules_input, 32);
SLOT(limen_rules_input, struct_size, 0);
SLOT(limen_rules_input, reserved, 4);
SLOT(limen_rules_input, user, 8);
SLOT(limen_rules_input, ns, 16);

SIZE(limen_rules_reply, 32);
SLOT(limen_rules_reply, struct_size, 0);
SLOT(limen_rules_reply, reserved, 4);
SLOT(limen_rules_reply, add_resource_rule, 8);
SLOT(limen_rules_reply, add_non_resource_rule, 16);
SLOT(limen_rules_reply, set_incomplete, 24);

SIZE(limen_authorizer_rules, 16);
SLOT(limen_authorizer_rules, struct_size, 0);
SLOT(limen_authorizer_rules, reserved, 4);
SLOT(limen_authorizer_rules, rules_for, 8);

SIZE(limen_admission_input, 72);
SLOT(limen_admission_input, struct_size, 0);
SLOT(limen_admission_input, operation, 4);
SLOT(limen_admission_input, attributes, 8);
SLOT(limen_admission_input, kind, 16);
SLOT(limen_admission_input, object, 32);
SLOT(limen_admission_input, old_object, 40);
SLOT(limen_admission_input, options, 48);
SLOT(limen_admission_input, dry_run, 56);
SLOT(limen_admission_input, reinvocation, 57);
SLOT(limen_admission_input, comes_again, 58);
SLOT(limen_admission_input, reserved, 59);
SLOT(limen_admission_input, write, 64);

SIZE(limen_patch_api, 64);
SLOT(limen_patch_api, struct_size, 0);
SLOT(limen_patch_api, reserved, 4);
SLOT(limen_patch_api, set_json, 8);
SLOT(limen_patch_api, set_string, 16);
SLOT(limen_patch_api, set_int, 24);
SLOT(limen_patch_api, set_bool, 32);
SLOT(limen_patch_api, set_node, 40);
SLOT(limen_patch_api, insert_json, 48);
SLOT(limen_patch_api, remove, 56);

SIZE(limen_admission_reply, 48);
SLOT(limen_admission_reply, struct_size, 0);
SLOT(limen_admission_reply, reserved, 4);
SLOT(limen_admission_reply, deny, 8);
SLOT(limen_admission_reply, add_cause, 16);
SLOT(limen_admission_reply, warn, 24);
SLOT(limen_admission_reply, annotate, 32);
SLOT(limen_admission_reply, patch, 40);

SIZE(limen_admission, 24);
SLOT(limen_admission, struct_size, 0);
SLOT(limen_admission, operations, 4);
SLOT(limen_admission, admit, 8);
SLOT(limen_admission, validate, 16);

SIZE(limen_log_api, 24);
SLOT(limen_log_api, struct_size, 0);
SLOT(limen_log_api, reserved, 4);
SLOT(limen_log_api, enabled, 8);
SLOT(limen_log_api, write, 16);

SIZE(limen_metrics_api, 48);
SLOT(limen_metrics_api, struct_size, 0);
SLOT(limen_metrics_api, reserved, 4);
SLOT(limen_metrics_api, create, 8);
SLOT(limen_metrics_api, series, 16);
SLOT(limen_metrics_api, add, 24);
SLOT(limen_metrics_api, set, 32);
SLOT(limen_metrics_api, observe, 40);

SIZE(limen_clock_api, 24);
SLOT(limen_clock_api, struct_size, 0);
SLOT(limen_clock_api, reserved, 4);
SLOT(limen_clock_api, monotonic_ns, 8);
SLOT(limen_clock_api, unix_ns, 16);

SIZE(limen_config_api, 24);
SLOT(limen_config_api, struct_size, 0);
SLOT(limen_config_api, reserved, 4);
SLOT(limen_config_api, root, 8);
SLOT(limen_config_api, instance_name, 16);

SIZE(limen_objects_api, 72);
SLOT(limen_objects_api, struct_size, 0);
SLOT(limen_objects_api, reserved, 4);
SLOT(limen_objects_api, subscribe, 8);
SLOT(limen_objects_api, synced, 16);
SLOT(limen_objects_api, get, 24);
SLOT(limen_objects_api, list, 32);
SLOT(limen_objects_api, set_label, 40);
SLOT(limen_objects_api, update_status, 48);
SLOT(limen_objects_api, create, 56);
SLOT(limen_objects_api, resource_of, 64);

SIZE(limen_rights_api, 16);
SLOT(limen_rights_api, struct_size, 0);
SLOT(limen_rights_api, reserved, 4);
SLOT(limen_rights_api, changed, 8);

SIZE(limen_version, 88);
SLOT(limen_version, struct_size, 0);
SLOT(limen_version, reserved, 4);
SLOT(limen_version, api_group, 8);
SLOT(limen_version, api_version, 24);
SLOT(limen_version, kind_group, 40);
SLOT(limen_version, kind_version, 56);
SLOT(limen_version, kind, 72);

SIZE(limen_versions_api, 24);
SLOT(limen_versions_api, struct_size, 0);
SLOT(limen_versions_api, reserved, 4);
SLOT(limen_versions_api, list, 8);
SLOT(limen_versions_api, convert, 16);

SIZE(limen_access_answer, 40);
SLOT(limen_access_answer, struct_size, 0);
SLOT(limen_access_answer, verdict, 4);
SLOT(limen_access_answer, reason, 8);
SLOT(limen_access_answer, error, 24);

SIZE(limen_access_api, 16);
SLOT(limen_access_api, struct_size, 0);
SLOT(limen_access_api, reserved, 4);
SLOT(limen_access_api, ask, 8);

SIZE(limen_executor_api, 24);
SLOT(limen_executor_api, struct_size, 0);
SLOT(limen_executor_api, reserved, 4);
SLOT(limen_executor_api, post, 8);
SLOT(limen_executor_api, post_after, 16);

SIZE(limen_http_request, 192);
SLOT(limen_http_request, struct_size, 0);
SLOT(limen_http_request, header_count, 4);
SLOT(limen_http_request, method, 8);
SLOT(limen_http_request, url, 24);
SLOT(limen_http_request, headers, 40);
SLOT(limen_http_request, body, 48);
SLOT(limen_http_request, ca_file, 64);
SLOT(limen_http_request, client_cert_file, 80);
SLOT(limen_http_request, client_key_file, 96);
SLOT(limen_http_request, timeout_ns, 112);
SLOT(limen_http_request, max_response_bytes, 120);
SLOT(limen_http_request, ca_pem, 128);
SLOT(limen_http_request, client_cert_pem, 144);
SLOT(limen_http_request, client_key_pem, 160);
SLOT(limen_http_request, tls_server_name, 176);

SIZE(limen_http_response, 56);
SLOT(limen_http_response, struct_size, 0);
SLOT(limen_http_response, code, 4);
SLOT(limen_http_response, headers, 8);
SLOT(limen_http_response, header_count, 16);
SLOT(limen_http_response, body, 24);
SLOT(limen_http_response, error, 40);

SIZE(limen_http_api, 16);
SLOT(limen_http_api, struct_size, 0);
SLOT(limen_http_api, reserved, 4);
SLOT(limen_http_api, send, 8);

SIZE(limen_validate_reply, 24);
SLOT(limen_validate_reply, struct_size, 0);
SLOT(limen_validate_reply, reserved, 4);
SLOT(limen_validate_reply, ctx, 8);
SLOT(limen_validate_reply, add, 16);

SIZE(limen_validate, 16);
SLOT(limen_validate, struct_size, 0);
SLOT(limen_validate, reserved, 4);
SLOT(limen_validate, validate, 8);

#define VALUE(name, value) LIMEN_STATIC_ASSERT((name) == (value), #name " has changed")
VALUE(LIMEN_OK, 0);
VALUE(LIMEN_PENDING, 1);
VALUE(LIMEN_NO_OPINION, 2);
VALUE(LIMEN_E_INVALID, -1);
VALUE(LIMEN_E_UNSUPPORTED, -2);
VALUE(LIMEN_E_NOT_FOUND, -3);
VALUE(LIMEN_E_DEADLINE, -4);
VALUE(LIMEN_E_CANCELLED, -5);
VALUE(LIMEN_E_UNAVAILABLE, -6);
VALUE(LIMEN_E_INTERNAL, -7);
VALUE(LIMEN_E_CONFLICT, -8);
VALUE(LIMEN_MAY_BLOCK, 1);
VALUE(LIMEN_NODE_ABSENT, 0);
VALUE(LIMEN_NODE_NULL, 1);
VALUE(LIMEN_NODE_BOOL, 2);
VALUE(LIMEN_NODE_INT, 3);
VALUE(LIMEN_NODE_DOUBLE, 4);
VALUE(LIMEN_NODE_STRING, 5);
VALUE(LIMEN_NODE_ARRAY, 6);
VALUE(LIMEN_NODE_OBJECT, 7);
VALUE(LIMEN_DENY, 0);
VALUE(LIMEN_ALLOW, 1);
VALUE(LIMEN_VERDICT_NO_OPINION, 2);
VALUE(LIMEN_VERDICT_CONDITIONAL, 3);
VALUE(LIMEN_VERDICT_FILTER, 4);
VALUE(LIMEN_ISSUER_CONFIGURATION, 1);
VALUE(LIMEN_ISSUER_KEYS, 2);
VALUE(LIMEN_OP_CREATE, 1);
VALUE(LIMEN_OP_UPDATE, 2);
VALUE(LIMEN_OP_DELETE, 4);
VALUE(LIMEN_OP_CONNECT, 8);
VALUE(LIMEN_LOG_DEBUG, 0);
VALUE(LIMEN_LOG_INFO, 1);
VALUE(LIMEN_LOG_WARN, 2);
VALUE(LIMEN_LOG_ERROR, 3);
VALUE(LIMEN_METRIC_COUNTER, 1);
VALUE(LIMEN_METRIC_GAUGE, 2);
VALUE(LIMEN_METRIC_HISTOGRAM, 3);
VALUE(LIMEN_OBJECT_ADDED, 1);
VALUE(LIMEN_OBJECT_MODIFIED, 2);
VALUE(LIMEN_OBJECT_DELETED, 3);
VALUE(LIMEN_OBJECT_SYNCED, 4);
VALUE(LIMEN_FINDING_WARNING, 1);
VALUE(LIMEN_FINDING_ERROR, 2);

extern const int limen_check_layout;
const int limen_check_layout = LIMEN_ABI_MINOR;
