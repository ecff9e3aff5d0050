#!/usr/bin/env bash
# What a person does with kubectl on the first day.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
start_server

# --- the cluster is there
NAMESPACES=$(k get ns -o name | sort | tr '\n' ' ')
assert_eq "$NAMESPACES" "namespace/default namespace/kube-node-lease namespace/kube-public namespace/kube-system "
assert_contains "$(k get ns)" "NAME"
assert_matches "$(k get ns default)" 'default +Active +[0-9]+s'
eventually 10 k get serviceaccount default -n default
assert_contains "$(k version 2>&1)" "v1.36"
assert_contains "$(k api-resources)" "deployments"
assert_contains "$(k api-versions)" "apps/v1"
assert_contains "$(k cluster-info 2>&1)" "is running at"

# --- create, and read it back every way
assert_eq "$(k create deployment web --image=nginx)" "deployment.apps/web created"
assert_matches "$(k get deployment web)" 'web +0/1 +0 +0 +'
assert_contains "$(k get deployment web -o wide)" "nginx"
assert_eq "$(k get deployment web -o jsonpath='{.spec.replicas}')" 1
assert_contains "$(k get deployment web -o yaml)" "kind: Deployment"
assert_contains "$(k describe deployment web)" "Replicas:"
assert_exit 1 k create deployment web --image=nginx
assert_contains "$OUTPUT" 'deployments.apps "web" already exists'
assert_exit 1 k get pod nothing
assert_contains "$OUTPUT" 'Error from server (NotFound): pods "nothing" not found'

# --- ten kinds, applied twice: a strategic merge keeps list items by their key
assert_ok k apply -f "$HERE/manifests/ten-kinds.yaml"
assert_contains "$OUTPUT" "deployment.apps/web created"
assert_contains "$(k apply -f "$HERE/manifests/ten-kinds.yaml")" "deployment.apps/web unchanged"
k -n shop set env deployment/web -c sidecar KEEP=me > /dev/null
assert_ok k apply -f "$HERE/manifests/ten-kinds-edited.yaml"
assert_contains "$OUTPUT" "deployment.apps/web configured"
assert_contains "$OUTPUT" "service/web unchanged"
assert_eq "$(k -n shop get deployment web -o jsonpath='{.spec.template.spec.containers[*].image}')" "nginx:1.26 busybox:1.36"
assert_eq "$(k -n shop get deployment web -o jsonpath='{.spec.template.spec.containers[1].env[0].value}')" me
assert_eq "$(k -n shop get deployment web -o jsonpath='{.spec.replicas}')" 3
assert_eq "$(k -n shop get configmap settings -o jsonpath='{.data.colour}')" green
assert_eq "$(k -n shop get secret password -o jsonpath='{.data.password}' | base64 -d)" correct-horse

# --- pods: tables and a watch in a second terminal
k run one --image=nginx --labels=tier=front > /dev/null
assert_matches "$(k get pods -o wide)" 'one +0/1 +Pending +0 +[0-9]+s +<none> +<none>'
assert_contains "$(k get pods -l tier=front -o name)" pod/one
assert_eq "$(k get pods -l tier=back -o name)" ""
assert_contains "$(k get pods --field-selector metadata.name=one -o name)" pod/one
k get pods -w --no-headers > "$WORK/watch.out" 2>&1 &
KUBECTL_PID=$!
eventually 10 grep -q '^one' "$WORK/watch.out"
k run two --image=nginx > /dev/null
eventually 10 grep -q '^two' "$WORK/watch.out"
k label pod two seen=yes > /dev/null
eventually 10 test "$(grep -c '^two' "$WORK/watch.out")" -ge 1
kill "$KUBECTL_PID" 2> /dev/null; wait "$KUBECTL_PID" 2> /dev/null || true
KUBECTL_PID=

