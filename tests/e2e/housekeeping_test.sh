#!/usr/bin/env bash
# The controllers inside the server: what they make, what they put right, and that each can be switched off.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# fresh_server NAME [CONTROLLER...]: a server over an empty store of its own, with these switched off.
fresh_server() {
  DATABASE=$WORK/$1.db
  shift
  switched_off "$@"
}

# switched_off [CONTROLLER...]: starts the server over $DATABASE again with these controllers switched off.
switched_off() {
  [ -z "$SERVER_PID" ] || stop_server
  [ "$PORT" != 0 ] || PORT=$(free_port)
  init_state
  local names
  names=$(IFS=,; printf '%s' "$*")
  sed -i -e '/^controllers:/d' -e "s|^  config: {path: .*limen.*|  config: {path: \"$DATABASE\"} # limen|" "$CONFIG"
  printf 'controllers: {disabled: [%s]}\n' "$names" >> "$CONFIG"
  start_server
}

# What a controller that is switched off would have done long before.
would_have_been_done() { sleep 1; }

names_of() { k get "$@" -o name | sed 's|.*/||' | sort | tr '\n' ' '; }
gone() { [ "$(status_of GET "$1")" = 404 ]; }
# The revision of everything: of any list, of the newest write.
revision() { api GET '/api/v1/namespaces?limit=1' | jq -r .metadata.resourceVersion; }
json_patch() { k patch "$1" "$2" "${@:4}" --type=json -p "$3" > /dev/null; }

# make KUBECTL-WORDS...: what they would create, sent as JSON.
make() { k "$@" --dry-run=client -o json | k create -f - > /dev/null; }

# rules_of CLUSTERROLE: one line a rule.
rules_of() { api GET "/apis/rbac.authorization.k8s.io/v1/clusterroles/$1" | jq -cS '.rules // [] | .[]' | sort; }
has_rule() { rules_of "$1" | grep -qF "$2"; }
lacks_rule() { ! has_rule "$1" "$2"; }
has_rules_of() { [ -n "$(rules_of "$2")" ] && [ -z "$(comm -13 <(rules_of "$1") <(rules_of "$2"))" ]; }

# role NAME RESOURCE [LABEL...]: a ClusterRole that may get one resource of example.com.
role() {
  jq -n --arg name "$1" --arg resource "$2" '{apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole",
    metadata: {name: $name}, rules: [{apiGroups: ["example.com"], resources: [$resource], verbs: ["get"]}]}' |
    k create -f - > /dev/null
  [ $# -lt 3 ] || k label clusterrole "$1" "${@:3}" > /dev/null
}

# condition NAMESPACE TYPE: "STATUS REASON MESSAGE".
condition() {
  api GET "/api/v1/namespaces/$1" |
    jq -r --arg t "$2" '.status.conditions // [] | .[] | select(.type == $t) | .status + " " + .reason + " " + .message'
}
condition_is() { [[ "$(condition "$1" "$2")" == "$3"* ]]; }
phase() { k get ns "$1" -o jsonpath='{.status.phase}'; }

SYSTEM="default kube-node-lease kube-public kube-system "
RBAC=/apis/rbac.authorization.k8s.io/v1

# All but the lease, which is written every ten seconds.
fresh_server main identity-lease

# --- the namespaces of every cluster, made as the API would make them, each with its service account
assert_eq "$(names_of ns)" "$SYSTEM"
for ns in $SYSTEM; do
  assert_eq "$(api GET "/api/v1/namespaces/$ns" | jq -c '[.metadata.labels, .spec, .status]')" \
    '[{"kubernetes.io/metadata.name":"'"$ns"'"},{"finalizers":["kubernetes"]},{"phase":"Active"}]'
  assert_matches "$(k get ns "$ns" -o jsonpath='{.metadata.uid} {.metadata.creationTimestamp}')" '^[0-9a-f-]{36} 20[0-9T:-]+Z$'
  assert_eq "$(names_of serviceaccount -n "$ns")" "default "
done

