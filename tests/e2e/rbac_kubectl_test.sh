#!/usr/bin/env bash
# RBAC as an administrator meets it with kubectl: everything a rule can say, and every way in which somebody
# might take more than they hold.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

RBAC=/apis/rbac.authorization.k8s.io/v1
json=(-H 'Content-Type: application/json')

# can USER WORDS...: "yes" or "no", as kubectl says it to the user.
can() { k auth can-i "${@:2}" --as "$1" 2> /dev/null | head -n 1 | cut -d ' ' -f 1; }
assert_can() { assert_eq "$(can "$@")" yes "$*"; }
assert_cannot() { assert_eq "$(can "$@")" no "$*"; }
# as USER METHOD PATH [curl options]: the status code.
as() { status_of "$2" "$3" -H "Impersonate-User: $1" "${@:4}"; }
# Everything that grants rights, as it stands.
rights() {
  local kind
  for kind in clusterroles clusterrolebindings roles rolebindings; do
    api GET "$RBAC/$kind" | jq -cS '.items[] | [.metadata.namespace, .metadata.name, .metadata.resourceVersion]'
  done
}

assert_ok k create namespace team
assert_ok k create namespace other
for name in one two; do assert_ok k -n team create configmap "$name" --from-literal=a=b; done
assert_ok k -n team create deployment web --image=nginx
assert_ok k -n team run web --image=nginx

# --- subresources are resources of their own
assert_ok k -n team create role logs --verb=get --resource=pods/log
assert_ok k -n team create rolebinding logs --role=logs --user=lea
assert_can lea get pods --subresource=log -n team
assert_cannot lea get pods -n team
assert_cannot lea get pods --subresource=exec -n team
assert_eq "$(as lea GET /api/v1/namespaces/team/pods/web)" 403
[ "$(as lea GET /api/v1/namespaces/team/pods/web/log)" != 403 ] || fail "the log is hers to read"
assert_ok k create clusterrole scaler --verb=get,update,patch --resource='*/scale'
k get clusterrole scaler -o json | jq '.rules[0].apiGroups = ["*"]' | k replace -f - > /dev/null
assert_ok k -n team create rolebinding scaler --clusterrole=scaler --user=sam
scale() { as sam PATCH "/apis/apps/v1/namespaces/$1/deployments/web/scale" -H 'Content-Type: application/merge-patch+json' \
  -d '{"spec":{"replicas":3}}'; }
assert_eq "$(scale team)" 200
assert_eq "$(scale other)" 403
assert_eq "$(as sam GET /apis/apps/v1/namespaces/team/deployments/web)" 403
assert_eq "$(k -n team get deployment web -o jsonpath='{.spec.replicas}')" 3

# --- resource names: what is named, never the whole list nor something new
assert_ok k -n team create role one --verb='*' --resource=configmaps --resource-name=one
assert_ok k -n team create rolebinding one --role=one --user=rita
assert_ok k -n team get configmap one --as rita
assert_exit 1 k -n team get configmap two --as rita
assert_contains "$OUTPUT" 'configmaps "two" is forbidden: User "rita" cannot get resource "configmaps" in API group "" in the namespace "team"'
assert_exit 1 k -n team get configmaps --as rita
assert_contains "$OUTPUT" 'configmaps is forbidden: User "rita" cannot list resource "configmaps" in API group "" in the namespace "team"'
assert_eq "$(k -n team get configmaps --field-selector metadata.name=one -o name --as rita)" configmap/one
assert_exit 1 k -n team get configmaps --field-selector metadata.name=two --as rita
assert_exit 1 k -n team create configmap one --from-literal=a=b --as rita
assert_contains "$OUTPUT" 'cannot create resource "configmaps"'
assert_ok k -n team patch configmap one --type=merge -p '{"data":{"a":"c"}}' --as rita
assert_exit 1 k -n team patch configmap two --type=merge -p '{"data":{"a":"c"}}' --as rita
assert_eq "$(as rita DELETE /api/v1/namespaces/team/configmaps)" 403
# Not even those of its own name: a deletecollection has none, whatever its selector says.
assert_eq "$(as rita DELETE '/api/v1/namespaces/team/configmaps?fieldSelector=metadata.name=one')" 403
assert_ok k -n team get configmap one two

