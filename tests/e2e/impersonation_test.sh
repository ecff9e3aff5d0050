#!/usr/bin/env bash
# Acting as somebody else with kubectl: --as, --as-group, --as-uid, and what may be allowed of it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state

AUDIT=$WORK/audit.log
printf 'bob-token,bob,1001\ncarol-token,carol,1002\n' > "$WORK/tokens.csv"
chmod 600 "$WORK/tokens.csv"
printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n' > "$WORK/policy.yaml"
cat > "$CONFIG" << YAML
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure:
  bindAddress: 127.0.0.1
  tlsCertFile: $STATE/pki/apiserver.crt
  tlsPrivateKeyFile: $STATE/pki/apiserver.key
modulePath: $LIMEN_BUILD/lib/limen/modules
authenticators:
  - {name: x509, config: {clientCAFile: $STATE/pki/ca.crt}}
  - {name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}
authorizers:
  - {name: rbac}
storage: {module: sqlite, config: {path: $WORK/limen.db}}
audit: {policyFile: $WORK/policy.yaml, logPath: $AUDIT}
YAML
start_server

# as TOKEN ARGUMENTS...: kubectl with that token and no certificate.
as() {
  local token=$1
  shift
  kubectl --kubeconfig /dev/null --server "https://127.0.0.1:$PORT" --certificate-authority "$STATE/pki/ca.crt" \
    --request-timeout=30s --token "$token" "$@"
}
recorded() { jq -se "any(.[]; $1)" "$AUDIT" > /dev/null; }

k create namespace team > "$WORK/out"
k create -f - > "$WORK/out" << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: team}
spec: {containers: [{name: c, image: i}]}
YAML
# alice may look at pods
k -n team create role looks --verb=get,list --resource=pods > "$WORK/out"
k -n team create rolebinding alice-looks --role=looks --user=alice > "$WORK/out"

# --- an administrator is anybody, with everything that belongs to it
assert_eq "$(k auth whoami --as alice --as-group readers --as-group writers --as-uid 7 -o json | jq -Sc .status.userInfo)" \
  '{"groups":["readers","writers","system:authenticated"],"uid":"7","username":"alice"}'
assert_eq "$(k auth whoami --as system:serviceaccount:team:default -o json | jq -c .status.userInfo.groups)" \
  '["system:serviceaccounts","system:serviceaccounts:team","system:authenticated"]'
assert_eq "$(k auth can-i list pods -n team --as alice)" yes
assert_exit 1 k auth can-i delete pods -n team --as alice
assert_eq "$OUTPUT" no
assert_exit 1 k -n team delete pod p --as alice
assert_contains "$OUTPUT" 'pods "p" is forbidden: User "alice" cannot delete resource "pods" in API group "" in the namespace "team"'
assert_eq "$(api GET /api/v1/pods -H 'Impersonate-Group: readers' -o "$WORK/out" -w '%{http_code}')" 400
assert_contains "$(cat "$WORK/out")" 'without impersonating a user'

# --- nobody else is, unless the old right says so
assert_exit 1 as bob-token -n team get pods --as alice
assert_contains "$OUTPUT" 'User "bob" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "team"'
k create clusterrole acts-as-alice --verb=impersonate --resource=users --resource-name=alice > "$WORK/out"
k create clusterrolebinding bob-acts --clusterrole=acts-as-alice --user=bob > "$WORK/out"
assert_eq "$(as bob-token -n team get pods --as alice -o name)" pod/p
assert_exit 1 as bob-token -n team get pods --as carol
assert_exit 1 as bob-token -n team get pods --as alice --as-group system:masters
assert_exit 1 as bob-token -n team get pods --as alice --as-uid 7

# --- constrained: carol may list pods as alice, and nothing else that alice may
k create -f - > "$WORK/out" << 'YAML'
apiVersion: v1
kind: List
items:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: is-alice}
  rules: [{apiGroups: [authentication.k8s.io], resources: [users], resourceNames: [alice], verbs: ["impersonate:user-info"]}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: carol-is-alice}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: is-alice}
  subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: carol}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: lists-as-others, namespace: team}
  rules: [{apiGroups: [""], resources: [pods], verbs: ["impersonate-on:user-info:list"]}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: carol-lists, namespace: team}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: lists-as-others}
  subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: carol}]
YAML
assert_eq "$(as carol-token -n team get pods --as alice -o name)" pod/p
assert_exit 1 as carol-token -n team get pod p --as alice
assert_contains "$OUTPUT" 'pods "p" is forbidden: User "carol" cannot impersonate-on:user-info:get resource "pods" in API group "" in the namespace "team"'
assert_exit 1 as carol-token get pods -A --as alice
assert_exit 1 as carol-token -n team get pods --as bob
assert_contains "$OUTPUT" 'users.authentication.k8s.io "bob" is forbidden: User "carol" cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope'

# --- recorded: who asked, whom it acted as, and by which right
constrained='.user.username == "carol" and .impersonatedUser.username == "alice" and .verb == "list" and .objectRef.resource == "pods" and .responseStatus.code == 200'
eventually 5 recorded "$constrained"
assert_eq "$(jq -c "select($constrained) | .authenticationMetadata" "$AUDIT")" '{"impersonationConstraint":"impersonate:user-info"}'
old='.user.username == "bob" and .impersonatedUser.username == "alice" and .verb == "list" and .responseStatus.code == 200'
eventually 5 recorded "$old"
assert_eq "$(jq -c "select($old) | .authenticationMetadata" "$AUDIT")" null
eventually 5 recorded '.user.username == "carol" and .verb == "get" and .responseStatus.code == 403 and .impersonatedUser == null'

METRICS=$(api GET /metrics)
assert_matches "$METRICS" 'apiserver_impersonation_attempts_total\{mode="user-info",decision="allowed"\} [1-9]'
assert_matches "$METRICS" 'apiserver_impersonation_attempts_total\{mode="legacy",decision="denied"\} [1-9]'

stop_server
finish