# --- the default policy, marked as such, and the three roles for people filled in
for path in clusterroles clusterrolebindings roles rolebindings; do
  LIST=$(api GET "$RBAC/$path")
  assert_matches "$(jq '.items | length' <<< "$LIST")" '^[1-9][0-9]*$' "$path"
  assert_eq "$(jq -c '[.items[].metadata | [.labels["kubernetes.io/bootstrapping"], .annotations["rbac.authorization.kubernetes.io/autoupdate"]]] | unique' <<< "$LIST")" \
    '[["rbac-defaults","true"]]' "$path"
done
has_rules_of view system:aggregate-to-view || fail "view lacks rules of system:aggregate-to-view"
has_rules_of edit view || fail "edit lacks rules of view"
has_rules_of edit system:aggregate-to-edit || fail "edit lacks rules of system:aggregate-to-edit"
has_rules_of admin edit || fail "admin lacks rules of edit"

# --- what clients and extension API servers have to trust is published
TRUST=extension-apiserver-authentication
trust() { k get configmap "$TRUST" -n kube-system -o json | jq -r --arg key "$1" '.data[$key] // ""'; }
root_ca() { k get configmap kube-root-ca.crt -n "$1" -o jsonpath='{.data.ca\.crt}'; }
trusted() { [ "$(trust client-ca-file)" = "$(cat "$STATE/pki/ca.crt")" ]; }
published_in() { [ "$(root_ca "$1")" = "$(cat "$STATE/pki/ca.crt")" ]; }
eventually 10 trusted
assert_eq "$(k get configmap "$TRUST" -n kube-system -o json | jq -c '.data | keys')" '["client-ca-file"]'
for ns in $SYSTEM; do
  published_in "$ns" || fail "no kube-root-ca.crt in $ns"
  assert_eq "$(k get configmap kube-root-ca.crt -n "$ns" -o json | jq -c '[(.data | keys), (.metadata.annotations | keys)]')" \
    '[["ca.crt"],["kubernetes.io/description"]]'
done
assert_eq "$(k get configmap kube-root-ca.crt -o jsonpath='{.metadata.annotations.kubernetes\.io/description}')" \
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."

# --- ... comes back when it is deleted, also in a namespace made later, and is put right when it is edited
make create ns told
eventually 10 published_in told
for ns in default told; do
  OLD=$(k get configmap kube-root-ca.crt -n "$ns" -o jsonpath='{.metadata.uid}')
  assert_ok k delete configmap kube-root-ca.crt -n "$ns"
  eventually 10 published_in "$ns"
  [ "$(k get configmap kube-root-ca.crt -n "$ns" -o jsonpath='{.metadata.uid}')" != "$OLD" ] || fail "it was not deleted in $ns"
done
json_patch configmap kube-root-ca.crt '[{"op":"replace","path":"/data","value":{"ca.crt":"mine","more":"x"}}]' -n told
eventually 10 published_in told
assert_eq "$(k get configmap kube-root-ca.crt -n told -o json | jq -c '.data | keys')" '["ca.crt"]'
assert_ok k delete configmap "$TRUST" -n kube-system
eventually 10 trusted
json_patch configmap "$TRUST" '[{"op":"replace","path":"/data","value":{"client-ca-file":"none","note":"kept"}}]' -n kube-system
eventually 10 trusted
assert_eq "$(trust note)" kept
json_patch configmap "$TRUST" '[{"op":"remove","path":"/data/note"}]' -n kube-system
assert_ok k delete ns told --timeout=30s

# --- ... and who is in the role for it may read it
carol() { k get configmap "$TRUST" -n kube-system --as carol "$@"; }
assert_exit 1 carol
assert_contains "$OUTPUT" 'configmaps "extension-apiserver-authentication" is forbidden'
assert_ok k create rolebinding carol -n kube-system --role=extension-apiserver-authentication-reader --user=carol
eventually 10 carol
assert_contains "$(carol -o jsonpath='{.data}')" client-ca-file
assert_exit 1 k get configmap -n kube-system --as carol
assert_ok k get configmap -n kube-system --as carol --field-selector "metadata.name=$TRUST"
assert_ok k delete rolebinding carol -n kube-system

# --- a start that finds everything in place writes nothing
BEFORE=$(revision)
restart_server
would_have_been_done
assert_eq "$(revision)" "$BEFORE"