# --- paths: by a cluster role bound in the cluster, and by nothing else
assert_exit 1 k get --raw /metrics --as nora
assert_contains "$OUTPUT" 'forbidden: User "nora" cannot get path "/metrics"'
assert_ok k create clusterrole metrics --verb=get --non-resource-url=/metrics --non-resource-url='/debug/*'
assert_ok k -n team create rolebinding metrics --clusterrole=metrics --user=nora
assert_cannot nora get /metrics
assert_ok k create clusterrolebinding metrics --clusterrole=metrics --user=nora
assert_ok k get --raw /metrics --as nora
assert_can nora get /debug/anything
assert_cannot nora get /debug
assert_cannot nora post /metrics
assert_eq "$(as nora POST /metrics)" 403
assert_exit 1 k -n team create -f - << 'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: paths}
rules: [{nonResourceURLs: [/metrics], verbs: [get]}]
YAML
assert_contains "$OUTPUT" 'namespaced rules cannot apply to non-resource URLs'

# --- service accounts, by name, by the binding's own namespace, and by their groups
assert_ok k -n team create serviceaccount app
assert_ok k -n team create role pods --verb=get,list --resource=pods
assert_ok k -n other create role pods --verb=get,list --resource=pods
assert_ok k -n other create rolebinding app --role=pods --serviceaccount=team:app
TOKEN=$(k -n team create token app)
as_app() { request GET "$1" -H "Authorization: Bearer $TOKEN" -o /dev/null -w '%{http_code}'; }
assert_eq "$(as_app /api/v1/namespaces/other/pods)" 200
assert_eq "$(as_app /api/v1/namespaces/team/pods)" 403
assert_cannot system:serviceaccount:other:app list pods -n other
k create -f - > /dev/null << 'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: own, namespace: team}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pods}
subjects: [{kind: ServiceAccount, name: app}]
YAML
assert_eq "$(as_app /api/v1/namespaces/team/pods)" 200
assert_ok k create clusterrole nodes --verb=list --resource=nodes
assert_eq "$(as_app /api/v1/nodes)" 403
assert_ok k create clusterrolebinding nodes --clusterrole=nodes --group=system:serviceaccounts:team
assert_eq "$(as_app /api/v1/nodes)" 200

# --- a binding whose role is missing: told in the reason, no hindrance, and good as soon as there is one
assert_ok k -n team create rolebinding ghost --role=ghost --user=gil
assert_exit 1 k -n team get services --as gil
assert_contains "$OUTPUT" 'services is forbidden: User "gil" cannot list resource "services" in API group "" in the namespace "team": RBAC: role.rbac.authorization.k8s.io "ghost" not found'
assert_ok k -n team create rolebinding gil-pods --role=pods --user=gil
assert_ok k -n team get pods --as gil
assert_ok k -n team create role ghost --verb=list --resource=services
assert_ok k -n team get services --as gil
assert_ok k -n team delete role ghost
assert_exit 1 k -n team get services --as gil
assert_ok k -n team delete rolebinding ghost

# --- can-i --list: one row a rule, from the cluster and from the namespace
assert_ok k -n team create rolebinding rita-logs --role=logs --user=rita
assert_ok k create clusterrolebinding rita-metrics --clusterrole=metrics --user=rita
LIST=$(k auth can-i --list -n team --as rita)
assert_matches "$LIST" 'configmaps +\[\] +\[one\] +\[\*\]'
assert_matches "$LIST" 'pods/log +\[\] +\[\] +\[get\]'
assert_matches "$LIST" '\[/metrics\] +\[\] +\[get\]'
assert_matches "$LIST" 'selfsubjectaccessreviews.authorization.k8s.io +\[\] +\[\] +\[create\]'
LIST=$(k auth can-i --list -n other --as rita)
assert_not_contains "$LIST" configmaps
assert_not_contains "$LIST" pods/log
assert_matches "$LIST" '\[/metrics\] +\[\] +\[get\]'
assert_contains "$(k auth can-i --list -n team --as system:serviceaccount:team:app)" pods

