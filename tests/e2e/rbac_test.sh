#!/usr/bin/env bash
# Rights as people give and take them with kubectl: in force at once, never more than one holds.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

RBAC=/apis/rbac.authorization.k8s.io/v1
json=(-H 'Content-Type: application/json')
as_bob=(-H 'Impersonate-User: bob' -H 'Impersonate-Group: devs')
role() { printf '{"metadata":{"name":"%s"},"rules":[%s]}' "$1" "$2"; }
binding() {
  printf '{"metadata":{"name":"%s"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"%s"},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"%s"}]}' "$1" "$2" "$3"
}
pods='{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}'
secrets='{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}'

assert_ok k create namespace team
assert_ok k -n team create role reader --verb=get,list --resource=pods

# --- a change is in force with the first request after its acknowledgement
for i in $(seq 1 40); do
  assert_status 201 POST "$RBAC/namespaces/team/rolebindings" "${json[@]}" -d "$(binding "b$i" reader "u$i")"
  assert_status 200 GET /api/v1/namespaces/team/pods -H "Impersonate-User: u$i"
  assert_status 403 GET /api/v1/namespaces/default/pods -H "Impersonate-User: u$i"
  assert_status 200 DELETE "$RBAC/namespaces/team/rolebindings/b$i"
  assert_status 403 GET /api/v1/namespaces/team/pods -H "Impersonate-User: u$i"
done

# --- bob keeps the roles of his team, and may read its pods
assert_ok k -n team create role keeper --verb=get,list,create,update,patch,delete --resource=roles,rolebindings
assert_ok k -n team create rolebinding bob-keeps --role=keeper --user=bob
assert_ok k -n team create rolebinding devs-read --role=reader --group=devs
bob() { k --as bob --as-group devs -n team "$@"; }

assert_ok bob create role pod-reader --verb=get,list --resource=pods
assert_exit 1 bob create role thief --verb=get --resource=pods,secrets
assert_contains "$OUTPUT" 'roles.rbac.authorization.k8s.io "thief" is forbidden: user "bob" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'
for type in merge strategic json; do
  case $type in
    json) patch='[{"op":"add","path":"/rules/-","value":'$secrets'}]' ;;
    *) patch='{"rules":['$pods,$secrets']}' ;;
  esac
  assert_exit 1 bob patch role pod-reader --type="$type" -p "$patch"
  assert_contains "$OUTPUT" 'not currently held'
done
assert_status 403 PUT "$RBAC/namespaces/team/roles/pod-reader" "${json[@]}" "${as_bob[@]}" -d "$(role pod-reader "$pods,$secrets")"
assert_exit 1 bob create rolebinding all --clusterrole=cluster-admin --user=bob
assert_contains "$OUTPUT" 'rolebindings.rbac.authorization.k8s.io "all" is forbidden'
assert_exit 1 bob create rolebinding ghost --role=nobody --user=bob
assert_contains "$OUTPUT" 'roles.rbac.authorization.k8s.io "nobody" not found'
assert_ok bob create rolebinding friend --role=reader --user=carol
assert_eq "$(k auth can-i list pods -n team --as carol)" yes
assert_not_contains "$(k -n team get roles,rolebindings -o yaml)" secrets

# --- the verbs escalate and bind lift it
assert_ok k -n team create role grower --verb=escalate,bind --resource=roles
assert_ok k -n team create rolebinding bob-grows --role=grower --user=bob
assert_ok bob create role thief --verb=get --resource=secrets
assert_ok bob create rolebinding thieves --role=thief --user=bob
assert_eq "$(k auth can-i get secrets -n team --as bob)" yes

# --- a binding keeps its role, and an aggregated role gathers
assert_exit 1 k -n team patch rolebinding friend --type=merge -p '{"roleRef":{"name":"thief"}}'
assert_contains "$OUTPUT" 'cannot change roleRef'
assert_ok k create clusterrole gatherer --aggregation-rule=team=blue
assert_ok k create clusterrole blue --verb=get --resource=nodes
assert_ok k label clusterrole blue team=blue
assert_ok k create clusterrolebinding gathers --clusterrole=gatherer --user=dora
eventually 10 k auth can-i get nodes --as dora
cat > "$WORK/reconcile.yaml" << 'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: team}
rules:
- {apiGroups: [""], resources: [pods, services], verbs: [get, list]}
YAML
assert_ok k auth reconcile -f "$WORK/reconcile.yaml"
assert_eq "$(k auth can-i list services -n team --as carol)" yes
assert_contains "$(k auth can-i --list -n team --as carol)" services

# --- the deny list wins over whatever the roles give; its file is read again when it changes
DENY=$WORK/deny.yaml
deny() { printf '%s\n' 'rules:' "$@" > "$DENY.new" && mv "$DENY.new" "$DENY"; }
sed -i "/^authorizers:/a\\  - {name: deny-list, config: {path: $DENY, rules: [{name: no-paths, users: [root], nonResourcePaths: [\"/metrics\"]}]}}" "$CONFIG"
deny '- {}'
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "$DENY:2: has nothing to match"
deny '- {name: leavers, users: [eve], reason: left the company}'
assert_ok k create clusterrolebinding root --clusterrole=cluster-admin --user=root
assert_ok k create clusterrolebinding eve --clusterrole=cluster-admin --user=eve
restart_server
root() { k --as root "$@"; }
assert_exit 1 k --as eve get pods
assert_contains "$OUTPUT" 'User "eve" cannot list resource "pods" in API group "" in the namespace "default": Denied by rule "leavers": left the company'
assert_exit 1 root get --raw /metrics
assert_contains "$OUTPUT" 'Denied by rule "no-paths"'
assert_ok root -n team get secrets,pods
deny '- {groups: [devs], resources: [pods]}' '- {namespaces: [team], resources: [secrets], verbs: [get, list, watch]}'
eventually 3 k --as eve get pods
assert_exit 1 root -n team get secrets
assert_contains "$OUTPUT" 'Denied by rule "deny.yaml:3"'
assert_exit 1 root get secrets --all-namespaces
assert_exit 1 bob get pods
assert_contains "$OUTPUT" 'Denied by rule "deny.yaml:2"'
assert_ok root -n default get secrets
assert_eq "$(k auth can-i list secrets -n team --as root || true)" 'no - Denied by rule "deny.yaml:3"'
assert_contains "$(root auth can-i --list -n team 2>&1)" 'may be denied by the deny list'
deny '- {users: [root'
eventually 3 grep -q 'the last good state stays in force' "$LOG"
assert_exit 1 root -n team get secrets
deny '- {users: [root], until: 2020-01-01T00:00:00Z}'
eventually 3 root -n team get secrets

stop_server
assert_eq "$STOPPED" 0
finish