# --- a service account that is deleted comes back as a new one, also in a namespace made later
make create ns shop
for ns in default shop; do
  eventually 10 k get serviceaccount default -n "$ns"
  OLD=$(k get serviceaccount default -n "$ns" -o jsonpath='{.metadata.uid}')
  assert_ok k delete serviceaccount default -n "$ns" --wait=false
  eventually 10 k get serviceaccount default -n "$ns"
  NEW=$(k get serviceaccount default -n "$ns" -o jsonpath='{.metadata.uid}')
  [ "$NEW" != "$OLD" ] || fail "the service account of $ns was not deleted"
done

# --- the policy is put right at the next start: what is missing comes back, what was added stays
DISCOVERY=$(rules_of system:discovery)
EDITING=$(rules_of edit)
LOST=$(api GET "$RBAC/clusterroles/system:aggregate-to-edit" | jq -cS '.rules[0]')
json_patch clusterrole system:aggregate-to-edit '[{"op":"remove","path":"/rules/0"}]'
eventually 10 lacks_rule edit "$LOST"
json_patch clusterrole system:discovery \
  '[{"op":"replace","path":"/rules","value":[{"nonResourceURLs":["/own"],"verbs":["get"]}]}]'
json_patch clusterrole system:basic-user '[{"op":"replace","path":"/rules","value":[]}]'
k annotate clusterrole system:basic-user rbac.authorization.kubernetes.io/autoupdate=false --overwrite > /dev/null
json_patch clusterrolebinding system:public-info-viewer \
  '[{"op":"replace","path":"/subjects","value":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"guest"}]}]'
json_patch clusterrolebinding system:basic-user '[{"op":"replace","path":"/subjects","value":[]}]'
k annotate clusterrolebinding system:basic-user rbac.authorization.kubernetes.io/autoupdate=false --overwrite > /dev/null
assert_ok k delete clusterrole system:kube-scheduler
assert_ok k delete clusterrolebinding system:kube-scheduler
assert_ok k delete role extension-apiserver-authentication-reader -n kube-system
would_have_been_done
assert_eq "$(rules_of system:discovery)" '{"nonResourceURLs":["/own"],"verbs":["get"]}' "not before the next start"
restart_server
has_rule system:aggregate-to-edit "$LOST" || fail "system:aggregate-to-edit did not get its rule back"
assert_eq "$(rules_of edit)" "$EDITING" "edit follows the role it collects"
while read -r rule; do has_rule system:discovery "$rule" || fail "system:discovery lacks $rule"; done <<< "$DISCOVERY"
has_rule system:discovery '"/own"' || fail "the added rule of system:discovery was taken away"
assert_eq "$(rules_of system:basic-user)" "" "autoupdate=false is respected"
assert_eq "$(k get clusterrolebinding system:public-info-viewer -o jsonpath='{.subjects[*].name}' | tr ' ' '\n' | sort | tr '\n' ' ')" \
  "guest system:authenticated system:unauthenticated "
assert_eq "$(k get clusterrolebinding system:basic-user -o jsonpath='{.subjects[*].name}')" ""
assert_ok k get clusterrole system:kube-scheduler
assert_ok k get clusterrolebinding system:kube-scheduler
assert_ok k get role extension-apiserver-authentication-reader -n kube-system

# --- a role that collects follows the labels, the rules and the end of those it collects
role crons crontabs
lacks_rule view crontabs || fail "a role without the label was collected"
k label clusterrole crons rbac.authorization.k8s.io/aggregate-to-view=true > /dev/null
eventually 10 has_rule view crontabs
eventually 10 has_rule admin crontabs # through edit
json_patch clusterrole crons '[{"op":"replace","path":"/rules/0/resources","value":["clocks"]}]'
eventually 10 has_rule view '"clocks"'
lacks_rule view crontabs || fail "view has a rule that the collected role no longer has"
k label clusterrole crons rbac.authorization.k8s.io/aggregate-to-view- > /dev/null
eventually 10 lacks_rule view '"clocks"'
eventually 10 lacks_rule admin '"clocks"'
k create -f - > /dev/null << 'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: collector}
aggregationRule:
  clusterRoleSelectors:
    - matchLabels: {team: red}
    - matchExpressions: [{key: team, operator: In, values: [blue, green]}]