# --- auth reconcile: makes what is missing, adds to what is there, and takes away when told to
cat > "$WORK/reconcile.yaml" << 'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: viewer, labels: {made: by-hand}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: viewers, namespace: reconciled}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: viewer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: vera}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: viewers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: viewer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: victor}]
YAML
reconcile() { k auth reconcile -f "$WORK/reconcile.yaml" "$@"; }
assert_ok reconcile --dry-run=client
assert_exit 1 k get clusterrole viewer
assert_ok reconcile
assert_ok k get namespace reconciled
assert_can vera list pods -n reconciled
assert_cannot vera list pods -n team
assert_can victor list pods -n team
BEFORE=$(rights)
assert_ok reconcile
assert_eq "$(rights)" "$BEFORE" "what is as it should be is left alone"
k get clusterrole viewer -o json | jq '.rules += [{"apiGroups":[""],"resources":["services"],"verbs":["list"]}]' | k replace -f - > /dev/null
k -n reconciled get rolebinding viewers -o json |
  jq '.subjects = [{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"walt"}]' | k replace -f - > /dev/null
assert_cannot vera list pods -n reconciled
assert_ok reconcile
assert_can vera list pods -n reconciled
assert_can walt list pods -n reconciled
assert_can victor list services -n team
assert_ok reconcile --remove-extra-subjects --remove-extra-permissions
assert_cannot walt list pods -n reconciled
assert_cannot victor list services -n team
assert_can victor list pods -n team
# Another role: the binding is made anew, since it cannot be changed.
assert_ok k create clusterrole watcher --verb=watch --resource=pods
OLD=$(k get clusterrolebinding viewers -o jsonpath='{.metadata.uid}')
sed -i '/^kind: ClusterRoleBinding/,$ s/name: viewer}/name: watcher}/' "$WORK/reconcile.yaml"
assert_ok reconcile
[ "$(k get clusterrolebinding viewers -o jsonpath='{.metadata.uid}')" != "$OLD" ] || fail "the binding was not made anew"
assert_can victor watch pods -n team
assert_cannot victor list pods -n team

# --- a binding keeps its role, whoever asks and however
k -n team create rolebinding fixed --role=pods --user=fay > /dev/null
FIXED=$(api GET "$RBAC/namespaces/team/rolebindings/fixed")
assert_exit 1 k -n team patch rolebinding fixed --type=json -p '[{"op":"replace","path":"/roleRef/name","value":"logs"}]'
assert_contains "$OUTPUT" 'The RoleBinding "fixed" is invalid: roleRef: Invalid value:'
assert_contains "$OUTPUT" 'cannot change roleRef'
assert_exit 1 k -n team patch rolebinding fixed --type=merge -p '{"roleRef":{"kind":"ClusterRole"}}'
assert_contains "$OUTPUT" 'cannot change roleRef'
assert_exit 1 k -n team patch rolebinding fixed --type=strategic -p '{"roleRef":{"name":"logs"}}'
assert_contains "$OUTPUT" 'cannot change roleRef'
assert_status 422 PUT "$RBAC/namespaces/team/rolebindings/fixed" "${json[@]}" -d "$(jq -c '.roleRef.name = "logs"' <<< "$FIXED")"
assert_eq "$(api GET "$RBAC/namespaces/team/rolebindings/fixed")" "$FIXED"
jq '.roleRef.name = "logs"' <<< "$FIXED" | k replace --force -f - > /dev/null
assert_cannot fay list pods -n team
assert_can fay get pods --subresource=log -n team

# --- mallory keeps the rights of her team and of the cluster, holds little herself, and wants more
assert_ok k create clusterrole keeper --resource=roles,rolebindings,clusterroles,clusterrolebindings \
  --verb=get,list,create,update,patch,delete
assert_ok k create clusterrolebinding mallory-keeps --clusterrole=keeper --user=mallory
assert_ok k create clusterrole holdings --verb=get --resource=configmaps,pods/log
k get clusterrole holdings -o json | jq '.rules += [{"nonResourceURLs":["/metrics"],"verbs":["get"]},
  {"apiGroups":[""],"resources":["secrets"],"resourceNames":["hers"],"verbs":["get"]}]' | k replace -f - > /dev/null