# --- label, annotate, patch of all three types, edit by script, replace
assert_contains "$(k label pod one size=big)" "pod/one labeled"
assert_eq "$(k get pod one -o jsonpath='{.metadata.labels.size}')" big
k label pod one size- > /dev/null
assert_eq "$(k get pod one -o jsonpath='{.metadata.labels.size}')" ""
assert_contains "$(k annotate pod one note='hello world')" "pod/one annotate"
assert_eq "$(k get pod one -o jsonpath='{.metadata.annotations.note}')" "hello world"
k -n shop patch configmap settings --type=merge -p '{"data":{"size":null,"shape":"round"}}' > /dev/null
assert_eq "$(k -n shop get configmap settings -o jsonpath='{.data}' | tr -d ' ')" '{"colour":"green","shape":"round"}'
k -n shop patch configmap settings --type=json -p '[{"op":"replace","path":"/data/shape","value":"square"}]' > /dev/null
assert_eq "$(k -n shop get configmap settings -o jsonpath='{.data.shape}')" square
k -n shop patch deployment web --type=strategic -p '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:1.27"}]}}}}' > /dev/null
assert_eq "$(k -n shop get deployment web -o jsonpath='{.spec.template.spec.containers[*].image}')" "nginx:1.27 busybox:1.36"
assert_exit 1 k -n shop patch configmap settings --type=json -p '[{"op":"test","path":"/data/shape","value":"oval"}]'
cat > "$WORK/editor" << 'EDIT'
#!/bin/sh
sed -i 's/shape: square/shape: oval/' "$1"
EDIT
chmod +x "$WORK/editor"
assert_contains "$(EDITOR=$WORK/editor k -n shop edit configmap settings)" "configmap/settings edited"
assert_eq "$(k -n shop get configmap settings -o jsonpath='{.data.shape}')" oval
k -n shop get configmap settings -o yaml | sed 's/shape: oval/shape: flat/' | k replace -f - > /dev/null
assert_eq "$(k -n shop get configmap settings -o jsonpath='{.data.shape}')" flat

# --- scale, explain, dry run, validation
assert_contains "$(k -n shop scale deployment web --replicas=5)" "deployment.apps/web scaled"
assert_eq "$(k -n shop get deployment web -o jsonpath='{.spec.replicas}')" 5
assert_contains "$(k explain deployment.spec.strategy)" "rollingUpdate"
k create configmap dry --from-literal=a=b --dry-run=server > /dev/null
assert_exit 1 k get configmap dry
assert_exit 1 k create -f - << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: Bad_Name}
spec: {containers: [{name: c, image: i}]}
YAML
assert_contains "$OUTPUT" 'The Pod "Bad_Name" is invalid'
assert_exit 1 k apply -f - << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: typo}
spec: {contaners: [], containers: [{name: c, image: i}]}
YAML
assert_contains "$OUTPUT" 'unknown field "'

# --- rights
assert_contains "$(k auth can-i --list)" "*.*"
assert_eq "$(k auth can-i delete nodes)" yes
assert_contains "$(k auth can-i get pods -n shop --as carol)" yes
assert_contains "$(k auth can-i get secrets -n shop --as carol || true)" no
assert_contains "$(k auth can-i --list -n shop --as carol)" "configmaps"
if k auth whoami > /dev/null 2>&1; then assert_contains "$(k auth whoami)" "kubernetes-admin"; fi

# --- delete, one, all, and a whole namespace that finishes
assert_contains "$(k delete pod one)" 'pod "one" deleted'
assert_ok k delete pods,deployments --all
assert_eq "$(k get pods,deployments -o name)" ""
assert_contains "$(k delete ns shop --timeout=30s)" 'namespace "shop" deleted'
assert_exit 1 k get ns shop
assert_exit 1 k -n shop create configmap x
assert_contains "$OUTPUT" 'namespaces "shop" not found'
assert_exit 1 k delete ns kube-system
assert_contains "$OUTPUT" 'this namespace may not be deleted'

# --- what was written is there after a restart
k create configmap kept --from-literal=a=b > /dev/null
restart_server
assert_eq "$(k get configmap kept -o jsonpath='{.data.a}')" b
stop_server
assert_eq "$STOPPED" 0
finish
