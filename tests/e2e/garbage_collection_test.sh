#!/usr/bin/env bash
# Owners and their dependents: what kubectl delete takes with it, leaves, and waits for.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

uid_of() { k get "$1" "$2" -o jsonpath='{.metadata.uid}'; }
there() { [ -n "$(k get "$1" "$2" --ignore-not-found -o name)" ]; }
gone() { ! there "$@"; }
owners_of() { k get "$1" "$2" -o jsonpath='{.metadata.ownerReferences[*].name}'; }

# owner KIND API-VERSION NAME: a reference to it as controllers write it.
owner() {
  printf '{"apiVersion":"%s","kind":"%s","name":"%s","uid":"%s","controller":true,"blockOwnerDeletion":true}' \
    "$2" "$1" "$3" "$(uid_of "$1" "$3")"
}
# owned OBJECT REFERENCE: a manifest on standard output.
owned() { jq -c --argjson owner "$2" '.metadata.ownerReferences = [$owner]' <<< "$1"; }

# tree NAME: a Deployment, its ReplicaSet and two Pods, as controllers make them, and a Service beside them.
tree() {
  local pod_template set pod
  k create deployment "$1" --image=nginx > /dev/null
  pod_template=$(k get deployment "$1" -o json | jq -c .spec.template)
  set=$(jq -nc --arg name "$1-set" --arg app "$1" --argjson template "$pod_template" '{apiVersion: "apps/v1",
    kind: "ReplicaSet", metadata: {name: $name}, spec: {replicas: 2, selector: {matchLabels: {app: $app}}, template: $template}}')
  owned "$set" "$(owner Deployment apps/v1 "$1")" | k create -f - > /dev/null
  for pod in one two; do
    owned "$(jq -nc --arg name "$1-$pod" --argjson spec "$(jq -c .spec <<< "$pod_template")" \
      '{apiVersion: "v1", kind: "Pod", metadata: {name: $name}, spec: $spec}')" "$(owner ReplicaSet apps/v1 "$1-set")" |
      k create -f - > /dev/null
  done
}
tree_gone() { gone deployment "$1" && gone replicaset "$1-set" && gone pod "$1-one" && gone pod "$1-two"; }
hold() { k patch "$1" "$2" --type=merge -p '{"metadata":{"finalizers":["example.com/hold"]}}' > /dev/null; }
let_go() { k patch "$1" "$2" --type=merge -p '{"metadata":{"finalizers":null}}' > /dev/null; }

# --- background: the owner goes at once, what it owned follows
tree web
tree kept
k delete deployment web --cascade=background --wait=false > /dev/null
gone deployment web || fail "a deletion in the background waits for nothing"
eventually 10 tree_gone web
there deployment kept && there replicaset kept-set && there pod kept-one || fail "another tree was touched"

# --- foreground: the owner waits for what blocks it
tree fore
hold pod fore-one
k delete deployment fore --cascade=foreground --wait=false > /dev/null
eventually 10 gone pod fore-two
assert_eq "$(k get deployment fore -o jsonpath='{.metadata.finalizers}')" '["foregroundDeletion"]'
assert_eq "$(k get replicaset fore-set -o jsonpath='{.metadata.finalizers}')" '["foregroundDeletion"]'
assert_matches "$(k get pod fore-one -o jsonpath='{.metadata.deletionTimestamp}')" '^20'
let_go pod fore-one
eventually 10 tree_gone fore
# kubectl itself waits for the end.
tree again
k delete deployment again --cascade=foreground --timeout=20s > /dev/null
tree_gone again || fail "kubectl came back before the tree had gone"

# --- a deletion that hangs may be ended by another that does not wait
tree stuck
hold pod stuck-one
k delete deployment stuck --cascade=foreground --wait=false > /dev/null
k delete deployment stuck --cascade=background --wait=false > /dev/null
gone deployment stuck || fail "the second delete did not decide"
let_go pod stuck-one
eventually 10 tree_gone stuck

# --- orphan: the owner goes, what it owned forgets it
tree left
k delete deployment left --cascade=orphan --timeout=20s > /dev/null
gone deployment left || fail "an orphaning owner stays"
assert_eq "$(owners_of replicaset left-set)" ""
assert_eq "$(owners_of pod left-one)" left-set
k delete replicaset left-set --cascade=orphan > /dev/null
assert_eq "$(owners_of pod left-one)$(owners_of pod left-two)" ""

# --- jobs keep their pods unless a delete says otherwise
k create job sum --image=busybox > /dev/null
owned '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"sum-1"},"spec":{"containers":[{"name":"c","image":"busybox"}]}}' \
  "$(owner Job batch/v1 sum)" | k create -f - > /dev/null
api DELETE /apis/batch/v1/namespaces/default/jobs/sum -D "$WORK/headers" > /dev/null
grep -q 'child pods are preserved by default when jobs are deleted' "$WORK/headers" || fail "no warning"
eventually 10 gone job sum
assert_eq "$(owners_of pod sum-1)" ""

# --- an owner elsewhere does not count, and somebody is told
k create namespace shop > /dev/null
k -n shop create configmap far --from-literal=a=b > /dev/null
FAR=$(k -n shop get configmap far -o jsonpath='{.metadata.uid}')
owned '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"near"}}' \
  '{"apiVersion":"v1","kind":"ConfigMap","name":"far","uid":"'"$FAR"'"}' | k create -f - > /dev/null
eventually 10 gone configmap near
assert_contains "$(k get events --field-selector reason=OwnerRefInvalidNamespace -o jsonpath='{.items[*].message}')" \
  "ownerRef [v1/ConfigMap, namespace: default, name: far, uid: $FAR] does not exist in namespace \"default\""
# One that is in no namespace is left alone.
owned '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}' \
  '{"apiVersion":"v1","kind":"ConfigMap","name":"far","uid":"'"$FAR"'"}' | k create -f - > /dev/null
told() { k get events -o json | jq -e '.items[] | select(.involvedObject.kind == "Node")' > /dev/null; }
eventually 10 told
there node n || fail "a node went for a ConfigMap's sake"

# --- what was left behind while the server was down goes after a restart
tree down
restart_server
k delete deployment down --cascade=orphan > /dev/null
UID_OF_SET=$(uid_of replicaset down-set)
stop_server
sed -i '/^controllers:/d' "$CONFIG"
printf 'controllers: {disabled: [garbage-collector]}\n' >> "$CONFIG"
start_server
k delete replicaset down-set --cascade=background > /dev/null
sleep 1
assert_eq "$(owners_of pod down-one)" down-set "the controller is off"
[ -n "$UID_OF_SET" ] || fail "the set had no uid"
stop_server
sed -i '/^controllers:/d' "$CONFIG"
start_server
eventually 10 tree_gone down

stop_server
assert_eq "$STOPPED" 0
finish