assert_ok k create clusterrolebinding mallory-holds --clusterrole=holdings --user=mallory
assert_ok k -n team create rolebinding mallory-pods --role=pods --user=mallory
assert_ok k create clusterrole strong --verb='*' --resource='*.*'
assert_ok k -n team create role strong --verb='*' --resource='secrets'
assert_ok k -n team create role weak --verb=get --resource=configmaps
assert_ok k create clusterrole weak --verb=get --resource=configmaps
assert_ok k -n team create rolebinding weak --role=weak --user=nobody
assert_ok k -n team create rolebinding strong --role=strong --user=nobody
assert_ok k create clusterrolebinding strong --clusterrole=strong --user=nobody
assert_ok k create clusterrole gathers --aggregation-rule=gather=yes
BEFORE=$(rights)

mallory=(-H 'Impersonate-User: mallory')
secrets='{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}'
configmaps='{"apiGroups":[""],"resources":["configmaps"],"verbs":["get"]}'
role_body() { printf '{"metadata":{"name":"%s"},"rules":[%s]}' "$1" "$2"; }
subject='{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"mallory"}'
binding_body() {
  printf '{"metadata":{"name":"%s"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"%s","name":"%s"},"subjects":[%s]}' \
    "$1" "$2" "$3" "$subject"
}
# refused METHOD PATH [curl options]: 403, because mallory does not hold what she would give.
refused() {
  local answer
  answer=$(api "$@" "${mallory[@]}" -w '\n%{http_code}')
  assert_eq "${answer##*$'\n'}" 403 "$*: $answer"
  assert_contains "$answer" 'is attempting to grant RBAC permissions not currently held'
}
for scope in "$RBAC/namespaces/team/roles" "$RBAC/clusterroles"; do
  refused POST "$scope" "${json[@]}" -d "$(role_body thief "$secrets")"
  refused POST "$scope?dryRun=All" "${json[@]}" -d "$(role_body thief "$secrets")"
  refused POST "$scope" "${json[@]}" -d '{"metadata":{"generateName":"thief-"},"rules":['"$secrets"']}'
  refused POST "$scope" "${json[@]}" -d "$(role_body thief "$configmaps,$secrets")"
  refused PUT "$scope/thief" "${json[@]}" -d "$(role_body thief "$secrets")" # creates what is not there
  refused PUT "$scope/weak" "${json[@]}" -d "$(role_body weak "$configmaps,$secrets")"
  refused PATCH "$scope/weak" -H 'Content-Type: application/merge-patch+json' -d '{"rules":['"$secrets"']}'
  refused PATCH "$scope/weak" -H 'Content-Type: application/strategic-merge-patch+json' -d '{"rules":['"$secrets"']}'
  refused PATCH "$scope/weak" -H 'Content-Type: application/json-patch+json' -d '[{"op":"add","path":"/rules/-","value":'"$secrets"'}]'
  refused PATCH "$scope/weak" -H 'Content-Type: application/json-patch+json' -d '[{"op":"replace","path":"/rules/0/verbs/0","value":"*"}]'
  # Hers are the log and not the pod, the one secret and not all, get and not every verb, one path.
  for rule in '{"apiGroups":[""],"resources":["pods/exec"],"verbs":["get"]}' '{"apiGroups":[""],"resources":["*"],"verbs":["get"]}' \
    '{"apiGroups":["*"],"resources":["configmaps"],"verbs":["get"]}' '{"apiGroups":[""],"resources":["configmaps"],"verbs":["*"]}' \
    '{"apiGroups":[""],"resources":["secrets"],"resourceNames":["hers","his"],"verbs":["get"]}' \
    '{"apiGroups":[""],"resources":["*/log"],"verbs":["get"]}' '{"apiGroups":[""],"resources":["configmaps/x"],"verbs":["get"]}'; do
    refused POST "$scope" "${json[@]}" -d "$(role_body thief "$rule")"
  done
  # A role that grants more than she holds cannot even get another label from her.
  refused PATCH "$scope/strong" -H 'Content-Type: application/merge-patch+json' -d '{"metadata":{"labels":{"gather":"yes"}}}'