YAML
role red apples team=red
role blue berries team=blue
role grey stones team=grey
eventually 10 has_rule collector apples
eventually 10 has_rule collector berries
lacks_rule collector stones || fail "a role that no selector matches was collected"
json_patch clusterrole collector '[{"op":"replace","path":"/rules","value":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}]'
eventually 10 lacks_rule collector '"*"'
assert_eq "$(rules_of collector | wc -l)" 2 "what is written into a collecting role by hand is replaced"
assert_ok k delete clusterrole red
eventually 10 lacks_rule collector apples
has_rule collector berries || fail "the collector lost more than the role that went"

# --- a namespace is emptied and goes, and takes nothing of another with it
make create configmap kept -n default --from-literal=a=b
for i in 1 2 3; do make create configmap "c$i" -n shop --from-literal=a=b; done
make create deployment web -n shop --image=nginx
make run one -n shop --image=nginx
assert_ok k delete ns shop --timeout=30s
gone /api/v1/namespaces/shop || fail "the namespace is still there"
for path in api/v1/configmaps api/v1/pods api/v1/serviceaccounts apis/apps/v1/deployments; do
  assert_eq "$(api GET "/$path" | jq '[.items[] | select(.metadata.namespace == "shop")] | length')" 0 "$path"
done
assert_ok k get configmap kept -n default

# --- one that holds an object with a finalizer waits, says why, takes nothing new, and survives a restart
make create ns held
eventually 10 k get serviceaccount default -n held
make create configmap keeper -n held --from-literal=a=b
json_patch configmap keeper '[{"op":"add","path":"/metadata/finalizers","value":["example.com/hold"]}]' -n held
make create secret generic plain -n held --from-literal=a=b
assert_ok k delete ns held --wait=false
assert_eq "$(phase held)" Terminating
eventually 10 condition_is held NamespaceFinalizersRemaining True
assert_eq "$(condition held NamespaceFinalizersRemaining)" \
  "True SomeFinalizersRemain Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
assert_eq "$(condition held NamespaceContentRemaining)" \
  "True SomeResourcesRemain Some resources are remaining: configmaps. has 1 resource instances"
assert_eq "$(condition held NamespaceDeletionContentFailure)" \
  "False ContentDeleted All content successfully deleted, may be waiting on finalization"
assert_eq "$(condition held NamespaceDeletionDiscoveryFailure)" "False ResourcesDiscovered All resources successfully discovered"
assert_eq "$(condition held NamespaceDeletionGroupVersionParsingFailure)" \
  "False ParsedGroupVersions All legacy kube types successfully parsed"
gone /api/v1/namespaces/held/secrets/plain || fail "what has no finalizer must go"
[ -n "$(k get configmap keeper -n held -o jsonpath='{.metadata.deletionTimestamp}')" ] || fail "the held object must be being deleted"
gone /api/v1/namespaces/held/serviceaccounts/default || fail "a namespace that ends gets no service account"
assert_exit 1 make create configmap late -n held
assert_contains "$OUTPUT" 'configmaps "late" is forbidden: unable to create new content in namespace held because it is being terminated'
restart_server
would_have_been_done
assert_eq "$(phase held)" Terminating
json_patch configmap keeper '[{"op":"remove","path":"/metadata/finalizers"}]' -n held
eventually 20 gone /api/v1/namespaces/held

# --- finalizers of the namespace itself keep it, emptied, until they are taken away
make create ns kept
json_patch ns kept '[{"op":"add","path":"/metadata/finalizers","value":["example.com/hold"]}]'
make create configmap c -n kept --from-literal=a=b
assert_ok k delete ns kept --wait=false
eventually 10 gone /api/v1/namespaces/kept/configmaps/c
assert_eq "$(phase kept)" Terminating
would_have_been_done
assert_eq "$(k get ns kept -o jsonpath='{.spec.finalizers[*]}')" ""
json_patch ns kept '[{"op":"remove","path":"/metadata/finalizers"}]'
eventually 10 gone /api/v1/namespaces/kept

