#!/usr/bin/env bash
# Server-side apply with kubectl: owners of fields, conflicts, and the way from client-side apply.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

cat > "$WORK/web.yaml" << 'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "nginx:1", ports: [{containerPort: 80}]}
YAML

# Who owns a field of deployment NAME: "manager/operation ..." of all that do, sorted.
owners() {
  kubectl get --raw "/apis/apps/v1/namespaces/default/deployments/$1" |
    python3 -c '
import json, sys
found = []
for entry in json.load(sys.stdin)["metadata"].get("managedFields", []):
    fields = entry["fieldsV1"]
    for step in sys.argv[1:]:
        fields = None if fields is None else fields.get(step)
    if fields is not None:
        found.append(entry["manager"] + "/" + entry["operation"] + "/" + entry.get("subresource", ""))
print(*sorted(found))' "${@:2}"
}
revision() { k get deployment web -o jsonpath='{.metadata.resourceVersion}'; }
apply() { k apply --server-side "$@"; }

# --- what is not there is created; the same again changes nothing
assert_ok apply -f "$WORK/web.yaml"
assert_contains "$OUTPUT" "deployment.apps/web serverside-applied"
assert_eq "$(owners web f:spec f:replicas)" "kubectl/Apply/"
assert_eq "$(owners web f:spec f:template f:spec f:containers 'k:{"name":"web"}' f:ports 'k:{"containerPort":80,"protocol":"TCP"}')" "kubectl/Apply/"
assert_eq "$(k get deployment web -o jsonpath='{.spec.strategy.type}')" RollingUpdate
assert_eq "$(owners web f:spec f:strategy)" ""
BEFORE=$(revision)
assert_ok apply -f "$WORK/web.yaml"
assert_eq "$(revision)" "$BEFORE"

# --- a dry run and a diff store nothing
sed 's/replicas: 2/replicas: 3/' "$WORK/web.yaml" > "$WORK/three.yaml"
assert_ok apply --dry-run=server -f "$WORK/three.yaml"
assert_exit 1 k diff --server-side -f "$WORK/three.yaml"
assert_contains "$OUTPUT" "+  replicas: 3"
assert_exit 0 k diff --server-side -f "$WORK/web.yaml"
assert_eq "$(revision)" "$BEFORE"

# --- an update takes the field; applying another value is a conflict, until it is forced
assert_ok k scale deployment web --replicas=5
assert_eq "$(owners web f:spec f:replicas)" "kubectl/Update/scale"
assert_exit 1 apply -f "$WORK/web.yaml"
assert_contains "$OUTPUT" 'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas'
assert_eq "$(k get deployment web -o jsonpath='{.spec.replicas}')" 5
assert_ok apply --force-conflicts -f "$WORK/web.yaml"
assert_eq "$(k get deployment web -o jsonpath='{.spec.replicas}')" 2
assert_eq "$(owners web f:spec f:replicas)" "kubectl/Apply/"

# --- two appliers share what they agree on; each takes away only what nobody else has
assert_ok apply --field-manager=second -f "$WORK/web.yaml"
assert_eq "$(owners web f:spec f:replicas)" "kubectl/Apply/ second/Apply/"
assert_exit 1 apply --field-manager=second -f "$WORK/three.yaml"
assert_contains "$OUTPUT" 'conflict with "kubectl": .spec.replicas'
sed '/replicas:/d' "$WORK/web.yaml" > "$WORK/none.yaml"
assert_ok apply -f "$WORK/none.yaml"
assert_eq "$(k get deployment web -o jsonpath='{.spec.replicas}')" 2
assert_eq "$(owners web f:spec f:replicas)" "second/Apply/"
assert_ok apply --field-manager=second -f "$WORK/none.yaml"
assert_eq "$(k get deployment web -o jsonpath='{.spec.replicas}')" 1

# --- what does not fit the schema
sed 's/replicas: 2/replicos: 2/' "$WORK/web.yaml" > "$WORK/wrong.yaml"
assert_exit 1 apply --validate=false -f "$WORK/wrong.yaml"
assert_contains "$OUTPUT" 'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.replicos: field not declared in schema'

# --- status is a part of its own
assert_eq "$(status_of PATCH '/apis/apps/v1/namespaces/default/deployments/web/status?fieldManager=operator' \
  -H 'Content-Type: application/apply-patch+yaml' \
  -d '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"status":{"readyReplicas":0,"replicas":1}}')" 200
assert_eq "$(owners web f:status f:replicas)" "operator/Apply/status"

# --- from client-side apply to server-side apply
k delete deployment web > /dev/null
assert_ok k apply -f "$WORK/web.yaml"
assert_eq "$(owners web f:spec f:replicas)" "kubectl-client-side-apply/Update/"
assert_ok apply -f "$WORK/three.yaml"
assert_eq "$(k get deployment web -o jsonpath='{.spec.replicas}')" 3
assert_contains "$(owners web f:spec f:replicas)" "kubectl/Apply/"
assert_contains "$(k get deployment web -o jsonpath='{.metadata.annotations}')" 'replicas\":3'
# ... and back: an older kubectl finds what was applied last.
assert_ok k apply -f "$WORK/web.yaml"
assert_eq "$(k get deployment web -o jsonpath='{.spec.replicas}')" 2

# --- forgotten owners, and a first apply after that
assert_ok k patch deployment web --type=merge -p '{"metadata":{"managedFields":[{}]}}'
assert_eq "$(k get --raw /apis/apps/v1/namespaces/default/deployments/web | grep -c managedFields)" 0
assert_exit 1 apply --field-manager=third -f "$WORK/three.yaml"
assert_contains "$OUTPUT" 'conflict with "before-first-apply" using apps/v1: .spec.replicas'

finish