done
# What she holds in the team she does not hold in the cluster.
refused POST "$RBAC/clusterroles" "${json[@]}" -d "$(role_body thief '{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}')"
refused POST "$RBAC/namespaces/other/roles" "${json[@]}" -d "$(role_body thief '{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}')"
for url in '/metrics*' '*' '/healthz/x'; do
  refused POST "$RBAC/clusterroles" "${json[@]}" -d "$(role_body thief '{"nonResourceURLs":["'"$url"'"],"verbs":["get"]}')"
done

for kind in Role ClusterRole; do
  refused POST "$RBAC/namespaces/team/rolebindings" "${json[@]}" -d "$(binding_body thief $kind strong)"
  refused POST "$RBAC/namespaces/team/rolebindings?dryRun=All" "${json[@]}" -d "$(binding_body thief $kind strong)"
  refused PUT "$RBAC/namespaces/team/rolebindings/thief" "${json[@]}" -d "$(binding_body thief $kind strong)"
done
refused POST "$RBAC/clusterrolebindings" "${json[@]}" -d "$(binding_body thief ClusterRole strong)"
refused POST "$RBAC/clusterrolebindings" "${json[@]}" -d "$(binding_body thief ClusterRole cluster-admin)"
for path in "$RBAC/namespaces/team/rolebindings/strong" "$RBAC/clusterrolebindings/strong"; do
  refused PUT "$path" "${json[@]}" -d "$(api GET "$path" | jq -c ".subjects += [$subject]")"
  refused PATCH "$path" -H 'Content-Type: application/merge-patch+json' -d '{"subjects":['"$subject"']}'
  refused PATCH "$path" -H 'Content-Type: application/strategic-merge-patch+json' -d '{"subjects":['"$subject"']}'
  refused PATCH "$path" -H 'Content-Type: application/json-patch+json' -d '[{"op":"add","path":"/subjects/-","value":'"$subject"'}]'
done
# Nor by changing whom she binds to: the role that is named before is the role that counts after.
refused PATCH "$RBAC/namespaces/team/rolebindings/weak" -H 'Content-Type: application/merge-patch+json' -d '{"roleRef":{"name":"strong"}}'

# A role that gathers takes whatever comes to match: only who holds everything may make or change one.
gathering='{"metadata":{"name":"thief"},"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]},"rules":[]}'
for attempt in "POST $RBAC/clusterroles" "PUT $RBAC/clusterroles/thief"; do
  # shellcheck disable=SC2086
  assert_contains "$(api $attempt "${mallory[@]}" "${json[@]}" -d "$gathering")" \
    'must have cluster-admin privileges to use the aggregationRule'
done
for patch in '{"aggregationRule":{"clusterRoleSelectors":[{}]}}' '{"aggregationRule":null}'; do
  assert_exit 1 k --as mallory patch clusterrole gathers --type=merge -p "$patch"
  assert_contains "$OUTPUT" 'must have cluster-admin privileges to use the aggregationRule'
done

# kubectl says the same.
role_body thief "$secrets" | jq '. + {apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole"}' > "$WORK/thief.json"
for words in create apply "apply --server-side" replace; do
  # shellcheck disable=SC2086
  assert_exit 1 k --as mallory $words -f "$WORK/thief.json"
done
assert_exit 1 k --as mallory auth reconcile -f "$WORK/thief.json"
assert_contains "$OUTPUT" 'is attempting to grant RBAC permissions not currently held'
assert_exit 1 k --as mallory create clusterrolebinding thief --clusterrole=cluster-admin --user=mallory
assert_contains "$OUTPUT" 'clusterrolebindings.rbac.authorization.k8s.io "thief" is forbidden: user "mallory" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:["*"], Resources:["*"], Verbs:["*"]}
{NonResourceURLs:["*"], Verbs:["*"]}'

# Deleting one by one is hers, deleting all at once is another verb, with and without a selector.
for path in namespaces/team/roles namespaces/team/rolebindings clusterroles clusterrolebindings; do
  assert_eq "$(as mallory DELETE "$RBAC/$path")" 403 "$path"
  assert_eq "$(as mallory DELETE "$RBAC/$path?labelSelector=a%3Db")" 403 "$path"