k create -f - > /dev/null << 'YAML'
apiVersion: v1
kind: Namespace
metadata: {name: own}
spec: {finalizers: [example.com/own]}
YAML
assert_ok k delete ns own --wait=false
only_their_own() { [ "$(k get ns own -o jsonpath='{.spec.finalizers}')" = '["example.com/own"]' ]; }
eventually 10 only_their_own
k get ns own -o json | jq '.spec.finalizers = []' | k replace --raw /api/v1/namespaces/own/finalize -f - > /dev/null
eventually 10 gone /api/v1/namespaces/own

# --- pods go first: what guards them stays until the last one has gone (CVE-2024-7598)
make create ns guarded
make run one -n guarded --image=nginx
json_patch pod one '[{"op":"add","path":"/metadata/finalizers","value":["example.com/hold"]}]' -n guarded
k create -n guarded -f - > /dev/null << 'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: wall}
spec: {podSelector: {}, policyTypes: [Ingress]}
YAML
assert_ok k delete ns guarded --wait=false
eventually 10 condition_is guarded NamespaceFinalizersRemaining True
would_have_been_done
[ -n "$(k get pod one -n guarded -o jsonpath='{.metadata.deletionTimestamp}')" ] || fail "the pod must be being deleted"
assert_eq "$(k get networkpolicy wall -n guarded -o jsonpath='{.metadata.name} {.metadata.deletionTimestamp}')" "wall "
json_patch pod one '[{"op":"remove","path":"/metadata/finalizers"}]' -n guarded
eventually 20 gone /api/v1/namespaces/guarded

# --- a claim or volume in use stays when it is deleted, and goes once nobody uses it
claim() {
  k create -n stored -f - > /dev/null << YAML
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: $1}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
YAML
}
# pod_with POD CLAIM
pod_with() {
  k create -n stored -f - > /dev/null << YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  containers: [{name: c, image: nginx}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: $2}}]
YAML
}
CLAIMS=/api/v1/namespaces/stored/persistentvolumeclaims
terminating() { [ -n "$(api GET "$1" | jq -r '.metadata.deletionTimestamp // ""')" ]; }
make create ns stored
eventually 10 k get serviceaccount default -n stored
claim data
claim ended
claim free
assert_eq "$(k get pvc data -n stored -o jsonpath='{.metadata.finalizers}')" '["kubernetes.io/pvc-protection"]'
pod_with user data
pod_with job ended
assert_ok k delete pvc free -n stored --timeout=10s
assert_ok k delete pvc data ended -n stored --wait=false
would_have_been_done
terminating $CLAIMS/data || fail "a claim in use must be being deleted and stay"
assert_contains "$(k get pvc data -n stored)" Terminating
assert_ok k delete pod user -n stored --force --grace-period=0
eventually 10 gone $CLAIMS/data
terminating $CLAIMS/ended || fail "another pod's end must not let it go"
k get pod job -n stored -o json | jq '.status.phase = "Succeeded"' |
  k replace --raw /api/v1/namespaces/stored/pods/job/status -f - > /dev/null
eventually 10 gone $CLAIMS/ended

k create -f - > /dev/null << 'YAML'
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: /data}}
YAML
volume_phase() {
  k get pv disk -o json | jq --arg phase "$1" '.status.phase = $phase' |
    k replace --raw /api/v1/persistentvolumes/disk/status -f - > /dev/null
}
volume_phase Bound
assert_ok k delete pv disk --wait=false
would_have_been_done
terminating /api/v1/persistentvolumes/disk || fail "a bound volume must be being deleted and stay"
volume_phase Released
eventually 10 gone /api/v1/persistentvolumes/disk

# ... also with its namespace, which waits for it no longer than for its pods
claim data
pod_with user data
assert_ok k delete ns stored --timeout=30s

