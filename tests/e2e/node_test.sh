#!/usr/bin/env bash
# Nodes with their certificates: what runs on them decides what they may read, and nothing else does.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
sed -i '/^authorizers:/a\  - {name: node}' "$CONFIG"

# node_certificate NODE: its key and certificate, as from the cluster's authority
node_certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1.key" -out "$WORK/$1.csr" \
    -subj "/O=system:nodes/CN=system:node:$1" 2> "$WORK/openssl.err" || fail "$(cat "$WORK/openssl.err")"
  openssl x509 -req -in "$WORK/$1.csr" -CA "$STATE/pki/ca.crt" -CAkey "$STATE/pki/ca.key" -CAcreateserial -days 1 \
    -extfile <(echo 'extendedKeyUsage = clientAuth') -out "$WORK/$1.crt" 2> "$WORK/openssl.err" || fail "$(cat "$WORK/openssl.err")"
}
node_certificate n1
node_certificate n2
start_server
as_node() { # NODE kubectl words
  local node=$1
  shift
  KUBECONFIG=/dev/null kubectl --request-timeout=30s --server "https://127.0.0.1:$PORT" --certificate-authority "$STATE/pki/ca.crt" \
    --client-certificate "$WORK/$node.crt" --client-key "$WORK/$node.key" "$@"
}
n1() { as_node n1 "$@"; }
# patch_status NODE PATH: its status code. Not with kubectl, which reads what it patches; a kubelet does not.
patch_status() {
  request PATCH "$2/status" --cert "$WORK/$1.crt" --key "$WORK/$1.key" -H 'Content-Type: application/merge-patch+json' \
    -d '{"status":{"phase":"Running"}}' -o /dev/null -w '%{http_code}'
}
n2() { as_node n2 "$@"; }
# refused REASON COMMAND...: no, and why
refused() {
  local reason=$1
  shift
  assert_exit 1 "$@"
  assert_contains "$OUTPUT" "$reason"
}
NO_RELATION="no relationship found between node 'n1' and this object"

# --- a node makes itself known
for node in n1 n2; do
  printf '{"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"}}' "$node" | as_node "$node" create -f - > "$WORK/out" || fail "$node"
  printf '{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"%s","namespace":"kube-node-lease"},"spec":{"holderIdentity":"%s"}}' \
    "$node" "$node" | as_node "$node" create -f - > "$WORK/out" || fail "$node"
done
assert_eq "$(n1 get node n1 -o name)" node/n1
refused "node 'n1' cannot read 'n2', only its own Node object" n1 get node n2
refused "node 'n1' cannot read all nodes, only its own Node object" n1 get nodes
assert_eq "$(n1 get nodes --field-selector metadata.name=n1 -o name)" node/n1
assert_eq "$(patch_status n1 /api/v1/nodes/n1)" 200
assert_ok n1 -n kube-node-lease patch lease n1 --type=merge -p '{"spec":{"leaseDurationSeconds":40}}'
refused 'can only access node lease with the same name as the requesting node' n1 -n kube-node-lease get lease n2
refused 'can only access leases in the "kube-node-lease" system namespace' n1 -n default get lease n1

# --- what its pods need
assert_ok k create namespace team
for name in used direct through-volume others; do
  assert_ok k -n team create secret generic "$name" --from-literal=a=b
done
assert_ok k -n team create configmap settings --from-literal=a=b
assert_ok k -n team create serviceaccount app
assert_ok k -n team create serviceaccount other
pod() { # NAME NODE SECRET SERVICEACCOUNT CLAIM
  cat << YAML
apiVersion: v1
kind: Pod
metadata: {name: $1, namespace: team}
spec:
  nodeName: $2
  serviceAccountName: $4
  containers:
  - {name: c, image: i, envFrom: [{secretRef: {name: $3}}, {configMapRef: {name: settings}}]}
  volumes:
  - {name: data, persistentVolumeClaim: {claimName: $5}}
YAML
}
cat > "$WORK/storage.yaml" << 'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: team}
spec: {accessModes: [ReadWriteOnce], volumeName: pv, resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv}
spec:
  accessModes: [ReadWriteOnce]
  capacity: {storage: 1Gi}
  claimRef: {namespace: team, name: data}
  csi: {driver: acme, volumeHandle: h, nodeStageSecretRef: {namespace: team, name: through-volume}}
---
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: {name: va}
spec: {attacher: acme, nodeName: n1, source: {persistentVolumeName: pv}}
YAML
assert_ok k create -f "$WORK/storage.yaml"
refused "$NO_RELATION" n1 -n team get secret used
pod p n1 used app data | k create -f - > "$WORK/out" || fail "pod p"
pod q n2 others other none | k create -f - > "$WORK/out" || fail "pod q"

# The pod was acknowledged, so its rights are in force.
assert_ok n1 -n team get secret used
assert_ok n1 -n team get secret through-volume
assert_ok n1 -n team get configmap settings
assert_ok n1 -n team get pvc data
assert_ok n1 get pv pv
assert_ok n1 get volumeattachment va
assert_ok n1 -n team create token app --bound-object-kind Pod --bound-object-name p \
  --bound-object-uid "$(k -n team get pod p -o jsonpath='{.metadata.uid}')"
for what in 'secret others' 'secret direct' 'pod q'; do
  # shellcheck disable=SC2086
  refused "$NO_RELATION" n1 -n team get $what
done
refused "$NO_RELATION" n1 -n team create token other
refused "no relationship found between node 'n2' and this object" n2 get pv pv
refused 'No Object name found' n1 -n team get secrets
refused 'can only read namespaced object of this type' n1 get secrets --all-namespaces
refused 'can only read resources of this type' n1 -n team delete secret used
refused 'can only get individual resources of this type' n1 get pv

# --- lists and watches of its own only
assert_eq "$(n1 get pods --all-namespaces --field-selector spec.nodeName=n1 -o name)" pod/p
refused 'can only list/watch pods with spec.nodeName field selector' n1 get pods --all-namespaces
refused 'can only list/watch pods with spec.nodeName field selector' n1 -n team get pods --field-selector spec.nodeName=n2
n1 -n team get pods --field-selector spec.nodeName=n1 --watch -o name > "$WORK/watch" 2>&1 &
KUBECTL_PID=$!
eventually 10 grep -q pod/p "$WORK/watch"
assert_eq "$(patch_status n1 /api/v1/namespaces/team/pods/p)" 200
assert_contains "$(n1 auth can-i --list -n team 2>&1)" 'node authorizer does not support user rule resolution'

# --- the pod goes, and its rights with it; who is no node gets nothing of it
assert_ok k -n team delete pod p --force --grace-period=0
refused "$NO_RELATION" n1 -n team get secret used
refused "$NO_RELATION" n1 -n team get secret through-volume
refused "$NO_RELATION" n1 get pv pv
assert_ok n1 get volumeattachment va
assert_ok k delete volumeattachment va
refused "$NO_RELATION" n1 get volumeattachment va
refused 'cannot get resource "secrets"' k --as system:node:n2 --as-group strangers -n team get secret others
assert_ok k --as system:node:n2 --as-group system:nodes -n team get secret others

kill "$KUBECTL_PID"
KUBECTL_PID=
stop_server
assert_eq "$STOPPED" 0
finish