done
assert_eq "$(rights)" "$BEFORE" "nothing of all this has left a trace"
assert_cannot mallory get secrets -n team
assert_cannot mallory get /healthz/x

# What she holds she may give, and what ends an object's life needs no rights on what it grants.
assert_eq "$(as mallory POST "$RBAC/namespaces/team/roles" "${json[@]}" -d "$(role_body hers "$configmaps"',{"apiGroups":[""],"resources":["pods","pods/log"],"verbs":["get"]},{"apiGroups":[""],"resources":["secrets"],"resourceNames":["hers"],"verbs":["get"]}')")" 201
assert_eq "$(as mallory POST "$RBAC/clusterroles" "${json[@]}" -d "$(role_body hers '{"nonResourceURLs":["/metrics"],"verbs":["get"]}')")" 201
assert_eq "$(as mallory POST "$RBAC/clusterrolebindings" "${json[@]}" -d "$(binding_body hers ClusterRole weak)")" 201
assert_eq "$(as mallory PATCH "$RBAC/namespaces/team/rolebindings/strong" -H 'Content-Type: application/merge-patch+json' \
  -d '{"metadata":{"finalizers":["example.com/x"]}}')" 200
assert_eq "$(as mallory PATCH "$RBAC/namespaces/team/rolebindings/strong" -H 'Content-Type: application/merge-patch+json' \
  -d '{"metadata":{"finalizers":null}}')" 200
assert_eq "$(as mallory DELETE "$RBAC/namespaces/team/rolebindings/strong")" 200

# --- roles that gather, and what their users may do by it
assert_ok k create clusterrolebinding gatherer --clusterrole=gathers --user=greta
assert_cannot greta get secrets
k create clusterrole part --verb=get --resource=secrets > /dev/null
assert_cannot greta get secrets
assert_ok k label clusterrole part gather=yes
eventually 10 k auth can-i get secrets --as greta
assert_ok k label clusterrole part gather-
forgotten() { ! k auth can-i "$@"; }
eventually 10 forgotten get secrets --as greta
# A rule of one's own for everybody who may view.
assert_ok k -n team create rolebinding val --clusterrole=view --user=val
assert_cannot val get crontabs.example.com -n team
k create -f - > /dev/null << 'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: crontabs, labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}}
rules: [{apiGroups: [example.com], resources: [crontabs], verbs: [get]}]
YAML
reads_crontabs() {
  [ "$(api POST /apis/authorization.k8s.io/v1/subjectaccessreviews "${json[@]}" -d '{"spec":{"user":"val","resourceAttributes":
    {"namespace":"team","verb":"get","group":"example.com","resource":"crontabs"}}}' | jq .status.allowed)" = true ]
}
eventually 10 reads_crontabs

# --- the default policy is put right at the next start, unless somebody said to leave it
asks() { api POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews "${json[@]}" -H "Impersonate-User: somebody" \
  -d '{"spec":{"namespace":"team"}}' -o /dev/null -w '%{http_code}'; }
assert_eq "$(asks)" 201
k patch clusterrole system:basic-user --type=json -p '[{"op":"replace","path":"/rules","value":[]}]' > /dev/null
assert_eq "$(asks)" 403
assert_ok k delete clusterrolebinding system:public-info-viewer
assert_eq "$(request GET /version -o /dev/null -w '%{http_code}')" 403
restart_server
assert_eq "$(asks)" 201
assert_eq "$(request GET /version -o /dev/null -w '%{http_code}')" 200
k patch clusterrole system:basic-user --type=json -p '[{"op":"replace","path":"/rules","value":[]}]' > /dev/null
k annotate clusterrole system:basic-user rbac.authorization.kubernetes.io/autoupdate=false --overwrite > /dev/null
restart_server
assert_eq "$(asks)" 403
k annotate clusterrole system:basic-user rbac.authorization.kubernetes.io/autoupdate=true --overwrite > /dev/null
restart_server
assert_eq "$(asks)" 201

stop_server
assert_eq "$STOPPED" 0
finish