# --- switched off: one at a time, the others do their work; switched on again, it makes up for it
fresh_server no-namespaces namespaces
would_have_been_done
assert_eq "$(names_of ns)" ""
make create ns shop
eventually 10 k get serviceaccount default -n shop
make create configmap c -n shop --from-literal=a=b
assert_ok k delete ns shop --wait=false
would_have_been_done
assert_eq "$(phase shop)" Terminating
assert_eq "$(k get ns shop -o jsonpath='{.spec.finalizers[*]} {.status.conditions}')" "kubernetes "
assert_ok k get configmap c -n shop
has_rules_of view system:aggregate-to-view || fail "the other controllers must work"
switched_off
eventually 10 gone /api/v1/namespaces/shop
assert_eq "$(names_of ns)" "$SYSTEM"

fresh_server no-accounts default-service-account
make create ns shop
would_have_been_done
assert_eq "$(names_of ns)" "${SYSTEM}shop "
assert_eq "$(names_of serviceaccount -A)" ""
switched_off
eventually 10 k get serviceaccount default -n shop
assert_eq "$(api GET /api/v1/serviceaccounts | jq '.items | length')" 5

fresh_server no-policy rbac-bootstrap
would_have_been_done
assert_eq "$(names_of ns)" "$SYSTEM"
for path in clusterroles clusterrolebindings roles rolebindings; do
  assert_eq "$(api GET "$RBAC/$path" | jq '.items | length')" 0 "$path"
done
switched_off
assert_ok k get clusterrolebinding cluster-admin
has_rules_of view system:aggregate-to-view || fail "view was not filled in"

fresh_server no-aggregation clusterrole-aggregation
role crons crontabs rbac.authorization.k8s.io/aggregate-to-view=true
would_have_been_done
assert_eq "$(rules_of view)" ""
[ -n "$(rules_of system:aggregate-to-view)" ] || fail "the policy must be there"
switched_off
eventually 10 has_rule view crontabs
has_rules_of view system:aggregate-to-view || fail "view was not filled in"

fresh_server no-trust cluster-authentication-trust root-ca-publisher legacy-token-tracking
would_have_been_done
assert_eq "$(names_of configmap -A)" ""
switched_off
eventually 10 trusted
eventually 10 published_in default
eventually 10 k get configmap kube-apiserver-legacy-service-account-token-tracking -n kube-system

fresh_server no-protection storage-protection
make create ns stored
claim data
assert_ok k delete pvc data -n stored --wait=false
would_have_been_done
terminating $CLAIMS/data || fail "nobody is there to let it go"
switched_off
eventually 10 gone $CLAIMS/data

# --- the authority to publish can be named; its file is followed, and a broken one changes nothing
stop_server
cp "$STATE/pki/ca.crt" "$WORK/root.crt"
sed -i "s|^controllers:.*|controllers: {rootCAFile: \"$WORK/root.crt\"}|" "$CONFIG"
start_server
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/next.key" -out "$WORK/next.crt" \
  -subj /CN=next -days 2 2> /dev/null
cat "$STATE/pki/ca.crt" "$WORK/next.crt" > "$WORK/root.crt.new"
mv "$WORK/root.crt.new" "$WORK/root.crt"
both_published() { [ "$(root_ca default)" = "$(cat "$WORK/root.crt")" ]; }
eventually 5 both_published
LAST=$(root_ca default)
echo hello > "$WORK/root.crt"
eventually 5 grep -q "the serving certificate's authority cannot be used" "$LOG"
assert_eq "$(root_ca default)" "$LAST"
stop_server
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "controllers.rootCAFile: $WORK/root.crt: holds no certificate in PEM form"
assert_exit 1 "$LIMEN" serve --config "$CONFIG"
assert_contains "$OUTPUT" "controllers.rootCAFile: $WORK/root.crt: holds no certificate in PEM form"

fresh_server nothing namespaces default-service-account rbac-bootstrap clusterrole-aggregation token-cleaner \
  cluster-authentication-trust root-ca-publisher legacy-token-tracking service-addresses local-api-services flow-control
would_have_been_done
assert_eq "$(names_of ns)" ""
assert_eq "$(revision)" 1 "nothing is written"

# --- a name that is none is refused before the server starts
stop_server
sed -i 's|^controllers:.*|controllers: {disabled: [namespace]}|' "$CONFIG"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" 'there is no controller "namespace"'
finish
